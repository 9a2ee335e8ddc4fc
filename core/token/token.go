// SPDX-License-Identifier: Apache-2.0

// Package token mints and verifies ndoap's own access tokens: JWTs of the RFC 9068 profile that also carry what KEEP
// and Domino REST API demand of a token.
package token

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/key"
	"ndoap/core/oauth"
)

const (
	// Audience is the resource server of every token: this Domino and its REST APIs. KEEP / Domino REST API accept
	// no other value.
	Audience = "Domino"
	// mediaType is the typ header that tells access tokens from every other JWT (RFC 9068 section 2.1).
	mediaType = "at+jwt"
)

// ErrNoKey is returned when there is no private key to sign with.
var ErrNoKey = errors.New("there is no signing key; make one with: doapctl key generate")

// Grant is what an access token is issued for.
type Grant struct {
	ID              string // of the store's grant
	User            string // canonical Notes name
	ClientID        string
	Scope           string
	AuthenticatedAt time.Time
}

// claims are the members of an access token (RFC 9068 section 2.2). scopes and CN repeat scope and sub, because KEEP
// asks for the first and Domino REST API looks for the second before it looks at sub.
type claims struct {
	Issuer     string     `json:"iss"`
	Subject    string     `json:"sub"`
	CommonName string     `json:"CN"`
	Audience   string     `json:"aud"`
	ClientID   string     `json:"client_id"`
	Scope      string     `json:"scope"`
	Scopes     string     `json:"scopes"`
	IssuedAt   int64      `json:"iat"`
	ExpiresAt  int64      `json:"exp"`
	AuthTime   int64      `json:"auth_time"`
	ID         string     `json:"jti"`
	GrantID    string     `json:"gid"`
	jwt.Claims `json:"-"` // golang-jwt asks for its getters when it verifies, which these claims never meet
}

// Issuer mints access tokens.
type Issuer struct {
	Config func() *config.Config
	Keys   interface {
		Set(ctx context.Context) (*key.Set, error)
	}
	Now func() time.Time
}

// Ready returns nil when a token can be signed now, so that a code is not spent in vain: ErrNoKey, or the store's
// error.
func (i *Issuer) Ready(ctx context.Context) error {
	set, err := i.Keys.Set(ctx)
	if err != nil {
		return fmt.Errorf("read signing keys: %w", err)
	}
	if _, _, _, ok := set.Signer(i.Now()); !ok {
		return ErrNoKey
	}
	return nil
}

// Issue returns a signed access token and how long it is good.
func (i *Issuer) Issue(ctx context.Context, grant Grant) (oauth.Secret, time.Duration, error) {
	set, err := i.Keys.Set(ctx)
	if err != nil {
		return "", 0, fmt.Errorf("read signing keys: %w", err)
	}
	now := i.Now()
	kid, alg, private, ok := set.Signer(now)
	if !ok {
		return "", 0, ErrNoKey
	}
	current := i.Config()
	lifetime := current.Lifetimes.AccessToken
	token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), claims{
		Issuer:     current.Issuer,
		Subject:    grant.User,
		CommonName: grant.User,
		Audience:   Audience,
		ClientID:   grant.ClientID,
		Scope:      grant.Scope,
		Scopes:     grant.Scope,
		IssuedAt:   now.Unix(),
		ExpiresAt:  now.Add(lifetime).Unix(),
		AuthTime:   grant.AuthenticatedAt.Unix(),
		ID:         rand.Text(),
		GrantID:    grant.ID,
	})
	token.Header["typ"] = mediaType
	token.Header["kid"] = kid
	signed, err := token.SignedString(private)
	if err != nil {
		return "", 0, fmt.Errorf("sign access token: %w", err)
	}
	return oauth.Secret(signed), lifetime, nil
}
