// SPDX-License-Identifier: Apache-2.0

package client

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

var undotted = []string{"cursor", "vscode"}

func TestValidateRedirectURIAccepts(t *testing.T) {
	for name, uri := range map[string]string{
		"https":                                  "https://app.example/cb",
		"https with port":                        "https://app.example:8443/cb",
		"https with query":                       "https://app.example/cb?tenant=1&x=%20",
		"https without path":                     "https://app.example",
		"https with a host in its xn-- form":     "https://xn--bcher-kva.example/cb",
		"https with an upper-case host":          "https://App.example/cb",
		"https to an IPv4 address":               "https://192.0.2.7/cb",
		"https to an IPv6 address":               "https://[2001:db8::1]:8443/cb",
		"the tutorial's client":                  "http://localhost:3000/authorize",
		"http to IPv4 loopback":                  "http://127.0.0.1/cb",
		"http to IPv6 loopback":                  "http://[::1]:49152/cb",
		"A4 private-use scheme with a dot":       "com.example.app:/oauth2redirect",
		"A4 private-use scheme with a host":      "com.example.app://callback",
		"A4 cursor":                              "cursor://anysphere.cursor/callback",
		"A4 vscode":                              "vscode://publisher.extension/callback",
		"dots that are part of longer segments":  "https://app.example/..a/b./.../cb",
		"a dot segment in the query is no path":  "https://app.example/cb?next=/../",
		"a percent sign, encoded":                "https://app.example/100%25",
		"IPv6 loopback with an upper-case digit": "https://[2001:DB8::A]/cb",
	} {
		t.Run(name, func(t *testing.T) {
			assert.NoError(t, ValidateRedirectURI(clientWith(true), uri, undotted))
		})
	}
}

