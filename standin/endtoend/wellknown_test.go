// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dominosOwn leaves a document of Domino's where another issuer of the host would have its metadata.
func dominosOwn(t *testing.T, data string) {
	t.Helper()
	place := filepath.Join(data, "domino", "html", ".well-known")
	require.NoError(t, os.MkdirAll(place, 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(place, "openid-configuration"), []byte("Domino's own"), 0o600))
}

// TestWellKnownPlaces_A35 asks for the metadata through the whole server, with Domino's own document beside it.
func TestWellKnownPlaces_A35(t *testing.T) {
	places := []string{
		"/.well-known/oauth-authorization-server/doap", "/.well-known/openid-configuration/doap",
		"/doap/.well-known/oauth-authorization-server", "/doap/.well-known/openid-configuration",
	}
	roots := []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}
	for _, ours := range []bool{false, true} {
		s := start(t, options{damage: dominosOwn, config: map[string]any{"metadata": map[string]bool{"rootForms": ours}}})
		get := func(method, place string) page {
			t.Helper()
			request := newRequest(t, method, s.base+place, "")
			request.Header.Set("Origin", "https://app.example")
			return do(t, http.DefaultClient, request)
		}
		first := get(http.MethodGet, places[0])
		require.Equal(t, s.issuer, first.text("issuer"), first.body)
		document := places
		if ours {
			document = append(places, roots...)
		} else {
			assert.Equal(t, http.StatusNotFound, get(http.MethodGet, roots[0]).status, "Domino has none")
			own := get(http.MethodGet, roots[1])
			assert.Equal(t, http.StatusOK, own.status)
			assert.Equal(t, "Domino's own", own.body)
			assert.Empty(t, own.header.Get("Access-Control-Allow-Origin"))
		}
		for _, place := range document {
			got := get(http.MethodGet, place+"?x=y")
			assert.Equal(t, http.StatusOK, got.status, place)
			assert.Equal(t, first.body, got.body, place)
			assert.Equal(t, "application/json", got.header.Get("Content-Type"), place)
			assert.Equal(t, first.header.Get("Etag"), got.header.Get("Etag"), place)
			head := get(http.MethodHead, place)
			assert.Equal(t, http.StatusOK, head.status, place)
			assert.Empty(t, head.body, place)
			assert.Equal(t, http.StatusMethodNotAllowed, get(http.MethodPost, place).status, place)
			preflight := get(http.MethodOptions, place)
			assert.Equal(t, http.StatusNoContent, preflight.status, place)
			assert.Equal(t, "*", preflight.header.Get("Access-Control-Allow-Origin"), place)
		}
		for _, other := range []string{"/.well-known/openid-configuration/", "/.well-known/openid-configuration/doapx", "/.Well-known/openid-configuration/doap"} {
			assert.NotContains(t, get(http.MethodGet, other).body, "issuer", other)
		}
	}
}
