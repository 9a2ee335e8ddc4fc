// SPDX-License-Identifier: Apache-2.0

package page

import (
	"html/template"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/web"
)

func testPages() *Pages {
	return New(func() config.Pages {
		return config.Pages{Organization: "Example Corporation", Support: "Call the service desk at 4711."}
	})
}

func testConsent() ConsentView {
	return ConsentView{
		ClientName:  "Travel Desk",
		RedirectURI: "https://travel.example:8443/callback?tenant=1",
		User:        "CN=Ada Lovelace/OU=Research/O=Example",
		Scopes: []Scope{
			{Name: "domino", Description: "Use Domino as you: everything that you may do there"},
			{Name: "calendar.read", Description: "Read your calendar"},
			{Name: "undescribed"},
		},
		Request: "request-id",
		Token:   "form-token",
	}
}

func consentWith(change func(*ConsentView)) web.Response {
	asked := testConsent()
	change(&asked)
	return testPages().Consent(asked)
}

// TestGolden compares whole pages with testdata/golden; UPDATE_GOLDEN=1 rewrites them.
func TestGolden(t *testing.T) {
	for name, response := range map[string]web.Response{
		"consent.html": testPages().Consent(testConsent()),
		"consent-elsewhere.html": consentWith(func(v *ConsentView) {
			v.Resources, v.OnlyThere = []string{"https://files.example/api", "urn:example:calendar"}, true
		}),
		"consent-also-elsewhere.html": consentWith(func(v *ConsentView) {
			v.Resources = []string{"https://files.example/api"}
		}),
		"error.html": testPages().Error(http.StatusBadRequest, "This application is not known here",
			"The request names a client_id that is not registered. Ask whoever runs the application."),
		"error-way.html": testPages().ErrorWithWay(http.StatusForbidden, "This form was not accepted", "Nothing was changed.",
			Way{"/doap/account/keys", "Your API keys"}),
		"account.html": testPages().Account(testConsent().User),
		"keys.html":    testPages().Keys(testKeys()),
		"keys-none.html": keysWith(func(v *KeysView) {
			v.Good, v.Ended, v.Fresh, v.Form, v.NoForm = nil, nil, nil, nil, "No keys are made here."
		}),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "golden", name)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(path, response.Body, 0o600))
			}
			golden, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(golden), string(response.Body))
		})
	}
}

func TestHeaders_A14_A66_M29_M30(t *testing.T) {
	for name, test := range map[string]struct {
		response web.Response
		status   int
		form     string
	}{
		"consent": {testPages().Consent(testConsent()), http.StatusOK, "'self' https:"},
		"consent to loopback": {
			consentWith(func(v *ConsentView) { v.RedirectURI = "http://[::1]:8080/cb" }),
			http.StatusOK, "'self' http:",
		},
		"consent to a native application": {
			consentWith(func(v *ConsentView) { v.RedirectURI = "com.example.app:/cb" }),
			http.StatusOK, "'self' com.example.app:",
		},
		"error":   {testPages().Error(http.StatusForbidden, "No", "No."), http.StatusForbidden, "'none'"},
		"account": {testPages().Account(testConsent().User), http.StatusOK, "'none'"},
		"keys":    {keysWith(func(v *KeysView) { v.Status = http.StatusConflict }), http.StatusConflict, "'self'"},
	} {
		t.Run(name, func(t *testing.T) {
			header := test.response.Header
			assert.Equal(t, test.status, test.response.Status)
			assert.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"))
			assert.Equal(t, "DENY", header.Get("X-Frame-Options"))
			assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"))
			assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
			assert.Equal(t, "no-store", header.Get("Cache-Control"))
			style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(string(test.response.Body))
			require.NotNil(t, style)
			assert.Equal(t, "default-src 'none'; style-src "+sha256Source(style[1])+"; form-action "+test.form+
				"; frame-ancestors 'none'; base-uri 'none'", header.Get("Content-Security-Policy"))
		})
	}
}

// ownLink is a link to a page of ours.
var ownLink = regexp.MustCompile(`<a id="\w+" href="/doap/account[\w/]*"`)

// TestNothingForeign_A14 holds every page to what the policy promises: no script, no inline style or handler, no
// reference to any other place.
func TestNothingForeign_A14(t *testing.T) {
	for _, response := range []web.Response{
		testPages().Consent(testConsent()), testPages().Error(http.StatusBadRequest, "Heading", "Explanation"),
		testPages().Account(testConsent().User), testPages().Keys(testKeys()),
	} {
		body := ownLink.ReplaceAllString(strings.ToLower(string(response.Body)), "<b")
		assert.NotRegexp(t, `<(script|img|link|iframe|object|embed|svg|a)\b|\s(src|href|style|on\w+)=|url\(|@import`, body)
		assert.Contains(t, body, `<html lang="en">`)
	}
}

func TestServiceUnavailableSaysWhenToRetry(t *testing.T) {
	assert.Equal(t, "5", testPages().Error(http.StatusServiceUnavailable, "a", "b").Header.Get("Retry-After"))
	assert.Empty(t, testPages().Error(http.StatusBadRequest, "a", "b").Header.Get("Retry-After"))
}