func TestValidateRedirectURIRefuses(t *testing.T) {
	for name, test := range map[string]struct{ uri, remedy string }{
		"A3 http":                             {"http://app.example/cb", "use https"},
		"A3 http to a private address":        {"http://10.0.0.1/cb", "use https"},
		"A3 http to another loopback address": {"http://127.0.0.2/cb", "use https"},
		"A3 http to upper-case localhost":     {"http://LOCALHOST/cb", "use https"},
		"A4 fragment":                         {"https://app.example/cb#f", "without #"},
		"A4 empty fragment":                   {"https://app.example/cb#", "without #"},
		"A4 wildcard host":                    {"https://*.example/cb", "in full"},
		"A4 wildcard path":                    {"https://app.example/*", "in full"},
		"A4 relative":                         {"/cb", "in full"},
		"A4 empty":                            {"", "in full"},
		"A4 scheme-relative":                  {"//app.example/cb", "in full"},
		"A4 no host":                          {"https:///cb", "host name"},
		"A4 no slashes":                       {"https:app.example/cb", "host name"},
		"A4 javascript":                       {"javascript:alert(1)", "use https"},
		"A4 javascript that looks like https": {"javascript:alert(1)//https://app.example/cb", "use https"},
		"A4 data":                             {"data:text/html,hello", "use https"},
		"A4 file":                             {"file:///etc/passwd", "use https"},
		"A4 vbscript":                         {"vbscript:msgbox(1)", "use https"},
		"A4 undotted private scheme":          {"myapp:/cb", "com.example.app:/callback"},
		"A4 out-of-band":                      {"urn:ietf:wg:oauth:2.0:oob", "use https"},
		"A4 private scheme without a path":    {"com.example.app:cb", "com.example.app:/callback"},
		"A4 userinfo":                         {"https://app.example@evil.example/cb", "remove it"},
		"A4 userinfo with a password":         {"https://user:pw@app.example/cb", "remove it"},
		"A4 userinfo in a private scheme":     {"com.example.app://user@host/cb", "remove it"},
		"upper-case scheme":                   {"HTTPS://app.example/cb", "lower case"},
		"scheme that begins with a digit":     {"1a.b:/cb", "lower case"},
		"dot segment":                         {"https://app.example/cb/../x", "stands for"},
		"dot segment at the end":              {"https://app.example/cb/.", "stands for"},
		"encoded dot segment":                 {"https://app.example/cb/%2e%2E/x", "stands for"},
		"half encoded dot segment":            {"https://app.example/cb/.%2e", "stands for"},
		"backslash":                           {`https://app.example\cb`, "write /"},
		"space":                               {"https://app.example/c b", "remove it"},
		"trailing space":                      {"https://app.example/cb ", "remove it"},
		"tab":                                 {"https://app.example/c\tb", "remove it"},
		"line break":                          {"https://app.example/cb\r\nX: y", "remove it"},
		"NUL":                                 {"https://app.example/cb\x00", "remove it"},
		"encoded NUL":                         {"https://app.example/cb%00", "remove it"},
		"encoded line break":                  {"https://app.example/cb%0d%0aX: y", "remove it"},
		"DEL":                                 {"https://app.example/cb\x7f", "xn--"},
		"Cyrillic host":                       {"https://app.ex\u0430mple/cb", "xn--"},
		"not UTF-8":                           {"https://app.example/\xff", "xn--"},
		"broken percent-encoding":             {"https://app.example/%4", "%25"},
		"percent sign at the end":             {"https://app.example/%", "%25"},
		"percent-encoding that is none":       {"https://app.example/%zz", "%25"},
		"quote":                               {`https://app.example/"`, "percent-encode"},
		"markup":                              {"https://app.example/<b>", "percent-encode"},
		"encoded dot in the host":             {"https://app.example%2eevil.example/cb", "app.example.com"},
		"empty label":                         {"https://app..example/cb", "app.example.com"},
		"dot after the host":                  {"https://app.example./cb", "app.example.com"},
		"header separator in the host":        {"https://app.example;script-src/cb", "app.example.com"},
		"R36 number as host":                  {"https://2130706433/cb", "app.example.com"},
		"R35 short address":                   {"https://127.1/cb", "app.example.com"},
		"R36 hexadecimal address":             {"https://0x7f000001/cb", "app.example.com"},
		"R34 zero as host":                    {"http://0/cb", "app.example.com"},
		"R33 IPv4 in IPv6":                    {"http://[::ffff:127.0.0.1]/cb", "app.example.com"},
		"IPv6 zone":                           {"https://[fe80::1%25eth0]/cb", "app.example.com"},
		"IPv6 without the bracket":            {"https://[2001:db8::1/cb", "app.example.com"},
		"IPv4 in brackets":                    {"https://[127.0.0.1]/cb", "app.example.com"},
		"R37 port 0":                          {"http://127.0.0.1:0/cb", "1 to 65535"},
		"R38 port 99999":                      {"http://127.0.0.1:99999/cb", "1 to 65535"},
		"R39 colon without port":              {"http://127.0.0.1:/cb", "1 to 65535"},
		"R40 port that is no number":          {"http://127.0.0.1:8080a/cb", "1 to 65535"},
		"port with a leading zero":            {"http://127.0.0.1:080/cb", "1 to 65535"},
		"port without a host":                 {"https://:443/cb", "app.example.com"},
		"too long":                            {"https://app.example/" + strings.Repeat("a", 2000), "shorter"},
		"R30 user name like an address":       {"http://127.0.0.1@evil.example/cb", "remove it"},
		"R31 user name with port":             {"http://127.0.0.1:80@evil.example/cb", "remove it"},
		"R29 host that begins like one":       {"http://127.0.0.1.evil.example/cb", "use https"},
		"R32 host that begins localhost":      {"http://localhost.evil.example/cb", "use https"},
	} {
		t.Run(name, func(t *testing.T) {
			err := ValidateRedirectURI(clientWith(true), test.uri, undotted)
			require.Error(t, err)
			assert.Contains(t, err.Error(), test.remedy, "the sentence says what to write instead")
		})
	}
}

// TestPrivateUseSchemes_A4: they are for native applications, and without a dot only by the administrator's list.
func TestPrivateUseSchemes_A4(t *testing.T) {
	for name, test := range map[string]struct {
		uri      string
		public   bool
		schemes  []string
		accepted bool
	}{
		"dotted":                           {"com.example.app:/cb", true, nil, true},
		"dotted, confidential client":      {"com.example.app:/cb", false, nil, false},
		"listed":                           {"cursor://cb", true, undotted, true},
		"listed, confidential client":      {"cursor://cb", false, undotted, false},
		"not listed":                       {"cursor://cb", true, []string{"vscode"}, false},
		"nothing is listed":                {"vscode://cb", true, nil, false},
		"https is for everybody":           {"https://app.example/cb", false, nil, true},
		"javascript, listed by mistake":    {"javascript:/cb", true, []string{"javascript"}, false},
		"file, listed by mistake":          {"file:///cb", true, []string{"file"}, false},
		"https without a host, listed":     {"https:/cb", true, []string{"https"}, false},
		"http to anywhere, listed":         {"http://app.example/cb", true, []string{"http"}, false},
		"another case than what is listed": {"Cursor://cb", true, undotted, false},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientWith(test.public, test.uri)
			err := ValidateRedirectURI(client, test.uri, test.schemes)
			assert.Equal(t, test.accepted, err == nil, err)
			_, err = ResolveRedirectURI(client, test.uri, true, test.schemes)
			assert.Equal(t, test.accepted, err == nil, "what is registered already: %v", err)
		})
	}
}

