// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"
)

// APIKeyKind says whose an API key is.
type APIKeyKind string

// The kinds of API keys.
const (
	PersonKey APIKeyKind = "person" // of somebody in the Domino directory
	NameKey   APIKeyKind = "name"   // of a name that nobody has, for access control lists
)

// APIKey is a secret that stands for a person or a name until it expires or is revoked.
type APIKey struct {
	ID         string // public
	Hash       string // oauth.Secret.Hash of the whole key
	Kind       APIKeyKind
	User       string // canonical Notes name that requests with the key have
	Label      string // what people tell it from others by
	Scope      string
	CreatedBy  string // canonical name of the person, or the account that ran doapctl
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: not yet; may be a minute late
	RevokedAt  time.Time // zero while it is good
}

// Good tells whether the key is neither revoked nor expired.
func (k APIKey) Good(now time.Time) bool { return k.RevokedAt.IsZero() && !k.Expired(now) }

// Expired tells whether the time of the key is over.
func (k APIKey) Expired(now time.Time) bool { return !k.ExpiresAt.IsZero() && !now.Before(k.ExpiresAt) }

// APIKeyFilter selects keys; zero members select all.
type APIKeyFilter struct {
	Kind   APIKeyKind
	User   string
	GoodAt time.Time // neither revoked nor expired then
}

// APIKeysListed is how long a key can be looked up after its end.
const APIKeysListed = 90 * 24 * time.Hour

// MaxEndedAPIKeys bounds the keys of one name that are kept after their end; the oldest give way.
const MaxEndedAPIKeys = 100

// APIKeys are the API keys. The events tell of a change in the same commit.
type APIKeys interface {
	// AddAPIKey stores a new key. ErrExists if its id or secret is taken, or a good key of the same user has its label;
	// ErrFull if the user has limit good keys already. Limit 0 is none. Good is what is so at CreatedAt.
	AddAPIKey(ctx context.Context, key APIKey, limit int, events ...AuditEvent) error
	// ListAPIKeys returns the newest keys first.
	ListAPIKeys(ctx context.Context, filter APIKeyFilter) ([]APIKey, error)
	// RevokeAPIKey ends a key; revoking it again does nothing and stores no events. ErrNotFound.
	RevokeAPIKey(ctx context.Context, id string, events ...AuditEvent) error
	// NoteAPIKeyUse stores when keys, by id, were used last, in one commit. It never sets a time back, ignores keys that are
	// gone, and leaves the generation alone.
	NoteAPIKeyUse(ctx context.Context, uses map[string]time.Time) error
}
