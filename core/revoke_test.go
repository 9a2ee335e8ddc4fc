// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/store"
)

// secretForm is a form of a client with its secret, and more parameters.
func secretForm(id string, more ...string) string {
	form := url.Values{"client_id": {id}, "client_secret": {clientSecret}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form.Encode()
}

// revoke gives a token back in the name of a client.
func (f *fixture) revoke(t testing.TB, id, token string, more ...string) answer {
	t.Helper()
	return f.postTo(t, "/doap/revoke", secretForm(id, append(more, "token", token)...), nil)
}

// audited returns the events of one kind, the newest first.
func (f *fixture) audited(t testing.TB, action store.AuditAction) []store.AuditEvent {
	t.Helper()
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{Action: action})
	require.NoError(t, err)
	return events
}

func TestRevokeRefreshToken_A75(t *testing.T) {
	for name, hint := range map[string]string{
		"no hint": "", "the hint": "refresh_token", "a wrong hint": "access_token", "an unknown hint": "id_token",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
			refresh, access := tokens.text("refresh_token"), "Bearer "+tokens.text("access_token")
			require.Equal(t, anna, f.resource(t, access).body)
			got := f.revoke(t, clientID, refresh, "token_type_hint", hint)
			assert.Equal(t, http.StatusOK, got.status)
			assert.JSONEq(t, "{}", got.body)
			assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
			assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", refresh).text("error"))
			assert.Equal(t, "The token was revoked.", f.resource(t, access).text("error_description"), "its access tokens at once")
			assert.Equal(t, http.StatusOK, f.revoke(t, clientID, refresh).status, "again")

			events := f.audited(t, store.AuditTokenRevoked)
			require.Len(t, events, 1, "what changes nothing is no event")
			assert.Equal(t, store.AuditSuccess, events[0].Outcome)
			assert.Equal(t, anna, events[0].User)
			assert.Equal(t, clientID, events[0].ClientID)
			assert.Equal(t, "192.0.2.1", events[0].Address)
			assert.Equal(t, payload(t, tokens.text("access_token"))["gid"], events[0].GrantID)
		})
	}
}

// A client that lost the newer token can still end the grant.
func TestRevokeRotatedRefreshToken_A75(t *testing.T) {
	f := newFixture(t)
	first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	second := f.token(t, "grant_type", "refresh_token", "refresh_token", first)
	require.Equal(t, http.StatusOK, second.status)
	assert.Equal(t, http.StatusOK, f.revoke(t, clientID, first).status)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+second.text("access_token")).status)
}

func TestRevokeAccessToken_A75(t *testing.T) {
	for name, hint := range map[string]string{"no hint": "", "a wrong hint": "refresh_token"} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
			access := tokens.text("access_token")
			assert.Equal(t, http.StatusOK, f.revoke(t, clientID, access, "token_type_hint", hint).status)
			assert.Equal(t, "The token was revoked.", f.resource(t, "Bearer "+access).text("error_description"))
			again := f.token(t, "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
			require.Equal(t, http.StatusOK, again.status, "the grant goes on")
			assert.Equal(t, anna, f.resource(t, "Bearer "+again.text("access_token")).body)
			events := f.audited(t, store.AuditTokenRevoked)
			require.Len(t, events, 1)
			assert.Equal(t, oauth.Secret(payload(t, access)["jti"].(string)).Hash(), events[0].TokenHash)
		})
	}
}

func TestRevokeByPublicClient_A75(t *testing.T) {
	f := newFixture(t)
	code := f.publicCode(t)
	got := f.token(t, "client_id", "public", "client_secret", "", "grant_type", "authorization_code", "code", code, "code_verifier", verifier)
	require.Equal(t, http.StatusOK, got.status, got.body)
	body := url.Values{"client_id": {"public"}, "token": {got.text("refresh_token")}}.Encode()
	assert.Equal(t, http.StatusOK, f.postTo(t, "/doap/revoke", body, nil).status)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+got.text("access_token")).status)
}

// Whoever presents another client's token changes nothing and learns nothing: the answer is that for garbage.
func TestRevokeTokenOfAnother_A75(t *testing.T) {
	f := newFixture(t)
	tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	unknown := f.revoke(t, "other", "unknown")
	require.Equal(t, http.StatusOK, unknown.status)
	for _, name := range []string{"refresh_token", "access_token"} {
		got := f.revoke(t, "other", tokens.text(name))
		assert.Equal(t, unknown.status, got.status, name)
		assert.Equal(t, unknown.body, got.body, name)
		got.header.Del("Date")
		unknown.header.Del("Date")
		assert.Equal(t, unknown.header, got.header, name)
	}
	assert.Equal(t, anna, f.resource(t, "Bearer "+tokens.text("access_token")).body)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token")).status)
	events := f.audited(t, store.AuditTokenRevoked)
	require.NotEmpty(t, events, "the attempt is recorded")
	assert.False(t, slices.ContainsFunc(events, func(e store.AuditEvent) bool { return e.Outcome != store.AuditFailure }))
	assert.Equal(t, "other", events[0].ClientID)
	assert.Contains(t, f.log.String(), "tried to revoke a token of another client")
}

