// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The real library asks the directory of people: Go, C, the Notes functions and back. The build for tests says on the
// console what it was told.
func TestDirectoryOnTheThreadOfTheRequest(t *testing.T) {
	s := start(t, options{library: tested.build(t, "faultinjection")})
	tell := func(asked, says string) string {
		from := len(s.printed())
		response := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/jwks?fault=person="+url.QueryEscape(asked), ""))
		assert.Equal(t, http.StatusInternalServerError, response.status, response.body)
		return s.awaitAfter(t, from, says)
	}
	line := tell("aadams:alice-pw", "CN=Alice Adams/O=Acme")
	assert.Contains(t, line, "found <CN=Alice Adams/O=Acme> <> <alice@acme.example> kind 1 (<nil>), password true (<nil>), elsewhere refused true, late <nil>")
	line = tell("\u5c71\u7530 \u592a\u90ce/\u55b6\u696d/Acme:taro-pw", "found <CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme>")
	assert.Contains(t, line, "password true (<nil>)")
	line = tell("alice@acme.example:wrong", "found <CN=Alice Adams/O=Acme>")
	assert.Contains(t, line, "password false (<nil>), elsewhere refused true, late the Domino directory cannot be asked")
	line = tell("CN=Alice Adams/O=Other:alice-pw", "nobody in the Domino directory")
	assert.Contains(t, line, "found <> <> <> kind 0")
	assert.Contains(t, line, "password false (<nil>)")
}
