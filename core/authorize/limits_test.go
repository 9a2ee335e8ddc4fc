// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// TestGrantType_A54 has a client ask that is registered for something else.
func TestGrantType_A54(t *testing.T) {
	f := newFixture(t)
	values := f.refusedTo(f.ask(ada, "service"), oauth.UnauthorizedClient)
	assert.Contains(t, values.Get("error_description"), "authorization_code")

	login, asked := f.ask("", "app"), f.consentPage(f.ask(ada, "app"))
	require.NoError(t, f.store.UpdateClient(t.Context(), "app", func(c *store.Client) error {
		c.GrantTypes = []string{store.ClientCredentials}
		return nil
	}))
	f.onPage(f.resume(ada, login), http.StatusBadRequest, "not registered for the grant type")
	f.onPage(f.decide(ada, asked, "allow"), http.StatusBadRequest, "not registered for the grant type")
}

// TestConstantChallenge_A24 uses one challenge twice: it is said and recorded, and works.
func TestConstantChallenge_A24(t *testing.T) {
	f := newFixture(t)
	f.redirected(f.ask(ada, "trusted"), http.StatusFound, callback)
	f.redirected(f.ask(ada, "trusted", "code_challenge", strings.Repeat("a", 43)), http.StatusFound, callback)
	f.redirected(f.ask(ada, "two", "redirect_uri", callback), http.StatusFound, callback) // another client's is its own affair
	f.redirected(f.get(ada, "response_type=code&client_id=legacy"), http.StatusFound, "http://localhost:3000/authorize")
	f.redirected(f.get(ada, "response_type=code&client_id=legacy"), http.StatusFound, "http://localhost:3000/authorize")
	assert.NotContains(t, f.log.String(), "same code challenge")

	values := f.redirected(f.ask(ada, "trusted"), http.StatusFound, callback)
	assert.NotEmpty(t, values.Get("code"))
	assert.Equal(t, 1, strings.Count(f.log.String(), "a client used the same code challenge again"))
	events := f.audited()
	assert.Equal(t, store.AuditChallengeRepeats, events[0].Action)
	assert.Equal(t, "trusted", events[0].ClientID)

	asked := f.consentPage(f.ask(ada, "app"))
	f.redirected(f.decide(ada, asked, "allow"), http.StatusSeeOther, callback)
	f.redirected(f.ask(ada, "app"), http.StatusFound, callback)
	assert.Equal(t, 2, strings.Count(f.log.String(), "a client used the same code challenge again"))
}

// TestPendingRequestsAreBounded_A60 fills the store with requests that nobody completes.
func TestPendingRequestsAreBounded_A60(t *testing.T) {
	f := newFixture(t)
	f.config.Limits.PendingRequests = 2
	login := f.ask("", "trusted")
	f.consentPage(f.ask(ada, "app"))
	f.backQuery(f.ask("", "trusted"))
	f.onPage(f.resume(ada, login), http.StatusBadRequest, "start again") // the older one without a user gave way
	asked := f.consentPage(f.ask(ada, "app"))                            // and so did the other
	for range 3 {
		for _, refused := range []web.Response{f.ask("", "trusted"), f.ask(ada, "app")} {
			f.onPage(refused, http.StatusServiceUnavailable, "Try again in a minute")
			assert.Equal(t, "60", refused.Header.Get("Retry-After"))
		}
	}
	assert.Equal(t, 1, strings.Count(f.log.String(), "limits.pendingRequests"), "a flood does not reach the console")
	f.now = f.now.Add(time.Minute)
	f.ask("", "trusted")
	assert.Equal(t, 2, strings.Count(f.log.String(), "limits.pendingRequests"))
	assert.NotContains(t, f.log.String(), "level=ERROR")

	f.redirected(f.ask(ada, "trusted"), http.StatusFound, callback)            // needs no room
	f.redirected(f.decide(ada, asked, "allow"), http.StatusSeeOther, callback) // and makes some
	f.backQuery(f.ask("", "trusted"))
}

// TestUserLimit_A60 refuses what is asked for too often in a user's name, at each step, and nobody else's.
func TestUserLimit_A60(t *testing.T) {
	f := newFixture(t)
	login, asked := f.ask("", "trusted"), f.consentPage(f.ask(ada, "app"))
	var limited []string
	f.auth.Limit = func(user string) (time.Duration, bool) {
		limited = append(limited, user)
		return 1500 * time.Millisecond, user != ada
	}
	for _, refused := range []web.Response{f.ask(ada, "trusted"), f.resume(ada, login), f.decide(ada, asked, "allow")} {
		f.onPage(refused, http.StatusTooManyRequests, "too often")
		assert.Equal(t, "2", refused.Header.Get("Retry-After"))
	}
	f.redirected(f.ask(bert, "trusted"), http.StatusFound, callback)
	f.backQuery(f.ask("", "trusted")) // nobody in particular: the address is limited elsewhere
	assert.Equal(t, []string{ada, ada, ada, bert}, limited)
	f.auth.Limit = nil
	f.redirected(f.decide(ada, asked, "deny"), http.StatusSeeOther, callback)
}

// TestAuditTrail has who allowed or refused what, from where, and no secret.
func TestAuditTrail(t *testing.T) {
	f := newFixture(t)
	peer := netip.MustParseAddr("192.0.2.7")
	f.redirected(f.send(f.auth, ada, &web.Request{
		Method: http.MethodGet, Path: authPath, RawQuery: parameters("trusted").Encode(), Peer: peer,
	}, nil), http.StatusFound, callback)
	f.redirected(f.resume(ada, f.ask("", "two", "redirect_uri", callback)), http.StatusFound, callback)
	denied := f.consentPage(f.ask(ada, "app"))
	f.redirected(f.decide(ada, denied, "deny"), http.StatusSeeOther, callback)
	allowed := f.consentPage(f.ask(bert, "app", "scope", "mail", "code_challenge", strings.Repeat("b", 43)))
	values := f.redirected(f.decide(bert, allowed, "allow"), http.StatusSeeOther, callback)
	f.onPage(f.decide(bert, allowed, "allow"), http.StatusBadRequest, "start again")

	events := f.audited()
	require.Len(t, events, 5)
	for i := range events {
		assert.True(t, f.now.Equal(events[i].At))
		assert.NotContains(t, events[i].Detail, values.Get("code"))
		events[i].ID, events[i].At = 0, time.Time{}
	}
	assert.Equal(t, []store.AuditEvent{
		{Action: store.AuditConsent, Outcome: store.AuditSuccess, User: bert, ClientID: "app", Detail: "allowed: mail"},
		{Action: store.AuditCodeIssued, Outcome: store.AuditSuccess, User: bert, ClientID: "app", Detail: "mail"},
		{Action: store.AuditConsent, Outcome: store.AuditFailure, User: ada, ClientID: "app", Detail: "denied: domino"},
		{Action: store.AuditCodeIssued, Outcome: store.AuditSuccess, User: ada, ClientID: "two", Detail: "domino"},
		{
			Action: store.AuditCodeIssued, Outcome: store.AuditSuccess, User: ada, ClientID: "trusted",
			Address: "192.0.2.7", Detail: "domino",
		},
	}, events)
}
