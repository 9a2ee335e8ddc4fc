// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"ndoap/core"
)

// TestCORS_A59_M36 lets scripts of any page read what clients in the browser need, without the user's cookies, and
// nothing else.
func TestCORS_A59_M36(t *testing.T) {
	f := newFixture(t)
	f.config.Metadata.RootForms = true
	shared := map[string]string{"/doap/token": "POST", "/doap/revoke": "POST", "/doap/jwks": "GET, HEAD"}
	for _, place := range append(rootPlaces, places...) {
		shared[place] = "GET, HEAD"
	}
	origin := http.Header{"Origin": {"https://app.example"}}
	for path, methods := range shared {
		preflight := raw(core.RawRequest, path)
		preflight.Verb = http.MethodOptions
		preflight.Headers = http.Header{
			"Origin": {"https://app.example"}, "Access-Control-Request-Method": {"POST"},
			"Access-Control-Request-Headers": {"authorization,mcp-protocol-version"},
		}
		got := f.service.Serve(preflight).Response
		assert.Equal(t, http.StatusNoContent, got.Status, path)
		assert.Empty(t, got.Body, path)
		assert.Equal(t, "*", got.Header.Get("Access-Control-Allow-Origin"), path)
		assert.Equal(t, methods, got.Header.Get("Access-Control-Allow-Methods"), path)
		assert.Equal(t, "Authorization, Content-Type, MCP-Protocol-Version, DPoP",
			got.Header.Get("Access-Control-Allow-Headers"), path)
		assert.NotEmpty(t, got.Header.Get("Access-Control-Max-Age"), path)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			request := raw(core.RawRequest, path)
			request.Verb, request.Headers = method, origin
			got := f.service.Serve(request).Response
			assert.Equal(t, []string{"*"}, got.Header.Values("Access-Control-Allow-Origin"), "%s %s, errors too", method, path)
			assert.Empty(t, got.Header.Values("Access-Control-Allow-Credentials"), path)
		}
	}
	for path, event := range map[string]core.Event{
		"/doap/auth": core.Authorized, "/doap/consent": core.Authorized, "/doap/account": core.Authorized, "/doap/account/keys": core.Authorized,
		"/doap/introspect": core.RawRequest, "/doap/nothing": core.RawRequest, "/doap": core.RawRequest, "/sales.nsf": core.RawRequest,
	} {
		for _, method := range []string{http.MethodOptions, http.MethodGet, http.MethodPost} {
			request := raw(event, path)
			request.Verb, request.Headers = method, origin.Clone()
			request.Headers.Set("Authorization", "Bearer x")
			response := f.service.Serve(request).Response
			assert.NotEqual(t, http.StatusNoContent, response.Status, "%s %s", method, path)
			for name := range response.Header {
				assert.False(t, strings.HasPrefix(name, "Access-Control-"), "%s %s has %s", method, path, name)
			}
		}
	}
}
