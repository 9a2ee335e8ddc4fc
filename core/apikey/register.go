// SPDX-License-Identifier: Apache-2.0

package apikey

import (
	"context"
	"fmt"
	"sync"
	"time"

	"ndoap/core/explain"
	"ndoap/core/snapshot"
	"ndoap/core/token"
	"ndoap/store"
)

// Store is what a Register needs of the store.
type Store interface {
	ListAPIKeys(ctx context.Context, filter store.APIKeyFilter) ([]store.APIKey, error)
	NoteAPIKeyUse(ctx context.Context, uses map[string]time.Time) error
}

// Register knows the keys, read once per generation of the store, and remembers when they were used.
type Register struct {
	store  Store
	byHash *snapshot.Cache[map[string]store.APIKey]

	mu   sync.Mutex
	uses map[string]time.Time // by id, of keys that exist: as many as those at most
}

// NewRegister returns a register of the keys in a store. generation is Store.Generation.
func NewRegister(source Store, generation func() uint64) *Register {
	return &Register{store: source, byHash: snapshot.New(generation, func(ctx context.Context) (map[string]store.APIKey, error) {
		keys, err := source.ListAPIKeys(ctx, store.APIKeyFilter{})
		if err != nil {
			return nil, fmt.Errorf("cannot read the API keys: %w", err)
		}
		found := make(map[string]store.APIKey, len(keys))
		for _, key := range keys {
			found[key.Hash] = key
		}
		return found, nil
	})}
}

// Verify returns the key that credentials are, if it is good at now. It reads nothing while the generation of the store
// stands. Errors are explain.Failure with a kind of package token.
func (r *Register) Verify(ctx context.Context, credentials string, now time.Time) (store.APIKey, error) {
	secret, err := Parse(credentials)
	if err != nil {
		return store.APIKey{}, &explain.Failure{
			Kind: token.ErrNotOurs, Rule: explain.Form, Found: "an API key that this server could not have made: " + err.Error(),
			Expected: "the key as it was shown, doap_ and 43 characters", Remedy: "see whether the client sends all of it, and nothing else",
		}
	}
	known, err := r.byHash.Get(ctx)
	if err != nil {
		return store.APIKey{}, &explain.Failure{
			Kind: token.ErrUnavailable, Rule: explain.Standing, Found: err.Error(), Expected: "a database that can be read", Cause: err,
		}
	}
	key, found := known[secret.Hash()]
	switch {
	case !found:
		return store.APIKey{}, &explain.Failure{
			Kind: token.ErrNotOurs, Rule: explain.Standing, Found: "an API key that the database does not have",
			Remedy: "it is another server's, or ended long ago: issue a new one with doapctl apikey add",
		}
	case !key.RevokedAt.IsZero():
		return store.APIKey{}, &explain.Failure{
			Kind: token.ErrRevoked, Rule: explain.Standing,
			Found:  fmt.Sprintf("the API key %s of %s, revoked on %s", key.ID, key.User, written(key.RevokedAt)),
			Remedy: "if it is still needed, issue a new one",
		}
	case key.Expired(now):
		return store.APIKey{}, &explain.Failure{
			Kind: token.ErrExpired, Rule: explain.Expiry,
			Found:  fmt.Sprintf("the API key %s of %s, which ended on %s", key.ID, key.User, written(key.ExpiresAt)),
			Remedy: "issue a new one",
		}
	}
	return key, nil
}

func written(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// Note remembers that a key was used. It writes nothing: Flush does.
func (r *Register) Note(id string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.uses == nil {
		r.uses = map[string]time.Time{}
	}
	if at.After(r.uses[id]) {
		r.uses[id] = at
	}
}

// Flush stores what Note has remembered since the last time, in one commit, or nothing if there is nothing. What could not
// be stored is remembered for the next time.
func (r *Register) Flush(ctx context.Context) error {
	r.mu.Lock()
	uses := r.uses
	r.uses = nil
	r.mu.Unlock()
	if len(uses) == 0 {
		return nil
	}
	err := r.store.NoteAPIKeyUse(ctx, uses)
	if err != nil {
		for id, at := range uses {
			r.Note(id, at)
		}
	}
	return err
}
