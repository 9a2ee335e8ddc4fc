// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

var everyMethod = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// allMethods are flags for a Domino whose Web Site document allows them.
var allMethods = []string{"--methods", strings.Join(everyMethod, ",")}

// Whatever the method, a good token makes its user, one of too little scope is 403, and a bad one 401 with a challenge.
func TestMethods_B23(t *testing.T) {
	s := withScopes(t, options{extra: allMethods})
	good, limited := s.tokenFor(t, alice, "domino"), s.tokenFor(t, alice, "sales.read")
	for _, method := range everyMethod {
		t.Run(method, func(t *testing.T) {
			got := s.asks(t, good, method, "/sales.nsf"+documents)
			assert.Equal(t, alice.canonical, got.header.Get("X-Standin-User"), "Domino has it, with the user: %s", got.body)

			got = s.asks(t, limited, method, "/sales.nsf"+documents)
			if method == http.MethodGet || method == http.MethodHead {
				assert.Equal(t, http.StatusOK, got.status, got.body)
				assert.Equal(t, alice.canonical, got.header.Get("X-Standin-User"))
			} else {
				s.isRefusal(t, got, method, http.StatusForbidden, "insufficient_scope")
			}
			s.isRefusal(t, s.asks(t, good+"x", method, "/sales.nsf"+documents), method, http.StatusUnauthorized, "invalid_token")
			s.isRefusal(t, s.asks(t, "x", method, "/sales.nsf"+documents), method, http.StatusUnauthorized, "invalid_token")
		})
	}
}

// isRefusal demands that the filter answered, with a challenge, and a body where the method has one.
func (s *server) isRefusal(t *testing.T, got page, method string, status int, code string) {
	t.Helper()
	assert.Equal(t, status, got.status, got.body)
	assert.Contains(t, got.header.Get("Www-Authenticate"), `error="`+code+`"`)
	assert.Empty(t, got.header.Get("X-Standin-User"), "the filter answers, not Domino")
	if method == http.MethodHead {
		assert.Empty(t, got.body)
		return
	}
	assert.Equal(t, code, got.text("error"))
}

// A browser asks, without a token, whether a script of another site may send one. Whether it may is Domino's to say:
// the filter neither answers nor refuses, and adds nothing, for any resource outside /doap.
func TestPreflight_B23(t *testing.T) {
	s := withScopes(t, options{extra: allMethods})
	for _, target := range []string{"/sales.nsf" + documents, "/public.nsf", "/standin/environ", "/nowhere.nsf/x?OpenAgent"} {
		for _, method := range everyMethod {
			t.Run(method+" "+target, func(t *testing.T) {
				request := newRequest(t, http.MethodOptions, s.base+target, "")
				request.Header.Set("Origin", "https://app.example")
				request.Header.Set("Access-Control-Request-Method", method)
				request.Header.Set("Access-Control-Request-Headers", "authorization, content-type")
				got := do(t, http.DefaultClient, request)
				assert.Equal(t, http.StatusOK, got.status, got.body)
				assert.Equal(t, "Anonymous", got.header.Get("X-Standin-User"), "Domino answers")
				assert.NotEmpty(t, got.header.Get("Allow"), "with what it has to say")
				for _, name := range []string{"Www-Authenticate", "Access-Control-Allow-Origin", "Location"} {
					assert.Empty(t, got.header.Get(name), name)
				}
			})
		}
	}
}