// TestResolveRedirectURI_A1_R sends all of list R for a client that has registered https://app.example/cb. The
// variants with two parameters are the authorization endpoint's to refuse and are tested there.
func TestResolveRedirectURI_A1_R(t *testing.T) {
	const registered = "https://app.example/cb"
	variants := map[string]string{
		"R1 slash at the end":              "https://app.example/cb/",
		"R2 upper-case path":               "https://app.example/CB",
		"R3 query added":                   "https://app.example/cb?x=1",
		"R4 fragment added":                "https://app.example/cb#f",
		"R5 default port added":            "https://app.example:443/cb",
		"R6 upper-case host":               "https://APP.example/cb",
		"R7 upper-case scheme":             "HTTPS://app.example/cb",
		"R8 dot segments":                  "https://app.example/cb/../cb",
		"R9 encoded letter":                "https://app.example/%63b",
		"R10 encoded slash":                "https://app.example/cb%2f",
		"R11 two slashes":                  "https://app.example//cb",
		"R12 path parameter":               "https://app.example/cb;x",
		"R13 encoded NUL":                  "https://app.example/cb%00",
		"R14 encoded line break":           "https://app.example/cb%0d%0aX: y",
		"R15 space at the end":             "https://app.example/cb ",
		"R15 space at the start":           " https://app.example/cb",
		"R15 tab at the end":               "https://app.example/cb\t",
		"R15 tab inside":                   "https://app.ex\tample/cb",
		"R15 line feed at the end":         "https://app.example/cb\n",
		"R16 ours as a user name":          "https://app.example@evil.example/cb",
		"R17 backslash and at sign":        `https://evil.example\@app.example/cb`,
		"R18 ours as a subdomain":          "https://app.example.evil.example/cb",
		"R19 encoded dot in the host":      "https://app.example%2eevil.example/cb",
		"R20 Cyrillic letter in the host":  "https://app.ex\u0430mple/cb",
		"R21 the xn-- form of such a host": "https://app.xn--exmple-4nf/cb",
		"R22 no scheme":                    "//app.example/cb",
		"R23 http":                         "http://app.example/cb",
		"R24 javascript":                   "javascript:alert(1)//https://app.example/cb",
		"R25 data":                         "data:text/html,https://app.example/cb",
		"R28 JSON list":                    `["https://app.example/cb"]`,
		"empty":                            "",
		"a prefix":                         "https://app.example/c",
		"empty query":                      "https://app.example/cb?",
		"empty fragment":                   "https://app.example/cb#",
	}
	for _, public := range []bool{false, true} {
		client := clientWith(public, registered)
		for name, given := range variants {
			t.Run(name, func(t *testing.T) {
				resolved, err := ResolveRedirectURI(client, given, true, undotted)
				require.ErrorIs(t, err, ErrRedirectURIMismatch)
				assert.Empty(t, resolved)
			})
		}
		resolved, err := ResolveRedirectURI(client, registered, true, undotted)
		require.NoError(t, err)
		assert.Equal(t, registered, resolved)
	}
}

