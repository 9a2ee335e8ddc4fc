// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/browser"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

func TestConsentPage_A66_A69_A70_M30(t *testing.T) {
	f := newFixture(t)
	response := f.ask(ada, "app", "scope", "mail domino")
	f.consentPage(response)
	body := string(response.Body)
	assert.Contains(t, body, "Travel Desk")
	assert.Contains(t, body, "<bdi>app.example</bdi>")
	assert.Contains(t, body, "Ada Lovelace/Example")
	assert.Contains(t, body, "Read your mail")
	assert.Contains(t, body, f.config.Scopes["domino"].Description)
	assert.Contains(t, response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	assert.Equal(t, "DENY", response.Header.Get("X-Frame-Options"))
}

func TestAllow_A11(t *testing.T) {
	f := newFixture(t)
	asked := f.consentPage(f.ask(ada, "app", "scope", "mail", "redirect_uri", callback))
	f.now = f.now.Add(f.config.Lifetimes.AuthorizationRequest - time.Microsecond)

	values := f.redirected(f.decide(ada, asked, "allow"), http.StatusSeeOther, callback)
	assert.Equal(t, []string{"code", "iss", "state"}, sortedKeys(values))
	assert.Equal(t, store.Code{
		Hash: oauth.Secret(values.Get("code")).Hash(), ClientID: "app", User: ada, RedirectURI: callback,
		RedirectURIGiven: true, Scope: "mail", CodeChallenge: s256,
		AuthenticatedAt: f.now, ExpiresAt: f.now.Add(f.config.Lifetimes.Code),
	}, utc(f.redeemed(values.Get("code"))))

	for _, secret := range []string{values.Get("code"), asked.Request, asked.Token, f.cookie} {
		assert.NotContains(t, f.log.String(), secret, "A30")
	}
}

func TestDeny_A8(t *testing.T) {
	f := newFixture(t)
	asked := f.consentPage(f.ask(ada, "app"))
	values := f.redirected(f.decide(ada, asked, "deny"), http.StatusSeeOther, callback)
	assert.Equal(t, "access_denied", values.Get("error"))
	assert.Equal(t, "xyz", values.Get("state"))
	assert.NotContains(t, values, "code")

	_, err := f.store.Consent(t.Context(), ada, "app")
	require.ErrorIs(t, err, store.ErrNotFound)
	f.onPage(f.decide(ada, asked, "allow"), http.StatusBadRequest, "start again")
}

// TestReplay_A67_M13 sends the same form twice: the second one is refused, whatever either decided.
func TestReplay_A67_M13(t *testing.T) {
	f := newFixture(t)
	asked := f.consentPage(f.ask(ada, "app"))
	f.redirected(f.decide(ada, asked, "allow"), http.StatusSeeOther, callback)
	f.onPage(f.decide(ada, asked, "allow"), http.StatusBadRequest, "start again")
	f.onPage(f.decide(ada, asked, "deny"), http.StatusBadRequest, "start again")
}

// TestReplayAtOnce_A67 sends the same form from many threads: one gets a code.
func TestReplayAtOnce_A67(t *testing.T) {
	f := newFixture(t)
	asked := f.consentPage(f.ask(ada, "app"))
	request := &web.Request{
		Method: http.MethodPost, Body: []byte(asked.encode("allow")), User: ada,
		Header: func(name string) []string {
			return http.Header{
				"Cookie": {f.cookie}, "Content-Type": {"application/x-www-form-urlencoded"},
			}.Values(name)
		},
	}
	var won, refused atomic.Int32
	var senders sync.WaitGroup
	for range 16 {
		senders.Go(func() {
			switch f.consent.Serve(request).Status {
			case http.StatusSeeOther:
				won.Add(1)
			case http.StatusBadRequest:
				refused.Add(1)
			}
		})
	}
	senders.Wait()
	assert.EqualValues(t, 1, won.Load())
	assert.EqualValues(t, 15, refused.Load())
}

func TestForgedForms_A67(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		user        string
		change      url.Values
		header      http.Header
		status      int
		explanation string
	}{
		"no token":          {ada, url.Values{"token": nil}, nil, 403, "Nothing was allowed"},
		"wrong token":       {ada, url.Values{"token": {oauth.NewSecret().Reveal()}}, nil, 403, "Nothing was allowed"},
		"two tokens":        {ada, url.Values{"token": {"a", "b"}}, nil, 400, "token occurs more than once"},
		"no request":        {ada, url.Values{"request": nil}, nil, 400, "start again"},
		"wrong request":     {ada, url.Values{"request": {oauth.NewSecret().Reveal()}}, nil, 400, "start again"},
		"two requests":      {ada, url.Values{"request": {"a", "b"}}, nil, 400, "request occurs more than once"},
		"no decision":       {ada, url.Values{"decision": nil}, nil, 400, "allow or deny"},
		"another decision":  {ada, url.Values{"decision": {"Allow"}}, nil, 400, "allow or deny"},
		"two decisions":     {ada, url.Values{"decision": {"allow", "deny"}}, nil, 400, "decision occurs more than once"},
		"A73 another user":  {bert, nil, nil, 403, "Nothing was allowed"},
		"cross-site":        {ada, nil, http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403, "Nothing was allowed"},
		"same site only":    {ada, nil, http.Header{"Sec-Fetch-Site": {"same-site"}}, 403, "Nothing was allowed"},
		"typed address":     {ada, nil, http.Header{"Sec-Fetch-Site": {"none"}}, 403, "Nothing was allowed"},
		"other origin":      {ada, nil, http.Header{"Origin": {"https://evil.example"}}, 403, "Nothing was allowed"},
		"other scheme":      {ada, nil, http.Header{"Origin": {"http://domino.example"}}, 403, "Nothing was allowed"},
		"other port":        {ada, nil, http.Header{"Origin": {"https://domino.example:8443"}}, 403, "Nothing was allowed"},
		"origin and suffix": {ada, nil, http.Header{"Origin": {"https://domino.example.evil.example"}}, 403, "Nothing was allowed"},
		"null, cross-site": {
			ada, nil,
			http.Header{"Origin": {"null"}, "Sec-Fetch-Site": {"cross-site"}},
			403,
			"Nothing was allowed",
		},
		"A72 another browser": {
			ada, nil,
			http.Header{"Cookie": {browser.Cookie + "=" + oauth.NewSecret().Reveal()}},
			400,
			"start again",
		},
		"A72 no cookie":    {ada, nil, http.Header{"Cookie": {"other=1"}}, 400, "start again"},
		"JSON":             {ada, nil, http.Header{"Content-Type": {"application/json"}}, 400, "x-www-form-urlencoded"},
		"broken encoding":  {ada, url.Values{"%zz": nil}, nil, 400, "percent-encoded"},
		"unspeakable name": {"-Default-", nil, nil, 403, "Ask an administrator"},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			asked := f.consentPage(f.ask(ada, "app"))
			fields := url.Values{"request": {asked.Request}, "token": {asked.Token}, "decision": {"allow"}}
			for name, values := range test.change {
				fields[name] = values
			}
			body := fields.Encode()
			if _, broken := test.change["%zz"]; broken {
				body += "&%zz"
			}
			own := f.cookie
			if test.header.Get("Cookie") != "" {
				f.cookie = test.header.Get("Cookie")
			}
			f.onPage(f.post(f.consent, test.user, "/doap/consent", "", body, test.header.Clone()),
				test.status, test.explanation)
			f.cookie = own
			_, err := f.store.Consent(t.Context(), ada, "app")
			require.ErrorIs(t, err, store.ErrNotFound)

			// The refusal cost nothing: the form as it was shown still works.
			f.redirected(f.decide(ada, asked, "deny"), http.StatusSeeOther, callback)
		})
	}
}

