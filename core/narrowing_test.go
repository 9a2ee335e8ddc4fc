// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/store"
)

const (
	apiA   = "https://a.example/api"
	apiB   = "urn:example:b"
	origin = "https://domino.example.com" // of the issuer: this Domino
)

// withResources lets the test's client have tokens for two other resource servers and for two scopes.
func (f *fixture) withResources(t testing.TB) {
	t.Helper()
	f.config.Resources = []string{apiA, apiB, "https://c.example"}
	f.config.Scopes["mail"] = config.Scope{Description: "Mail"}
	f.change(t, func(c *store.Client) {
		c.Resources, c.Scopes = []string{apiA, apiB, "https://d.example"}, []string{"domino", "mail"}
	})
}

// change changes the registration of the test's client.
func (f *fixture) change(t testing.TB, change func(*store.Client)) {
	t.Helper()
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		change(c)
		return nil
	}))
}

// codeFor gets a code of the test's client for resources.
func (f *fixture) codeFor(t testing.TB, resources ...string) string {
	t.Helper()
	code := f.authorize(t, url.Values{"response_type": {"code"}, "client_id": {clientID}, "resource": resources}).Get("code")
	require.NotEmpty(t, code)
	return code
}

// ask sends a token request of the test's client for resources.
func (f *fixture) ask(t testing.TB, resources []string, parameters ...string) answer {
	t.Helper()
	return f.post(t, secretForm(clientID, parameters...)+"&"+url.Values{"resource": resources}.Encode(), nil)
}

func TestResourceAtTheCodeExchange_A63_A64_M18(t *testing.T) {
	for name, c := range map[string]struct {
		granted, asked []string
		audience       any
		code           string
	}{
		"A63 none":                        {nil, nil, "Domino", ""},
		"A63 this Domino by name":         {nil, []string{origin}, []any{origin, "Domino"}, ""},
		"A63 this Domino with a slash":    {[]string{origin + "/"}, nil, []any{origin + "/", "Domino"}, ""},
		"A63 another":                     {[]string{apiA}, nil, apiA, ""},
		"A63 two":                         {[]string{apiA, apiB}, nil, []any{apiA, apiB}, ""},
		"A63 another and this Domino":     {[]string{apiA, origin}, nil, []any{apiA, origin, "Domino"}, ""},
		"A64 one of two":                  {[]string{apiA, apiB}, []string{apiB}, apiB, ""},
		"A64 both of two, another order":  {[]string{apiA, apiB}, []string{apiB, apiA}, []any{apiA, apiB}, ""},
		"M18 another than granted":        {[]string{apiA}, []string{apiB}, nil, "invalid_target"},
		"M18 one more than granted":       {[]string{apiA}, []string{apiA, apiB}, nil, "invalid_target"},
		"M18 this Domino, not granted":    {[]string{apiA}, []string{origin}, nil, "invalid_target"},
		"M18 another, granted was Domino": {nil, []string{apiA}, nil, "invalid_target"},
		"M18 unknown":                     {nil, []string{"https://evil.example"}, nil, "invalid_target"},
		"A63 relative":                    {nil, []string{"/api"}, nil, "invalid_target"},
		"A63 a fragment":                  {[]string{apiA}, []string{apiA + "#x"}, nil, "invalid_target"},
		"A63 another spelling":            {[]string{apiA}, []string{"https://A.example/api"}, nil, "invalid_target"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.withResources(t)
			code := f.codeFor(t, c.granted...)
			got := f.ask(t, c.asked, "grant_type", "authorization_code", "code", code)
			assert.Equal(t, c.code, got.text("error"), got.body)
			if c.code != "" {
				return
			}
			token := got.text("access_token")
			assert.Equal(t, c.audience, payload(t, token)["aud"])
			opens := false
			if list, several := c.audience.([]any); several {
				opens = assert.ObjectsAreEqual("Domino", list[len(list)-1])
			} else {
				opens = c.audience == "Domino"
			}
			if opens {
				assert.Equal(t, anna, f.resource(t, "Bearer "+token).body)
			} else {
				assert.Contains(t, f.resource(t, "Bearer "+token).text("error_description"), "not an access token for this server", "B5")
			}
		})
	}
}

