// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// audited is a line of doapctl audit --json.
type audited struct {
	Action    string `json:"action"`
	Outcome   string `json:"outcome"`
	User      string `json:"user"`
	ClientID  string `json:"client_id"`
	Address   string `json:"address"`
	GrantID   string `json:"grant_id"`
	TokenHash string `json:"token_hash"`
	Detail    string `json:"detail"`
}

// audit queries the audit trail with doapctl, the oldest event first.
func (s *server) audit(t *testing.T, filter ...string) []audited {
	t.Helper()
	var events []audited
	for line := range strings.Lines(doapctl(t, s.data, append([]string{"audit", "--json"}, filter...)...)) {
		var event audited
		require.NoError(t, json.Unmarshal([]byte(line), &event), line)
		events = append([]audited{event}, events...)
	}
	return events
}

// claimsOf are the claims of an access token.
func claimsOf(t *testing.T, token string) map[string]string {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var members map[string]any
	require.NoError(t, json.Unmarshal(payload, &members))
	texts := map[string]string{}
	for name, value := range members {
		if text, is := value.(string); is {
			texts[name] = text
		}
	}
	return texts
}

// TestAuditTrail_A30_B16 goes through the tutorial, with what can go wrong, and asks who did what: everything is
// there, and nothing that is a secret.
func TestAuditTrail_A30_B16(t *testing.T) {
	s := start(t, options{})
	code := s.code(t, taro)
	first := s.token(t, "grant_type", "authorization_code", "code", code)
	require.Equal(t, http.StatusOK, first.status, first.body)
	second := s.token(t, "grant_type", "refresh_token", "refresh_token", first.text("refresh_token"))
	require.Equal(t, http.StatusOK, second.status, second.body)
	claims := claimsOf(t, second.text("access_token"))
	s.token(t, "grant_type", "refresh_token", "refresh_token", "made-up-token")
	s.token(t, "client_secret", "a-wrong-secret", "grant_type", "refresh_token", "refresh_token", second.text("refresh_token"))
	do(t, http.DefaultClient, newRequest(t, http.MethodPost, s.base+"/doap/revoke", url.Values{
		"client_id": {tutorialID}, "client_secret": {s.secrets[tutorialID]}, "token": {second.text("access_token")},
	}.Encode()))
	replay := s.token(t, "grant_type", "authorization_code", "code", code)
	require.Equal(t, "invalid_grant", replay.text("error"))
	doapctl(t, s.data, "user", "revoke", alice.canonical, "--yes")

	user := []string{"--user", taro.canonical}
	events := s.audit(t, append(user, "--outcome", "success")...)
	actions := make([]string, 0, len(events))
	for _, event := range events {
		actions = append(actions, event.Action)
		assert.Equal(t, taro.canonical, event.User)
		assert.Equal(t, tutorialID, event.ClientID)
		assert.Equal(t, "127.0.0.1", event.Address)
		if event.Action != "code issued" {
			assert.Equal(t, claims["gid"], event.GrantID, event.Action)
		}
	}
	assert.Equal(t, []string{"code issued", "token issued", "token refreshed", "token revoked"}, actions)
	require.Len(t, events, 4)
	assert.Len(t, events[2].TokenHash, 43)
	assert.Equal(t, events[2].TokenHash, events[3].TokenHash, "the token that was refreshed is the one that was revoked")
	assert.NotEqual(t, events[1].TokenHash, events[2].TokenHash)

	for _, action := range []string{"token request", "client authentication", "replay"} {
		failures := s.audit(t, "--action", action)
		require.NotEmpty(t, failures, action)
		assert.Equal(t, "failure", failures[0].Outcome)
		assert.Equal(t, tutorialID, failures[0].ClientID)
		assert.Equal(t, "127.0.0.1", failures[0].Address)
	}
	byAdministrator := s.audit(t, "--action", "user revoked")
	require.Len(t, byAdministrator, 1)
	assert.Equal(t, "doapctl", byAdministrator[0].Address)
	assert.Equal(t, alice.canonical, byAdministrator[0].Detail)
	assert.NotEmpty(t, byAdministrator[0].User)

	secrets := map[string]string{
		"code": code, "client secret": s.secrets[tutorialID], "wrong secret": "a-wrong-secret", "made-up token": "made-up-token",
		"access token": first.text("access_token"), "second access token": second.text("access_token"),
		"signature of a token": second.text("access_token")[strings.LastIndex(second.text("access_token"), ".")+1:],
		"refresh token":        first.text("refresh_token"), "second refresh token": second.text("refresh_token"),
	}
	trail := doapctl(t, s.data, "audit", "--limit", "0", "--json")
	assert.NotContains(t, trail, claims["jti"])
	for _, suffix := range []string{"", "-wal"} {
		raw, err := os.ReadFile(filepath.Join(s.data, "doap.db"+suffix))
		require.NoError(t, err)
		require.NotEmpty(t, raw)
		for name, secret := range secrets {
			require.NotEmpty(t, secret, name)
			assert.NotContains(t, trail, secret, name)
			assert.NotContains(t, string(raw), secret, "%s in doap.db%s", name, suffix)
		}
	}
}

// The server forgets what is older than audit.retention.
func TestAuditRetention(t *testing.T) {
	s := start(t, options{
		config: map[string]any{"audit": map[string]any{"retention": "10d"}},
		damage: func(t *testing.T, data string) {
			t.Helper()
			database, err := sql.Open("sqlite3", filepath.Join(data, "doap.db"))
			require.NoError(t, err)
			for _, days := range []int{9, 11} {
				_, err = database.ExecContext(t.Context(), "INSERT INTO audit (at, action, outcome, user_name, client_id, address, "+
					"grant_id, token_hash, detail) VALUES (?, 'consent', 'success', '', ?, '', '', '', ?)",
					time.Now().AddDate(0, 0, -days).UnixMicro(), tutorialID, days)
				require.NoError(t, err)
			}
			require.NoError(t, database.Close())
		},
	})
	require.Eventually(t, func() bool { return len(s.audit(t, "--action", "consent")) == 1 }, patience, tick)
	assert.Equal(t, "9", s.audit(t, "--action", "consent")[0].Detail)
}
