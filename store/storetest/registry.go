// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

var clientTests = map[string]func(*testing.T, store.Store){
	"clients come back as they were stored": func(t *testing.T, s store.Store) {
		client := newClient("app")
		client.Legacy, client.Disabled = true, true
		require.NoError(t, s.AddClient(t.Context(), client))
		found, err := s.Client(t.Context(), "app")
		require.NoError(t, err)
		assert.Equal(t, client, found)
	},
	"clients with nothing set come back": func(t *testing.T, s store.Store) {
		require.NoError(t, s.AddClient(t.Context(), store.Client{}))
		found, err := s.Client(t.Context(), "")
		require.NoError(t, err)
		assert.Equal(t, store.Client{}, found)
		assert.True(t, found.Public())
	},
	"clients keep awkward text": func(t *testing.T, s store.Store) {
		for name, text := range awkward {
			require.NoError(t, s.AddClient(t.Context(), store.Client{ID: text, Name: text}), name)
			found, err := s.Client(t.Context(), text)
			require.NoError(t, err, name)
			assert.Equal(t, store.Client{ID: text, Name: text}, found, name)
		}
		clients, err := s.ListClients(t.Context())
		require.NoError(t, err)
		assert.Len(t, clients, len(awkward))
	},
	"clients are listed by id": func(t *testing.T, s store.Store) {
		none, err := s.ListClients(t.Context())
		require.NoError(t, err)
		assert.Empty(t, none)
		for _, id := range []string{"b", "a", "C", "\u00e4"} {
			addClient(t, s, id)
		}
		clients, err := s.ListClients(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []store.Client{newClient("C"), newClient("a"), newClient("b"), newClient("\u00e4")}, clients)
	},
	"clients can be changed": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addClient(t, s, "other")
		changed := store.Client{
			ID: "app", Name: "new", RedirectURIs: []string{"https://new.example"},
			Scopes: []string{"mail"}, Legacy: true, Disabled: true, CreatedAt: noon, ChangedAt: noon.Add(2 * time.Hour),
		}
		require.NoError(t, s.UpdateClient(t.Context(), "app", func(client *store.Client) error {
			assert.Equal(t, newClient("app"), *client)
			*client = changed
			client.ID = "renamed" // a client keeps its id
			return nil
		}))
		found, err := s.Client(t.Context(), "app")
		require.NoError(t, err)
		assert.Equal(t, changed, found)
		other, err := s.Client(t.Context(), "other")
		require.NoError(t, err)
		assert.Equal(t, newClient("other"), other)
	},
	"clients do not change when the closure refuses": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		assert.Equal(t, errRefused, s.UpdateClient(t.Context(), "app", func(client *store.Client) error {
			client.Name = "changed"
			return errRefused
		}))
		found, err := s.Client(t.Context(), "app")
		require.NoError(t, err)
		assert.Equal(t, newClient("app"), found)
	},
	"clients lose no update when many change one": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				assert.NoError(t, s.UpdateClient(t.Context(), "app", func(client *store.Client) error {
					client.Scopes = append(client.Scopes, "one more")
					return nil
				}))
			})
		}
		all.Wait()
		found, err := s.Client(t.Context(), "app")
		require.NoError(t, err)
		assert.Len(t, found.Scopes, len(newClient("app").Scopes)+64)
	},
	"clients that are not there": func(t *testing.T, s store.Store) {
		_, err := s.Client(t.Context(), "ghost")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.ErrorIs(t, s.RemoveClient(t.Context(), "ghost"), store.ErrNotFound)
		require.ErrorIs(t, s.UpdateClient(t.Context(), "ghost", func(*store.Client) error {
			t.Error("asked about a client that is not there")
			return nil
		}), store.ErrNotFound)
	},
	"clients cannot take an id twice": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.ErrorIs(t, s.AddClient(t.Context(), store.Client{ID: "app"}), store.ErrExists)
		found, err := s.Client(t.Context(), "app")
		require.NoError(t, err)
		assert.Equal(t, newClient("app"), found)
	},
	"clients take everything along when removed": func(t *testing.T, s store.Store) {
		for _, id := range []string{"gone", "stays"} {
			addClient(t, s, id)
			addGrant(t, s, newGrant("grant-"+id, id), newToken("token-"+id, "grant-"+id))
			require.NoError(t, s.AddCode(t.Context(), newCode("unused-"+id, id)))
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("request-"+id, id), 0))
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("consented-"+id, id), 0))
			require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "consented-"+id,
				func(store.AuthorizationRequest) (store.Completion, error) {
					return store.Completion{Consent: &store.Consent{
						User: "CN=Jane Doe/O=Acme", ClientID: id, Scope: "mail", GrantedAt: noon,
					}}, nil
				}))
		}
		require.NoError(t, s.RemoveClient(t.Context(), "gone"))

		for name, check := range map[string]func(id string) error{
			"client": func(id string) error { _, err := s.Client(t.Context(), id); return err },
			"request": func(id string) error {
				_, err := s.AuthorizationRequest(t.Context(), "request-"+id)
				return err
			},
			"grant":   func(id string) error { _, err := s.Grant(t.Context(), "grant-"+id); return err },
			"consent": func(id string) error { _, err := s.Consent(t.Context(), "CN=Jane Doe/O=Acme", id); return err },
		} {
			require.ErrorIs(t, check("gone"), store.ErrNotFound, name)
			require.NoError(t, check("stays"), name)
		}
		require.ErrorIs(t, s.RedeemCode(t.Context(), "unused-gone", refuse), store.ErrNotFound)
		require.ErrorIs(t, s.RedeemCode(t.Context(), "code-grant-gone", refuse), store.ErrNotFound)
		require.ErrorIs(t, s.RotateRefreshToken(t.Context(), "token-gone", nil), store.ErrNotFound)
		look(t, s, "token-stays")
		require.Equal(t, errRefused, s.RedeemCode(t.Context(), "unused-stays", refuse))

		addClient(t, s, "gone") // the id is free, and nothing of the old client is back
		_, err := s.Consent(t.Context(), "CN=Jane Doe/O=Acme", "gone")
		require.ErrorIs(t, err, store.ErrNotFound)
	},
}

