// SPDX-License-Identifier: Apache-2.0

package token

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/dominoname"
	"ndoap/core/key"
	"ndoap/core/oauth"
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
	// ErrUnavailable means that the token could not be looked at: not the sender's fault.
	ErrUnavailable = errors.New("the token cannot be verified at the moment")
)

// Verified is what a good access token says.
type Verified struct {
	User     string // canonical Notes name
	ClientID string
	Scope    oauth.Scope
	GrantID  string
	ID       string // jti
}

// Verifier checks access tokens of this server.
type Verifier struct {
	Config func() *config.Config
	Keys   interface {
		Set(ctx context.Context) (*key.Set, error)
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

// Verify checks signature, algorithm, type, issuer, audience, times and subject (RFC 9068 section 4). The issuer
// chooses the key: nothing is tried out.
func (v *Verifier) Verify(ctx context.Context, token string) (Verified, error) {
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
		jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(v.Now),
	)
	var found presented
	if _, err := parser.ParseWithClaims(token, &found, keyFrom(set)); err != nil {
		return Verified{}, refusal(err)
	}
	return found.verified(v.Now())
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
	user, err := dominoname.Canonical(p.Subject)
	if err != nil || user != p.Subject {
		return Verified{}, fmt.Errorf("%w: sub is not a canonical Notes name", ErrUnusable)
	}
	scope, protocolErr := oauth.ParseScope(p.Scope)
	if protocolErr != nil || p.ClientID == "" {
		return Verified{}, fmt.Errorf("%w: scope or client_id is unusable", ErrUnusable)
	}
	return Verified{User: user, ClientID: p.ClientID, Scope: scope, GrantID: p.GrantID, ID: p.ID}, nil
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
