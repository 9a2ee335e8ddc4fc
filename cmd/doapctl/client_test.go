// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestClientIDs_A58: no id can be taken for a person, a URL or a token's issuer.
func TestClientIDs_A58(t *testing.T) {
	for _, id := range []string{"a", "app.1_a-b", "7", "Web-Site", strings.Repeat("a", 100)} {
		assert.NoError(t, checkClientID(id), id)
	}
	for name, id := range map[string]string{
		"a person": "CN=Admin/O=Acme", "a person, abbreviated": "Admin/Acme", "a name with a space": "Jane Doe", "a URL": "https://app.example",
		"the subject of another client": "urn:ndoap:client:app", "empty": "", "too long": strings.Repeat("a", 101), "a wildcard": "*",
		"a letter that only looks like one": "\u0430dmin", "a line break": "a\nb", "a group": "-Default-/x", "a percent sign": "a%20b",
	} {
		assert.ErrorContains(t, checkClientID(id), "cannot be used", name)
	}
}
