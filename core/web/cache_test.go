// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCached_A35(t *testing.T) {
	ask := func(conditions ...string) Response {
		header := http.Header{"If-None-Match": conditions}
		request := &Request{Method: http.MethodGet, Header: func(name string) []string { return header.Values(name) }}
		return Cached(request, "application/json", "public, max-age=300", []byte("{}"))
	}
	first := ask()
	assert.Equal(t, http.StatusOK, first.Status)
	assert.Equal(t, "{}", string(first.Body))
	assert.Equal(t, "application/json", first.Header.Get("Content-Type"))
	assert.Equal(t, "public, max-age=300", first.Header.Get("Cache-Control"))
	assert.Empty(t, first.Header.Values("Vary"), "the same for everybody")
	tag := first.Header.Get("Etag")
	assert.Regexp(t, `^"[A-Za-z0-9_-]{22}"$`, tag)
	for name, conditions := range map[string][]string{
		"the tag": {tag}, "weak": {"W/" + tag}, "one of several": {`"a", ` + tag}, "in a second line": {`"a"`, tag}, "any": {"*"},
	} {
		again := ask(conditions...)
		assert.Equal(t, http.StatusNotModified, again.Status, name)
		assert.Empty(t, again.Body, name)
		assert.Equal(t, tag, again.Header.Get("Etag"), name)
	}
	for name, condition := range map[string]string{"another": `"a"`, "empty": "", "without quotes": tag[1 : len(tag)-1]} {
		assert.Equal(t, http.StatusOK, ask(condition).Status, name)
	}
	other := Cached(&Request{Header: func(string) []string { return nil }}, "application/json", "", []byte("[]"))
	assert.NotEqual(t, tag, other.Header.Get("Etag"))
}
