// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/coretest"
	"ndoap/core/web"
	"ndoap/store"
)

// from is a request to a machine endpoint from an address, with a form.
func from(address, path string, form url.Values) *coretest.Request {
	request := raw(core.RawRequest, path)
	request.Verb, request.From, request.Content = http.MethodPost, netip.MustParseAddr(address), []byte(form.Encode())
	request.Headers.Set("Content-Type", "application/x-www-form-urlencoded")
	return request
}

// guess is a token request with a secret.
func guess(id, secret string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "client_id": {id}, "client_secret": {secret}}
}

func (f *fixture) answerTo(request *coretest.Request) web.Response {
	return f.service.Serve(request).Response
}

// TestRequestsPerAddress_A60 asks too often from one address, at each endpoint.
func TestRequestsPerAddress_A60(t *testing.T) {
	f := newFixture(t)
	f.config.Limits.TokenPerAddress, f.config.Limits.IntrospectionPerAddress, f.config.Limits.AuthorizationPerAddress = 3, 2, 1
	asked := func(path, address string) []int {
		var statuses []int
		for range 4 {
			request := from(address, path, url.Values{})
			if path == "/doap/auth" {
				request.At, request.Verb = core.Authorized, http.MethodGet
			}
			statuses = append(statuses, f.answerTo(request).Status)
		}
		return statuses
	}
	assert.Equal(t, []int{400, 400, 400, 429}, asked("/doap/token", "192.0.2.7"))
	assert.Equal(t, []int{429, 429, 429, 429}, asked("/doap/revoke", "192.0.2.7"), "revocations count as token requests")
	assert.Equal(t, []int{401, 401, 429, 429}, asked("/doap/introspect", "192.0.2.7"))
	assert.Equal(t, []int{400, 429, 429, 429}, asked("/doap/auth", "192.0.2.7"))
	assert.Equal(t, []int{400, 400, 400, 429}, asked("/doap/token", "192.0.2.8"), "another address")
	assert.Equal(t, []int{429, 429, 429, 429}, asked("/doap/token", "192.0.2.8"))
	refused := f.answerTo(from("192.0.2.7", "/doap/token", url.Values{}))
	assert.Equal(t, "20", refused.Header.Get("Retry-After"), "three a minute")
	f.wait(time.Minute)
	assert.Equal(t, []int{400, 400, 400, 429}, asked("/doap/token", "192.0.2.7"))

	assert.Equal(t, 1, strings.Count(f.log.String(), "class=token address=192.0.2.8"), "a flood does not reach the console")
	assert.Contains(t, f.log.String(), `level=WARN msg="too many requests: answered with 429" class=token address=192.0.2.7`)
	events := f.audited(t, store.AuditTooMany)
	require.NotEmpty(t, events)
	assert.Equal(t, store.AuditFailure, events[0].Outcome)
	assert.Equal(t, "192.0.2.7", events[0].Address)
}

// TestRequestsPerClientAndUser_A60 comes from a new address each time, with what is right.
func TestRequestsPerClientAndUser_A60(t *testing.T) {
	f := newFixture(t)
	f.config.Limits.TokenPerClient, f.config.Limits.IntrospectionPerClient, f.config.Limits.AuthorizationPerUser = 2, 1, 3
	ask := func(path, id string) []int {
		var statuses []int
		for i := range 3 {
			address := fmt.Sprintf("192.0.2.%d", i)
			statuses = append(statuses, f.answerTo(from(address, path, url.Values{
				"grant_type": {"authorization_code"}, "code": {"x"}, "token": {"x"}, "client_id": {id}, "client_secret": {clientSecret},
			})).Status)
		}
		return statuses
	}
	assert.Equal(t, []int{400, 400, 429}, ask("/doap/token", clientID))
	assert.Equal(t, []int{400, 400, 429}, ask("/doap/token", "modern"), "each client has its own")
	assert.Equal(t, []int{200, 429, 429}, ask("/doap/introspect", clientID))
	f.config.Limits.TokenPerClient = 1
	for i := range 3 {
		request := from(fmt.Sprintf("192.0.2.%d", i), "/doap/token", guess("public", ""))
		assert.Equal(t, http.StatusBadRequest, f.answerTo(request).Status, "nobody uses up what a public client may ask")
	}
	var statuses []int
	for i := range 4 {
		request := raw(core.Authorized, "/doap/auth?response_type=code&client_id="+clientID)
		request.From, request.UserName = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), anna
		request.Headers.Set("Accept", "text/html")
		statuses = append(statuses, f.answerTo(request).Status)
	}
	assert.Equal(t, []int{302, 302, 302, 429}, statuses)
}

