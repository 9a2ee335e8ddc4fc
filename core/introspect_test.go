// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/store"
)

const inactive = `{"active":false}`

// introspect asks about a token in the name of a client.
func (f *fixture) introspect(t testing.TB, id, token string, more ...string) answer {
	t.Helper()
	return f.postTo(t, "/doap/introspect", secretForm(id, append(more, "token", token)...), nil)
}

// watcher registers a resource server that may introspect tokens for audiences.
func (f *fixture) watcher(t testing.TB, audiences ...string) {
	t.Helper()
	require.NoError(t, f.store.AddClient(t.Context(), store.Client{
		ID: "watcher", Name: "Resource server", SecretHashes: []string{oauth.Secret(clientSecret).Hash()},
		GrantTypes: []string{store.ClientCredentials}, IntrospectionAudiences: audiences,
	}))
}

func TestIntrospectAccessToken_A76(t *testing.T) {
	f := newFixture(t)
	f.watcher(t, "Domino", "https://else.example")
	token, claims := f.bearer(t, clientID)
	token = token[len("Bearer "):]
	for _, caller := range []string{clientID, "watcher"} {
		for _, hint := range []string{"", "access_token", "refresh_token", "unknown"} {
			got := f.introspect(t, caller, token, "token_type_hint", hint)
			require.Equal(t, http.StatusOK, got.status, got.body)
			assert.Equal(t, map[string]any{
				"active": true, "scope": "domino", "client_id": clientID, "username": anna, "token_type": "Bearer",
				"exp": claims["exp"], "iat": claims["iat"], "sub": anna, "aud": "Domino", "iss": issuer, "jti": claims["jti"],
			}, got.fields)
			assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
			assert.Empty(t, got.header.Get("Access-Control-Allow-Origin"))
		}
	}
	assert.Empty(t, f.audited(t, store.AuditIntrospection), "who is entitled leaves no trace")
}

func TestIntrospectRefreshToken_A76(t *testing.T) {
	f := newFixture(t)
	f.watcher(t, "Domino")
	first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	got := f.introspect(t, clientID, first)
	assert.Equal(t, map[string]any{
		"active": true, "scope": "domino", "client_id": clientID, "username": anna, "sub": anna, "aud": "Domino", "iss": issuer,
		"exp": float64(f.now().Add(30 * 24 * time.Hour).Unix()), "iat": float64(f.now().Unix()),
	}, got.fields)
	assert.JSONEq(t, inactive, f.introspect(t, "watcher", first).body, "no resource server is shown a refresh token")
	second := f.token(t, "grant_type", "refresh_token", "refresh_token", first).text("refresh_token")
	assert.JSONEq(t, inactive, f.introspect(t, clientID, first).body, "used")
	assert.Equal(t, true, f.introspect(t, clientID, second).fields["active"])
	f.wait(30 * 24 * time.Hour)
	assert.JSONEq(t, inactive, f.introspect(t, clientID, second).body, "expired")
	third := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	require.Equal(t, http.StatusOK, f.revoke(t, clientID, third).status)
	assert.JSONEq(t, inactive, f.introspect(t, clientID, third).body, "revoked")
}

