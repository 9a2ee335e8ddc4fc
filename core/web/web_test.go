// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func request(method string, headers http.Header) *Request {
	return &Request{Method: method, Header: func(name string) []string { return headers.Values(name) }}
}

func TestWantsPage(t *testing.T) {
	for accept, page := range map[string]bool{
		"":                 false,
		"*/*":              false,
		"application/json": false,
		"text/html":        true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"TEXT/HTML":                   true,
		"text/html, application/json": true,
		"application/json, text/html": false,
	} {
		assert.Equal(t, page, request(http.MethodGet, http.Header{"Accept": {accept}}).WantsPage(), accept)
	}
	assert.False(t, request(http.MethodGet, nil).WantsPage())
}

func TestCookie(t *testing.T) {
	r := request(http.MethodGet, http.Header{"Cookie": {"a=1; b=2;c=x=y", "b=3; bb=4"}})
	for name, value := range map[string]string{"a": "1", "b": "2", "c": "x=y", "bb": "4", "d": "", "": ""} {
		assert.Equal(t, value, r.Cookie(name), name)
	}
}

func TestRedirectNeverRepeatsABody_A11_M28(t *testing.T) {
	for method, status := range map[string]int{http.MethodGet: http.StatusFound, http.MethodHead: http.StatusFound, http.MethodPost: http.StatusSeeOther} {
		response := Redirect(request(method, nil), "https://app.example/cb")
		assert.Equal(t, status, response.Status)
		assert.Equal(t, "https://app.example/cb", response.Header.Get("Location"))
		assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
		assert.Equal(t, "no-referrer", response.Header.Get("Referrer-Policy"))
	}
}

func TestRetryAfterIsNeverLessThanMeant_A60(t *testing.T) {
	for wait, said := range map[time.Duration]string{time.Nanosecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", time.Minute: "60"} {
		response := JSON(http.StatusTooManyRequests, nil).With("Retry-After", "5").RetryAfter(wait)
		assert.Equal(t, []string{said}, response.Header["Retry-After"], wait)
	}
}

func TestJSONThatCannotBeWritten(t *testing.T) {
	response := JSON(http.StatusOK, func() {})
	assert.Equal(t, http.StatusInternalServerError, response.Status)
	assert.JSONEq(t, `{"error": "server_error"}`, string(response.Body))
	assert.Equal(t, "{\"a\":\"<b>\"}\n", string(JSON(http.StatusOK, map[string]string{"a": "<b>"}).Body))
}