// What one token was narrowed to is not what the next one is.
func TestResourceOnRefresh_A43_M18(t *testing.T) {
	f := newFixture(t)
	f.withResources(t)
	first := f.ask(t, []string{apiA}, "grant_type", "authorization_code", "code", f.codeFor(t, apiA, apiB))
	require.Equal(t, http.StatusOK, first.status, first.body)
	token := first.text("refresh_token")
	refresh := func(resources ...string) answer {
		got := f.ask(t, resources, "grant_type", "refresh_token", "refresh_token", token)
		if got.status == http.StatusOK {
			token = got.text("refresh_token")
		}
		return got
	}
	assert.Equal(t, apiB, payload(t, refresh(apiB).text("access_token"))["aud"])
	assert.Equal(t, []any{apiA, apiB}, payload(t, refresh().text("access_token"))["aud"], "all that was granted")
	for _, more := range []string{origin, "https://c.example", "nothing"} {
		assert.Equal(t, "invalid_target", refresh(more).text("error"), more)
	}
	assert.Equal(t, apiA, payload(t, refresh(apiA).text("access_token"))["aud"], "the token was not spent by that")

	f.change(t, func(c *store.Client) { c.Resources = []string{apiB} })
	assert.Equal(t, apiB, payload(t, refresh().text("access_token"))["aud"], "what the client has lost is not issued again")
	assert.Equal(t, "invalid_target", refresh(apiA).text("error"))
	f.config.Resources = nil
	lost := refresh()
	assert.Equal(t, "invalid_grant", lost.text("error"), "nothing that is left means this Domino")
}

func TestResourceForClientCredentials_A63(t *testing.T) {
	f := newFixture(t)
	f.withResources(t)
	f.change(t, func(c *store.Client) { c.GrantTypes = []string{store.ClientCredentials} })
	for name, c := range map[string]struct {
		asked    []string
		audience any
	}{
		"none":           {nil, "Domino"},
		"one":            {[]string{apiA}, apiA},
		"with Domino":    {[]string{apiB, origin}, []any{origin, apiB, "Domino"}},
		"not configured": {[]string{"https://d.example"}, nil},
		"not registered": {[]string{"https://c.example"}, nil},
	} {
		got := f.ask(t, c.asked, "grant_type", "client_credentials")
		if c.audience == nil {
			assert.Equal(t, "invalid_target", got.text("error"), name)
			continue
		}
		assert.Equal(t, c.audience, payload(t, got.text("access_token"))["aud"], name)
	}
}

// Who introspects for one audience of a token may; for none of them may not.
func TestIntrospectionByAudience_A76_A63(t *testing.T) {
	f := newFixture(t)
	f.withResources(t)
	f.watcher(t, apiB)
	both := f.ask(t, nil, "grant_type", "authorization_code", "code", f.codeFor(t, apiA, apiB)).text("access_token")
	one := f.ask(t, []string{apiA}, "grant_type", "authorization_code", "code", f.codeFor(t, apiA, apiB)).text("access_token")
	assert.Equal(t, []any{apiA, apiB}, f.introspect(t, "watcher", both).fields["aud"])
	assert.JSONEq(t, inactive, f.introspect(t, "watcher", one).body)
}

// A code can buy less scope than it is for, and the refresh token is for all of it.
func TestScopeAtTheCodeExchange_A42_M17(t *testing.T) {
	f := newFixture(t)
	f.withResources(t)
	buy := func(scope string) answer {
		return f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID, "scope", "mail domino"), "scope", scope)
	}
	got := buy("mail")
	assert.Equal(t, "mail", got.text("scope"))
	assert.Equal(t, "mail", payload(t, got.text("access_token"))["scope"])
	assert.Equal(t, http.StatusForbidden, f.resource(t, "Bearer "+got.text("access_token")).status)
	again := f.token(t, "grant_type", "refresh_token", "refresh_token", got.text("refresh_token"))
	assert.Equal(t, "domino mail", again.text("scope"), "the grant was not narrowed")
	assert.Equal(t, "domino mail", buy("").text("scope"))
	assert.Equal(t, "domino mail", buy("   ").text("scope"))
	assert.Equal(t, "invalid_scope", buy("domino mail admin").text("error"))
	assert.Equal(t, "invalid_scope", buy("ma\"il").text("error"))
	narrow := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID, "scope", "mail"), "scope", "domino")
	assert.Equal(t, "invalid_scope", narrow.text("error"), "the client may, but the user was not asked")
}