func TestRevokeUnknownTokens_A75(t *testing.T) {
	f := newFixture(t)
	good, _ := f.bearer(t, clientID)
	for name, token := range map[string]string{
		"garbage":             "x",
		"like a JWT":          "a.b.c",
		"dots":                "...",
		"another key":         good[len("Bearer "):len(good)-10] + "AAAAAAAAAA",
		"an issuer elsewhere": f.forge(t, nil, f.claims(map[string]any{"iss": "https://idp.example"})),
		"expired":             f.forge(t, nil, f.claims(map[string]any{"exp": f.now().Unix()})),
		"long":                strings.Repeat("a.", 9000),
	} {
		got := f.revoke(t, clientID, token)
		assert.Equal(t, http.StatusOK, got.status, name)
		assert.JSONEq(t, "{}", got.body, name)
	}
	assert.Empty(t, f.audited(t, store.AuditTokenRevoked))
}

// The refusals that clients of all machine endpoints know.
func TestRevokeRefuses_A75_A53(t *testing.T) {
	f := newFixture(t)
	for name, c := range map[string]struct {
		body   string
		header http.Header
		status int
		code   string
	}{
		"no client":           {"token=x", nil, 401, "invalid_client"},
		"a wrong secret":      {"token=x&client_id=" + clientID + "&client_secret=x", nil, 401, "invalid_client"},
		"no secret":           {"token=x&client_id=" + clientID, nil, 401, "invalid_client"},
		"a disabled client":   {secretForm("off", "token", "x"), nil, 401, "invalid_client"},
		"two methods":         {secretForm(clientID, "token", "x"), basic(clientID, clientSecret), 400, "invalid_request"},
		"no token":            {secretForm(clientID), nil, 400, "invalid_request"},
		"two tokens":          {secretForm(clientID, "token", "x") + "&token=y", nil, 400, "invalid_request"},
		"two hints":           {secretForm(clientID, "token", "x") + "&token_type_hint=a&token_type_hint=b", nil, 400, "invalid_request"},
		"JSON":                {`{"token":"x"}`, http.Header{"Content-Type": {"application/json"}}, 400, "invalid_request"},
		"broken encoding":     {"token=%zz", nil, 400, "invalid_request"},
		"Bearer for a client": {"token=x", http.Header{"Authorization": {"Bearer x"}}, 401, "invalid_client"},
	} {
		got := f.postTo(t, "/doap/revoke", c.body, c.header)
		assert.Equal(t, c.status, got.status, name)
		assert.Equal(t, c.code, got.text("error"), name)
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"), name)
		if c.status == http.StatusUnauthorized {
			assert.Contains(t, got.header.Get("Www-Authenticate"), "Basic ", name)
		}
	}
	got := f.fetch(t, http.MethodGet, "/doap/revoke?"+secretForm(clientID, "token", "x"), "", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, got.status)
	assert.Equal(t, "POST", got.header.Get("Allow"))
}

// A token in the query is nobody's: proxies write down queries.
func TestRevokeIgnoresTheQuery_A53(t *testing.T) {
	f := newFixture(t)
	token, _ := f.bearer(t, clientID)
	got := f.postTo(t, "/doap/revoke?token="+token[len("Bearer "):], secretForm(clientID), nil)
	assert.Equal(t, "invalid_request", got.text("error"))
	assert.Equal(t, anna, f.resource(t, token).body)
}

func TestRevokeWithoutAStore_A75(t *testing.T) {
	f := newFixture(t)
	tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	require.NoError(t, f.store.Close())
	for _, name := range []string{"refresh_token", "access_token"} {
		got := f.revoke(t, clientID, tokens.text(name))
		assert.Equal(t, http.StatusServiceUnavailable, got.status, "RFC 7009 section 2.2.1: the client is to try again")
		assert.NotEmpty(t, got.header.Get("Retry-After"))
	}
}

// publicCode puts a code of Anna's for the public client into the store.
func (f *fixture) publicCode(t testing.TB) string {
	t.Helper()
	code := oauth.NewSecret()
	require.NoError(t, f.store.AddCode(t.Context(), store.Code{
		Hash: code.Hash(), ClientID: "public", User: anna, RedirectURI: callback, Scope: "domino", CodeChallenge: challenge,
		AuthenticatedAt: f.now(), ExpiresAt: f.now().Add(time.Minute),
	}))
	return code.Reveal()
}