func TestOwnOrigin_A67(t *testing.T) {
	for name, test := range map[string]struct {
		issuer string
		header http.Header
	}{
		"no headers":          {"https://domino.example/doap", http.Header{}},
		"origin":              {"https://domino.example/doap", http.Header{"Origin": {"https://domino.example"}}},
		"origin with a port":  {"https://domino.example:8443/doap", http.Header{"Origin": {"https://domino.example:8443"}}},
		"default port":        {"https://Domino.example:443/doap", http.Header{"Origin": {"https://domino.example"}}},
		"default port, http":  {"http://localhost:80/doap", http.Header{"Origin": {"http://localhost"}}},
		"null":                {"https://domino.example/doap", http.Header{"Origin": {"null"}}},
		"null and fetch site": {"https://domino.example/doap", http.Header{"Origin": {"null"}, "Sec-Fetch-Site": {"same-origin"}}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.config.Issuer = test.issuer
			asked := f.consentPage(f.ask(ada, "app"))
			f.redirected(f.post(f.consent, ada, "/doap/consent", "", asked.encode("allow"), test.header),
				http.StatusSeeOther, callback)
		})
	}
}

// TestFormChangesNothing_A68 adds to the form what an attacker would like to change.
func TestFormChangesNothing_A68(t *testing.T) {
	f := newFixture(t)
	asked := f.consentPage(f.ask(ada, "app", "scope", "mail"))
	more := "&client_id=trusted&redirect_uri=https%3A%2F%2Fevil.example%2F&scope=domino+mail&state=evil&user=" +
		url.QueryEscape(bert) + "&code_challenge=x"
	response := f.post(f.consent, ada, "/doap/consent", more[1:], asked.encode("allow")+more, nil)
	values := f.redirected(response, http.StatusSeeOther, callback)
	assert.Equal(t, "xyz", values.Get("state"))
	code := f.redeemed(values.Get("code"))
	assert.Equal(t, "app", code.ClientID)
	assert.Equal(t, "mail", code.Scope)
	assert.Equal(t, ada, code.User)
	assert.Equal(t, s256, code.CodeChallenge)
}

