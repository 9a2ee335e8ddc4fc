// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
)

func TestUnknownRoutes(t *testing.T) {
	f := newFixture(t)
	for _, target := range []string{"/doap", "/doap/", "/doap/nothing", "/doap/token/", "/doap/Token", "https://host/doap/x"} {
		request := raw(core.RawRequest, target)
		got := f.service.Serve(request).Response
		assert.Equal(t, http.StatusNotFound, got.Status, target)
		assert.Equal(t, "application/json", got.Header.Get("Content-Type"), target)
		request.Headers.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		got = f.service.Serve(request).Response
		assert.Equal(t, http.StatusNotFound, got.Status, target)
		assert.Contains(t, got.Header.Get("Content-Type"), "text/html", target)
		assert.Contains(t, got.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", target)
	}
	assert.Equal(t, http.StatusNotFound, f.service.Serve(raw(core.Authorized, "/doap/account/")).Response.Status)
	assert.Equal(t, http.StatusNotFound, f.service.Serve(raw(core.Authorized, "/doap/token")).Response.Status, "not at this event")
}

func TestWrongMethod_A53(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		event                core.Event
		method, target, want string
	}{
		{core.RawRequest, http.MethodGet, "/doap/token", "POST"}, // A53
		{core.RawRequest, "PATCH", "/doap/token", "POST"},
		{core.RawRequest, http.MethodPost, "/doap/jwks", "GET, HEAD"},
		{core.Authorized, http.MethodDelete, "/doap/auth", "GET, POST"},
		{core.Authorized, http.MethodGet, "/doap/consent", "POST"},
	} {
		request := raw(c.event, c.target)
		request.Verb = c.method
		got := f.service.Serve(request).Response
		assert.Equal(t, http.StatusMethodNotAllowed, got.Status, c.target)
		assert.Equal(t, c.want, got.Header.Get("Allow"), c.target)
	}
}

func TestBodyLimit(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		event  core.Event
		target string
	}{{core.RawRequest, "/doap/token"}, {core.Authorized, "/doap/auth"}, {core.Authorized, "/doap/consent"}} {
		request := raw(c.event, c.target)
		request.Verb = http.MethodPost
		request.Content = []byte(strings.Repeat("a", f.config.Limits.BodyBytes+1))
		assert.Equal(t, http.StatusRequestEntityTooLarge, f.service.Serve(request).Response.Status, c.target)
		request.Content = request.Content[1:]
		assert.NotEqual(t, http.StatusRequestEntityTooLarge, f.service.Serve(request).Response.Status, c.target)
	}
}

func TestChunkedBodyNeedsALength(t *testing.T) {
	f := newFixture(t)
	request := raw(core.RawRequest, "/doap/token")
	request.Verb = http.MethodPost
	request.Headers.Set("Transfer-Encoding", "chunked")
	assert.Equal(t, http.StatusLengthRequired, f.service.Serve(request).Response.Status)
}

func TestTransportSecurity_A89_B22(t *testing.T) {
	f := newFixture(t)
	f.config.TLS.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	for _, c := range []struct {
		name      string
		peer      string
		tls       bool
		forwarded []string
		safe      bool
	}{
		{"TLS from anywhere", "192.0.2.1", true, nil, true},
		{"plain from anywhere", "192.0.2.1", false, nil, false},
		{"plain from anywhere that claims TLS", "192.0.2.1", false, []string{"https"}, false},
		{"plain from this machine", "127.0.0.1", false, nil, true},
		{"plain from this machine over IPv6", "::1", false, nil, true},
		{"mapped loopback", "::ffff:127.0.0.1", false, nil, true},
		{"a trusted proxy that says https", "10.0.0.5", false, []string{"HTTPS"}, true},
		{"a trusted proxy that says http", "10.0.0.5", false, []string{"http"}, false},
		{"a trusted proxy that says nothing", "10.0.0.5", false, nil, false},
		{"a trusted proxy that says both", "10.0.0.5", false, []string{"https", "http"}, false},
		{"another machine of that net", "10.0.1.5", false, []string{"https"}, false},
		{"nobody knows from where", "", false, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			machine := raw(core.RawRequest, "/doap/jwks")
			bearer := raw(core.JudgeAgain, "/db.nsf")
			bearer.Wanted = core.AgainTransport
			bearer.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(nil)))
			machine.From, bearer.From = netip.Addr{}, netip.Addr{}
			if c.peer != "" {
				machine.From, bearer.From = netip.MustParseAddr(c.peer), netip.MustParseAddr(c.peer)
			}
			machine.Encrypted, bearer.Encrypted = c.tls, c.tls
			if c.forwarded != nil {
				machine.Headers["X-Forwarded-Proto"] = c.forwarded
				bearer.Headers["X-Forwarded-Proto"] = c.forwarded
			}
			if c.safe {
				assert.Equal(t, http.StatusOK, f.service.Serve(machine).Response.Status)
				assert.Equal(t, core.NotOurs, f.service.Serve(bearer).Verdict)
				return
			}
			assert.Equal(t, http.StatusBadRequest, f.service.Serve(machine).Response.Status)
			assert.Equal(t, http.StatusBadRequest, f.service.Serve(bearer).Response.Status)
			f.config.TLS.Required = false
			assert.Equal(t, http.StatusOK, f.service.Serve(machine).Response.Status)
			f.config.TLS.Required = true
		})
	}
}

