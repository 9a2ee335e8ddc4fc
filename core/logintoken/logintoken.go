// SPDX-License-Identifier: Apache-2.0

// Package logintoken mints the tokens that a login by name and password gives, and owns what signs them: a key that is
// made when the server starts and is never stored, or the key pair in the administrator's PEM files, which is read in
// the background. What becomes of such a token later is package issuer's to say, by the same rules as for the tokens of
// identity providers.
package logintoken

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/background"
	"ndoap/core/config"
	"ndoap/core/jwk"
	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/core/token"
)

// Client is what applications know the client of such a token by, and its client_id. No client can be registered with
// this id, and no provider's client is called so.
const Client = "urn:ndoap:login"

// mediaType is the typ header of an access token (RFC 9068 section 2.1).
const mediaType = "at+jwt"

// ErrUnavailable is returned when there is no key to sign with; what is wrapped in it says why.
var ErrUnavailable = errors.New("the login has no key to sign tokens with")

// Issuer mints tokens. Its methods may be called by any number of goroutines.
type Issuer struct {
	config func() *config.Config
	now    func() time.Time
	log    *slog.Logger

	own   *pair                // made by New
	files atomic.Pointer[pair] // the last good one that was read; nil before

	mu        sync.Mutex // guards what follows
	fault     error      // why the key pair cannot sign now; nil when it can
	read      files      // what was read, or tried, last
	triedAt   time.Time
	busy      bool
	complaint string // what was last said about it
	running   background.Group
}

// pair is a key pair for one algorithm.
type pair struct {
	private   crypto.Signer
	public    jwk.Set
	kid       string
	algorithm string
	from      files // that it was read from
	readAt    time.Time
	open      bool // others may read the file with the private key
}

// New returns an issuer with a new key of its own, which ends with it.
func New(current func() *config.Config, now func() time.Time, log *slog.Logger) *Issuer {
	var seed [ed25519.SeedSize]byte
	_, _ = rand.Read(seed[:]) // documented never to fail
	private := ed25519.NewKeyFromSeed(seed[:])
	clear(seed[:])
	kid := oauth.NewSecret().Reveal() // of no meaning: nobody ever sees the key
	return &Issuer{
		config: current, now: now, log: log, fault: errNotRead,
		own: &pair{private: private, public: jwk.Own(private.Public(), kid, key.EdDSA), kid: kid, algorithm: key.EdDSA},
	}
}

var errNotRead = errors.New("its key pair is being read")

// Claims are the members of a token. As in this server's other tokens, scopes and CN repeat scope and sub for KEEP and the
// Domino REST API.
type Claims struct {
	Issuer     string          `json:"iss"`
	Subject    string          `json:"sub"`
	CommonName string          `json:"CN"`
	Audience   token.Audiences `json:"aud"`
	ClientID   string          `json:"client_id"`
	Scope      string          `json:"scope"`
	Scopes     string          `json:"scopes"`
	Email      string          `json:"email,omitempty"`
	IssuedAt   int64           `json:"iat"`
	ExpiresAt  int64           `json:"exp"`
	ID         string          `json:"jti"`
	jwt.Claims `json:"-"`      // golang-jwt asks for its getters when it verifies, which these claims never meet
}

// Ready returns nil when a token can be signed now, and otherwise an error that wraps ErrUnavailable, so that no password
// is asked for in vain.
func (i *Issuer) Ready() error {
	_, err := i.signer()
	return err
}

// Issue returns a signed token for a person, named canonically, with what it says.
func (i *Issuer) Issue(name, email string, scope oauth.Scope, at time.Time) (oauth.Secret, Claims, error) {
	signer, err := i.signer()
	if err != nil {
		return "", Claims{}, err
	}
	current := i.config()
	claims := Claims{
		Issuer: current.LoginIssuer(), Subject: name, CommonName: name, Audience: token.Audiences{token.Audience},
		ClientID: Client, Scope: scope.String(), Scopes: scope.String(), Email: email,
		IssuedAt: at.Unix(), ExpiresAt: at.Add(current.LoginLifetime()).Unix(), ID: oauth.NewSecret().Reveal(),
	}
	made := jwt.NewWithClaims(jwt.GetSigningMethod(signer.algorithm), claims)
	made.Header["typ"] = mediaType
	made.Header["kid"] = signer.kid
	signed, err := made.SignedString(signer.private)
	if err != nil {
		return "", Claims{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return oauth.Secret(signed), claims, nil
}

// signer is the key pair that signs now.
func (i *Issuer) signer() (*pair, error) {
	current := i.config()
	if key, err := current.LoginFault(); err != nil {
		return nil, fmt.Errorf("%w: %s %w", ErrUnavailable, key, err)
	}
	if !current.DominoLogin.UseKeyPair {
		return i.own, nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.read != filesOf(current):
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, errNotRead)
	case i.fault != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, i.fault)
	}
	return i.files.Load(), nil
}

// Provider are the rules for the login's tokens, as those of a provider; not active when there are none.
func (i *Issuer) Provider(current *config.Config) config.Provider {
	login := current.DominoLogin
	_, fault := current.LoginFault()
	rules := config.Provider{
		Name: Client, Active: login.IssuesOrTakes() && fault == nil, Issuers: []string{current.LoginIssuer()},
		Audiences: []string{token.Audience}, UserIdentifier: "sub",
	}
	if login.UseKeyPair {
		rules.Algorithms = login.Algorithms() // KEEP's own are of the types that a provider's are
		return rules
	}
	rules.Algorithms, rules.Types = []string{i.own.algorithm}, []string{mediaType}
	return rules
}

// Keys returns what verifies the login's tokens now, and when it was last read; false while there is nothing. When the
// files cannot be used any more, the last good pair goes on verifying, unless the settings name others meanwhile: the
// reason may be that somebody else has the old ones.
func (i *Issuer) Keys() (set jwk.Set, readAt time.Time, ok bool) {
	current := i.config()
	if !current.DominoLogin.UseKeyPair {
		return i.own.public, i.now(), true
	}
	if known := i.files.Load(); known != nil && known.from == filesOf(current) {
		return known.public, known.readAt, true
	}
	return jwk.Set{}, time.Time{}, false
}
