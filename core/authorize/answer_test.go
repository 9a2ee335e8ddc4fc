// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

func TestTarget_A12_A13_M27(t *testing.T) {
	for name, test := range map[string]struct{ uri, target string }{
		"no query":                {"https://app.example/cb", "https://app.example/cb?code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"no path":                 {"https://app.example", "https://app.example?code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"query":                   {"https://app.example/cb?a=%62+c", "https://app.example/cb?a=%62+c&code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"empty query":             {"https://app.example/cb?", "https://app.example/cb?code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"query with a separator":  {"https://app.example/cb?a=b&", "https://app.example/cb?a=b&code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"encoding stays":          {"https://app.example/%7ecb", "https://app.example/%7ecb?code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"loopback":                {"http://[::1]:80/cb", "http://[::1]:80/cb?code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"private-use URI scheme":  {"com.example.app:/cb", "com.example.app:/cb?code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
		"question mark in a name": {"https://app.example/cb?a?b", "https://app.example/cb?a?b&code=c%20d&state=s&iss=https%3A%2F%2Fd.example%2Fdoap"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := store.AuthorizationRequest{RedirectURI: test.uri, State: "s", StateGiven: true}
			assert.Equal(t, test.target, target(asked, "https://d.example/doap", "code", "c d"))
		})
	}
}

func TestRedirectURIWithQueryKeepsIt(t *testing.T) {
	f := newFixture(t)
	const uri = "https://app.example/other?tenant=1"
	values := f.redirected(f.ask(ada, "two", "redirect_uri", uri), http.StatusFound, uri)
	assert.Equal(t, []string{"code", "iss", "state"}, sortedKeys(values))
}

// TestIssuer_A32_M1 names the issuer in every answer to a client, so that a client of two servers notices when one of
// them answers in the place of the other. What a sender calls the issuer means nothing.
func TestIssuer_A8_A32_M1(t *testing.T) {
	f := newFixture(t)
	for name, answer := range map[string]web.Response{
		"code":              f.ask(ada, "trusted"),
		"after the login":   f.resume(ada, f.ask("", "trusted")),
		"error":             f.ask(ada, "trusted", "scope", "x"),
		"error, no login":   f.ask("", "trusted", "response_type", "token"),
		"allowed":           f.decide(ada, f.consentPage(f.ask(ada, "app", "scope", "mail")), "allow"),
		"denied":            f.decide(ada, f.consentPage(f.ask(ada, "app")), "deny"),
		"iss in a request":  f.ask(ada, "trusted", "iss", "https://evil.example"),
		"iss beside resume": f.get(ada, f.backQuery(f.ask("", "trusted"))+"&iss=https%3A%2F%2Fevil.example"),
	} {
		t.Run(name, func(t *testing.T) {
			location, err := url.Parse(answer.Header.Get("Location"))
			require.NoError(t, err)
			assert.Equal(t, []string{"https://domino.example/doap"}, location.Query()["iss"])
		})
	}
	f.config.Issuer = "https://other.example/doap"
	f.redirected(f.ask(ada, "trusted"), http.StatusFound, callback)
}