func TestBrokenTemplateIsReported(t *testing.T) {
	broken := template.Must(template.New("base.html").Parse(`half a page {{.Main.Missing}}`))
	response := testPages().render(http.StatusOK, broken, "", view{Main: struct{}{}})
	assert.Equal(t, http.StatusInternalServerError, response.Status)
	assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
	assert.Contains(t, string(response.Body), "The page could not be made: ")
	assert.NotContains(t, string(response.Body), "half a page")
}

func TestClientTextIsEscaped_A69(t *testing.T) {
	const hostile = `"><script>alert(1)</script>{{.Token}}'`
	response := consentWith(func(v *ConsentView) {
		v.ClientName, v.User, v.Request, v.Token = hostile, "CN="+hostile, hostile, hostile
		v.Scopes = []Scope{{Name: hostile, Description: hostile}, {Name: hostile}}
		v.Resources = []string{hostile}
	})
	assert.NotContains(t, string(response.Body), "<script")
	assert.NotContains(t, string(response.Body), `""`)
	assert.Contains(t, string(response.Body), `&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{.Token}}&#39;`)

	response = testPages().Error(http.StatusBadRequest, hostile, hostile)
	assert.NotContains(t, string(response.Body), "<script")
}

func TestInvisibleClientNameShowsAsNameless_A69(t *testing.T) {
	for _, name := range []string{"", " \t\r\n", "\u200b\u2060\u3164", "\x00\x1b"} {
		response := consentWith(func(v *ConsentView) { v.ClientName = name })
		assert.Contains(t, string(response.Body), `<bdi class="client">An application without a name</bdi>`)
	}
}

func TestDestination_A69(t *testing.T) {
	for uri, shown := range map[string]string{
		"https://travel.example/callback":      "travel.example",
		"https://travel.example:8443/?x":       "travel.example:8443",
		"https://xn--exmple-4nf.example/cb":    "xn--exmple-4nf.example",
		"https://travel.example":               "travel.example",
		"https://travel.example?x":             "travel.example",
		"http://localhost:3000/authorize":      "an application on this device (localhost:3000)",
		"http://[::1]:3000/authorize":          "an application on this device ([::1]:3000)",
		"com.example.app:/callback":            "an application on this device (com.example.app)",
		"vscode://publisher.example/callback":  "an application on this device (vscode)",
		"https://" + longHost + ":65535/cb":    longHost + ":65535",
		"https://accounts.bank.example.evil/x": "accounts.bank.example.evil",
	} {
		response := consentWith(func(v *ConsentView) { v.RedirectURI = uri })
		assert.Contains(t, string(response.Body), `<dd id="destination"><bdi>`+shown+`</bdi></dd>`, uri)
	}
}

// longHost is as long as a DNS name can be.
var longHost = strings.Repeat("accounts.bank.example.", 11) + "evil.exampl"

func TestDisplayText_A69(t *testing.T) {
	for name, test := range map[string]struct{ text, shown string }{
		"plain":                    {"Travel Desk", "Travel Desk"},
		"other scripts":            {"\u65c5\u884c \u05e9\u05dc\u05d5\u05dd", "\u65c5\u884c \u05e9\u05dc\u05d5\u05dd"},
		"combining marks":          {"e\u0301", "e\u0301"},
		"right-to-left override":   {"Desk\u202egnp.exe", "Deskgnp.exe"},
		"right-to-left isolate":    {"\u2067Desk\u2069", "Desk"},
		"right-to-left mark":       {"De\u200fsk\u061c", "Desk"},
		"zero width":               {"De\u200bs\u200ck\u200d\ufeff\u2060", "Desk"},
		"soft hyphen":              {"De\u00adsk", "Desk"},
		"control characters":       {"De\x00s\x1bk\u0085", "Desk"},
		"line breaks":              {"Travel\r\n\u2028Desk", "Travel Desk"},
		"many spaces":              {"  Travel \u3000\u00a0 Desk  ", "Travel Desk"},
		"space around zero width":  {"Travel \u200b Desk", "Travel Desk"},
		"tag characters":           {"Desk\U000e0041", "Desk"},
		"variation selector":       {"Desk\ufe0f\U000e0100", "Desk"},
		"Hangul filler":            {"De\u3164sk\uffa0\u115f", "Desk"},
		"combining grapheme join":  {"De\u034fsk", "Desk"},
		"private use":              {"De\ue000sk", "Desk"},
		"not UTF-8":                {"De\xffsk", "Desk"},
		"empty Braille":            {"De\u2800sk", "Desk"},
		"exactly the limit":        {strings.Repeat("a", 80), strings.Repeat("a", 80)},
		"spaces at the limit":      {strings.Repeat("a", 80) + "   ", strings.Repeat("a", 80)},
		"over the limit":           {strings.Repeat("\u00e9", 81), strings.Repeat("\u00e9", 79) + "\u2026"},
		"cut at a space":           {strings.Repeat("a", 78) + " bcd", strings.Repeat("a", 78) + "\u2026"},
		"four kilobytes":           {strings.Repeat("x", 4096), strings.Repeat("x", 79) + "\u2026"},
		"invisible after the rest": {strings.Repeat("a", 80) + "\u200b\u200b", strings.Repeat("a", 80)},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.shown, displayText(test.text, maxName))
		})
	}
}
