// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/client"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// TestNoRedirectInDoubt_A5_A9 sends requests whose client or redirect URI is not certain: they end on a page of ours.
func TestNoRedirectInDoubt_A5_A9(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct{ query, explanation string }{
		"no parameters":              {"", "client_id is missing"},
		"no client_id":               {"response_type=code&state=xyz", "client_id is missing"},
		"empty client_id":            {"client_id=&response_type=code", "client_id is missing"},
		"A5 unknown client":          {parameters("ghost").Encode(), `"ghost" (client_id)`},
		"A5 unknown, known redirect": {parameters("ghost", "redirect_uri", callback).Encode(), `"ghost" (client_id)`},
		"disabled client":            {parameters("disabled").Encode(), "disabled"},
		"A5 another redirect_uri": {
			parameters("app", "redirect_uri", "https://evil.example/").Encode(),
			"not one that the client has registered",
		},
		"A16 two client_ids": {parameters("app").Encode() + "&client_id=app", "client_id occurs more than once"},
		"A16 R26 two redirect_uris": {parameters("app", "redirect_uri", callback).Encode() + "&redirect_uri=" +
			url.QueryEscape("https://evil.example/"), "redirect_uri occurs more than once"},
		"A6 missing, and two are registered": {parameters("two").Encode(), "has not registered exactly one"},
		"broken percent-encoding":            {"client_id=app&state=%zz", "not valid percent-encoded UTF-8"},
		"not UTF-8":                          {"client_id=app&state=%ff", "not valid percent-encoded UTF-8"},
		"too many parameters":                {"client_id=app" + strings.Repeat("&a=b", 100), "more than 100"},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			f.onPage(f.get(ada, test.query), http.StatusBadRequest, test.explanation)
			f.onPage(f.get("", test.query), http.StatusBadRequest, test.explanation)
		})
	}
}

// redirectURIVariants are list R, for a client with the redirect URI callback.
var redirectURIVariants = map[string]string{
	"R1 slash at the end":                "https://app.example/cb/",
	"R2 upper-case path":                 "https://app.example/CB",
	"R3 query added":                     "https://app.example/cb?x=1",
	"R4 fragment added":                  "https://app.example/cb#f",
	"R5 default port added":              "https://app.example:443/cb",
	"R6 upper-case host":                 "https://APP.example/cb",
	"R7 upper-case scheme":               "HTTPS://app.example/cb",
	"R8 dot segments":                    "https://app.example/cb/../cb",
	"R9 encoded letter":                  "https://app.example/%63b",
	"R10 encoded slash":                  "https://app.example/cb%2f",
	"R11 two slashes":                    "https://app.example//cb",
	"R12 path parameter":                 "https://app.example/cb;x",
	"R13 encoded NUL":                    "https://app.example/cb%00",
	"R14 encoded line break":             "https://app.example/cb%0d%0aX: y",
	"R14 line break":                     "https://app.example/cb\r\nX: y",
	"R15 space at the end":               "https://app.example/cb ",
	"R15 tab inside":                     "https://app.example/c\tb",
	"R15 line feed inside":               "https://app.example/c\nb",
	"R16 ours as a user name":            "https://app.example@evil.example/cb",
	"R17 backslash and at sign":          `https://evil.example\@app.example/cb`,
	"R18 ours as a subdomain":            "https://app.example.evil.example/cb",
	"R19 encoded dot in the host":        "https://app.example%2eevil.example/cb",
	"R20 Cyrillic letter in the host":    "https://app.ex\u0430mple/cb",
	"R21 the xn-- form of such a host":   "https://app.xn--exmple-4nf/cb",
	"R22 no scheme":                      "//app.example/cb",
	"R23 http":                           "http://app.example/cb",
	"R24 javascript":                     "javascript:alert(1)//https://app.example/cb",
	"R25 data":                           "data:text/html,https://app.example/cb",
	"R28 JSON list":                      `["https://app.example/cb"]`,
	"M14 another page of the same host":  "https://app.example/cb/../redirect?to=https://evil.example",
	"M14 ours as a parameter of another": "https://evil.example/?https://app.example/cb",
}

// TestRedirectURIVariants_A1_R sends list R through the endpoint.
func TestRedirectURIVariants_A1_R(t *testing.T) {
	f := newFixture(t)
	for name, uri := range redirectURIVariants {
		t.Run(name, func(t *testing.T) {
			f.t = t
			f.onPage(f.ask(ada, "trusted", "redirect_uri", uri), http.StatusBadRequest, "not one that the client has registered")
		})
	}
	f.t = t
	values := f.redirected(f.ask(ada, "trusted", "redirect_uri", callback), http.StatusFound, callback)
	assert.True(t, f.redeemed(values.Get("code")).RedirectURIGiven)
}

