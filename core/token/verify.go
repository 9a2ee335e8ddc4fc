// SPDX-License-Identifier: Apache-2.0

package token

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/dominoname"
	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/core/standing"
	"ndoap/store"
)

// maxSize bounds the work an unproven token can cause; ours have about 1,000 bytes.
const maxSize = 16 << 10

// Why a token is refused. Only these texts reach the sender; what is wrapped around them is for the log.
var (
	ErrMalformed     = errors.New("the token is not a JWT")
	ErrForeignIssuer = errors.New("the token is of an issuer that this server does not know")
	ErrNotOurs       = errors.New("the token was not issued by this server")
	ErrExpired       = errors.New("the token has expired")
	ErrUnusable      = errors.New("the token is not an access token for this server")
	ErrRevoked       = errors.New("the token was revoked")
	ErrApplication   = errors.New("the token stands for an application, not for a user")
	// ErrUnavailable means that the token could not be looked at: not the sender's fault.
	ErrUnavailable = errors.New("the token cannot be verified at the moment")
)

// Verified is what a good access token says.
type Verified struct {
	ID       string // jti
	GrantID  string
	ClientID string
	Subject  string
	User     string // canonical Notes name; empty when the token stands for the client itself
	Scope    oauth.Scope
	Audience []string

	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Verifier checks access tokens of this server.
type Verifier struct {
	Config func() *config.Config
	Keys   interface {
		Set(ctx context.Context) (*key.Set, error)
	}
	Standing interface {
		Current(ctx context.Context) (*store.Standing, error)
	}
	Now func() time.Time
}

// presented are the claims of a token that somebody sent. Times are pointers to tell 0 from missing.
type presented struct {
	jwt.RegisteredClaims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	GrantID  string `json:"gid"`
}

// Verify is what the resource server asks of a token: all that Inspect does, that it is for this Domino, and that it
// stands for a user (RFC 9068 section 4).
func (v *Verifier) Verify(ctx context.Context, token string) (Verified, error) {
	verified, err := v.Inspect(ctx, token)
	switch {
	case err != nil:
		return Verified{}, err
	case !slices.Contains(verified.Audience, Audience):
		return Verified{}, fmt.Errorf("%w: its audience is %q", ErrUnusable, verified.Audience)
	case verified.User == "":
		return Verified{}, fmt.Errorf("%w: %q", ErrApplication, verified.ClientID)
	}
	return verified, nil
}

// Inspect checks signature, algorithm, type, issuer, times and subject of a token for any resource, and that nothing it
// descends from was revoked. The issuer chooses the key: nothing is tried out.
func (v *Verifier) Inspect(ctx context.Context, token string) (Verified, error) {
	if len(token) > maxSize {
		return Verified{}, fmt.Errorf("%w: %d bytes", ErrMalformed, len(token))
	}
	issuer, err := peekIssuer(token)
	if err != nil {
		return Verified{}, err
	}
	current := v.Config()
	if issuer != current.Issuer {
		return Verified{}, fmt.Errorf("%w: %q", ErrForeignIssuer, issuer)
	}
	set, err := v.Keys.Set(ctx)
	if err != nil {
		return Verified{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods(key.Algorithms()),
		jwt.WithStrictDecoding(),
		jwt.WithIssuer(current.Issuer),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(v.Now),
	)
	var found presented
	if _, err := parser.ParseWithClaims(token, &found, keyFrom(set)); err != nil {
		return Verified{}, refusal(err)
	}
	verified, err := found.verified(v.Now())
	if err != nil {
		return Verified{}, err
	}
	of := standing.Token{
		ID: verified.ID, GrantID: verified.GrantID, ClientID: verified.ClientID, User: verified.User, IssuedAt: verified.IssuedAt,
	}
	if err := v.CheckStanding(ctx, of); err != nil {
		return Verified{}, err
	}
	return verified, nil
}

// keyFrom finds the one key that a token's header names, after the header's other members have been held to what
// ndoap writes: jku, jwk and x5u are never looked at, and an extension that is marked critical is not understood
// (RFC 7515 section 4.1.11).
func keyFrom(set *key.Set) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		if typ, _ := token.Header["typ"].(string); !strings.EqualFold(strings.TrimPrefix(strings.ToLower(typ), "application/"), mediaType) {
			return nil, fmt.Errorf("%w: typ is %q", ErrUnusable, typ)
		}
		if _, critical := token.Header["crit"]; critical {
			return nil, fmt.Errorf("%w: it has critical extensions", ErrUnusable)
		}
		kid, _ := token.Header["kid"].(string)
		alg, public, ok := set.Public(kid)
		if !ok || alg != token.Method.Alg() {
			return nil, fmt.Errorf("%w: no key %q for %s", ErrNotOurs, kid, token.Method.Alg())
		}
		return public, nil
	}
}

// refusal maps what golang-jwt reports to what is said. Anything unforeseen counts as not ours.
func refusal(err error) error {
	for _, known := range []error{ErrUnusable, ErrNotOurs} {
		if errors.Is(err, known) {
			return err
		}
	}
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenUnverifiable):
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	case errors.Is(err, jwt.ErrTokenExpired):
		return fmt.Errorf("%w: %w", ErrExpired, err)
	case errors.Is(err, jwt.ErrTokenInvalidClaims):
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	default:
		return fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
}

// verified checks what golang-jwt does not know of.
func (p *presented) verified(now time.Time) (Verified, error) {
	// Another server that shares the keys may have a clock that is a little ahead.
	const clockSkew = time.Minute
	if p.IssuedAt == nil || p.IssuedAt.After(now.Add(clockSkew)) {
		return Verified{}, fmt.Errorf("%w: iat is missing or in the future", ErrUnusable)
	}
	if p.ID == "" || p.GrantID == "" || p.ClientID == "" || len(p.Audience) == 0 {
		return Verified{}, fmt.Errorf("%w: jti, gid, client_id or aud is missing", ErrUnusable)
	}
	scope, protocolErr := oauth.ParseScope(p.Scope)
	if protocolErr != nil {
		return Verified{}, fmt.Errorf("%w: scope is unusable", ErrUnusable)
	}
	verified := Verified{
		ID: p.ID, GrantID: p.GrantID, ClientID: p.ClientID, Subject: p.Subject, Scope: scope, Audience: p.Audience,
		IssuedAt: p.IssuedAt.Time, ExpiresAt: p.ExpiresAt.Time,
	}
	if p.Subject == applicationPrefix+p.ClientID {
		return verified, nil
	}
	var err error
	if verified.User, err = dominoname.Canonical(p.Subject); err != nil || verified.User != p.Subject {
		return Verified{}, fmt.Errorf("%w: sub is neither a canonical Notes name nor the client", ErrUnusable)
	}
	return verified, nil
}

// peekIssuer reads iss without believing it, to learn whose rules apply.
func peekIssuer(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", fmt.Errorf("%w: it has %d parts", ErrMalformed, len(parts))
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var peeked struct {
		Issuer string `json:"iss"`
	}
	if err := json.Unmarshal(payload, &peeked); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return peeked.Issuer, nil
}
