// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

const jane = "CN=Jane Doe/O=Acme"

func newAPIKey(id string) store.APIKey {
	return store.APIKey{
		ID: id, Hash: "hash-" + id, Kind: store.PersonKey, User: jane, Label: "Label " + id, Scope: "domino sales.read",
		CreatedBy: jane, CreatedAt: noon, ExpiresAt: noon.Add(90 * 24 * time.Hour),
	}
}

// addAPIKey stores a key that change has made another of newAPIKey.
func addAPIKey(t *testing.T, s store.Store, id string, change func(*store.APIKey)) store.APIKey {
	t.Helper()
	key := newAPIKey(id)
	if change != nil {
		change(&key)
	}
	require.NoError(t, s.AddAPIKey(t.Context(), key, 0))
	return key
}

func apiKeys(t *testing.T, s store.Store, filter store.APIKeyFilter) []store.APIKey {
	t.Helper()
	keys, err := s.ListAPIKeys(t.Context(), filter)
	require.NoError(t, err)
	return keys
}

// apiKeyIDs are the ids of the keys that a filter selects, in their order.
func apiKeyIDs(t *testing.T, s store.Store, filter store.APIKeyFilter) string {
	t.Helper()
	ids := ""
	for _, key := range apiKeys(t, s, filter) {
		ids += key.ID
	}
	return ids
}

func auditCount(t *testing.T, s store.Store) int {
	t.Helper()
	events, err := s.QueryAudit(t.Context(), store.AuditFilter{})
	require.NoError(t, err)
	return len(events)
}

