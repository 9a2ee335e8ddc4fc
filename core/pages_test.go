// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/oauth"
	"ndoap/store"
)

// TestEveryPage_A14_A66_M29_M30 makes the server show each kind of page that it has: none can be framed, runs scripts,
// is kept by caches, or tells the next site where the browser was.
func TestEveryPage_A14_A66_M29_M30(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.store.AddClient(t.Context(), store.Client{
		ID: "asking", Name: "Asking", Scopes: []string{"domino"}, RedirectURIs: []string{callback}, Legacy: true,
		SecretHashes: []string{oauth.Secret(clientSecret).Hash()},
	}))
	const query = "?response_type=code&scope=domino&client_id="
	for name, c := range map[string]struct {
		event  core.Event
		target string
		status int
		change func(*coretest.Request)
	}{
		"consent":            {core.Authorized, "/doap/auth" + query + "asking", http.StatusOK, nil},
		"unknown client":     {core.Authorized, "/doap/auth" + query + "nobody", http.StatusBadRequest, nil},
		"nothing here":       {core.RawRequest, "/doap/nothing", http.StatusNotFound, nil},
		"nothing for people": {core.Authorized, "/doap/account/nothing", http.StatusNotFound, nil},
		"account":            {core.Authorized, "/doap/account", http.StatusOK, nil},
		"API keys":           {core.Authorized, "/doap/account/keys", http.StatusOK, nil},
		"a name for no keys": {core.Authorized, "/doap/account/keys", http.StatusForbidden, func(r *coretest.Request) { r.UserName = "-Default-" }},
		"foreign key form": {core.Authorized, "/doap/account/keys", http.StatusForbidden, func(r *coretest.Request) {
			r.Verb = http.MethodPost
			r.Headers.Set("Sec-Fetch-Site", "cross-site")
		}},
		"wrong method":         {core.RawRequest, "/doap/token", http.StatusMethodNotAllowed, nil},
		"OPTIONS for people":   {core.Authorized, "/doap/auth", http.StatusMethodNotAllowed, func(r *coretest.Request) { r.Verb = http.MethodOptions }},
		"plain HTTP":           {core.Authorized, "/doap/auth", http.StatusBadRequest, func(r *coretest.Request) { r.Encrypted = false }},
		"chunked":              {core.Authorized, "/doap/auth", http.StatusLengthRequired, func(r *coretest.Request) { r.Headers.Set("Transfer-Encoding", "chunked") }},
		"too large":            {core.Authorized, "/doap/auth", http.StatusRequestEntityTooLarge, func(r *coretest.Request) { r.Content = make([]byte, 1<<17) }},
		"a name in no letters": {core.Authorized, "/doap/auth", http.StatusInternalServerError, func(r *coretest.Request) { r.UnreadableUser = true }},
		"a name of nobody":     {core.Authorized, "/doap/auth" + query + "asking", http.StatusForbidden, func(r *coretest.Request) { r.UserName = "-Default-" }},
		"foreign form": {core.Authorized, "/doap/consent", http.StatusForbidden, func(r *coretest.Request) {
			r.Verb = http.MethodPost
			r.Headers.Set("Origin", "https://evil.example")
		}},
		"log in by Basic": {core.Authorized, "/doap/auth" + query + "asking", http.StatusUnauthorized, func(r *coretest.Request) {
			r.UserName = ""
			f.config.Login = config.Login{Method: config.LoginBasic, Realm: "Domino"}
		}},
		"too many": {core.Authorized, "/doap/auth" + query + "asking", http.StatusTooManyRequests, func(r *coretest.Request) {
			f.config.Limits.AuthorizationPerUser = 1
			r.UserName = "CN=Bert/O=Acme"
			f.service.Serve(r)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			before := *f.config
			request := raw(c.event, c.target)
			request.Headers.Set("Accept", "text/html")
			request.UserName = anna
			if c.change != nil {
				c.change(request)
			}
			isPage(t, c.status, f.service.Serve(request))
			*f.config = before
		})
	}
	request := raw(core.Authorized, "/doap/auth")
	request.Headers.Set("Accept", "text/html")
	isPage(t, http.StatusServiceUnavailable, core.OutOfService(request))
}

func isPage(t *testing.T, status int, decision core.Decision) {
	t.Helper()
	got := decision.Response
	assert.Equal(t, status, got.Status)
	assert.Equal(t, "text/html; charset=utf-8", got.Header.Get("Content-Type"))
	policy := got.Header.Get("Content-Security-Policy")
	assert.True(t, strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-"), policy)
	assert.NotContains(t, policy, "script-src")
	assert.NotContains(t, policy, "unsafe-")
	assert.Contains(t, policy, "frame-ancestors 'none'; base-uri 'none'")
	assert.Equal(t, "DENY", got.Header.Get("X-Frame-Options"))
	assert.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"))
	assert.Equal(t, "no-referrer", got.Header.Get("Referrer-Policy"))
	assert.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	assert.NotContains(t, strings.ToLower(string(got.Body)), "<script")
}