// TestStoreTrouble makes each use of the store fail: there is no code, no redirect, one line in the log with the
// cause, and a page that says to try again.
func TestStoreTrouble(t *testing.T) {
	for method, uses := range map[string]int{
		"Client": 7, "AddCode": 1, "CodeChallengeUsed": 3, "Consent": 3, "AddAuthorizationRequest": 2, "AuthorizationRequest": 4,
		"UpdateAuthorizationRequest": 1, "CompleteAuthorizationRequest": 3,
	} {
		t.Run(method, func(t *testing.T) {
			f := newFixture(t)
			toDeny, toAllow := f.consentPage(f.ask(ada, "app")), f.consentPage(f.ask(ada, "app"))
			login, loginTrusted := f.ask("", "app"), f.ask("", "trusted")
			logged := f.log.Len()
			f.fail.method = method

			failed := 0
			for _, response := range []web.Response{
				f.ask(ada, "trusted"),
				f.ask(ada, "app"),
				f.ask("", "app"),
				f.resume(ada, login),
				f.resume(ada, loginTrusted),
				f.decide(ada, toDeny, "deny"),
				f.decide(ada, toAllow, "allow"),
			} {
				if response.Status != http.StatusServiceUnavailable {
					continue
				}
				failed++
				f.onPage(response, http.StatusServiceUnavailable, "Wait a little and try again")
				assert.Equal(t, "5", response.Header.Get("Retry-After"))
				assert.NotContains(t, string(response.Body), "fire")
			}
			assert.Equal(t, uses, failed)
			lines := f.log.String()[logged:]
			assert.Equal(t, uses, strings.Count(lines, "level=ERROR"))
			assert.Equal(t, uses, strings.Count(lines, "disk on fire"))
		})
	}
}

// TestStoreTroubleIsSaidOnce: a fault of the database is reported by the store itself, once, and not again by each
// request that meets it.
func TestStoreTroubleIsSaidOnce(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.store.Close())
	logged := f.log.Len()
	assert.Equal(t, http.StatusServiceUnavailable, f.ask(ada, "trusted").Status)
	assert.NotContains(t, f.log.String()[logged:], "level=ERROR")
}

// TestClientVanishesMeanwhile has the client removed between its lookup and the record that belongs to it, which the
// store then refuses.
func TestClientVanishesMeanwhile(t *testing.T) {
	f := newFixture(t)
	f.fail.err = store.ErrNotFound
	f.fail.method = "AddAuthorizationRequest"
	f.onPage(f.ask("", "app"), http.StatusBadRequest, "start again at the application")
	f.onPage(f.ask(ada, "app"), http.StatusBadRequest, "start again at the application")
	f.fail.method = "AddCode"
	f.onPage(f.ask(ada, "trusted"), http.StatusBadRequest, "start again at the application")
}

func TestUnusableName_A74(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{"-Default-", "CN=*/O=Example", "CN=Ada\x00/O=Example", "Ada/Example", "O=Example", "CN=\xff"} {
		f.onPage(f.ask(name, "trusted"), http.StatusForbidden, "Ask an administrator")
		f.onPage(f.decide(name, f.consentPage(f.ask(ada, "app")), "allow"), http.StatusForbidden, "Ask an administrator")
	}
}

func sortedKeys(values url.Values) []string { return slices.Sorted(maps.Keys(values)) }

// FuzzAnswer takes any query of a known client through validation into a Location: it leads to the client and nowhere
// else, is printable ASCII, brings state back as it was (A17), and never has a code beside an error (A8).
func FuzzAnswer(f *testing.F) {
	f.Add(parameters("app").Encode())
	f.Add(parameters("app", "state", "a+b%20\r\nX: y", "scope", "x").Encode())
	f.Add("state=1&state=2&request=x")
	policy := config.Default()
	f.Fuzz(func(t *testing.T, query string) {
		form, problem := oauth.ParseForm(query)
		if problem != nil {
			return
		}
		asked, problem := validate(&policy, clients[0], form, callback)
		location := target(asked, policy.Issuer, "code", "c")
		if problem != nil {
			location = target(asked, policy.Issuer, "error", string(problem.Code), "error_description", problem.Description)
		}
		require.Regexp(t, `^https://app\.example/cb\?[\x21-\x7e]+$`, location)
		values, err := url.ParseQuery(strings.TrimPrefix(location, callback+"?"))
		require.NoError(t, err)
		assert.NotEqual(t, values.Has("code"), values.Has("error"))
		if !form.Repeated("state") && len(form.Get("state")) <= maxState {
			assert.Equal(t, form.Get("state"), values.Get("state"))
			assert.Equal(t, form.Has("state"), values.Has("state"))
		}
	})
}