// The peer is not asked for before the request is about to be served, and not at all over TLS.
func TestUnprotectedTokenIsJudgedAgain(t *testing.T) {
	f := newFixture(t)
	for _, event := range []core.Event{core.RawRequest, core.Authenticate} {
		request := raw(event, "/db.nsf")
		request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(nil)))
		assert.Zero(t, f.service.Serve(request).Again, "TLS")
		request.Encrypted = false
		decision := f.service.Serve(request)
		assert.Equal(t, core.Authenticated, decision.Verdict)
		assert.Equal(t, core.AgainTransport, decision.Again, "no TLS")
		f.config.TLS.Required = false
		assert.Zero(t, f.service.Serve(request).Again, "TLS is not required")
		f.config.TLS.Required = true
	}
}

func TestProxyOnThisMachineIsHeldToWhatItSays(t *testing.T) {
	f := newFixture(t)
	f.config.TLS.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	request := raw(core.RawRequest, "/doap/jwks")
	request.From, request.Encrypted = netip.MustParseAddr("127.0.0.1"), false
	request.Headers.Set("X-Forwarded-Proto", "http")
	assert.Equal(t, http.StatusBadRequest, f.service.Serve(request).Response.Status)
}

func TestUnreadableName(t *testing.T) {
	f := newFixture(t)
	request := raw(core.Authorized, "/doap/auth?response_type=code&client_id="+clientID+"&scope=domino")
	request.UnreadableUser = true
	assert.Equal(t, http.StatusInternalServerError, f.service.Serve(request).Response.Status)
	assert.Contains(t, f.log.String(), "OSTranslate")
}

func TestAnonymousNeverGetsACode_A74(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"", "Anonymous", "anonymous", "CN=Anonymous"} {
		request := raw(core.Authorized, "/doap/auth?response_type=code&client_id="+clientID+"&scope=domino")
		request.UserName = name
		got := f.service.Serve(request).Response
		assert.NotContains(t, got.Header.Get("Location"), "code=", name)
		assert.True(t, strings.HasPrefix(got.Header.Get("Location"), "/names.nsf?Login&RedirectTo="), "%s: %d %s", name, got.Status, got.Header)
	}
}

func TestJWKS_A37(t *testing.T) {
	f := newFixture(t)
	got := f.service.Serve(raw(core.RawRequest, "/doap/jwks")).Response
	require.Equal(t, http.StatusOK, got.Status)
	assert.Contains(t, string(got.Body), `"kty":"RSA"`)
	for _, private := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`} { // A37
		assert.NotContains(t, string(got.Body), private)
	}
	head := raw(core.RawRequest, "/doap/jwks")
	head.Verb = http.MethodHead
	assert.Empty(t, f.service.Serve(head).Response.Body)
}

func TestClosedStore(t *testing.T) {
	f := newFixture(t)
	token := f.forge(t, nil, f.claims(nil))
	code := f.code(t, clientID)
	require.NoError(t, f.store.Close())
	assert.Equal(t, http.StatusServiceUnavailable, f.token(t, "grant_type", "authorization_code", "code", code).status)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
	page := f.service.Serve(raw(core.Authorized, "/doap/auth?client_id="+clientID)).Response
	assert.Equal(t, http.StatusServiceUnavailable, page.Status)
	assert.Equal(t, core.Deny, f.service.Serve(func() core.Request {
		request := raw(core.Authenticate, "/db.nsf")
		request.Headers.Set("Authorization", "Bearer "+token)
		return request
	}()).Verdict)
}
