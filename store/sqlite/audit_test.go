// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/storetest"
)

// What an administrator changes is not changed when the audit trail cannot take it.
func TestNoChangeWithoutItsEvent(t *testing.T) {
	told := store.AuditEvent{Action: store.AuditClientChanged, Outcome: store.AuditSuccess, Detail: "told"}
	const user = "CN=Jane Doe/O=Acme"
	for name, change := range map[string]func(context.Context, *Store) error{
		"a new client": func(ctx context.Context, s *Store) error { return s.AddClient(ctx, newClient("new"), told) },
		"a changed client": func(ctx context.Context, s *Store) error {
			return s.UpdateClient(ctx, "app", func(client *store.Client) error { client.Name = "new"; return nil }, told)
		},
		"a removed client": func(ctx context.Context, s *Store) error { return s.RemoveClient(ctx, "app", told) },
		"a new key":        func(ctx context.Context, s *Store) error { return s.AddKey(ctx, sealedKey("new"), told) },
		"changed keys": func(ctx context.Context, s *Store) error {
			return s.UpdateKeys(ctx, func([]store.Key) (store.KeyChange, error) {
				return store.KeyChange{Retire: []string{"k"}, At: time.Now(), Audit: []store.AuditEvent{told}}, nil
			})
		},
		"a new API key": func(ctx context.Context, s *Store) error {
			return s.AddAPIKey(ctx, store.APIKey{ID: "new", Hash: "new", Kind: store.PersonKey, User: user, Label: "new"}, 0, told)
		},
		"a revoked API key": func(ctx context.Context, s *Store) error { return s.RevokeAPIKey(ctx, "a", told) },
		"a revoked grant":   func(ctx context.Context, s *Store) error { return s.RevokeGrant(ctx, "g", told) },
		"a revoked token":   func(ctx context.Context, s *Store) error { return s.RevokeToken(ctx, "jti", time.Now(), told) },
		"a revoked user":    func(ctx context.Context, s *Store) error { _, err := s.RevokeUser(ctx, user, told); return err },
		"a client's revoked grants": func(ctx context.Context, s *Store) error {
			_, err := s.RevokeClientGrants(ctx, "app", told)
			return err
		},
		"a lifted lockout": func(ctx context.Context, s *Store) error { _, err := s.LiftLockouts(ctx, "app", told); return err },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(storetest.TempDir(t), "doap.db")
			s := closing(t)(Create(path, Options{}))
			ctx := t.Context()
			require.NoError(t, s.AddClient(ctx, newClient("app")))
			require.NoError(t, s.AddKey(ctx, sealedKey("k")))
			require.NoError(t, s.AddAPIKey(ctx, store.APIKey{ID: "a", Hash: "a", Kind: store.PersonKey, User: user, Label: "a"}, 0))
			require.NoError(t, s.AddGrant(ctx, store.Grant{ID: "g", Type: store.AuthorizationCode, ClientID: "app", User: user}))
			require.NoError(t, s.AddLockout(ctx, store.Lockout{Subject: "app"}))
			before := everything(t, s)
			execute(t, path, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'the trail is full'); END")
			require.ErrorContains(t, change(ctx, s), "the trail is full")
			assert.Equal(t, before, everything(t, s))

			execute(t, path, "DROP TRIGGER full")
			require.NoError(t, change(ctx, s))
			assert.NotEqual(t, before, everything(t, s))
			events, err := s.QueryAudit(ctx, store.AuditFilter{})
			require.NoError(t, err)
			assert.Len(t, events, 1)
		})
	}
}

// everything is what an administrator can change.
func everything(t *testing.T, s *Store) []any {
	t.Helper()
	ctx := t.Context()
	var found []any
	keep := func(part any, err error) {
		require.NoError(t, err)
		found = append(found, part)
	}
	keep(s.ListClients(ctx))
	keep(s.ListKeys(ctx))
	keep(s.ListAPIKeys(ctx, store.APIKeyFilter{}))
	keep(s.ListGrants(ctx, store.GrantFilter{}))
	keep(s.ListLockouts(ctx))
	keep(s.Standing(ctx))
	return found
}
