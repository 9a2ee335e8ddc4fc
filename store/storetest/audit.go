// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// query returns the details of the events that a filter selects, in order.
func query(t *testing.T, s store.Store, filter store.AuditFilter) string {
	t.Helper()
	events, err := s.QueryAudit(t.Context(), filter)
	require.NoError(t, err)
	details := ""
	for _, event := range events {
		details += event.Detail
	}
	return details
}

func event(detail string) store.AuditEvent {
	return store.AuditEvent{
		At: noon, Action: store.AuditTokenIssued, Outcome: store.AuditSuccess, User: "CN=Jane Doe/O=Acme", ClientID: "app",
		Address: "192.0.2.1", GrantID: "g", TokenHash: "hash", Detail: detail,
	}
}

var auditTests = map[string]func(*testing.T, store.Store){
	"audit events come back as they were, the newest first": func(t *testing.T, s store.Store) {
		first, second := event("1"), event("2")
		require.NoError(t, s.AppendAudit(t.Context(), first, second))
		events, err := s.QueryAudit(t.Context(), store.AuditFilter{})
		require.NoError(t, err)
		require.Len(t, events, 2)
		assert.Greater(t, events[0].ID, events[1].ID)
		second.ID, first.ID = events[0].ID, events[1].ID
		assert.Equal(t, []store.AuditEvent{second, first}, events)
		for name, text := range awkward {
			require.NoError(t, s.AppendAudit(t.Context(), event(text)), name)
			events, err := s.QueryAudit(t.Context(), store.AuditFilter{Limit: 1})
			require.NoError(t, err)
			assert.Equal(t, text, events[0].Detail, name)
		}
	},
	"audit events are found by every member": func(t *testing.T, s store.Store) {
		b, c, d := event("b"), event("c"), event("d")
		b.User, b.Address, b.At = "CN=Max/O=Acme", "192.0.2.2", noon.Add(time.Minute)
		c.ClientID, c.GrantID, c.At = "other", "g2", noon.Add(2*time.Minute)
		d.Action, d.Outcome, d.TokenHash, d.At = store.AuditReplay, store.AuditFailure, "hash2", noon.Add(3*time.Minute)
		require.NoError(t, s.AppendAudit(t.Context(), event("a"), b, c, d))
		for _, test := range []struct {
			filter store.AuditFilter
			want   string
		}{
			{store.AuditFilter{}, "dcba"},
			{store.AuditFilter{User: "CN=Max/O=Acme"}, "b"},
			{store.AuditFilter{Address: "192.0.2.2"}, "b"},
			{store.AuditFilter{ClientID: "other"}, "c"},
			{store.AuditFilter{GrantID: "g2"}, "c"},
			{store.AuditFilter{Action: store.AuditReplay}, "d"},
			{store.AuditFilter{Outcome: store.AuditFailure}, "d"},
			{store.AuditFilter{TokenHash: "hash2"}, "d"},
			{store.AuditFilter{Since: noon.Add(time.Minute)}, "dcb"},
			{store.AuditFilter{Until: noon.Add(2 * time.Minute)}, "ba"},
			{store.AuditFilter{ClientID: "app", Outcome: store.AuditSuccess}, "ba"},
			{store.AuditFilter{Limit: 3}, "dcb"},
		} {
			assert.Equal(t, test.want, query(t, s, test.filter), "%+v", test.filter)
		}
		page, err := s.QueryAudit(t.Context(), store.AuditFilter{Limit: 2})
		require.NoError(t, err)
		assert.Equal(t, "ba", query(t, s, store.AuditFilter{BeforeID: page[1].ID}))
	},
	"audit events ride with what they tell of": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("c", "app"), event("1")))
		require.ErrorIs(t, s.AddCode(t.Context(), newCode("c", "app"), event("never")), store.ErrExists)
		require.NoError(t, s.RedeemCode(t.Context(), "c", func(store.Code) (store.Purchase, error) {
			return store.Purchase{Grant: newGrant("g", "app"), RefreshToken: new(newToken("t", "g")), Audit: []store.AuditEvent{event("2")}}, nil
		}))
		require.NoError(t, s.RotateRefreshToken(t.Context(), "t", func(store.RefreshToken, store.Grant) (store.Rotation, error) {
			return store.Rotation{Successor: newToken("t2", "g"), Audit: []store.AuditEvent{event("3")}}, nil
		}))
		require.Equal(t, errRefused, s.RotateRefreshToken(t.Context(), "t2", func(store.RefreshToken, store.Grant) (store.Rotation, error) {
			return store.Rotation{Audit: []store.AuditEvent{event("never")}}, errRefused
		}))
		require.Equal(t, errRefused, s.RotateRefreshToken(t.Context(), "t2", func(store.RefreshToken, store.Grant) (store.Rotation, error) {
			return store.Rotation{Revoke: true, Audit: []store.AuditEvent{event("4")}}, errRefused
		}))
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r", func(store.AuthorizationRequest) (store.Completion, error) {
			return store.Completion{Audit: []store.AuditEvent{event("5")}}, nil
		}))
		require.NoError(t, s.RevokeGrant(t.Context(), "g", event("6")))
		require.NoError(t, s.RevokeToken(t.Context(), "jti", noon, event("7")))
		require.NoError(t, s.AddLockout(t.Context(), store.Lockout{Subject: "app"}, event("8")))
		_, err := s.LiftLockouts(t.Context(), "app", event("9"))
		require.NoError(t, err)
		assert.Equal(t, "987654321", query(t, s, store.AuditFilter{}))
	},
	"audit events tell of changes that were made, and of no others": func(t *testing.T, s store.Store) {
		rename := func(client *store.Client) error { client.Name = "new"; return nil }
		key := store.Key{ID: "k", Algorithm: "RS256", PublicPEM: []byte("public")}
		require.NoError(t, s.AddClient(t.Context(), newClient("app"), event("1")))
		require.ErrorIs(t, s.AddClient(t.Context(), newClient("app"), event("never")), store.ErrExists)
		require.NoError(t, s.UpdateClient(t.Context(), "app", rename, event("2")))
		require.Equal(t, errRefused, s.UpdateClient(t.Context(), "app", func(*store.Client) error { return errRefused }, event("never")))
		require.ErrorIs(t, s.UpdateClient(t.Context(), "ghost", rename, event("never")), store.ErrNotFound)
		require.NoError(t, s.AddKey(t.Context(), key, event("3")))
		require.ErrorIs(t, s.AddKey(t.Context(), key, event("never")), store.ErrExists)
		require.ErrorIs(t, s.RemoveClient(t.Context(), "ghost", event("never")), store.ErrNotFound)
		require.ErrorIs(t, s.RevokeGrant(t.Context(), "ghost", event("never")), store.ErrNotFound)
		require.ErrorIs(t, s.RevokeAPIKey(t.Context(), "ghost", event("never")), store.ErrNotFound)
		require.NoError(t, s.RemoveClient(t.Context(), "app", event("4")))
		assert.Equal(t, "4321", query(t, s, store.AuditFilter{}))
	},
	"audit events go when their time is over": func(t *testing.T, s store.Store) {
		late := event("late")
		late.At = noon.Add(time.Hour)
		require.NoError(t, s.AppendAudit(t.Context(), event("early"), late))
		count, err := s.DeleteAudit(t.Context(), noon.Add(time.Hour))
		require.NoError(t, err)
		assert.Equal(t, 1, count)
		assert.Equal(t, "late", query(t, s, store.AuditFilter{}))
	},
}
