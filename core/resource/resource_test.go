// SPDX-License-Identifier: Apache-2.0

package resource

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
)

const issuer = "https://domino.example/doap"

// TestParse_A63 takes what RFC 8707 section 2 calls a resource and refuses everything else.
func TestParse_A63(t *testing.T) {
	resources, problem := Parse([]string{"https://b.example/api", "urn:example:files", "https://a.example", "urn:example:files"})
	require.Nil(t, problem)
	assert.Equal(t, []string{"https://a.example", "https://b.example/api", "urn:example:files"}, resources)
	for name, text := range map[string]string{
		"relative":          "/api",
		"no scheme":         "api.example/files",
		"scheme-relative":   "//api.example/",
		"fragment":          "https://api.example/#f",
		"empty fragment":    "https://api.example/#",
		"scheme alone":      "https:",
		"user information":  "https://domino.example@evil.example/",
		"space":             "https://api.example/a b",
		"control character": "https://api.example/\n",
		"not ASCII":         "https://api.ex\u0430mple/",
		"quote":             `https://api.example/"`,
		"broken encoding":   "https://api.example/%zz",
		"too long":          "https://api.example/" + strings.Repeat("a", maxLength),
	} {
		_, problem := Parse([]string{"https://a.example", text})
		if assert.NotNil(t, problem, name) {
			assert.Equal(t, oauth.InvalidTarget, problem.Code, name)
		}
	}
	var many []string
	for i := range maxResources + 1 {
		many = append(many, fmt.Sprintf("https://a.example/%d", i))
	}
	_, problem = Parse(many)
	require.NotNil(t, problem)
	_, problem = Parse(many[1:])
	require.Nil(t, problem)
}

func TestAllowed_A63(t *testing.T) {
	configured := []string{"https://a.example", "https://b.example"}
	registered := []string{"https://b.example", "https://c.example"}
	for name, test := range map[string]struct {
		asked []string
		good  bool
	}{
		"none":                               {nil, true},
		"configured and registered":          {[]string{"https://b.example"}, true},
		"this Domino":                        {[]string{"https://domino.example"}, true},
		"this Domino with a slash":           {[]string{"https://domino.example/"}, true},
		"both":                               {[]string{"https://b.example", "https://domino.example/"}, true},
		"configured, not the client's":       {[]string{"https://a.example"}, false},
		"the client's, no longer configured": {[]string{"https://c.example"}, false},
		"one of two":                         {[]string{"https://b.example", "https://a.example"}, false},
		"another spelling":                   {[]string{"https://b.example/"}, false},
		"the issuer itself":                  {[]string{issuer}, false},
		"two slashes":                        {[]string{"https://domino.example//"}, false},
		"another port":                       {[]string{"https://domino.example:8443"}, false},
		"unknown":                            {[]string{"https://evil.example"}, false},
		"relative":                           {[]string{"b"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, problem := Allowed(issuer, configured, registered, test.asked)
			if test.good {
				require.Nil(t, problem)
				assert.Equal(t, test.asked, got)
				return
			}
			require.NotNil(t, problem)
			assert.Equal(t, oauth.InvalidTarget, problem.Code)
		})
	}
}

// TestNarrowed_A64_M18 never widens what was granted.
func TestNarrowed_A64_M18(t *testing.T) {
	both := []string{"https://a.example", "https://b.example"}
	for name, test := range map[string]struct{ granted, asked, want []string }{
		"nothing asked for":          {both, nil, both},
		"one of two":                 {both, both[:1], both[:1]},
		"both":                       {both, both, both},
		"Domino, granted by default": {nil, []string{"https://domino.example/"}, []string{"https://domino.example/"}},
		"Domino, in another form": {
			[]string{"https://domino.example"}, []string{"https://domino.example/"}, []string{"https://domino.example/"},
		},
		"more than granted":          {both[:1], both, nil},
		"another":                    {both[:1], both[1:], nil},
		"a resource without a grant": {nil, both[:1], nil},
		"Domino was not granted":     {both, []string{"https://domino.example"}, nil},
		"relative":                   {both, []string{"a"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, problem := Narrowed(issuer, test.granted, test.asked)
			if test.want != nil {
				require.Nil(t, problem)
				assert.Equal(t, test.want, got)
				return
			}
			require.NotNil(t, problem)
			assert.Equal(t, oauth.InvalidTarget, problem.Code)
		})
	}
}

func TestForDomino(t *testing.T) {
	assert.True(t, ForDomino(issuer, nil))
	assert.True(t, ForDomino(issuer, []string{"https://a.example", "https://domino.example/"}))
	assert.False(t, ForDomino(issuer, []string{"https://a.example"}))
	assert.False(t, IsDomino("://", "://"), "an issuer that is no URL is nobody")
}
