// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A library that panics on demand: the request gets 500 or a refused token, the console one line with the stack, and
// the host lives on.
func TestPanicDoesNotEndTheHost(t *testing.T) {
	s := start(t, options{library: tested.build(t, "faultinjection")})
	tokens := s.tokens(t, alice)

	for range 3 {
		machine := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/jwks?fault=panic", ""))
		assert.Equal(t, http.StatusInternalServerError, machine.status, machine.body)
		person := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/auth?fault=panic", ""))
		assert.Equal(t, http.StatusInternalServerError, person.status, person.body)
		refused := s.read(t, "/sales.nsf/api/data/documents?fault=panic", tokens.text("access_token"))
		assert.Equal(t, http.StatusUnauthorized, refused.status, refused.body)
		assert.NotContains(t, machine.body+person.body+refused.body, "goroutine")
	}
	line := s.await(t, "a fault that a test asked for")
	assert.Contains(t, line, "fault.go:", "the stack")
	assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", tokens.text("access_token")).status)
	tutorial(t, s, alice)
	require.Eventually(t, func() bool { return count(s.printed(), "grant=") >= 3 }, patience, tick, "all lines are here")
	assert.Equal(t, 9, count(s.printed(), "a fault that a test asked for"), "one line for each panic")
}