func TestRememberedConsent_A70(t *testing.T) {
	f := newFixture(t)
	f.redirected(f.decide(ada, f.consentPage(f.ask(ada, "app", "scope", "mail")), "allow"), http.StatusSeeOther, callback)

	f.redirected(f.ask(ada, "app", "scope", "mail"), http.StatusFound, callback)
	f.redirected(f.resume(ada, f.ask("", "app", "scope", "mail")), http.StatusFound, callback)

	f.consentPage(f.ask(bert, "app", "scope", "mail"))                         // another user
	f.consentPage(f.ask(ada, "public", "redirect_uri", "http://127.0.0.1/cb")) // another client
	wider := f.consentPage(f.ask(ada, "app", "scope", "mail domino"))          // another scope

	f.redirected(f.decide(ada, wider, "allow"), http.StatusSeeOther, callback)
	f.redirected(f.ask(ada, "app", "scope", "mail domino"), http.StatusFound, callback)
	consent, err := f.store.Consent(t.Context(), ada, "app")
	require.NoError(t, err)
	assert.Equal(t, "domino mail", consent.Scope)
	assert.True(t, f.now.Equal(consent.GrantedAt))
}

func TestNarrowerConsentKeepsTheWider_A70(t *testing.T) {
	f := newFixture(t)
	mail := f.consentPage(f.ask(ada, "app", "scope", "mail"))
	domino := f.consentPage(f.ask(ada, "app", "scope", "domino"))
	values := f.redirected(f.decide(ada, domino, "allow"), http.StatusSeeOther, callback)
	assert.Equal(t, "domino", f.redeemed(values.Get("code")).Scope)
	values = f.redirected(f.decide(ada, mail, "allow"), http.StatusSeeOther, callback)
	assert.Equal(t, "mail", f.redeemed(values.Get("code")).Scope, "A62: the code is for what this page asked")
	f.redirected(f.ask(ada, "app", "scope", "mail domino"), http.StatusFound, callback)
}

// TestTrustIsForConfidentialClients_A70 asks for consent although an administrator has marked the public client as
// trusted: anybody can pose as it.
func TestTrustIsForConfidentialClients_A70(t *testing.T) {
	f := newFixture(t)
	f.redirected(f.ask(ada, "trusted"), http.StatusFound, callback)
	const loopback = "http://127.0.0.1:5000/cb"
	asked := f.consentPage(f.ask(ada, "public", "redirect_uri", loopback))
	f.redirected(f.decide(ada, asked, "allow"), http.StatusSeeOther, loopback)
	f.redirected(f.ask(ada, "public", "redirect_uri", loopback), http.StatusFound, loopback)
}

func TestPageShownAgainOutdatesTheFirst_A67(t *testing.T) {
	f := newFixture(t)
	login := f.ask("", "app")
	first := f.consentPage(f.resume(ada, login))
	second := f.consentPage(f.resume(ada, login))
	assert.Equal(t, first.Request, second.Request)
	f.onPage(f.decide(ada, first, "allow"), http.StatusForbidden, "Nothing was allowed")
	f.redirected(f.decide(ada, second, "allow"), http.StatusSeeOther, callback)
}

// TestClientChangesWhilePageIsOpen_A62_M33 takes away, while the page is open, what was asked for.
func TestClientChangesWhilePageIsOpen_A62_M33(t *testing.T) {
	for name, change := range map[string]func(*store.Client) error{
		"disabled":             func(c *store.Client) error { c.Disabled = true; return nil },
		"redirect URI removed": func(c *store.Client) error { c.RedirectURIs = []string{"https://app.example/new"}; return nil },
		"scope removed":        func(c *store.Client) error { c.Scopes = []string{"mail"}; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			login := f.ask("", "app")
			asked := f.consentPage(f.ask(ada, "app"))
			require.NoError(t, f.store.UpdateClient(t.Context(), "app", change))
			f.onPage(f.decide(ada, asked, "allow"), http.StatusBadRequest, "")
			f.onPage(f.resume(ada, login), http.StatusBadRequest, "")
		})
	}
	f := newFixture(t)
	asked := f.consentPage(f.ask(ada, "app"))
	require.NoError(t, f.store.RemoveClient(t.Context(), "app"))
	f.onPage(f.decide(ada, asked, "allow"), http.StatusBadRequest, "start again")
}

// TestLoginRunsOutWhilePageIsOpen_A74 presses Allow as nobody: Domino's login comes first, then the page again.
func TestLoginRunsOutWhilePageIsOpen_A74(t *testing.T) {
	f := newFixture(t)
	asked := f.consentPage(f.ask(ada, "app"))
	login := f.decide("", asked, "allow")
	assert.Equal(t, http.StatusSeeOther, login.Status)
	again := f.consentPage(f.resume(ada, login))
	f.redirected(f.decide(ada, again, "allow"), http.StatusSeeOther, callback)
}
