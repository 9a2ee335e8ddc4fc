// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"io"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
)

// places are where the metadata always is.
var places = []string{
	"/.well-known/oauth-authorization-server/doap", "/.well-known/openid-configuration/doap",
	"/doap/.well-known/oauth-authorization-server", "/doap/.well-known/openid-configuration",
}

// rootPlaces are where it is when the configuration says so.
var rootPlaces = []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}

// fetch sends a request without a body over HTTP, as if to host.
func (f *fixture) fetch(t testing.TB, method, target, host string, header http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, f.server.URL+target, http.NoBody)
	require.NoError(t, err)
	request.Host = host
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{status: response.StatusCode, header: response.Header, body: string(body)}
}

// TestMetadataPlaces_A35 has the same document everywhere.
func TestMetadataPlaces_A35(t *testing.T) {
	f := newFixture(t)
	f.config.Metadata.RootForms = true
	first := f.fetch(t, http.MethodGet, places[0], "", nil)
	for _, place := range append(rootPlaces, places...) {
		got := f.fetch(t, http.MethodGet, place, "", nil)
		assert.Equal(t, http.StatusOK, got.status, place)
		assert.Equal(t, first.body, got.body, place)
		assert.Equal(t, "application/json", got.header.Get("Content-Type"), place)
		assert.Equal(t, "public, max-age=300", got.header.Get("Cache-Control"), place)
		tag := got.header.Get("Etag")
		assert.NotEmpty(t, tag, place)
		assert.Equal(t, first.header.Get("Etag"), tag, place)

		head := f.fetch(t, http.MethodHead, place, "", nil)
		assert.Equal(t, http.StatusOK, head.status, place)
		assert.Equal(t, tag, head.header.Get("Etag"), place)
		assert.Empty(t, head.body, place)
		known := f.fetch(t, http.MethodGet, place, "", http.Header{"If-None-Match": {tag}})
		assert.Equal(t, http.StatusNotModified, known.status, place)
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			refused := f.fetch(t, method, place, "", nil)
			assert.Equal(t, http.StatusMethodNotAllowed, refused.status, place)
			assert.Equal(t, "GET, HEAD", refused.header.Get("Allow"), place)
		}
	}
	f.config.Scopes["mail"] = config.Scope{}
	assert.NotEqual(t, first.header.Get("Etag"), f.fetch(t, http.MethodGet, places[0], "", nil).header.Get("Etag"),
		"another configuration, another document")
}

// TestIssuerIsConfigured_A33_M34_M35 sends what could make a server, or a cache before it, believe that it is another.
func TestIssuerIsConfigured_A33_M34_M35(t *testing.T) {
	f := newFixture(t)
	want := f.fetch(t, http.MethodGet, places[0], "domino.example.com", nil)
	assert.Contains(t, want.body, `"issuer":"`+issuer+`"`)
	assert.Empty(t, want.header.Values("Vary"), "nothing that a request brings changes the answer")
	for name, header := range map[string]http.Header{
		"X-Forwarded-Host":   {"X-Forwarded-Host": {"evil.example"}},
		"X-Forwarded-Proto":  {"X-Forwarded-Proto": {"http"}},
		"X-Forwarded-Prefix": {"X-Forwarded-Prefix": {"/evil"}},
		"X-Original-URL":     {"X-Original-Url": {"/evil"}, "X-Rewrite-Url": {"/evil"}},
		"Forwarded":          {"Forwarded": {"host=evil.example;proto=http"}},
		"Origin":             {"Origin": {"https://evil.example"}},
		"Cookie":             {"Cookie": {"a=b"}},
		"language":           {"Accept-Language": {"de"}, "Accept": {"text/html"}},
	} {
		for _, place := range places {
			got := f.fetch(t, http.MethodGet, place+"?issuer=https://evil.example", "evil.example", header)
			assert.Equal(t, http.StatusOK, got.status, name)
			assert.Equal(t, want.body, got.body, name)
			assert.Equal(t, want.header.Get("Etag"), got.header.Get("Etag"), name)
			assert.Equal(t, "*", got.header.Get("Access-Control-Allow-Origin"), name)
		}
	}
	f.config.TLS.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	trusted := f.fetch(t, http.MethodGet, places[0], "evil.example", http.Header{
		"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.example"},
	})
	assert.Equal(t, want.body, trusted.body, "nor does a trusted proxy")
}

// TestIssuerForm_A34 refuses issuers that clients could not compare.
func TestIssuerForm_A34(t *testing.T) {
	require.NoError(t, config.CheckIssuer(issuer))
	for name, bad := range map[string]string{
		"slash at the end": issuer + "/", "query": issuer + "?x", "fragment": issuer + "#x", "http": "http://domino.example.com/doap",
		"no path": "https://domino.example.com", "user information": "https://a@domino.example.com/doap", "no host": "https:///doap",
	} {
		require.Error(t, config.CheckIssuer(bad), name)
	}
}

// TestRootPlacesAreDominos_A35 leaves the places at the root of the host alone unless the configuration says otherwise.
func TestRootPlacesAreDominos_A35(t *testing.T) {
	f := newFixture(t)
	for _, place := range rootPlaces {
		request := raw(core.RawRequest, place+"?x")
		request.From, request.Encrypted = netip.Addr{}, false // the host is not asked for the peer here
		assert.Equal(t, core.Decision{Verdict: core.NotOurs}, f.service.Serve(request), place)
		assert.Equal(t, core.Decision{Verdict: core.NotOurs}, core.OutOfService(request), place)

		withToken := raw(core.RawRequest, place)
		withToken.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(nil)))
		assert.Equal(t, core.Authenticated, f.service.Serve(withToken).Verdict, "a URL of Domino like any other")
		withToken.Headers.Set("Authorization", "Bearer x")
		assert.Equal(t, http.StatusUnauthorized, f.service.Serve(withToken).Response.Status)
		assert.Equal(t, http.StatusUnauthorized, core.OutOfService(withToken).Response.Status)

		f.config.Metadata.RootForms = true
		assert.Equal(t, http.StatusOK, f.service.Serve(request).Response.Status, "over plain HTTP, for all the server knows")
		f.config.Metadata.RootForms = false
	}
	for _, place := range places {
		assert.Equal(t, http.StatusServiceUnavailable, core.OutOfService(raw(core.RawRequest, place)).Response.Status, place)
	}
	require.NoError(t, f.store.Close())
	assert.Equal(t, core.NotOurs, f.service.Serve(raw(core.RawRequest, rootPlaces[0])).Verdict)
	assert.Equal(t, http.StatusServiceUnavailable, f.service.Serve(raw(core.RawRequest, places[0])).Response.Status)
}

// TestTokenAtAWellKnownPlace: the places with the issuer's path are ours at every event.
func TestTokenAtAWellKnownPlace(t *testing.T) {
	f := newFixture(t)
	request := &coretest.Request{At: core.Authenticate, URL: places[0], Headers: http.Header{
		"Authorization": {"Bearer " + f.forge(t, nil, f.claims(nil))},
	}}
	assert.Equal(t, core.Deny, f.service.Serve(request).Verdict)
}