func TestErrorsGoToTheClient_A8(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		code    oauth.Code
		changes []string
	}{
		"response_type missing":       {oauth.InvalidRequest, []string{"response_type", ""}},
		"A15 M16 response_type token": {oauth.UnsupportedResponseType, []string{"response_type", "token"}},
		"A15 response_type id_token":  {oauth.UnsupportedResponseType, []string{"response_type", "id_token"}},
		"A15 response_type hybrid":    {oauth.UnsupportedResponseType, []string{"response_type", "code token"}},
		"A15 response_mode fragment":  {oauth.InvalidRequest, []string{"response_mode", "fragment"}},
		"A15 response_mode form_post": {oauth.InvalidRequest, []string{"response_mode", "form_post"}},
		"A61 unknown scope":           {oauth.InvalidScope, []string{"scope", "domino everything"}},
		"A61 scope not in RFC 6749":   {oauth.InvalidScope, []string{"scope", `dom"ino`}},
		"A61 scope in other letters":  {oauth.InvalidScope, []string{"scope", "Domino"}},
		"A62 scope of other clients":  {oauth.InvalidScope, []string{"client_id", "trusted", "scope", "mail"}},
		"A62 scope of the past":       {oauth.InvalidScope, []string{"scope", "retired"}},
		"A62 no scope at all":         {oauth.InvalidScope, []string{"client_id", "scopeless", "scope", ""}},
		"A19 M5 plain":                {oauth.InvalidRequest, []string{"code_challenge_method", "plain"}},
		"A19 plain by default":        {oauth.InvalidRequest, []string{"code_challenge_method", ""}},
		"A19 unknown method":          {oauth.InvalidRequest, []string{"code_challenge_method", "s256"}},
		"A19 short challenge":         {oauth.InvalidRequest, []string{"code_challenge", s256[1:]}},
		"A19 long challenge":          {oauth.InvalidRequest, []string{"code_challenge", s256 + "a"}},
		"A19 reserved character":      {oauth.InvalidRequest, []string{"code_challenge", s256[1:] + "="}},
		"A19 method alone":            {oauth.InvalidRequest, []string{"code_challenge", ""}},
		"A20 confidential, no PKCE": {
			oauth.InvalidRequest,
			[]string{"code_challenge", "", "code_challenge_method", ""},
		},
		"request":          {oauth.RequestNotSupported, []string{"request", "eyJ"}},
		"request_uri":      {oauth.RequestURINotSupported, []string{"request_uri", "urn:x"}},
		"registration":     {oauth.RegistrationNotSupported, []string{"registration", "{}"}},
		"objects go first": {oauth.RequestNotSupported, []string{"request", "eyJ", "response_type", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			for _, user := range []string{ada, ""} {
				values := f.refusedTo(f.ask(user, "app", test.changes...), test.code)
				assert.Equal(t, []string{"xyz"}, values["state"])
				assert.Len(t, values, 4)
			}
		})
	}
}

func TestDuplicateParameters_A16_M37(t *testing.T) {
	f := newFixture(t)
	for _, name := range singleParameters {
		t.Run(name, func(t *testing.T) {
			f.t = t
			values := f.refusedTo(f.get(ada, parameters("trusted", name, "1").Encode()+"&"+name+"=2"), oauth.InvalidRequest)
			assert.Contains(t, values.Get("error_description"), name)
			if name == "state" {
				assert.NotContains(t, values, "state", "which of two states is meant cannot be known")
			} else {
				assert.Equal(t, "xyz", values.Get("state"))
			}
		})
	}
}

func TestUnknownParametersAreIgnored(t *testing.T) {
	f := newFixture(t)
	values := f.redirected(f.ask(ada, "trusted", "display", "page", "iss", "x", "response_mode", "query"),
		http.StatusFound, callback)
	assert.Equal(t, []string{"code", "iss", "state"}, sortedKeys(values))
}

func TestPublicClientsNeedPKCE_A20(t *testing.T) {
	f := newFixture(t)
	const loopback = "http://127.0.0.1:49152/cb"
	response := f.ask(ada, "public", "redirect_uri", loopback, "code_challenge", "", "code_challenge_method", "")
	values := f.redirected(response, http.StatusFound, loopback)
	assert.Equal(t, "invalid_request", values.Get("error"))
	assert.Contains(t, values.Get("error_description"), "PKCE")
}

func TestLegacyClient_A6_A20(t *testing.T) {
	f := newFixture(t)
	const target = "http://localhost:3000/authorize"

	values := f.redirected(f.get(ada, "response_type=code&client_id=legacy&scope=domino&state=xyz"),
		http.StatusFound, target)
	assert.Equal(t, "xyz", values.Get("state"))
	code := f.redeemed(values.Get("code"))
	assert.Equal(t, target, code.RedirectURI)
	assert.False(t, code.RedirectURIGiven)
	assert.Empty(t, code.CodeChallenge)

	values = f.redirected(f.ask(ada, "legacy"), http.StatusFound, target)
	assert.Equal(t, s256, f.redeemed(values.Get("code")).CodeChallenge, "a legacy client may use PKCE, too")

	values = f.redirected(f.ask(ada, "legacy", "code_challenge_method", "plain"), http.StatusFound, target)
	assert.Equal(t, "invalid_request", values.Get("error"))
}

