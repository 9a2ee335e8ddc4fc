// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// rotation is a decider that gives out a successor whatever it sees.
func rotation(successor store.RefreshToken) func(store.RefreshToken, store.Grant) (store.Rotation, error) {
	return func(store.RefreshToken, store.Grant) (store.Rotation, error) {
		return store.Rotation{Successor: successor}, nil
	}
}

var refreshTests = map[string]func(*testing.T, store.Store){
	"refresh tokens can be looked at": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("token", "g"))
		token, grant, err := s.RefreshTokenGrant(t.Context(), "token")
		require.NoError(t, err)
		assert.Equal(t, newToken("token", "g"), token)
		assert.Equal(t, newGrant("g", "app"), grant)
		_, _, err = s.RefreshTokenGrant(t.Context(), "ghost")
		require.ErrorIs(t, err, store.ErrNotFound)
	},
	"refresh tokens are rotated": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t1", "g"))
		successor := newToken("t2", "whatever") // it belongs to the grant
		successor.IssuedAt = noon.Add(time.Hour)
		require.NoError(t, s.RotateRefreshToken(t.Context(), "t1",
			func(token store.RefreshToken, grant store.Grant) (store.Rotation, error) {
				assert.Equal(t, newToken("t1", "g"), token)
				assert.Equal(t, newGrant("g", "app"), grant)
				return store.Rotation{Successor: successor}, nil
			}))
		old, _ := look(t, s, "t1")
		assert.Equal(t, successor.IssuedAt, old.ConsumedAt)
		assert.Zero(t, old.Reissues)
		next, _ := look(t, s, "t2")
		successor.GrantID = "g"
		assert.Equal(t, successor, next)
	},
	"refresh tokens can be reissued": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t1", "g"))
		require.NoError(t, s.RotateRefreshToken(t.Context(), "t1", rotation(newToken("t2", "g"))))
		before, _ := look(t, s, "t1")
		late := newToken("t3", "g")
		late.IssuedAt = noon.Add(time.Hour)
		require.NoError(t, s.RotateRefreshToken(t.Context(), "t1",
			func(store.RefreshToken, store.Grant) (store.Rotation, error) {
				return store.Rotation{Successor: late, Reissue: true}, nil
			}))
		after, grant := look(t, s, "t1")
		before.Reissues = 1
		assert.Equal(t, before, after, "a reissue is counted and changes nothing else")
		assert.Zero(t, grant.RevokedAt)
		next, _ := look(t, s, "t3")
		assert.Equal(t, late, next)
	},
	"refresh tokens stay as they are when rotate refuses": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t1", "g"))
		require.Equal(t, errRefused, s.RotateRefreshToken(t.Context(), "t1",
			func(store.RefreshToken, store.Grant) (store.Rotation, error) {
				return store.Rotation{Successor: newToken("t2", "g")}, errRefused
			}))
		token, grant := look(t, s, "t1")
		assert.Equal(t, newToken("t1", "g"), token)
		assert.Equal(t, newGrant("g", "app"), grant)
		require.ErrorIs(t, s.RotateRefreshToken(t.Context(), "t2", nil), store.ErrNotFound)
	},
	"refresh tokens are revoked with or without an error": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		for id, answer := range map[string]error{"with": errRefused, "without": nil} {
			addGrant(t, s, newGrant(id, "app"), newToken("t-"+id, id))
			require.Equal(t, answer, s.RotateRefreshToken(t.Context(), "t-"+id,
				func(store.RefreshToken, store.Grant) (store.Rotation, error) {
					return store.Rotation{Successor: newToken("t2-"+id, id), Revoke: true}, answer
				}))
			token, grant := look(t, s, "t-"+id)
			assert.Equal(t, newToken("t-"+id, id), token)
			assert.NotZero(t, grant.RevokedAt)
			require.ErrorIs(t, s.RotateRefreshToken(t.Context(), "t2-"+id, nil), store.ErrNotFound)
		}
	},
	"refresh tokens are not consumed for a successor that exists": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t1", "g"))
		require.ErrorIs(t, s.RotateRefreshToken(t.Context(), "t1", rotation(newToken("t1", "g"))), store.ErrExists)
		token, _ := look(t, s, "t1")
		assert.Equal(t, newToken("t1", "g"), token)
	},
	"refresh tokens that are not there": func(t *testing.T, s store.Store) {
		require.ErrorIs(t, s.RotateRefreshToken(t.Context(), "ghost", nil), store.ErrNotFound)
	},
	"refresh tokens are rotated once, however many try": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t1", "g"))
		var won atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				err := s.RotateRefreshToken(t.Context(), "t1",
					func(token store.RefreshToken, _ store.Grant) (store.Rotation, error) {
						if !token.ConsumedAt.IsZero() {
							return store.Rotation{}, errRefused
						}
						return store.Rotation{Successor: newToken("t2", "g")}, nil
					})
				if err == nil {
					won.Add(1)
				} else {
					assert.True(t, errors.Is(err, errRefused), err)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, won.Load())
	},
	"refresh tokens are told reuse from rotation by all who try": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t1", "g"))
		var reissues atomic.Int32
		var all sync.WaitGroup
		for i := range 64 {
			all.Go(func() {
				assert.NoError(t, s.RotateRefreshToken(t.Context(), "t1",
					func(token store.RefreshToken, _ store.Grant) (store.Rotation, error) {
						again := !token.ConsumedAt.IsZero()
						if again {
							assert.EqualValues(t, reissues.Add(1)-1, token.Reissues)
						}
						return store.Rotation{Successor: newToken("next-"+string(rune('0'+i)), "g"), Reissue: again}, nil
					}))
			})
		}
		all.Wait()
		token, _ := look(t, s, "t1")
		assert.Equal(t, 63, token.Reissues)
	},
	"refresh tokens follow the model": followModel,
}