func TestResolveRedirectURI_A2_LoopbackPort(t *testing.T) {
	for name, test := range map[string]struct {
		registered, given string
		public, accepted  bool
	}{
		"another port":                 {"http://127.0.0.1:3000/cb", "http://127.0.0.1:49152/cb", true, true},
		"the lowest port":              {"http://127.0.0.1/cb", "http://127.0.0.1:1/cb", true, true},
		"the highest port":             {"http://127.0.0.1/cb", "http://127.0.0.1:65535/cb", true, true},
		"IPv6":                         {"http://[::1]/cb", "http://[::1]:8080/cb", true, true},
		"localhost":                    {"http://localhost:3000/cb", "http://localhost:8080/cb", true, true},
		"with a query":                 {"http://localhost/cb?a=b", "http://localhost:8080/cb?a=b", true, true},
		"without a path":               {"http://127.0.0.1", "http://127.0.0.1:8080", true, true},
		"the very same":                {"http://127.0.0.1:3000/cb", "http://127.0.0.1:3000/cb", false, true},
		"confidential client":          {"http://127.0.0.1:3000/cb", "http://127.0.0.1:8080/cb", false, false},
		"no port":                      {"http://127.0.0.1:3000/cb", "http://127.0.0.1/cb", true, false},
		"localhost is not 127.0.0.1":   {"http://127.0.0.1:3000/cb", "http://localhost:3000/cb", true, false},
		"127.0.0.1 is not localhost":   {"http://localhost:3000/cb", "http://127.0.0.1:3000/cb", true, false},
		"upper-case localhost":         {"http://localhost:3000/cb", "http://LOCALHOST:3000/cb", true, false},
		"another path":                 {"http://127.0.0.1/cb", "http://127.0.0.1:8080/cb/", true, false},
		"another query":                {"http://127.0.0.1/cb", "http://127.0.0.1:8080/cb?x", true, false},
		"https has no such liberty":    {"https://127.0.0.1/cb", "https://127.0.0.1:8080/cb", true, false},
		"other hosts have none either": {"https://app.example/cb", "https://app.example:8080/cb", true, false},
		"R29 127.0.0.1.evil":           {"http://127.0.0.1/cb", "http://127.0.0.1.evil/cb", true, false},
		"R30 127.0.0.1@evil":           {"http://127.0.0.1/cb", "http://127.0.0.1@evil/cb", true, false},
		"R31 127.0.0.1:80@evil":        {"http://127.0.0.1/cb", "http://127.0.0.1:80@evil/cb", true, false},
		"R32 localhost.evil":           {"http://localhost/cb", "http://localhost.evil/cb", true, false},
		"R33 ::ffff:127.0.0.1":         {"http://[::1]/cb", "http://[::ffff:127.0.0.1]/cb", true, false},
		"R34 0":                        {"http://127.0.0.1/cb", "http://0/cb", true, false},
		"R35 127.1":                    {"http://127.0.0.1/cb", "http://127.1/cb", true, false},
		"R36 2130706433":               {"http://127.0.0.1/cb", "http://2130706433/cb", true, false},
		"R37 port 0":                   {"http://127.0.0.1/cb", "http://127.0.0.1:0/cb", true, false},
		"R38 port 99999":               {"http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", true, false},
		"R39 colon only":               {"http://127.0.0.1/cb", "http://127.0.0.1:/cb", true, false},
		"R40 port 8080a":               {"http://127.0.0.1/cb", "http://127.0.0.1:8080a/cb", true, false},
		"port with a sign":             {"http://127.0.0.1/cb", "http://127.0.0.1:+80/cb", true, false},
		"two ports":                    {"http://127.0.0.1/cb", "http://127.0.0.1:80:80/cb", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			resolved, err := ResolveRedirectURI(clientWith(test.public, test.registered), test.given, true, undotted)
			if !test.accepted {
				require.ErrorIs(t, err, ErrRedirectURIMismatch)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.given, resolved, "the answer goes to the port that was asked for")
		})
	}
}

func TestResolveRedirectURI_A6_Missing(t *testing.T) {
	one := clientWith(false, "http://localhost:3000/authorize")
	resolved, err := ResolveRedirectURI(one, "", false, undotted)
	require.NoError(t, err)
	assert.Equal(t, "http://localhost:3000/authorize", resolved)

	_, err = ResolveRedirectURI(clientWith(false, "https://app.example/a", "https://app.example/b"), "", false, undotted)
	require.ErrorIs(t, err, ErrRedirectURIMissing)
	_, err = ResolveRedirectURI(clientWith(false), "", false, undotted)
	require.ErrorIs(t, err, ErrRedirectURIMissing)
}

func TestResolveRedirectURI_A12_StoredURIIsValidatedAgain(t *testing.T) {
	for _, uri := range []string{"http://app.example/cb", "javascript:alert(1)", "https://app.example/cb\r\nX: y"} {
		_, err := ResolveRedirectURI(clientWith(false, uri), uri, true, undotted)
		require.ErrorIs(t, err, ErrRedirectURIMismatch)
		_, err = ResolveRedirectURI(clientWith(false, uri), "", false, undotted)
		require.ErrorIs(t, err, ErrRedirectURIMismatch)
	}
}

