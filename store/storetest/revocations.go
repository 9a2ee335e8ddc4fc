// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// standing reads what counts.
func standing(t *testing.T, s store.Store) store.Standing {
	t.Helper()
	found, err := s.Standing(t.Context())
	require.NoError(t, err)
	return found
}

var grantTests = map[string]func(*testing.T, store.Store){
	"grants without a code are kept": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		own := store.Grant{
			ID: "own", Type: store.ClientCredentials, ClientID: "app", Scope: "domino", CreatedAt: noon, ExpiresAt: noon.Add(time.Hour),
		}
		require.NoError(t, s.AddGrant(t.Context(), own, store.AuditEvent{Action: store.AuditTokenIssued, Outcome: store.AuditSuccess}))
		found, err := s.Grant(t.Context(), "own")
		require.NoError(t, err)
		assert.Equal(t, own, found)
		require.ErrorIs(t, s.AddGrant(t.Context(), own), store.ErrExists)
		require.ErrorIs(t, s.AddGrant(t.Context(), newGrant("g", "ghost")), store.ErrNotFound)
		events, err := s.QueryAudit(t.Context(), store.AuditFilter{})
		require.NoError(t, err)
		assert.Len(t, events, 1, "a refused change tells nothing")
	},
	"grants are listed by user, client and time": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addClient(t, s, "other")
		for i, grant := range []store.Grant{newGrant("a", "app"), newGrant("b", "other"), newGrant("c", "app"), newGrant("d", "app")} {
			grant.CreatedAt = noon.Add(time.Duration(i) * time.Minute)
			if grant.ID == "c" {
				grant.User = "CN=Max/O=Acme"
			}
			if grant.ID == "d" {
				grant.ExpiresAt = noon.Add(time.Hour)
			}
			require.NoError(t, s.AddGrant(t.Context(), grant))
		}
		require.NoError(t, s.RevokeGrant(t.Context(), "b"))
		for name, c := range map[string]struct {
			filter store.GrantFilter
			ids    string
		}{
			"all, the newest first":  {store.GrantFilter{}, "dcba"},
			"of a user":              {store.GrantFilter{User: "CN=Max/O=Acme"}, "c"},
			"of a client":            {store.GrantFilter{ClientID: "app"}, "dca"},
			"that are good":          {store.GrantFilter{ActiveAt: noon.Add(time.Minute)}, "dca"},
			"that are good later":    {store.GrantFilter{ActiveAt: noon.Add(2 * time.Hour)}, "ca"},
			"no more than the limit": {store.GrantFilter{Limit: 2}, "dc"},
			"of nobody":              {store.GrantFilter{User: "CN=Nobody"}, ""},
		} {
			grants, err := s.ListGrants(t.Context(), c.filter)
			require.NoError(t, err)
			ids := ""
			for _, grant := range grants {
				ids += grant.ID
			}
			assert.Equal(t, c.ids, ids, name)
		}
	},
}

