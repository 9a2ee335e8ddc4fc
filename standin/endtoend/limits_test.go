// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// behindProxy is a configuration that takes this machine for a proxy, so that one test can come from many addresses.
func behindProxy(limits map[string]any) map[string]any {
	return map[string]any{"tls": map[string]any{"trustedProxies": []string{"127.0.0.1/32"}}, "limits": limits}
}

// tokenFrom sends a token request of a client from an address behind the proxy.
func (s *server) tokenFrom(t *testing.T, address, id, secret string) page {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {"none"}, "client_id": {id}, "client_secret": {secret}}
	request := newRequest(t, http.MethodPost, s.base+"/doap/token", form.Encode())
	request.Header.Set("X-Forwarded-For", address)
	request.Header.Set("X-Forwarded-Proto", "https")
	return do(t, http.DefaultClient, request)
}

// TestRequestsPerMinute_A60 asks too often: programs get JSON, people a page, and both are told how long to wait.
func TestRequestsPerMinute_A60(t *testing.T) {
	s := start(t, options{config: behindProxy(map[string]any{"tokenPerAddress": 5, "authorizationPerUser": 2})})
	for range 5 {
		assert.Equal(t, http.StatusBadRequest, s.tokenFrom(t, "192.0.2.7", tutorialID, s.secrets[tutorialID]).status)
	}
	refused := s.tokenFrom(t, "203.0.113.9, 192.0.2.7", tutorialID, s.secrets[tutorialID])
	assert.Equal(t, http.StatusTooManyRequests, refused.status)
	assert.Equal(t, "temporarily_unavailable", refused.text("error"))
	assert.Regexp(t, `^1[0-2]?$`, refused.header.Get("Retry-After"), "five a minute, less what has passed")
	assert.Equal(t, http.StatusBadRequest, s.tokenFrom(t, "192.0.2.8", tutorialID, s.secrets[tutorialID]).status, "another address")
	s.await(t, "too many requests: answered with 429 class=token address=192.0.2.7")

	parameters := url.Values{"response_type": {"code"}, "client_id": {tutorialID}, "scope": {"domino"}}
	for range 2 {
		s.authorize(t, alice, parameters)
	}
	answer, target := s.browser(t, alice).open(t, http.MethodGet, s.base+"/doap/auth?"+parameters.Encode(), "")
	assert.Nil(t, target)
	assert.Equal(t, http.StatusTooManyRequests, answer.status)
	assert.Regexp(t, `^[1-9][0-9]?$`, answer.header.Get("Retry-After"))
	assert.Contains(t, answer.header.Get("Content-Type"), "text/html")
	assert.Contains(t, answer.body, "<h1>")
	s.authorize(t, joerg, parameters)
	require.Eventually(t, func() bool { // a second goes by before counters are published again
		s.read(t, "/doap/jwks", "")
		from := len(s.printed())
		s.tell(t, "show stat doap")
		return strings.HasSuffix(s.awaitAfter(t, from, "Doap.Limited = "), " = 2")
	}, patience, tick)
}

// Applications see X_Forwarded_For and X-Forwarded-For as one variable, which is all that ndoap has where people log in.
// A proxy that sets the latter and passes on the former must not let anybody choose an address.
func TestSendersChooseNoAddress_A89_A60(t *testing.T) {
	s := start(t, options{config: behindProxy(map[string]any{"authorizationPerAddress": 3})})
	ask := func(forged map[string]string) page {
		request := newRequest(t, http.MethodGet, s.base+"/doap/auth?response_type=code&client_id="+tutorialID, "")
		request.Header.Set("X-Forwarded-For", "192.0.2.7")
		request.Header.Set("X-Forwarded-Proto", "https")
		for name, value := range forged {
			request.Header[name] = []string{value}
		}
		return do(t, http.DefaultClient, request)
	}
	for n := range 6 {
		got := ask(map[string]string{"X_Forwarded_For": fmt.Sprintf("203.0.113.%d", n+1)})
		assert.Equal(t, http.StatusBadRequest, got.status, "%d: %s", n, got.body)
	}
	assert.Equal(t, http.StatusBadRequest, ask(map[string]string{"x-forwarded_for": "203.0.113.9"}).status)
	assert.Equal(t, http.StatusBadRequest, ask(map[string]string{"X_FORWARDED_PROTO": "https"}).status)
	for range 3 {
		assert.NotEqual(t, http.StatusBadRequest, ask(nil).status, "what was refused before did not count")
	}
	assert.Equal(t, http.StatusTooManyRequests, ask(nil).status)
}

// TestLockoutIsSeenAndLifted_A60 guesses at a secret while the administrator looks on with doapctl.
func TestLockoutIsSeenAndLifted_A60(t *testing.T) {
	s := start(t, options{config: behindProxy(map[string]any{"lockoutFailures": 4, "lockoutTime": "1h"})})
	const attacker, owner = "2001:db8:0:1::66", "198.51.100.1"
	right := s.secrets[tutorialID]
	for range 4 {
		assert.Equal(t, http.StatusUnauthorized, s.tokenFrom(t, attacker, tutorialID, "wrong").status)
	}
	locked := s.tokenFrom(t, "2001:db8:0:1::67", tutorialID, right)
	assert.Equal(t, http.StatusTooManyRequests, locked.status, "the whole network, and even with the right secret")
	assert.Regexp(t, `^3[56][0-9]{2}$`, locked.header.Get("Retry-After"))
	assert.Equal(t, http.StatusBadRequest, s.tokenFrom(t, owner, tutorialID, right).status, "nobody is locked out by others")
	assert.Equal(t, http.StatusUnauthorized, s.tokenFrom(t, attacker, modernID, "wrong").status)
	s.await(t, "a client is locked out at an address")

	var lockouts []map[string]any
	require.NoError(t, json.Unmarshal([]byte(doapctl(t, s.data, "lockout", "list", "--json")), &lockouts))
	require.Len(t, lockouts, 1)
	assert.Equal(t, tutorialID, lockouts[0]["client_id"])
	assert.Equal(t, "2001:db8:0:1::/64", lockouts[0]["address"])
	assert.InDelta(t, 4, lockouts[0]["failures"], 0)
	assert.Contains(t, doapctl(t, s.data, "audit", "--action", "lockout", "--json"), `"address":"`+attacker+`"`)

	doapctl(t, s.data, "lockout", "lift", tutorialID)
	require.Eventually(t, func() bool {
		return s.tokenFrom(t, attacker, tutorialID, right).status == http.StatusBadRequest
	}, patience, tick)
	require.Eventually(t, func() bool { // the console is written to while a request is served
		s.read(t, "/doap/jwks", "")
		return strings.Contains(strings.Join(s.printed(), "\n"), `an administrator used doapctl action="lockout lifted"`)
	}, patience, tick)
}
