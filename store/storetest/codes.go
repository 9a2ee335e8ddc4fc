// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

var codeTests = map[string]func(*testing.T, store.Store){
	"codes may buy a grant without a refresh token": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app")))
		require.NoError(t, s.RedeemCode(t.Context(), "c", func(store.Code) (store.Purchase, error) {
			return store.Purchase{Grant: newGrant("g", "app")}, nil
		}))
		found, err := s.Grant(t.Context(), "g")
		require.NoError(t, err)
		assert.Equal(t, newGrant("g", "app"), found)
	},
	"codes remember their challenge": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addClient(t, s, "other")
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app")))
		for _, c := range []struct {
			client, challenge string
			used              bool
		}{{"app", "challenge", true}, {"other", "challenge", false}, {"app", "Challenge", false}} {
			used, err := s.CodeChallengeUsed(t.Context(), c.client, c.challenge)
			require.NoError(t, err)
			assert.Equal(t, c.used, used, c)
		}
	},
	"codes buy a grant and a refresh token": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app")))
		require.NoError(t, s.RedeemCode(t.Context(), "c", func(code store.Code) (store.Purchase, error) {
			assert.Equal(t, newCode("c", "app"), code)
			return bought(newGrant("g", "app"), newToken("t", "whatever")), nil // the token belongs to the grant
		}))
		token, grant := look(t, s, "t")
		assert.Equal(t, newToken("t", "g"), token)
		assert.Equal(t, newGrant("g", "app"), grant)
		found, err := s.Grant(t.Context(), "g")
		require.NoError(t, err)
		assert.Equal(t, newGrant("g", "app"), found)
	},
	"codes with nothing set come back": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), store.Code{ClientID: "app"}))
		require.Equal(t, errRefused, s.RedeemCode(t.Context(), "", func(code store.Code) (store.Purchase, error) {
			assert.Equal(t, store.Code{ClientID: "app"}, code)
			return store.Purchase{}, errRefused
		}))
	},
	"codes that are not there": func(t *testing.T, s store.Store) {
		require.ErrorIs(t, s.RedeemCode(t.Context(), "ghost", nil), store.ErrNotFound)
		require.ErrorIs(t, s.AddCode(t.Context(), newCode("c", "ghost")), store.ErrNotFound)
		_, err := s.Grant(t.Context(), "ghost")
		require.ErrorIs(t, err, store.ErrNotFound)
	},
	"codes cannot take a hash twice": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app")))
		require.ErrorIs(t, s.AddCode(t.Context(), newCode("c", "app")), store.ErrExists)
	},
	"codes are spent even if redeem refuses": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app")))
		require.Equal(t, errRefused, s.RedeemCode(t.Context(), "c", refuse))
		require.ErrorIs(t, s.RedeemCode(t.Context(), "c", nil), store.ErrConsumed)
	},
	"codes are spent even if what they buy cannot be stored": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t", "g"))
		for hash, buy := range map[string]func(store.Code) (store.Purchase, error){
			"grant taken": func(store.Code) (store.Purchase, error) {
				return bought(newGrant("g", "app"), newToken("t2", "g")), nil
			},
			"token taken": func(store.Code) (store.Purchase, error) {
				return bought(newGrant("g2", "app"), newToken("t", "g2")), nil
			},
		} {
			require.NoError(t, s.AddCode(t.Context(), newCode(hash, "app")))
			require.ErrorIs(t, s.RedeemCode(t.Context(), hash, buy), store.ErrExists)
			require.ErrorIs(t, s.RedeemCode(t.Context(), hash, nil), store.ErrConsumed)
		}
		_, err := s.Grant(t.Context(), "g2")
		require.ErrorIs(t, err, store.ErrNotFound, "half of a purchase was stored")
		grant, err := s.Grant(t.Context(), "g")
		require.NoError(t, err)
		assert.Zero(t, grant.RevokedAt)
	},
	"codes tried twice revoke what they bought": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t", "g"))
		addGrant(t, s, newGrant("other", "app"), newToken("t-other", "other"))
		tell := func(replay store.Replay) store.AuditEvent {
			told := event(replay.GrantID)
			told.Action, told.Outcome = store.AuditReplay, store.AuditFailure
			return told
		}
		err := s.RedeemCode(t.Context(), "code-g", nil, tell)
		require.ErrorIs(t, err, store.ErrConsumed)
		assert.Equal(t, "g", query(t, s, store.AuditFilter{Action: store.AuditReplay}))
		var replay *store.Replay
		require.ErrorAs(t, err, &replay)
		assert.Equal(t, store.Replay{ClientID: "app", User: "CN=Jane Doe/O=Acme", GrantID: "g", Revoked: true}, *replay)
		_, grant := look(t, s, "t")
		assert.NotZero(t, grant.RevokedAt)
		require.ErrorIs(t, s.RedeemCode(t.Context(), "code-g", nil, tell), store.ErrConsumed)
		assert.Equal(t, "g", query(t, s, store.AuditFilter{Action: store.AuditReplay}), "told with the revocation, and once")
		_, again := look(t, s, "t")
		assert.Equal(t, grant.RevokedAt, again.RevokedAt, "a revocation keeps its time")
		_, other := look(t, s, "t-other")
		assert.Zero(t, other.RevokedAt)
	},
	"codes are redeemed once, however many try": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app")))
		var redeemed, won, consumed atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				err := s.RedeemCode(t.Context(), "c", func(store.Code) (store.Purchase, error) {
					redeemed.Add(1)
					return bought(newGrant("g", "app"), newToken("t", "g")), nil
				})
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, store.ErrConsumed):
					consumed.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, redeemed.Load())
		assert.EqualValues(t, 1, won.Load())
		assert.EqualValues(t, 63, consumed.Load())
		grant, err := s.Grant(t.Context(), "g")
		require.NoError(t, err)
		assert.NotZero(t, grant.RevokedAt, "a replay revokes the grant")
	},
}
