// SPDX-License-Identifier: Apache-2.0

// Package standing knows what has been revoked, so that an access token, which nobody looks up, stops working with the
// next request. It owns the register of what counts; who asks it decides what follows.
package standing

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"ndoap/core/dominoname"
	"ndoap/core/snapshot"
	"ndoap/store"
)

// Source is what a Register needs of the store.
type Source interface {
	// Standing returns what counts now.
	Standing(ctx context.Context) (store.Standing, error)
}

// Register gives what counts, read once per generation of the store.
type Register struct {
	cache *snapshot.Cache[*store.Standing]
}

// NewRegister returns a register of source. generation is Store.Generation.
func NewRegister(source Source, generation func() uint64) *Register {
	return &Register{snapshot.New(generation, func(ctx context.Context) (*store.Standing, error) {
		current, err := source.Standing(ctx)
		if err != nil {
			return nil, fmt.Errorf("cannot read what was revoked: %w", err)
		}
		current.RevokedUsers = folded(current.RevokedUsers)
		return &current, nil
	})}
}

// folded has the names of users as they are looked up.
func folded(byName map[string]time.Time) map[string]time.Time {
	byFolded := make(map[string]time.Time, len(byName))
	for name, at := range byName {
		key := dominoname.Folded(name)
		if at.After(byFolded[key]) {
			byFolded[key] = at
		}
	}
	return byFolded
}

// Current returns what counts at the present generation, with RevokedUsers by dominoname.Folded, for Domino takes names
// that differ in case for the same; nobody may change it. It takes no lock and reads nothing while the generation stands.
// An error means that nothing can be said, and so that nothing counts.
func (r *Register) Current(ctx context.Context) (*store.Standing, error) {
	return r.cache.Get(ctx)
}

// Token is what decides whether an access token still counts.
type Token struct {
	ID       string // jti; one of another issuer may have none
	GrantID  string // gid
	ClientID string
	User     string    // canonical Notes name; empty when it stands for no user
	IssuedAt time.Time // iat

	// ClockAhead is how far the clock that gave IssuedAt may be ahead of this server's; 0: it is the same.
	ClockAhead time.Duration

	// Foreign tokens are those of other issuers, the login by name and password among them: they have neither a grant nor a
	// client in the store.
	Foreign bool
	Issuer  string // iss, of a foreign one
}

// Key is the id by which the store knows the token when it was revoked; empty when it has none. That of a foreign token is
// made of its issuer, too: what one issuer calls its token ends none of another.
func (t Token) Key() string {
	if !t.Foreign || t.ID == "" {
		return t.ID
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(t.Issuer), t.Issuer, t.ID))
	return foreignPrefix + base64.RawURLEncoding.EncodeToString(hash[:])
}

// foreignPrefix is in no id that this server gives a token.
const foreignPrefix = "foreign:"

// Why a token no longer counts.
var (
	errToken    = errors.New("the token itself was revoked")
	errGrant    = errors.New("its grant was revoked")
	ErrClient   = errors.New("its client was removed")
	ErrDisabled = errors.New("its client is disabled")
	errUser     = errors.New("everything that was issued to its user until then was revoked")
)

// Revoked returns nil for a token that counts, and otherwise why it does not. current is a register's. All access tokens
// are judged here, whoever issued them.
func Revoked(current *store.Standing, token Token) error {
	if _, revoked := current.RevokedTokens[token.Key()]; revoked {
		return errToken
	}
	if err := userRevoked(current, token); err != nil {
		return err
	}
	if token.Foreign {
		return nil
	}
	if _, revoked := current.RevokedGrants[token.GrantID]; revoked {
		return errGrant
	}
	switch enabled, known := current.Clients[token.ClientID]; {
	case !known:
		return ErrClient
	case !enabled:
		return ErrDisabled
	}
	return nil
}

// userRevoked tells whether all access of the token's user was ended after it was issued. iat is in whole seconds, so that
// a token of the very second counts as one from before: it may be. So may one of the next minute, by a clock that may be a
// minute ahead.
func userRevoked(current *store.Standing, token Token) error {
	if token.User == "" || len(current.RevokedUsers) == 0 {
		return nil
	}
	at, revoked := current.RevokedUsers[dominoname.Folded(token.User)]
	if !revoked || token.IssuedAt.Add(-token.ClockAhead).After(at) {
		return nil
	}
	clock := ""
	if token.ClockAhead > 0 {
		clock = ", by a clock that may be " + token.ClockAhead.String() + " ahead"
	}
	return fmt.Errorf("%w: at %s, and it was issued at %s%s", errUser, at.UTC().Format(time.RFC3339),
		token.IssuedAt.UTC().Format(time.RFC3339), clock)
}