func TestCodeRecord_A25_A30(t *testing.T) {
	f := newFixture(t)
	values := f.redirected(f.ask(ada, "trusted"), http.StatusFound, callback)
	secret := values.Get("code")
	assert.Len(t, secret, 43, "A25: 256 bits")
	code := f.redeemed(secret)
	assert.Equal(t, store.Code{
		Hash: oauth.Secret(secret).Hash(), ClientID: "trusted", User: ada, RedirectURI: callback, Scope: "domino",
		CodeChallenge: s256, AuthenticatedAt: f.now, ExpiresAt: f.now.Add(60 * time.Second),
	}, utc(code))
	assert.NotContains(t, f.log.String(), secret, "A30")
	assert.Contains(t, f.log.String(), "authorization code issued")
}

func TestScope_A61_A62(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct{ asked, granted string }{
		"missing: all that the client may have and that exists": {"", "domino mail"},
		"blanks only":            {"  ", "domino mail"},
		"order means nothing":    {"mail domino", "domino mail"},
		"repeated":               {"mail mail  mail", "mail"},
		"less than the client's": {"domino", "domino"},
	} {
		t.Run(name, func(t *testing.T) {
			policy := f.config
			scope, problem := client.ScopeFor(&policy, clients[0], test.asked)
			require.Nil(t, problem)
			assert.Equal(t, test.granted, scope.String())
		})
	}
}

// TestState_A17 sends states that are hard to carry, directly and through login and consent.
func TestState_A17(t *testing.T) {
	f := newFixture(t)
	for name, state := range map[string]string{
		"plain":              "xyz",
		"percent":            "100%25 %zz",
		"plus and space":     "a+b c",
		"UTF-8":              "\u65e5\u672c \u00e9 \U0001f511",
		"separators":         "a=b&code=evil#frag;x",
		"header injection":   "x\r\nSet-Cookie: a=b\r\n\r\n<html>",
		"NUL":                "a\x00b",
		"base64":             "abc+/==",
		"JSON":               `{"a":"b\\c"}`,
		"two kilobytes":      strings.Repeat("0123456789abcde%", 128),
		"as long as allowed": strings.Repeat("s", maxState),
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			values := f.redirected(f.ask(ada, "trusted", "state", state), http.StatusFound, callback)
			assert.Equal(t, []string{state}, values["state"])
			assert.Len(t, values, 3)

			assert.Equal(t, []string{state}, f.refusedTo(f.ask(ada, "app", "state", state, "scope", "x"),
				oauth.InvalidScope)["state"])

			login := f.ask("", "app", "state", state)
			values = f.redirected(f.decide(ada, f.consentPage(f.resume(ada, login)), "allow"), http.StatusSeeOther, callback)
			assert.Equal(t, []string{state}, values["state"])
			require.NoError(t, f.store.RemoveClient(t.Context(), "app"))
			require.NoError(t, f.store.AddClient(t.Context(), clients[0]), "forget the consent")
		})
	}
	f.t = t
	assert.NotContains(t, f.redirected(f.ask(ada, "trusted", "state", ""), http.StatusFound, callback), "state")
	values := f.refusedTo(f.ask(ada, "trusted", "state", strings.Repeat("s", maxState+1)), oauth.InvalidRequest)
	assert.NotContains(t, values, "state")
}

func TestPost_A16_R27(t *testing.T) {
	f := newFixture(t)
	body := parameters("trusted").Encode()
	evil := "redirect_uri=" + url.QueryEscape("https://evil.example/") + "&client_id=ghost&state=evil"

	values := f.redirected(f.post(f.auth, ada, authPath, evil, body, nil), http.StatusSeeOther, callback)
	assert.Equal(t, "xyz", values.Get("state"), "A16: the query of a POST is not mixed in")
	assert.NotEmpty(t, values.Get("code"))

	values = f.redirected(f.post(f.auth, ada, authPath, "", body,
		http.Header{"Content-Type": {"Application/X-WWW-Form-urlencoded; charset=UTF-8"}}), http.StatusSeeOther, callback)
	assert.NotEmpty(t, values.Get("code"))

	f.onPage(f.post(f.auth, ada, authPath, body, "", nil), http.StatusBadRequest, "client_id is missing")
	for _, contentType := range []string{"application/json", "multipart/form-data; boundary=x", "text/plain", ";"} {
		f.onPage(f.post(f.auth, ada, authPath, "", body, http.Header{"Content-Type": {contentType}}),
			http.StatusBadRequest, "application/x-www-form-urlencoded")
	}
}

func TestMethods_A59(t *testing.T) {
	f := newFixture(t)
	query := parameters("trusted").Encode()
	for _, method := range []string{"HEAD", "OPTIONS", "PUT", "DELETE", "UNKNOWN", ""} {
		response := f.send(f.auth, ada, &web.Request{Method: method, RawQuery: query}, nil)
		f.onPage(response, http.StatusMethodNotAllowed, "It takes GET, POST.")
		assert.Equal(t, "GET, POST", response.Header.Get("Allow"))
	}
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "UNKNOWN", ""} {
		response := f.send(f.consent, ada, &web.Request{Method: method}, nil)
		f.onPage(response, http.StatusMethodNotAllowed, "It takes POST.")
		assert.Equal(t, "POST", response.Header.Get("Allow"))
	}
}
