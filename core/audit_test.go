// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/store"
)

// databaseText is all that the database has on disk.
func (f *fixture) databaseText(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(f.path + suffix)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}

// Every kind of grant costs one commit, and the audit trail has the event of it from the same one.
func TestTokensAndTheirAuditAreOneCommit(t *testing.T) {
	f := newFixture(t)
	f.robot(t, "robot", "domino")
	code := f.code(t, clientID)
	var refresh string
	for _, c := range []struct {
		name   string
		action store.AuditAction
		buy    func() answer
		client string
		user   string
	}{
		{"code", store.AuditTokenIssued, func() answer {
			return f.token(t, "grant_type", "authorization_code", "code", code)
		}, clientID, anna},
		{"refresh", store.AuditTokenRefreshed, func() answer {
			return f.token(t, "grant_type", "refresh_token", "refresh_token", refresh)
		}, clientID, anna},
		{"client", store.AuditTokenIssued, func() answer { return f.actForItself(t, "robot") }, "robot", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := f.store.Stats()
			got := c.buy()
			require.Equal(t, http.StatusOK, got.status, got.body)
			refresh = got.text("refresh_token")
			after := f.store.Stats()
			assert.EqualValues(t, 1, after.Commits-before.Commits)
			assert.EqualValues(t, 1, after.Operations-before.Operations)
			claims := payload(t, got.text("access_token"))
			event := f.audited(t, c.action)[0]
			assert.NotZero(t, event.ID)
			event.ID = 0
			assert.WithinDuration(t, f.now(), event.At, 0)
			event.At = time.Time{}
			assert.Equal(t, store.AuditEvent{
				Action: c.action, Outcome: store.AuditSuccess, User: c.user, ClientID: c.client, Address: "192.0.2.1",
				GrantID: claims["gid"].(string), TokenHash: oauth.Secret(claims["jti"].(string)).Hash(), Detail: "scope domino",
			}, event)
			for _, secret := range []string{got.text("access_token"), claims["jti"].(string)} {
				assert.NotContains(t, f.databaseText(t), secret)
			}
		})
	}
}

func TestReplaysAreRecorded_A26_A40_A41(t *testing.T) {
	for name, c := range map[string]struct {
		replay func(t *testing.T, f *fixture) answer
		client string
		says   string
	}{
		"A26 M6 a code": {func(t *testing.T, f *fixture) answer {
			t.Helper()
			code := f.code(t, clientID)
			require.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", code).status)
			return f.token(t, "grant_type", "authorization_code", "code", code)
		}, clientID, "used already"},
		"A40 M8 a refresh token": {func(t *testing.T, f *fixture) answer {
			t.Helper()
			first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
			require.Equal(t, http.StatusOK, f.token(t, "grant_type", "refresh_token", "refresh_token", first).status)
			f.wait(time.Minute)
			return f.token(t, "grant_type", "refresh_token", "refresh_token", first)
		}, clientID, "stolen"},
		"A41 M9 a refresh token of another client": {func(t *testing.T, f *fixture) answer {
			t.Helper()
			first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
			return f.token(t, "client_id", "other", "grant_type", "refresh_token", "refresh_token", first)
		}, "other", "stolen"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			require.Equal(t, "invalid_grant", c.replay(t, f).text("error"))
			events := f.audited(t, store.AuditReplay)
			require.Len(t, events, 1)
			assert.Equal(t, store.AuditFailure, events[0].Outcome)
			assert.Equal(t, c.client, events[0].ClientID)
			assert.Contains(t, events[0].Detail, c.says)
			assert.Empty(t, f.audited(t, store.AuditTokenRequest), "recorded once")
			assert.Equal(t, anna, events[0].User)
			grant, err := f.store.Grant(t.Context(), events[0].GrantID)
			require.NoError(t, err)
			assert.False(t, grant.RevokedAt.IsZero())
		})
	}
}

// The second use of a code ends the access token of the first, not only its refresh token.
func TestReplayEndsAccessTokens_A26_M6(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	token := f.token(t, "grant_type", "authorization_code", "code", code).text("access_token")
	require.Equal(t, anna, f.resource(t, "Bearer "+token).body)
	f.token(t, "grant_type", "authorization_code", "code", code)
	assert.Equal(t, "The token was revoked.", f.resource(t, "Bearer "+token).text("error_description"))
}

func TestRefusedRequestsAreRecorded(t *testing.T) {
	f := newFixture(t)
	f.token(t, "client_secret", "wrong", "grant_type", "authorization_code", "code", "x")
	assert.Empty(t, f.audited(t, store.AuditTokenRequest), "not of somebody who has not authenticated")
	code := f.code(t, clientID, "redirect_uri", callback)
	f.token(t, "grant_type", "authorization_code", "code", code)
	events := f.audited(t, store.AuditTokenRequest)
	require.Len(t, events, 1)
	assert.Equal(t, store.AuditFailure, events[0].Outcome)
	assert.Equal(t, clientID, events[0].ClientID)
	assert.Equal(t, anna, events[0].User, "whose code it was")
	assert.Equal(t, "192.0.2.1", events[0].Address)
	assert.Contains(t, events[0].Detail, "invalid_grant")
	assert.NotContains(t, events[0].Detail, code)
}

// Too many requests of one client are answered with 429, whatever they ask for.
func TestRateLimitOfAClient(t *testing.T) {
	f := newFixture(t)
	f.config.Limits.TokenPerClient, f.config.Limits.IntrospectionPerClient = 2, 1
	for range 2 {
		assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", "x").text("error"))
	}
	for name, got := range map[string]answer{
		"token":  f.token(t, "grant_type", "refresh_token", "refresh_token", "x"),
		"revoke": f.revoke(t, clientID, "x"),
	} {
		assert.Equal(t, http.StatusTooManyRequests, got.status, name)
		assert.Equal(t, "temporarily_unavailable", got.text("error"), name)
		assert.NotEmpty(t, got.header.Get("Retry-After"), name)
	}
	assert.Equal(t, http.StatusOK, f.introspect(t, clientID, "x").status, "another class")
	assert.Equal(t, http.StatusTooManyRequests, f.introspect(t, clientID, "x").status)
	assert.Equal(t, http.StatusOK, f.revoke(t, "other", "x").status, "another client")
	f.wait(time.Minute)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", "x").text("error"))
}