var revocationTests = map[string]func(*testing.T, store.Store){
	"revocations of a grant move the generation and are kept once": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("token", "g"))
		before := s.Generation()
		require.NoError(t, s.RevokeGrant(t.Context(), "g"))
		assert.NotEqual(t, before, s.Generation(), "before it is acknowledged")
		assert.Contains(t, standing(t, s).RevokedGrants, "g")
		_, grant := look(t, s, "token")
		first := grant.RevokedAt
		require.NotZero(t, first)
		require.NoError(t, s.RevokeGrant(t.Context(), "g"))
		_, grant = look(t, s, "token")
		assert.Equal(t, first, grant.RevokedAt)
		require.ErrorIs(t, s.RevokeGrant(t.Context(), "ghost"), store.ErrNotFound)
	},
	"revocations come from every way a grant ends early": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addClient(t, s, "gone")
		addGrant(t, s, newGrant("replayed", "app"), newToken("token-1", "replayed"))
		addGrant(t, s, newGrant("stolen", "app"), newToken("token-2", "stolen"))
		addGrant(t, s, newGrant("removed", "gone"), newToken("token-3", "removed"))
		addGrant(t, s, newGrant("stays", "app"), newToken("token-4", "stays"))
		require.ErrorIs(t, s.RedeemCode(t.Context(), "code-replayed", nil), store.ErrConsumed)
		require.Equal(t, errRefused, s.RotateRefreshToken(t.Context(), "token-2",
			func(store.RefreshToken, store.Grant) (store.Rotation, error) {
				return store.Rotation{Revoke: true}, errRefused
			}))
		before := s.Generation()
		require.NoError(t, s.RemoveClient(t.Context(), "gone"))
		assert.NotEqual(t, before, s.Generation())
		addClient(t, s, "gone")
		found := standing(t, s)
		assert.Equal(t, map[string]struct{}{"replayed": {}, "stolen": {}, "removed": {}}, found.RevokedGrants,
			"a client that comes back does not bring its tokens back")
		assert.Equal(t, map[string]bool{"app": true, "gone": true}, found.Clients)
	},
	"revocations of a user end grants, codes and consents": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		const jane = "CN=Jane Doe/O=Acme"
		other := newGrant("max", "app")
		other.User = "CN=Max/O=Acme"
		addGrant(t, s, newGrant("jane", "app"), newToken("token-jane", "jane"))
		addGrant(t, s, other, newToken("token-max", "max"))
		require.NoError(t, s.AddGrant(t.Context(), store.Grant{ID: "own", Type: store.ClientCredentials, ClientID: "app", ExpiresAt: noon}))
		require.NoError(t, s.AddCode(t.Context(), newCode("code", "app")))
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("asked", "app"), 0))
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r",
			func(store.AuthorizationRequest) (store.Completion, error) {
				return store.Completion{Consent: &store.Consent{User: jane, ClientID: "app", Scope: "domino"}}, nil
			}))
		count, err := s.RevokeUser(t.Context(), jane, store.AuditEvent{Action: store.AuditUserRevoked, Outcome: store.AuditSuccess, User: jane})
		require.NoError(t, err)
		assert.Equal(t, 1, count)
		assert.Equal(t, map[string]struct{}{"jane": {}}, standing(t, s).RevokedGrants)
		assert.Contains(t, standing(t, s).RevokedUsers, jane)
		require.ErrorIs(t, s.RedeemCode(t.Context(), "code", nil), store.ErrNotFound)
		_, err = s.AuthorizationRequest(t.Context(), "asked")
		require.ErrorIs(t, err, store.ErrNotFound, "the page that was shown to the user")
		_, err = s.Consent(t.Context(), jane, "app")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.ErrorIs(t, s.RedeemCode(t.Context(), "code-jane", nil), store.ErrConsumed, "a replay is still noticed")
		count, err = s.RevokeUser(t.Context(), "")
		require.NoError(t, err)
		assert.Zero(t, count, "no name is nobody's, and not every client's")
	},
	"revocations of a user are remembered, the last one": func(t *testing.T, s store.Store) {
		const jane = "CN=Jane Doe/O=Acme"
		for _, name := range []string{jane, "CN=Max/O=Acme", jane, ""} {
			known, before := standing(t, s), s.Generation()
			_, err := s.RevokeUser(t.Context(), name)
			require.NoError(t, err)
			if name == "" {
				assert.Equal(t, known, standing(t, s), "no name is nobody's")
				continue
			}
			assert.NotEqual(t, before, s.Generation(), "before it is acknowledged, also of one who has no grant")
			assert.True(t, standing(t, s).RevokedUsers[name].After(known.RevokedUsers[name]))
		}
		found := standing(t, s).RevokedUsers
		assert.Len(t, found, 2)
		assert.True(t, found[jane].After(found["CN=Max/O=Acme"]))
		end := found[jane].Add(store.UserRevocationsKept)
		removed, err := s.DeleteExpired(t.Context(), end.Add(-time.Microsecond))
		require.NoError(t, err)
		assert.Equal(t, 1, removed, "that of Max")
		assert.Equal(t, map[string]time.Time{jane: found[jane]}, standing(t, s).RevokedUsers)
		_, err = s.DeleteExpired(t.Context(), end)
		require.NoError(t, err)
		assert.Empty(t, standing(t, s).RevokedUsers)
	},
	"revocations of a client's grants leave the client": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addClient(t, s, "other")
		addGrant(t, s, newGrant("g1", "app"), newToken("t1", "g1"))
		addGrant(t, s, newGrant("g2", "other"), newToken("t2", "g2"))
		require.NoError(t, s.AddCode(t.Context(), newCode("code", "app")))
		count, err := s.RevokeClientGrants(t.Context(), "app")
		require.NoError(t, err)
		assert.Equal(t, 1, count)
		found := standing(t, s)
		assert.Equal(t, map[string]struct{}{"g1": {}}, found.RevokedGrants)
		assert.True(t, found.Clients["app"])
		require.ErrorIs(t, s.RedeemCode(t.Context(), "code", nil), store.ErrNotFound)
	},
	"revocations of tokens last until the token has expired by every clock": func(t *testing.T, s store.Store) {
		before := s.Generation()
		require.NoError(t, s.RevokeToken(t.Context(), "jti", noon.Add(time.Hour)))
		require.NoError(t, s.RevokeToken(t.Context(), "jti", noon.Add(time.Hour)))
		assert.NotEqual(t, before, s.Generation())
		_, err := s.DeleteExpired(t.Context(), noon.Add(time.Hour+store.RevocationsKept-time.Second))
		require.NoError(t, err)
		assert.Equal(t, map[string]struct{}{"jti": {}}, standing(t, s).RevokedTokens)
		_, err = s.DeleteExpired(t.Context(), noon.Add(time.Hour+store.RevocationsKept))
		require.NoError(t, err)
		assert.Empty(t, standing(t, s).RevokedTokens)
	},
	"revocations of grants outlast every access token": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("token", "g"))
		require.NoError(t, s.RevokeGrant(t.Context(), "g"))
		_, grant := look(t, s, "token")
		end := grant.RevokedAt.Add(store.MaxAccessTokenLife + store.RevocationsKept)
		_, err := s.DeleteExpired(t.Context(), end.Add(-time.Second))
		require.NoError(t, err)
		assert.Contains(t, standing(t, s).RevokedGrants, "g")
		_, err = s.DeleteExpired(t.Context(), end)
		require.NoError(t, err)
		assert.NotContains(t, standing(t, s).RevokedGrants, "g")
	},
	"disabled clients are told apart": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.UpdateClient(t.Context(), "app", func(c *store.Client) error {
			c.Disabled = true
			return nil
		}))
		assert.Equal(t, map[string]bool{"app": false}, standing(t, s).Clients)
	},
	"ids are used once, however many try": func(t *testing.T, s store.Store) {
		expires := time.Now().Add(time.Hour)
		var won atomic.Int32
		var all sync.WaitGroup
		for range 32 {
			all.Go(func() {
				if err := s.UseOnce(t.Context(), "jti", expires); err == nil {
					won.Add(1)
				} else {
					assert.True(t, errors.Is(err, store.ErrConsumed), err)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, won.Load())
		require.NoError(t, s.UseOnce(t.Context(), "another", expires))
		require.NoError(t, s.UseOnce(t.Context(), "old", time.Now().Add(-time.Second)))
		require.NoError(t, s.UseOnce(t.Context(), "old", expires), "its time is over")
	},
	"ids that were used are known while any clock says that they count": func(t *testing.T, s store.Store) {
		expires := time.Now().Add(time.Hour)
		require.NoError(t, s.UseOnce(t.Context(), "jti", expires))
		removed, err := s.DeleteExpired(t.Context(), expires.Add(store.RevocationsKept-time.Second))
		require.NoError(t, err)
		assert.Zero(t, removed)
		require.ErrorIs(t, s.UseOnce(t.Context(), "jti", expires), store.ErrConsumed)
		removed, err = s.DeleteExpired(t.Context(), expires.Add(store.RevocationsKept))
		require.NoError(t, err)
		assert.Equal(t, 1, removed)
	},
}

var lockoutTests = map[string]func(*testing.T, store.Store){
	"lockouts are replaced, listed and lifted": func(t *testing.T, s store.Store) {
		first := store.Lockout{Subject: "app", Address: "192.0.2.1", Failures: 10, At: noon, Until: noon.Add(time.Minute)}
		again := store.Lockout{Subject: "app", Address: "192.0.2.1", Failures: 11, At: noon.Add(time.Hour), Until: noon.Add(2 * time.Hour)}
		other := store.Lockout{Subject: "app", Address: "192.0.2.2", Failures: 3, At: noon, Until: noon.Add(time.Minute)}
		stays := store.Lockout{Subject: "web", Address: "192.0.2.1", Failures: 3, At: noon, Until: noon.Add(time.Minute)}
		for _, lockout := range []store.Lockout{first, again, other, stays} {
			before := s.Generation()
			require.NoError(t, s.AddLockout(t.Context(), lockout))
			assert.NotEqual(t, before, s.Generation())
		}
		listed, err := s.ListLockouts(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []store.Lockout{again, other, stays}, listed)
		before := s.Generation()
		count, err := s.LiftLockouts(t.Context(), "app")
		require.NoError(t, err)
		assert.Equal(t, 2, count)
		assert.NotEqual(t, before, s.Generation())
		listed, err = s.ListLockouts(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []store.Lockout{stays}, listed)
		_, err = s.DeleteExpired(t.Context(), stays.Until.Add(store.LockoutsListed-time.Second))
		require.NoError(t, err)
		listed, err = s.ListLockouts(t.Context())
		require.NoError(t, err)
		assert.Len(t, listed, 1, "an administrator can still see it")
		_, err = s.DeleteExpired(t.Context(), stays.Until.Add(store.LockoutsListed))
		require.NoError(t, err)
		listed, err = s.ListLockouts(t.Context())
		require.NoError(t, err)
		assert.Empty(t, listed)
	},
	"lockouts are bounded": func(t *testing.T, s store.Store) {
		var all sync.WaitGroup
		for worker := range 8 {
			all.Go(func() {
				for i := worker; i < store.MaxLockouts+16; i += 8 {
					assert.NoError(t, s.AddLockout(t.Context(), store.Lockout{
						Subject: "app", Address: fmt.Sprint(i), At: noon.Add(time.Duration(i) * time.Second),
					}))
				}
			})
		}
		all.Wait()
		listed, err := s.ListLockouts(t.Context())
		require.NoError(t, err)
		require.Len(t, listed, store.MaxLockouts)
		assert.Equal(t, fmt.Sprint(store.MaxLockouts+15), listed[0].Address, "the oldest give way")
	},
}
