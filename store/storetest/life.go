// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// later is how the expiry tests count: records of theirs expire so many minutes after noon.
func later(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// addFamily stores a grant that ends at minute 60, with its redeemed code, a consumed token that expired at minute 20
// and a good one that expires at minute 40. The code expired at minute 1.
func addFamily(t *testing.T, s store.Store, id string) {
	t.Helper()
	grant, first, second := newGrant(id, "app"), newToken(id+"-1", id), newToken(id+"-2", id)
	grant.ExpiresAt, first.ExpiresAt, second.ExpiresAt = later(60), later(20), later(40)
	addGrant(t, s, grant, first)
	require.NoError(t, s.RotateRefreshToken(t.Context(), id+"-1", rotation(second)))
}

var lifeTests = map[string]func(*testing.T, store.Store){
	"expired records go and others stay": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("request", "app"), 0)) // minute 10
		require.NoError(t, s.AddCode(t.Context(), newCode("unused", "app")))                        // minute 1
		require.NoError(t, s.AddCode(t.Context(), newCode("failed", "app")))
		require.Equal(t, errRefused, s.RedeemCode(t.Context(), "failed", refuse))
		addFamily(t, s, "g")
		for _, step := range []struct {
			at      time.Time
			removed int
			what    string
		}{
			{later(1).Add(-time.Microsecond), 0, "nothing before its time"},
			{later(1), 2, "the codes that bought nothing"},
			{later(1), 0, "nothing twice"},
			{later(10), 1, "the request"},
			{later(30), 0, "no consumed token while its grant lives"},
			{later(40), 1, "the token that was not used in time"},
			{later(60).Add(-time.Microsecond), 0, "nothing before its time"},
			{later(60), 3, "the grant with its code and its consumed token"},
			{later(1e6), 0, "no client"},
		} {
			removed, err := s.DeleteExpired(t.Context(), step.at)
			require.NoError(t, err)
			assert.Equal(t, step.removed, removed, step.what)
		}
		_, err := s.Grant(t.Context(), "g")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Client(t.Context(), "app")
		require.NoError(t, err)
	},
	"expired codes and tokens are noticed when replayed while their grant lives": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addFamily(t, s, "g")
		_, err := s.DeleteExpired(t.Context(), later(59))
		require.NoError(t, err)
		token, _ := look(t, s, "g-1")
		assert.NotZero(t, token.ConsumedAt)
		require.ErrorIs(t, s.RedeemCode(t.Context(), "code-g", nil), store.ErrConsumed)
		grant, err := s.Grant(t.Context(), "g")
		require.NoError(t, err)
		assert.NotZero(t, grant.RevokedAt)
	},
	"expiry leaves consents": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r",
			func(store.AuthorizationRequest) (store.Completion, error) {
				return store.Completion{Consent: &store.Consent{User: "CN=X", ClientID: "app"}}, nil
			}))
		_, err := s.DeleteExpired(t.Context(), later(1e6))
		require.NoError(t, err)
		_, err = s.Consent(t.Context(), "CN=X", "app")
		require.NoError(t, err)
	},
	"generation changes with clients and keys": func(t *testing.T, s store.Store) {
		for _, step := range []struct {
			what   string
			change func() error
		}{
			{"add client", func() error { return s.AddClient(t.Context(), newClient("app")) }},
			{"add key", func() error { return s.AddKey(t.Context(), store.Key{ID: "k"}) }},
			{"update client", func() error {
				return s.UpdateClient(t.Context(), "app", func(client *store.Client) error { client.Name = "x"; return nil })
			}},
			{"remove client", func() error { return s.RemoveClient(t.Context(), "app") }},
		} {
			before := s.Generation()
			require.NoError(t, step.change())
			assert.NotEqual(t, before, s.Generation(), step.what)
		}
	},
	"generation has changed before a change is acknowledged": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		for range 50 {
			before := s.Generation()
			require.NoError(t, s.UpdateClient(t.Context(), "app", func(*store.Client) error { return nil }))
			require.NotEqual(t, before, s.Generation())
		}
	},
	"cancelled changes are not made": func(t *testing.T, s store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, s.AddClient(ctx, newClient("app")), context.Canceled)
		_, err := s.Client(t.Context(), "app")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Client(ctx, "app")
		require.ErrorIs(t, err, context.Canceled)
	},
	"panics of closures are errors of their callers": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		addGrant(t, s, newGrant("g", "app"), newToken("t", "g"))
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app")))
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		for name, call := range map[string]func() error{
			"update client": func() error {
				return s.UpdateClient(t.Context(), "app", func(*store.Client) error { panic("test") })
			},
			"update request": func() error {
				return s.UpdateAuthorizationRequest(t.Context(), "r", func(*store.AuthorizationRequest) error { panic("test") })
			},
			"complete request": func() error {
				return s.CompleteAuthorizationRequest(t.Context(), "r",
					func(store.AuthorizationRequest) (store.Completion, error) { panic("test") })
			},
			"redeem code": func() error {
				return s.RedeemCode(t.Context(), "c", func(store.Code) (store.Purchase, error) { panic("test") })
			},
			"rotate token": func() error {
				return s.RotateRefreshToken(t.Context(), "t",
					func(store.RefreshToken, store.Grant) (store.Rotation, error) { panic("test") })
			},
		} {
			require.Error(t, call(), name)
		}
		require.ErrorIs(t, s.RedeemCode(t.Context(), "c", nil), store.ErrConsumed, "a panic does not give a code back")
		token, _ := look(t, s, "t")
		assert.Equal(t, newToken("t", "g"), token)
		_, err := s.AuthorizationRequest(t.Context(), "r")
		require.NoError(t, err)
		require.NoError(t, s.Check(), "a caller's panic is no fault of the store")
	},
	"closed stores say so": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.Check())
		require.NoError(t, s.Close())
		require.NoError(t, s.Close(), "closing twice does nothing")
		for name, call := range map[string]func() error{
			"check":            s.Check,
			"client":           func() error { _, err := s.Client(t.Context(), "app"); return err },
			"list clients":     func() error { _, err := s.ListClients(t.Context()); return err },
			"add client":       func() error { return s.AddClient(t.Context(), newClient("b")) },
			"update client":    func() error { return s.UpdateClient(t.Context(), "app", nil) },
			"remove client":    func() error { return s.RemoveClient(t.Context(), "app") },
			"list keys":        func() error { _, err := s.ListKeys(t.Context()); return err },
			"add key":          func() error { return s.AddKey(t.Context(), store.Key{}) },
			"add request":      func() error { return s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0) },
			"request":          func() error { _, err := s.AuthorizationRequest(t.Context(), "r"); return err },
			"update request":   func() error { return s.UpdateAuthorizationRequest(t.Context(), "r", nil) },
			"complete request": func() error { return s.CompleteAuthorizationRequest(t.Context(), "r", nil) },
			"add code":         func() error { return s.AddCode(t.Context(), newCode("c", "app")) },
			"redeem code":      func() error { return s.RedeemCode(t.Context(), "c", nil) },
			"rotate token":     func() error { return s.RotateRefreshToken(t.Context(), "t", nil) },
			"grant":            func() error { _, err := s.Grant(t.Context(), "g"); return err },
			"refresh token":    func() error { _, _, err := s.RefreshTokenGrant(t.Context(), "t"); return err },
			"challenge":        func() error { _, err := s.CodeChallengeUsed(t.Context(), "app", "c"); return err },
			"update keys":      func() error { return s.UpdateKeys(t.Context(), nil) },
			"add grant":        func() error { return s.AddGrant(t.Context(), newGrant("g", "app")) },
			"list grants":      func() error { _, err := s.ListGrants(t.Context(), store.GrantFilter{}); return err },
			"revoke grant":     func() error { return s.RevokeGrant(t.Context(), "g") },
			"revoke user":      func() error { _, err := s.RevokeUser(t.Context(), "u"); return err },
			"revoke client":    func() error { _, err := s.RevokeClientGrants(t.Context(), "app"); return err },
			"revoke token":     func() error { return s.RevokeToken(t.Context(), "jti", noon) },
			"use once":         func() error { return s.UseOnce(t.Context(), "jti", noon) },
			"standing":         func() error { _, err := s.Standing(t.Context()); return err },
			"add lockout":      func() error { return s.AddLockout(t.Context(), store.Lockout{}) },
			"list lockouts":    func() error { _, err := s.ListLockouts(t.Context()); return err },
			"lift lockouts":    func() error { _, err := s.LiftLockouts(t.Context(), "app"); return err },
			"append audit":     func() error { return s.AppendAudit(t.Context(), event("x")) },
			"query audit":      func() error { _, err := s.QueryAudit(t.Context(), store.AuditFilter{}); return err },
			"delete audit":     func() error { _, err := s.DeleteAudit(t.Context(), noon); return err },
			"explain":          func() error { return s.AddExplanations(t.Context(), explanation("x")) },
			"explanation":      func() error { _, err := s.Explanation(t.Context(), "x"); return err },
			"explanations":     func() error { _, err := s.ListExplanations(t.Context(), 0); return err },
			"skipped":          func() error { _, err := s.SkippedExplanations(t.Context()); return err },
			"add API key":      func() error { return s.AddAPIKey(t.Context(), newAPIKey("k"), 0) },
			"list API keys":    func() error { _, err := s.ListAPIKeys(t.Context(), store.APIKeyFilter{}); return err },
			"revoke API key":   func() error { return s.RevokeAPIKey(t.Context(), "k") },
			"note API key use": func() error { return s.NoteAPIKeyUse(t.Context(), map[string]time.Time{"k": noon}) },
			"consent":          func() error { _, err := s.Consent(t.Context(), "u", "app"); return err },
			"delete expired":   func() error { _, err := s.DeleteExpired(t.Context(), noon); return err },
		} {
			require.ErrorIs(t, call(), store.ErrUnavailable, name)
		}
	},
}
