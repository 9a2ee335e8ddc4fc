// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"ndoap/core"
	"ndoap/core/config"
)

// refuser lets nobody in, and remembers who asked.
type refuser struct{ asked []string }

func (r *refuser) Allow(class string, address netip.Addr) (time.Duration, bool) {
	r.asked = append(r.asked, class+" "+address.String())
	return 90*time.Second + time.Millisecond, false
}

// TestLimitByAddress_A60 answers 429 before the handler has any work, as JSON or as a page.
func TestLimitByAddress_A60(t *testing.T) {
	f := newFixture(t)
	limiter := &refuser{}
	service := core.New(core.Deps{
		Config: func() *config.Config { return f.config }, Store: f.store, Now: f.now, Limiter: limiter,
	})
	for _, c := range []struct {
		event        core.Event
		method, path string
		class        string
	}{
		{core.RawRequest, http.MethodPost, "/doap/token", "token"},
		{core.RawRequest, http.MethodPost, "/doap/revoke", "token"},
		{core.RawRequest, http.MethodPost, "/doap/introspect", "introspection"},
		{core.Authorized, http.MethodGet, "/doap/auth", "authorization"},
		{core.Authorized, http.MethodPost, "/doap/consent", "authorization"},
	} {
		limiter.asked = nil
		request := raw(c.event, c.path)
		request.Verb = c.method
		got := service.Serve(request).Response
		assert.Equal(t, http.StatusTooManyRequests, got.Status, c.path)
		assert.Equal(t, "91", got.Header.Get("Retry-After"), "rounded up")
		assert.Contains(t, string(got.Body), `"error":"temporarily_unavailable"`, c.path)
		assert.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		request.Headers.Set("Accept", "text/html")
		got = service.Serve(request).Response
		assert.Equal(t, http.StatusTooManyRequests, got.Status, c.path)
		assert.Equal(t, "91", got.Header.Get("Retry-After"))
		assert.Contains(t, string(got.Body), "<h1>Too many requests</h1>", c.path)
		assert.Equal(t, []string{c.class + " 192.0.2.7", c.class + " 192.0.2.7"}, limiter.asked, c.path)
	}
	f.config.TLS.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	forwarded := raw(core.Authorized, "/doap/auth")
	forwarded.Headers.Set("X-Forwarded-For", "203.0.113.1, 198.51.100.9")
	limiter.asked = nil
	assert.Equal(t, http.StatusTooManyRequests, service.Serve(forwarded).Response.Status)
	assert.Equal(t, []string{"authorization 198.51.100.9"}, limiter.asked, "a trusted proxy tells who asks")
	limiter.asked = nil
	for _, path := range append([]string{"/doap/jwks"}, places...) {
		assert.Equal(t, http.StatusOK, service.Serve(raw(core.RawRequest, path)).Response.Status, "public documents are cheap")
	}
	assert.Empty(t, limiter.asked)
}

// TestConfiguredLimits_A60 counts what the configuration says, by address and by user.
func TestConfiguredLimits_A60(t *testing.T) {
	f := newFixture(t)
	f.config.Limits.AuthorizationPerUser = 2
	f.config.Limits.AuthorizationPerAddress = 5
	ask := func(user string) int {
		request := raw(core.Authorized, "/doap/auth?response_type=code&client_id="+clientID)
		request.UserName = user
		return f.service.Serve(request).Response.Status
	}
	assert.Equal(t, http.StatusFound, ask(anna))
	assert.Equal(t, http.StatusFound, ask(anna))
	assert.Equal(t, http.StatusTooManyRequests, ask(anna), "the user's limit")
	assert.Equal(t, http.StatusFound, ask("CN=Bert/O=Acme"), "is not another's")
	assert.Equal(t, http.StatusFound, ask(""))
	assert.Equal(t, http.StatusTooManyRequests, ask("CN=Bert/O=Acme"), "the limit of the address is")
	f.wait(time.Minute)
	assert.Equal(t, http.StatusFound, ask(anna))
	f.config.Limits.TokenPerAddress = 1
	assert.Equal(t, http.StatusBadRequest, f.token(t).status)
	assert.Equal(t, http.StatusTooManyRequests, f.token(t).status)
}