// TestLockout_A60 guesses at a secret.
func TestLockout_A60(t *testing.T) {
	f := newFixture(t)
	for i := range f.config.Limits.LockoutFailures {
		got := f.answerTo(from("192.0.2.66", "/doap/token", guess(clientID, "wrong")))
		assert.Equal(t, http.StatusUnauthorized, got.Status, i)
	}
	for _, path := range []string{"/doap/token", "/doap/revoke", "/doap/introspect"} {
		locked := f.answerTo(from("192.0.2.66", path, guess(clientID, clientSecret)))
		assert.Equal(t, http.StatusTooManyRequests, locked.Status, "even the right secret")
		assert.Equal(t, "300", locked.Header.Get("Retry-After"))
		assert.Contains(t, string(locked.Body), `"error":"temporarily_unavailable"`)
	}
	owner := f.answerTo(from("198.51.100.1", "/doap/token", guess(clientID, clientSecret)))
	assert.Equal(t, http.StatusBadRequest, owner.Status, "the client itself, at its own address, gets as far as the code")
	assert.Len(t, f.audited(t, store.AuditLockout), 1)
	assert.Contains(t, f.log.String(), "a client is locked out at an address")

	other := f.neighbour(t)
	assert.Equal(t, http.StatusTooManyRequests, other.answerTo(from("192.0.2.66", "/doap/token", guess(clientID, clientSecret))).Status,
		"another server that shares the store")
	_, err := f.store.LiftLockouts(t.Context(), clientID)
	require.NoError(t, err)
	assert.Equal(t, http.StatusBadRequest, f.answerTo(from("192.0.2.66", "/doap/token", guess(clientID, clientSecret))).Status)
}

// TestUnknownClientsAreLockedOutAlike_A49 tells nobody by a lockout which clients there are.
func TestUnknownClientsAreLockedOutAlike_A49(t *testing.T) {
	f := newFixture(t)
	tries := func(id string) (answers []string) {
		for range f.config.Limits.LockoutFailures + 2 {
			got := f.answerTo(from("192.0.2.66", "/doap/token", guess(id, "wrong")))
			answers = append(answers, fmt.Sprint(got.Status, got.Header, string(got.Body)))
		}
		return answers
	}
	known := tries(clientID)
	assert.Equal(t, known, tries("nobody"))
	assert.Equal(t, known, tries("off"), "nor which are disabled")
}

// TestSenderBehindAProxy_A89 knows senders by what a trusted proxy says, and by nothing that they say themselves.
func TestSenderBehindAProxy_A89(t *testing.T) {
	f := newFixture(t)
	f.config.Limits.TokenPerAddress = 1
	f.config.TLS.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	status := func(peer string, forwardedFor ...string) int {
		request := from(peer, "/doap/token", url.Values{})
		for _, hops := range forwardedFor {
			request.Headers.Add("X-Forwarded-For", hops)
		}
		return f.answerTo(request).Status
	}
	assert.Equal(t, http.StatusBadRequest, status("10.0.0.1", "192.0.2.1"))
	assert.Equal(t, http.StatusBadRequest, status("10.0.0.1", "192.0.2.2"), "two senders behind one proxy")
	assert.Equal(t, http.StatusTooManyRequests, status("10.0.0.2", "192.0.2.1, 10.0.0.1"), "one sender by two ways")
	assert.Equal(t, http.StatusTooManyRequests, status("10.0.0.1", "203.0.113.5, 192.0.2.1"), "what the sender invents")
	assert.Equal(t, http.StatusBadRequest, status("192.0.2.3", "203.0.113.7"))
	assert.Equal(t, http.StatusTooManyRequests, status("192.0.2.3", "203.0.113.8"), "no proxy of ours")

	events := f.audited(t, store.AuditTooMany)
	require.Len(t, events, 2)
	assert.Equal(t, "192.0.2.3", events[0].Address)
	assert.Equal(t, "192.0.2.1", events[1].Address, "the audit trail knows the same address")
}

// TestAFloodStaysOutOfTheStore_A60 fails in all ways that need no login, 2000 times.
func TestAFloodStaysOutOfTheStore_A60(t *testing.T) {
	f := newFixture(t)
	for i := range 2000 {
		address := fmt.Sprintf("2001:db8:%x::1", i)
		f.answerTo(from(address, "/doap/token", guess(clientID, "wrong")))
		f.answerTo(from(address, "/doap/token", guess(fmt.Sprint("nobody-", i), "wrong")))
		f.answerTo(from(address, "/doap/token", guess("public", "")))
		f.answerTo(from(address, "/doap/revoke", url.Values{"token": {"x"}, "client_id": {"public"}}))
		request := raw(core.Authorized, fmt.Sprint("/doap/auth?client_id=nobody-", i))
		request.From = netip.MustParseAddr(address)
		f.answerTo(request)
	}
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{Limit: 10_000})
	require.NoError(t, err)
	assert.Less(t, len(events), 300)
}
