// SPDX-License-Identifier: Apache-2.0

package jwks_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/jwks"
	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// keys is a fixed list of keys, or a fault.
type keys struct {
	list  []store.Key
	fault error
}

func (k keys) ListKeys(context.Context) ([]store.Key, error) { return k.list, k.fault }

func handler(t *testing.T, of keys) (*jwks.Handler, *[]*oauth.Error) {
	t.Helper()
	reported := &[]*oauth.Error{}
	return &jwks.Handler{
		Ring:   key.NewRing(of, func() uint64 { return 1 }),
		Report: func(cause *oauth.Error) { *reported = append(*reported, cause) },
	}, reported
}

func oneKey(t *testing.T) keys {
	t.Helper()
	made, err := key.Generate(key.RS256, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	return keys{list: []store.Key{made}}
}

func get(header http.Header) *web.Request {
	return &web.Request{Method: http.MethodGet, Path: "/doap/jwks", Header: header.Values}
}

func TestServe(t *testing.T) {
	of := oneKey(t)
	serving, reported := handler(t, of)
	response := serving.Serve(get(http.Header{}))
	assert.Equal(t, http.StatusOK, response.Status)
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=300", response.Header.Get("Cache-Control"))
	assert.Contains(t, string(response.Body), `"kid":"`+of.list[0].ID+`"`)
	assert.NotEmpty(t, response.Header.Get("ETag"))
	assert.Empty(t, *reported)

	var document oauth.Metadata
	serving.Describe(&document, "https://domino.example/doap/jwks")
	assert.Equal(t, oauth.Metadata{JWKSURI: "https://domino.example/doap/jwks"}, document)
}

func TestIfNoneMatch(t *testing.T) {
	serving, _ := handler(t, oneKey(t))
	tag := serving.Serve(get(http.Header{})).Header.Get("ETag")
	other, _ := handler(t, oneKey(t))
	otherTag := other.Serve(get(http.Header{})).Header.Get("ETag")
	require.NotEqual(t, tag, otherTag, "another set has another tag")

	tests := map[string]struct {
		lines  []string
		status int
	}{
		"same":               {[]string{tag}, http.StatusNotModified},
		"weak":               {[]string{"W/" + tag}, http.StatusNotModified},
		"any":                {[]string{"*"}, http.StatusNotModified},
		"in a list":          {[]string{otherTag + ", " + tag}, http.StatusNotModified},
		"in a second header": {[]string{otherTag, tag}, http.StatusNotModified},
		"other":              {[]string{otherTag}, http.StatusOK},
		"without quotes":     {[]string{tag[1 : len(tag)-1]}, http.StatusOK},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			response := serving.Serve(get(http.Header{"If-None-Match": test.lines}))
			assert.Equal(t, test.status, response.Status)
			assert.Equal(t, test.status == http.StatusNotModified, len(response.Body) == 0)
			assert.Equal(t, tag, response.Header.Get("ETag"))
		})
	}
}

func TestStoreTroubleIs503(t *testing.T) {
	fault := errors.Join(store.ErrUnavailable, errors.New("/secret/path/doap.db: disk I/O error"))
	serving, reported := handler(t, keys{fault: fault})
	response := serving.Serve(get(http.Header{}))
	assert.Equal(t, http.StatusServiceUnavailable, response.Status)
	assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	assert.NotEmpty(t, response.Header.Get("Retry-After"))
	assert.Contains(t, string(response.Body), `"error":"temporarily_unavailable"`)
	assert.NotContains(t, string(response.Body), "secret", "the cause is for the log")
	require.Len(t, *reported, 1)
	require.ErrorIs(t, (*reported)[0], store.ErrUnavailable)
}