var keyTests = map[string]func(*testing.T, store.Store){
	"keys are listed, the newest first": func(t *testing.T, s store.Store) {
		none, err := s.ListKeys(t.Context())
		require.NoError(t, err)
		assert.Empty(t, none)
		older := store.Key{
			ID: "older", Algorithm: "RS256", PrivatePEM: []byte("private \x00\xff"), PublicPEM: []byte("public"),
			CreatedAt: noon, ActiveFrom: noon.Add(time.Hour), RetiredAt: noon.Add(2 * time.Hour),
		}
		newer := store.Key{ID: "newer", Algorithm: "RS256", PublicPEM: []byte("public"), CreatedAt: noon.Add(time.Microsecond)}
		require.NoError(t, s.AddKey(t.Context(), newer))
		require.NoError(t, s.AddKey(t.Context(), older))
		keys, err := s.ListKeys(t.Context())
		require.NoError(t, err)
		require.Len(t, keys, 2)
		assert.Empty(t, keys[0].PrivatePEM)
		keys[0].PrivatePEM = nil
		newer.ActiveFrom = newer.CreatedAt // what says nothing signs at once
		assert.Equal(t, []store.Key{newer, older}, keys)
	},
	"keys change together": func(t *testing.T, s store.Store) {
		key := func(id string) store.Key {
			return store.Key{
				ID: id, Algorithm: "RS256", PrivatePEM: []byte("private"), PublicPEM: []byte("public"), CreatedAt: noon, ActiveFrom: noon,
			}
		}
		require.NoError(t, s.UpdateKeys(t.Context(), func(present []store.Key) (store.KeyChange, error) {
			assert.Empty(t, present)
			return store.KeyChange{Add: []store.Key{key("a"), key("b"), key("c")}}, nil
		}))
		before := s.Generation()
		require.NoError(t, s.UpdateKeys(t.Context(), func(present []store.Key) (store.KeyChange, error) {
			assert.Len(t, present, 3)
			return store.KeyChange{
				Add: []store.Key{key("d")}, Retire: []string{"a"}, Remove: []string{"b"}, At: noon.Add(time.Hour),
				Audit: []store.AuditEvent{{At: noon, Action: store.AuditKeyChanged, Outcome: store.AuditSuccess, Detail: "retired a"}},
			}, nil
		}))
		told, err := s.QueryAudit(t.Context(), store.AuditFilter{Action: store.AuditKeyChanged})
		require.NoError(t, err)
		require.Len(t, told, 1)
		assert.Equal(t, "retired a", told[0].Detail)
		assert.NotEqual(t, before, s.Generation())
		retired := key("a")
		retired.PrivatePEM, retired.RetiredAt = []byte{}, noon.Add(time.Hour)
		keys, err := s.ListKeys(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []store.Key{retired, key("c"), key("d")}, keys)

		for name, c := range map[string]struct {
			change store.KeyChange
			err    error
		}{
			"a refusal":   {store.KeyChange{Remove: []string{"c"}, Audit: told}, errRefused},
			"an id twice": {store.KeyChange{Retire: []string{"c"}, Add: []store.Key{key("d")}, Audit: told}, nil},
		} {
			require.Error(t, s.UpdateKeys(t.Context(), func([]store.Key) (store.KeyChange, error) { return c.change, c.err }), name)
			again, err := s.ListKeys(t.Context())
			require.NoError(t, err)
			assert.Equal(t, keys, again, name)
		}
		require.NoError(t, s.AddKey(t.Context(), key("a")), "a retired key comes back by its private part only")
		keys, err = s.ListKeys(t.Context())
		require.NoError(t, err)
		assert.Equal(t, key("a"), keys[0])
	},
	"a private key completes its public half": func(t *testing.T, s store.Store) {
		half := store.Key{ID: "k", Algorithm: "RS256", PublicPEM: []byte("public"), CreatedAt: noon}
		whole := store.Key{
			ID: "k", Algorithm: "RS256", PrivatePEM: []byte("private"), PublicPEM: []byte("public"), CreatedAt: noon.Add(time.Hour),
			ActiveFrom: noon.Add(2 * time.Hour),
		}
		require.NoError(t, s.AddKey(t.Context(), half))
		require.ErrorIs(t, s.AddKey(t.Context(), half), store.ErrExists)
		before := s.Generation()
		require.NoError(t, s.AddKey(t.Context(), whole))
		assert.NotEqual(t, before, s.Generation())
		require.ErrorIs(t, s.AddKey(t.Context(), whole), store.ErrExists)
		require.ErrorIs(t, s.AddKey(t.Context(), half), store.ErrExists)
		keys, err := s.ListKeys(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []store.Key{whole}, keys)
	},
	"keys cannot take an id twice": func(t *testing.T, s store.Store) {
		require.NoError(t, s.AddKey(t.Context(), store.Key{ID: "k", Algorithm: "RS256"}))
		require.ErrorIs(t, s.AddKey(t.Context(), store.Key{ID: "k", Algorithm: "ES256"}), store.ErrExists)
		keys, err := s.ListKeys(t.Context())
		require.NoError(t, err)
		require.Len(t, keys, 1)
		assert.Equal(t, "RS256", keys[0].Algorithm)
	},
}