// Whatever is wrong with a token or its caller, the answer is the same.
func TestIntrospectInactive_A76(t *testing.T) {
	f := newFixture(t)
	f.watcher(t, "https://else.example", "domino", "Domino ")
	access, claims := f.bearer(t, clientID)
	access = access[len("Bearer "):]
	refresh := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	revoked, ended := f.bearer(t, clientID)
	require.NoError(t, f.store.RevokeGrant(t.Context(), ended["gid"].(string)))
	for name, c := range map[string]struct{ caller, token string }{
		"garbage":                          {clientID, "x"},
		"like a JWT":                       {clientID, "a.b.c"},
		"long":                             {clientID, strings.Repeat("a.", 9000)},
		"expired":                          {clientID, f.forge(t, nil, f.claims(map[string]any{"exp": f.now().Unix()}))},
		"not yet good":                     {clientID, f.forge(t, nil, f.claims(map[string]any{"nbf": f.now().Add(time.Hour).Unix()}))},
		"forged":                           {clientID, access[:len(access)-6] + "AAAAAA"},
		"an issuer elsewhere":              {clientID, f.forge(t, nil, f.claims(map[string]any{"iss": "https://idp.example"}))},
		"another type":                     {clientID, f.forge(t, map[string]any{"typ": "JWT"}, f.claims(nil))},
		"revoked":                          {clientID, revoked[len("Bearer "):]},
		"an access token of another":       {"other", access},
		"a refresh token of another":       {"other", refresh},
		"for an audience not the caller's": {"watcher", access},
		"a part of a refresh token":        {clientID, refresh[1:]},
		"a jti":                            {clientID, claims["jti"].(string)},
		"a grant":                          {clientID, claims["gid"].(string)},
	} {
		t.Run(name, func(t *testing.T) {
			got := f.introspect(t, c.caller, c.token)
			assert.Equal(t, http.StatusOK, got.status)
			assert.Equal(t, inactive, strings.TrimSpace(got.body))
		})
	}
	events := f.audited(t, store.AuditIntrospection)
	require.Len(t, events, 2, "other and watcher; a second attempt within a minute is counted only")
	for _, event := range events {
		assert.Equal(t, store.AuditFailure, event.Outcome)
		assert.Contains(t, []string{"other", "watcher"}, event.ClientID)
		assert.Equal(t, anna, event.User)
		assert.Equal(t, "192.0.2.1", event.Address)
	}
	assert.Contains(t, f.log.String(), "not entitled")
}

// A client that was disabled or removed takes its tokens with it, for those who introspect, too.
func TestIntrospectTokensOfGoneClients_A76(t *testing.T) {
	f := newFixture(t)
	f.watcher(t, "Domino")
	token, _ := f.bearer(t, clientID)
	token = token[len("Bearer "):]
	require.Equal(t, true, f.introspect(t, "watcher", token).fields["active"])
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error { c.Disabled = true; return nil }))
	assert.JSONEq(t, inactive, f.introspect(t, "watcher", token).body)
	require.NoError(t, f.store.RemoveClient(t.Context(), clientID))
	assert.JSONEq(t, inactive, f.introspect(t, "watcher", token).body)
}

func TestIntrospectRefuses_A76_A53(t *testing.T) {
	f := newFixture(t)
	f.config.Resources = []string{"https://api.example.com"}
	token, _ := f.bearer(t, clientID)
	bare := token[len("Bearer "):]
	for name, c := range map[string]struct {
		path, body string
		header     http.Header
		status     int
		code       string
	}{
		"no client":             {"", "token=" + bare, nil, 401, "invalid_client"},
		"a wrong secret":        {"", "token=" + bare + "&client_id=" + clientID + "&client_secret=x", nil, 401, "invalid_client"},
		"a public client":       {"", url.Values{"client_id": {"public"}, "token": {bare}}.Encode(), nil, 401, "invalid_client"},
		"a disabled client":     {"", secretForm("off", "token", bare), nil, 401, "invalid_client"},
		"the token as a client": {"", "token=" + bare, http.Header{"Authorization": {token}}, 401, "invalid_client"},
		"no token":              {"", secretForm(clientID), nil, 400, "invalid_request"},
		"a token in the query":  {"?token=" + bare, secretForm(clientID), nil, 400, "invalid_request"},
		"two tokens":            {"", secretForm(clientID, "token", bare) + "&token=x", nil, 400, "invalid_request"},
		"two methods":           {"", secretForm(clientID, "token", bare), basic(clientID, clientSecret), 400, "invalid_request"},
		"JSON":                  {"", "{}", http.Header{"Content-Type": {"application/json"}}, 400, "invalid_request"},
	} {
		got := f.postTo(t, "/doap/introspect"+c.path, c.body, c.header)
		assert.Equal(t, c.status, got.status, name)
		assert.Equal(t, c.code, got.text("error"), name)
		assert.NotContains(t, got.body, anna, name)
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"), name)
	}
	got := f.fetch(t, http.MethodGet, "/doap/introspect?"+secretForm(clientID, "token", bare), "", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, got.status)
}

func TestIntrospectWithoutAStore_A76(t *testing.T) {
	f := newFixture(t)
	token, _ := f.bearer(t, clientID)
	require.NoError(t, f.store.Close())
	assert.Equal(t, http.StatusServiceUnavailable, f.introspect(t, clientID, token[len("Bearer "):]).status,
		"neither active nor inactive is true")
}