var apiKeyTests = map[string]func(*testing.T, store.Store){
	"API keys come back as they were stored": func(t *testing.T, s store.Store) {
		assert.Empty(t, apiKeys(t, s, store.APIKeyFilter{}))
		before := s.Generation()
		key := newAPIKey("a")
		require.NoError(t, s.AddAPIKey(t.Context(), key, 0, store.AuditEvent{Action: store.AuditAPIKeyIssued, Outcome: store.AuditSuccess}))
		assert.NotEqual(t, before, s.Generation())
		whole := addAPIKey(t, s, "b", func(k *store.APIKey) {
			k.Kind, k.User, k.ExpiresAt, k.CreatedAt = store.NameKey, "CN=Reporting/O=Acme", time.Time{}, noon.Add(time.Hour)
			k.LastUsedAt, k.RevokedAt = noon.Add(2*time.Hour), noon.Add(3*time.Hour)
		})
		assert.Equal(t, []store.APIKey{whole, key}, apiKeys(t, s, store.APIKeyFilter{}), "the newest first")
		assert.Equal(t, 1, auditCount(t, s))
	},
	"API keys keep awkward text": func(t *testing.T, s store.Store) {
		for name, text := range awkward {
			key := addAPIKey(t, s, text, func(k *store.APIKey) { k.User, k.Label, k.Scope, k.CreatedBy = "CN="+text, text, text, text })
			assert.Equal(t, []store.APIKey{key}, apiKeys(t, s, store.APIKeyFilter{User: "CN=" + text}), name)
		}
	},
	"API keys have an id, a secret and a label of their own": func(t *testing.T, s store.Store) {
		addAPIKey(t, s, "a", nil)
		told := store.AuditEvent{Action: store.AuditAPIKeyIssued, Outcome: store.AuditSuccess}
		for what, change := range map[string]func(*store.APIKey){
			"id": func(k *store.APIKey) { k.ID = "a" }, "secret": func(k *store.APIKey) { k.Hash = "hash-a" },
			"label": func(k *store.APIKey) { k.Label = "Label a" },
		} {
			key := newAPIKey("b")
			change(&key)
			require.ErrorIs(t, s.AddAPIKey(t.Context(), key, 0, told), store.ErrExists, what)
		}
		addAPIKey(t, s, "other", func(k *store.APIKey) { k.User, k.Label = "CN=Max/O=Acme", "Label a" })
		addAPIKey(t, s, "later", func(k *store.APIKey) { k.Label, k.CreatedAt = "Label a", newAPIKey("a").ExpiresAt })
		assert.Zero(t, auditCount(t, s), "a refused change tells nothing")
	},
	"API keys of a user are limited while they are good": func(t *testing.T, s store.Store) {
		addAPIKey(t, s, "expired", func(k *store.APIKey) { k.ExpiresAt = noon })
		addAPIKey(t, s, "revoked", func(k *store.APIKey) { k.RevokedAt = noon })
		addAPIKey(t, s, "max", func(k *store.APIKey) { k.User = "CN=Max/O=Acme" })
		require.NoError(t, s.AddAPIKey(t.Context(), newAPIKey("a"), 2))
		never := newAPIKey("b")
		never.ExpiresAt = time.Time{}
		require.NoError(t, s.AddAPIKey(t.Context(), never, 2))
		require.ErrorIs(t, s.AddAPIKey(t.Context(), newAPIKey("c"), 2), store.ErrFull)
		require.NoError(t, s.RevokeAPIKey(t.Context(), "a"))
		require.NoError(t, s.AddAPIKey(t.Context(), newAPIKey("c"), 2))
	},
	"API keys are listed by user, kind and time": func(t *testing.T, s store.Store) {
		for i, id := range []string{"a", "b", "c", "d", "e"} {
			addAPIKey(t, s, id, func(k *store.APIKey) {
				k.CreatedAt = noon.Add(time.Duration(i) * time.Minute)
				switch id {
				case "b":
					k.Kind, k.User = store.NameKey, "CN=Reporting/O=Acme"
				case "c":
					k.ExpiresAt = noon.Add(time.Hour)
				case "d":
					k.ExpiresAt = time.Time{}
				case "e":
					k.RevokedAt = noon
				}
			})
		}
		for name, c := range map[string]struct {
			filter store.APIKeyFilter
			ids    string
		}{
			"all, the newest first": {store.APIKeyFilter{}, "edcba"},
			"of a user":             {store.APIKeyFilter{User: jane}, "edca"},
			"of a kind":             {store.APIKeyFilter{Kind: store.NameKey}, "b"},
			"that are good":         {store.APIKeyFilter{GoodAt: noon}, "dcba"},
			"that are good later":   {store.APIKeyFilter{GoodAt: noon.Add(time.Hour)}, "dba"},
			"good ones of a user":   {store.APIKeyFilter{GoodAt: noon.Add(1e6 * time.Hour), User: jane}, "d"},
			"of nobody":             {store.APIKeyFilter{User: "CN=Nobody"}, ""},
		} {
			assert.Equal(t, c.ids, apiKeyIDs(t, s, c.filter), name)
		}
	},
	"API keys are revoked once": func(t *testing.T, s store.Store) {
		addAPIKey(t, s, "a", nil)
		addAPIKey(t, s, "b", nil)
		before := s.Generation()
		told := store.AuditEvent{Action: store.AuditAPIKeyRevoked, Outcome: store.AuditSuccess}
		require.NoError(t, s.RevokeAPIKey(t.Context(), "a", told))
		assert.NotEqual(t, before, s.Generation(), "before it is acknowledged")
		revokedAt := apiKeys(t, s, store.APIKeyFilter{})[0].RevokedAt
		require.NotZero(t, revokedAt)
		require.NoError(t, s.RevokeAPIKey(t.Context(), "a", told))
		assert.Equal(t, revokedAt, apiKeys(t, s, store.APIKeyFilter{})[0].RevokedAt)
		assert.Equal(t, 1, auditCount(t, s))
		require.ErrorIs(t, s.RevokeAPIKey(t.Context(), "ghost", told), store.ErrNotFound)
		assert.Equal(t, "b", apiKeyIDs(t, s, store.APIKeyFilter{GoodAt: noon}))
	},
	"API keys end with all else of their user": func(t *testing.T, s store.Store) {
		addAPIKey(t, s, "a", nil)
		addAPIKey(t, s, "b", func(k *store.APIKey) { k.Kind = store.NameKey })
		addAPIKey(t, s, "c", func(k *store.APIKey) { k.User = "CN=Max/O=Acme" })
		before := s.Generation()
		count, err := s.RevokeUser(t.Context(), jane)
		require.NoError(t, err)
		assert.Zero(t, count, "of grants")
		assert.NotEqual(t, before, s.Generation())
		assert.Equal(t, "c", apiKeyIDs(t, s, store.APIKeyFilter{GoodAt: noon}))
	},
	"the use of API keys is noted and changes nothing else": func(t *testing.T, s store.Store) {
		a, b := addAPIKey(t, s, "a", nil), addAPIKey(t, s, "b", nil)
		before := s.Generation()
		note := func(uses map[string]time.Time) { require.NoError(t, s.NoteAPIKeyUse(t.Context(), uses)) }
		note(map[string]time.Time{"a": noon.Add(time.Hour), "ghost": noon})
		note(map[string]time.Time{"a": noon, "b": noon.Add(time.Minute)})
		note(nil)
		a.LastUsedAt, b.LastUsedAt = noon.Add(time.Hour), noon.Add(time.Minute)
		assert.Equal(t, []store.APIKey{a, b}, apiKeys(t, s, store.APIKeyFilter{}))
		assert.Equal(t, before, s.Generation(), "no cache is read anew for it")
	},
	"API keys can be looked up for a while after their end": func(t *testing.T, s store.Store) {
		expired := addAPIKey(t, s, "expired", nil)
		addAPIKey(t, s, "revoked", func(k *store.APIKey) { k.RevokedAt = noon.Add(time.Hour) })
		addAPIKey(t, s, "never", func(k *store.APIKey) { k.ExpiresAt = time.Time{} })
		for _, step := range []struct {
			at      time.Time
			removed int
		}{
			{noon.Add(time.Hour + store.APIKeysListed - time.Second), 0},
			{noon.Add(time.Hour + store.APIKeysListed), 1},
			{expired.ExpiresAt.Add(store.APIKeysListed - time.Second), 0},
			{expired.ExpiresAt.Add(store.APIKeysListed), 1},
			{later(1e8), 0},
		} {
			removed, err := s.DeleteExpired(t.Context(), step.at)
			require.NoError(t, err)
			assert.Equal(t, step.removed, removed, step.at)
		}
		assert.Equal(t, "never", apiKeyIDs(t, s, store.APIKeyFilter{}))
	},
	"ended API keys of one user do not pile up": func(t *testing.T, s store.Store) {
		addAPIKey(t, s, "max", func(k *store.APIKey) { k.User, k.RevokedAt = "CN=Max/O=Acme", noon })
		for i := range store.MaxEndedAPIKeys + 5 {
			addAPIKey(t, s, fmt.Sprint(i), func(k *store.APIKey) {
				k.RevokedAt, k.CreatedAt = noon, noon.Add(time.Duration(i)*time.Second)
			})
		}
		addAPIKey(t, s, "good", func(k *store.APIKey) { k.CreatedAt = noon.Add(time.Hour) })
		kept := apiKeys(t, s, store.APIKeyFilter{User: jane})
		require.Len(t, kept, store.MaxEndedAPIKeys+1)
		assert.Equal(t, "5", kept[store.MaxEndedAPIKeys].ID, "the oldest give way")
		assert.Len(t, apiKeys(t, s, store.APIKeyFilter{User: "CN=Max/O=Acme"}), 1)
	},
}
