// SPDX-License-Identifier: Apache-2.0

// Package standing knows what has been revoked, so that an access token, which nobody looks up, stops working with the
// next request. It owns the register of what counts; who asks it decides what follows.
package standing

import (
	"context"
	"errors"
	"fmt"
	"time"

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
		return &current, nil
	})}
}

// Current returns what counts at the present generation; nobody may change it. It takes no lock and reads nothing while
// the generation stands. An error means that nothing can be said, and so that nothing counts.
func (r *Register) Current(ctx context.Context) (*store.Standing, error) {
	return r.cache.Get(ctx)
}

// Token is what decides whether an access token still counts.
type Token struct {
	ID       string // jti
	GrantID  string // gid
	ClientID string
}

// Why a token no longer counts.
var (
	errToken    = errors.New("the token itself was revoked")
	errGrant    = errors.New("its grant was revoked")
	errClient   = errors.New("its client was removed")
	errDisabled = errors.New("its client is disabled")
)

// Revoked returns nil for a token that counts, and otherwise why it does not.
func Revoked(current *store.Standing, token Token) error {
	if _, revoked := current.RevokedTokens[token.ID]; revoked {
		return errToken
	}
	if _, revoked := current.RevokedGrants[token.GrantID]; revoked {
		return errGrant
	}
	switch enabled, known := current.Clients[token.ClientID]; {
	case !known:
		return errClient
	case !enabled:
		return errDisabled
	}
	return nil
}

// Foreign is what decides whether a token that no grant of this server stands behind still counts.
type Foreign struct {
	ID       string // jti, or what takes its place; empty for tokens that are never revoked one by one
	User     string // canonical Notes name
	IssuedAt time.Time
}

// RevokedForeign returns nil for a token that counts, and otherwise why it does not. It is the one place that judges such
// tokens.
func RevokedForeign(current *store.Standing, token Foreign) error {
	if _, revoked := current.RevokedTokens[token.ID]; revoked && token.ID != "" {
		return errToken
	}
	return nil
}
