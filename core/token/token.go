// SPDX-License-Identifier: Apache-2.0

// Package token mints and verifies ndoap's own access tokens: JWTs of the RFC 9068 profile that also carry what KEEP
// and Domino REST API demand of a token.
package token

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/core/resource"
	"ndoap/store"
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
	TokenID         string // jti of the access token
	User            string // canonical Notes name; empty when the client acts for itself
	ClientID        string
	Scope           string
	Resources       []string // of RFC 8707; empty: this Domino
	AuthenticatedAt time.Time
	IssuedAt        time.Time     // of the access token
	ExpiresAt       time.Time     // no token of the grant outlives it
	Lifetime        time.Duration // the client's own; zero: as configured
}

// applicationPrefix begins the subject of a client that acts for itself. No Notes name begins so, and no name that a
// client may be given makes it one (RFC 9700 section 4.15).
const applicationPrefix = "urn:ndoap:client:"

// claims are the members of an access token (RFC 9068 section 2.2). scopes and CN repeat scope and sub, because KEEP
// asks for the first and Domino REST API looks for the second before it looks at sub.
type claims struct {
	Issuer     string     `json:"iss"`
	Subject    string     `json:"sub"`
	CommonName string     `json:"CN,omitempty"`
	Audience   Audiences  `json:"aud"`
	ClientID   string     `json:"client_id"`
	Scope      string     `json:"scope"`
	Scopes     string     `json:"scopes"`
	IssuedAt   int64      `json:"iat"`
	ExpiresAt  int64      `json:"exp"`
	AuthTime   int64      `json:"auth_time,omitempty"`
	ID         string     `json:"jti"`
	GrantID    string     `json:"gid"`
	jwt.Claims `json:"-"` // golang-jwt asks for its getters when it verifies, which these claims never meet
}

// Audiences is the aud of a token: a text when there is one (RFC 7519 section 4.1.3), since KEEP reads no list.
type Audiences []string

// MarshalJSON implements json.Marshaler.
func (a Audiences) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// AudiencesOf are the resources of a grant, and Audience when this Domino is among them.
func AudiencesOf(issuer string, resources []string) Audiences {
	named := slices.Clone(resources)
	if resource.ForDomino(issuer, resources) {
		named = append(named, Audience)
	}
	return named
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
	kid, alg, private, ok := set.Signer(i.Now())
	if !ok {
		return "", 0, ErrNoKey
	}
	current := i.Config()
	expires := grant.IssuedAt.Add(Lifetime(current, grant.Lifetime))
	if grant.ExpiresAt.Before(expires) {
		expires = grant.ExpiresAt
	}
	minted := claims{
		Issuer:     current.Issuer,
		Subject:    grant.User,
		CommonName: grant.User,
		Audience:   AudiencesOf(current.Issuer, grant.Resources),
		ClientID:   grant.ClientID,
		Scope:      grant.Scope,
		Scopes:     grant.Scope,
		IssuedAt:   grant.IssuedAt.Unix(),
		ExpiresAt:  expires.Unix(),
		ID:         grant.TokenID,
		GrantID:    grant.ID,
	}
	if grant.User == "" {
		minted.Subject = applicationPrefix + grant.ClientID
	} else {
		minted.AuthTime = grant.AuthenticatedAt.Unix()
	}
	token := jwt.NewWithClaims(jwt.GetSigningMethod(alg), minted)
	token.Header["typ"] = mediaType
	token.Header["kid"] = kid
	signed, err := token.SignedString(private)
	if err != nil {
		return "", 0, fmt.Errorf("sign access token: %w", err)
	}
	return oauth.Secret(signed), expires.Sub(grant.IssuedAt), nil
}

// Lifetime is how long an access token is good: as configured or, if that is less, as the client is registered, and
// never longer than revocations are kept.
func Lifetime(current *config.Config, registered time.Duration) time.Duration {
	lifetime := min(current.Lifetimes.AccessToken, store.MaxAccessTokenLife)
	if registered > 0 {
		lifetime = min(lifetime, registered)
	}
	return lifetime
}