// FuzzRedirectURI holds what is accepted to what a browser would make of it: the same scheme and host, and nothing
// that could leave a header. net/url stands for the browser.
func FuzzRedirectURI(f *testing.F) {
	for _, uri := range []string{
		"https://app.example/cb", "http://[::1]:80/", "com.example.app:/cb", "vscode://a/b?c=%20", "http://127.0.0.1:1",
		"https://a@b/", "https://a/%2e./", "//a", "https://a:0/", "",
	} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if ValidateRedirectURI(clientWith(true), uri, undotted) != nil {
			return
		}
		parsed, err := url.Parse(uri)
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(uri, parsed.Scheme+":"))
		assert.Nil(t, parsed.User)
		assert.Empty(t, parsed.Fragment)
		assert.Empty(t, parsed.Opaque)
		assert.NotContains(t, uri, "#")
		assert.Equal(t, -1, strings.IndexFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }))
		switch parsed.Scheme {
		case "http":
			assert.Contains(t, []string{"127.0.0.1", "::1", "localhost"}, parsed.Hostname())
		case "https":
			assert.NotEmpty(t, parsed.Hostname())
		}
		// What may be registered can be used, by equality alone.
		resolved, err := ResolveRedirectURI(clientWith(true, uri), uri, true, undotted)
		require.NoError(t, err)
		assert.Equal(t, uri, resolved)
	})
}

// FuzzRedirectURIComparison holds the comparison to its promise (A1, A2): what is accepted is a registered URI byte by
// byte, or differs from one in nothing but the port of a loopback host.
func FuzzRedirectURIComparison(f *testing.F) {
	for _, given := range []string{
		"https://app.example/cb", "https://app.example/cb/", "https://app.example/CB", "https://app.example/cb?x=1",
		"https://app.example/cb#f", "https://app.example:443/cb", "https://APP.example/cb", "HTTPS://app.example/cb",
		"https://app.example/cb/../cb", "https://app.example/%63b", "https://app.example/cb%2f", "https://app.example//cb",
		"https://app.example/cb;x", "https://app.example/cb%00", "https://app.example/cb%0d%0aX: y", "https://app.example/cb ",
		"https://app.example@evil.example/cb", `https://evil.example\@app.example/cb`, "https://app.example.evil.example/cb",
		"https://app.example%2eevil.example/cb", "https://app.ex\u0430mple/cb", "https://app.xn--exmple-4nf/cb",
		"//app.example/cb", "http://app.example/cb", "javascript:alert(1)//https://app.example/cb",
		"data:text/html,https://app.example/cb", `["https://app.example/cb"]`,
	} {
		f.Add("https://app.example/cb", given, true)
	}
	for _, given := range []string{
		"http://127.0.0.1/cb", "http://127.0.0.1:8080/cb", "http://127.0.0.1.evil/cb", "http://127.0.0.1@evil/cb",
		"http://127.0.0.1:80@evil/cb", "http://localhost.evil/cb", "http://[::ffff:127.0.0.1]/cb", "http://0/cb",
		"http://127.1/cb", "http://2130706433/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:99999/cb",
		"http://127.0.0.1:/cb", "http://127.0.0.1:8080a/cb", "http://127.0.0.1:1:2/cb", "http://localhost/cb",
	} {
		f.Add("http://127.0.0.1/cb", given, true)
		f.Add("http://127.0.0.1:3000/cb", given, false)
	}
	f.Add("http://[::1]:80/cb", "http://[::1]:81/cb", true)
	f.Add("http://[::1]:/cb", "http://[::1]:81/cb", true)
	loopback := regexp.MustCompile(`^http://(127\.0\.0\.1|\[::1\]|localhost)(?::[1-9][0-9]{0,4})?([/?].*)?$`)
	f.Fuzz(func(t *testing.T, registered, given string, public bool) {
		resolved, err := ResolveRedirectURI(clientWith(public, registered), given, true, undotted)
		if err != nil {
			assert.Empty(t, resolved)
			return
		}
		assert.Equal(t, given, resolved)
		if given == registered {
			return
		}
		require.True(t, public, "a confidential client has no liberty")
		of, is := loopback.FindStringSubmatch(registered), loopback.FindStringSubmatch(given)
		require.NotNil(t, of, registered)
		require.NotNil(t, is, given)
		assert.Equal(t, of[1:], is[1:], "host, path and query")
	})
}

func clientWith(public bool, redirectURIs ...string) store.Client {
	client := store.Client{ID: "app", RedirectURIs: redirectURIs}
	if !public {
		client.SecretHashes = []string{"hash"}
	}
	return client
}
