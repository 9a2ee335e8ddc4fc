// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/storetest"
)

const issuerLine = `"issuer": "https://domino.example.com/doap"`

// files names texts 10.json, 20.json and so on.
func files(texts ...string) []File {
	made := make([]File, len(texts))
	for i, text := range texts {
		made[i] = File{Name: string(rune('1'+i)) + "0.json", Data: []byte(text)}
	}
	return made
}

func TestIssuerAloneIsEnough(t *testing.T) {
	got, warnings, err := Parse(files(`{` + issuerLine + `}`))
	require.NoError(t, err)
	assert.Empty(t, warnings)
	want := Default()
	want.Issuer = "https://domino.example.com/doap"
	assert.Equal(t, want, got)
}

func TestEverySettingIsRead(t *testing.T) {
	caFile := filepath.Join(storetest.TempDir(t), "ca.pem") // absolute, also on Windows
	got, warnings, err := Parse(files(`{
		"issuer": "http://localhost:8080/doap",
		"lifetimes": {
			"code": "30s", "accessToken": "1h30m", "refreshTokenIdle": "7d", "refreshTokenAbsolute": "90d",
			"refreshTokenGrace": "5s", "authorizationRequest": "15m"
		},
		"scopes": {"mail": {"description": "Read your mail"}}, "databases": {"crm": "apps/crm.nsf"},
		"login": {"method": "basic", "path": "/login?Open", "realm": "Test"},
		"resources": ["https://api.example.com", "urn:example:mail"],
		"clients": {"privateUseSchemes": ["zed"], "assertionAudience": "endpoint"},
		"keys": {"algorithm": "EdDSA", "rotateEvery": "never", "publishBefore": "2h"},
		"limits": {
			"bodyBytes": 2048, "tokenPerAddress": 1, "tokenPerClient": 2, "authorizationPerAddress": 3,
			"authorizationPerUser": 4, "introspectionPerAddress": 5, "introspectionPerClient": 6,
			"loginPerAddress": 10, "lockoutFailures": 7, "lockoutTime": "8m", "pendingRequests": 900
		},
		"fetch": {"allowedNetworks": ["10.0.0.0/8"], "caFile": ` + strconv.Quote(caFile) + `},
		"metadata": {"rootForms": true},
		"audit": {"retention": "7d"},
		"apiKeys": {"selfService": false, "longest": "30d", "perPerson": 3},
		"tls": {"required": false, "trustedProxies": ["192.0.2.7", "2001:db8::1/32", "::ffff:192.0.2.8"]},
		"bearer": {"unknownIssuer": "pass", "mappedResource": "ignore"},
		"maxJwtDuration": "2h",
		"disableDominoLogin": true, "JwtDuration": "30m", "JwtIssuer": "DominoKeep", "JwtUsePubPrivKey": true, "JwtUsePemFile": true,
		"JwtPrivateKeyFile": "a.pem", "JwtPublicKeyFile": "b.pem", "JwtAlgorithm": "EC",
		"userEvent": "process",
		"pages": {"organization": "Société Générale", "support": "help@example.com"}
	}`))
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Equal(t, Config{
		Issuer: "http://localhost:8080/doap",
		Lifetimes: Lifetimes{
			Code: 30 * time.Second, AccessToken: 90 * time.Minute,
			RefreshTokenIdle: 7 * 24 * time.Hour, RefreshTokenAbsolute: 90 * 24 * time.Hour,
			RefreshTokenGrace: 5 * time.Second, AuthorizationRequest: 15 * time.Minute,
		},
		Scopes:    map[string]Scope{"domino": Default().Scopes["domino"], "mail": {Description: "Read your mail"}},
		Databases: map[string]Database{"crm": {Path: "/apps/crm.nsf"}},
		Login:     Login{Method: LoginBasic, Path: "/login?Open", Realm: "Test"},
		DominoLogin: DominoLogin{
			Disabled: true, Lifetime: 30 * time.Minute, Issuer: "DominoKeep", UseKeyPair: true, UsePEM: true,
			PrivateKeyFile: "a.pem", PublicKeyFile: "b.pem", Algorithm: "EC",
		},
		Resources: []string{"https://api.example.com", "urn:example:mail"},
		Clients:   Clients{PrivateUseSchemes: []string{"zed"}, AssertionAudience: AudienceEndpoint},
		Keys:      Keys{Algorithm: EdDSA, PublishBefore: 2 * time.Hour},
		Limits: Limits{
			BodyBytes: 2048, TokenPerAddress: 1, TokenPerClient: 2, AuthorizationPerAddress: 3, AuthorizationPerUser: 4,
			IntrospectionPerAddress: 5, IntrospectionPerClient: 6, LoginPerAddress: 10,
			LockoutFailures: 7, LockoutTime: 8 * time.Minute, PendingRequests: 900,
		},
		Fetch:    Fetch{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, CAFile: caFile},
		Metadata: Metadata{RootForms: true},
		Audit:    Audit{Retention: 7 * 24 * time.Hour},
		APIKeys:  APIKeys{Longest: 30 * 24 * time.Hour, PerPerson: 3},
		TLS: TLS{TrustedProxies: []netip.Prefix{
			netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32"),
			netip.MustParsePrefix("192.0.2.8/32"),
		}},
		Bearer:    Bearer{UnknownIssuer: PassUnknownIssuer, MappedResource: IgnoreMappedResource, MaxLifetime: 2 * time.Hour},
		UserEvent: UserEventProcess,
		Pages:     Pages{Organization: "Société Générale", Support: "help@example.com"},
	}, got)
}

func TestFilesAreMerged(t *testing.T) {
	got, warnings, err := Parse(files(
		`{"issuer": "https://old.example.com/doap", "login": {"method": "basic", "realm": "A"},
		  "scopes": {"mail": {"description": "one"}}, "tls": {"trustedProxies": ["192.0.2.1", "192.0.2.2"]}}`,
		`{`+issuerLine+`, "login": {"realm": "B"}, "scopes": {"mail": {"description": "two"}, "todo": {"description": "T"}}}`,
		`{"tls": {"trustedProxies": ["192.0.2.3"]}}`,
	))
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Equal(t, "https://domino.example.com/doap", got.Issuer, "the later file wins")
	assert.Equal(t, Login{Method: LoginBasic, Path: "/names.nsf?Login", Realm: "B"}, got.Login, "objects merge")
	assert.Equal(t, []string{"domino", "mail", "todo"}, slices.Sorted(maps.Keys(got.Scopes)))
	assert.Equal(t, "two", got.Scopes["mail"].Description)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("192.0.2.3/32")}, got.TLS.TrustedProxies, "lists are replaced")
}

func TestByteOrderMarkIsTolerated(t *testing.T) {
	_, _, err := Parse(files("\xef\xbb\xbf{" + issuerLine + "}"))
	require.NoError(t, err)
}

func TestErrorsSayFileLineKeyAndRemedy(t *testing.T) {
	tests := map[string]struct {
		text string // after {"issuer": ...,\n
		says string
	}{
		"resource with fragment":   {`"resources": ["https://api.example.com", "https://a/#b"]}`, `resources[1] is "https://a/#b": it has a fragment`},
		"relative resource":        {`"resources": ["/api"]}`, `resources[0] is "/api": it is not absolute`},
		"resource twice":           {`"resources": ["urn:a:b", "urn:a:b"]}`, `resources[1] is "urn:a:b": it is there twice`},
		"resource in no list":      {`"resources": "urn:a:b"}`, `expected a list of absolute URIs, such as ["https://api.example.com"]`},
		"scheme of the web":        {`"clients": {"privateUseSchemes": ["javascript"]}}`, `browsers have a meaning for it`},
		"scheme in capitals":       {`"clients": {"privateUseSchemes": ["Zed"]}}`, `it is not a URI scheme in lower case`},
		"symmetric algorithm":      {`"keys": {"algorithm": "HS256"}}`, `keys.algorithm is "HS256", expected "RS256" or "ES256" or "EdDSA"`},
		"rotation without sense":   {`"keys": {"rotateEvery": "seldom"}}`, `keys.rotateEvery is "seldom", expected a duration from "1h" to "3660d", or "never"`},
		"keys by the minute":       {`"keys": {"rotateEvery": "59m"}}`, `keys.rotateEvery is "59m", expected a duration from "1h"`},
		"keys nobody knows":        {`"keys": {"publishBefore": "9m"}}`, `keys.publishBefore is "9m", expected a duration from "10m"`},
		"duration without unit":    {`"lifetimes": {` + "\n" + `"code": 60}}`, `10.json, line 3: lifetimes.code is 60, expected a duration from "1s" to "10m", in quotes and with its unit`},
		"duration without sense":   {`"lifetimes": {"code": "soon"}}`, `10.json, line 2: lifetimes.code is "soon", expected a duration from "1s" to "10m": a number with the unit s, m, h or d`},
		"code too long":            {`"lifetimes": {"code": "10m1s"}}`, `lifetimes.code is "10m1s", expected a duration from "1s" to "10m"`},
		"zero":                     {`"lifetimes": {"accessToken": "0s"}}`, `lifetimes.accessToken is "0s", expected a duration from "1s" to "1d"`},
		"negative":                 {`"lifetimes": {"refreshTokenGrace": "-5s"}}`, `lifetimes.refreshTokenGrace is "-5s"`},
		"negative days":            {`"lifetimes": {"refreshTokenIdle": "-1d"}}`, `lifetimes.refreshTokenIdle is "-1d"`},
		"fraction of a second":     {`"lifetimes": {"accessToken": "1500ms"}}`, `expected a duration from "1s" to "1d", in whole seconds`},
		"idle over absolute":       {"\n" + `"lifetimes": {"refreshTokenAbsolute": "29d"}}`, "10.json, line 3: lifetimes.refreshTokenIdle (30d) is longer than lifetimes.refreshTokenAbsolute (29d)"},
		"null":                     {`"userEvent": null}`, `userEvent is null, expected "authorized" or "process"`},
		"other choice":             {`"login": {"method": "Session"}}`, `login.method is "Session", expected "session" or "basic"`},
		"object for text":          {`"login": {"realm": {}}}`, "login.realm is an object, expected"},
		"relative path":            {`"fetch": {"caFile": "ca.pem"}}`, `expected the absolute path of a PEM file, or nothing`},
		"text for object":          {`"login": "basic"}`, `login is "basic", expected an object`},
		"list for number":          {`"limits": {"bodyBytes": [1]}}`, "limits.bodyBytes is a list, expected a whole number from 1024 to 1048576"},
		"number in quotes":         {`"limits": {"bodyBytes": "2048"}}`, `limits.bodyBytes is "2048", expected a whole number`},
		"fraction":                 {`"limits": {"bodyBytes": 2048.5}}`, "limits.bodyBytes is 2048.5, expected a whole number"},
		"small number":             {`"limits": {"bodyBytes": 1023}}`, "limits.bodyBytes is 1023, expected"},
		"large number":             {`"limits": {"bodyBytes": 1048577}}`, "limits.bodyBytes is 1048577, expected"},
		"login path with fragment": {`"login": {"path": "/names.nsf?Login#x"}}`, "it has a fragment"},
		"truth in quotes":          {`"tls": {"required": "false"}}`, `tls.required is "false", expected true or false, without quotes`},
		"proxy by name":            {`"tls": {"trustedProxies": ["192.0.2.1",` + "\n" + `"proxy"]}}`, `10.json, line 3: tls.trustedProxies[1] is "proxy", expected an address`},
		"proxy with zone":          {`"tls": {"trustedProxies": ["fe80::1%eth0"]}}`, `tls.trustedProxies[0] is "fe80::1%eth0"`},
		"IPv4 network as IPv6":     {`"tls": {"trustedProxies": ["::ffff:192.0.2.0/120"]}}`, `tls.trustedProxies[0] is "::ffff:192.0.2.0/120"`},
		"proxy not in a list":      {`"tls": {"trustedProxies": "192.0.2.1"}}`, `expected a list of addresses and networks, such as`},
		"login path elsewhere":     {`"login": {"path": "//evil.example/"}}`, "login.path is \"//evil.example/\": it does not start with a single slash"},
		"login path with scheme":   {`"login": {"path": "https://evil.example/"}}`, "it does not start with a single slash"},
		"login path, backslash":    {`"login": {"path": "/\\evil.example/"}}`, "it does not start with a single slash"},
		"login path with a break":  {`"login": {"path": "/a\r\nb"}}`, "percent-encode it"},
		"realm with quote":         {`"login": {"realm": "a\"b"}}`, `the character '"' cannot stand in a realm`},
		"empty realm":              {`"login": {"realm": " "}}`, "login.realm is \" \": it is empty"},
		"two lines":                {`"pages": {"organization": "a\nb"}}`, "it contains a line end"},
		"long text":                {`"pages": {"organization": "` + strings.Repeat("x", 101) + `"}}`, "it has more than 100 characters"},
		"duplicate":                {`"userEvent": "process",` + "\n" + `"userEvent": "authorized"}`, "10.json, line 3: userEvent stands twice: remove it here or in line 2"},
		"comment":                  {`// my server` + "\n" + `"userEvent": "process"}`, "10.json, line 2: is not JSON: comments are not allowed"},
		"comment of a script":      {`# my server` + "\n" + `"userEvent": "process"}`, "10.json, line 2: is not JSON: comments are not allowed"},
		"line end in a text":       {`"pages": {"organization": "a` + "\n" + `b"}}`, "10.json, line 2: is not JSON: invalid character '\\n' in string literal"},
		"value below its key":      {`"userEvent":` + "\n" + `"never"}`, "10.json, line 2: userEvent is"},
		"trailing comma":           {`"userEvent": "process",` + "\n}", "10.json, line 3: is not JSON: invalid character '}'"},
		"cut off":                  {`"userEvent": `, "10.json, line 2: is not JSON: unexpected end"},
		"second value":             {`"userEvent": "process"} {}`, "10.json, line 2: is not JSON"},
		"not UTF-8":                {"\n" + `"pages": {"organization": "` + "\xe9" + `"}}`, "10.json, line 3: is not UTF-8"},
		"too deep":                 {`"x": ` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "nests deeper than 32 levels"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := Parse(files("{" + issuerLine + ",\n" + test.text))
			require.ErrorAs(t, err, &Problems{})
			require.ErrorContains(t, err, test.says)
		})
	}
}

func TestFilesThatAreNoObject(t *testing.T) {
	for text, says := range map[string]string{
		"":      "20.json, line 1: is empty",
		" \n":   "20.json, line 1: is empty",
		"[]":    "20.json, line 1: must hold an object",
		`"x"`:   `but is "x"`,
		"hello": "is not JSON: invalid character 'h'",
	} {
		t.Run(text, func(t *testing.T) {
			_, _, err := Parse(files("{"+issuerLine+"}", text))
			require.ErrorContains(t, err, says)
		})
	}
}

func TestAllFaultsAreReportedInOrder(t *testing.T) {
	_, _, err := Parse(files("{"+issuerLine+",\n\"userEvent\": 1,\n\"limits\": {\"bodyBytes\": true}}", "{"))
	require.ErrorAs(t, err, &Problems{})
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 3)
	assert.Contains(t, lines[0], "10.json, line 2: userEvent")
	assert.Contains(t, lines[1], "10.json, line 3: limits.bodyBytes")
	assert.Contains(t, lines[2], "20.json, line 1: is not JSON")
}

func TestIssuer_A34(t *testing.T) {
	good := []string{
		"https://domino.example.com/doap", "https://domino.example.com:8443/doap", "https://proxy.example.com/mail/doap",
		"http://localhost/doap", "http://127.0.0.1:8080/doap", "http://[::1]:8080/doap", "https://[2001:db8::1]/doap",
	}
	for _, issuer := range good {
		t.Run(issuer, func(t *testing.T) { require.NoError(t, CheckIssuer(issuer)) })
	}
	bad := map[string]string{
		"":                                    "does not start with https://",
		"domino.example.com/doap":             "does not start with https://",
		"/doap":                               "does not start with https://",
		"ftp://domino.example.com/doap":       "does not start with https://",
		"HTTPS://domino.example.com/doap":     "does not start with https://",
		"https:///doap":                       "does not start with https:// and a host name",
		"https://domino.example.com/doap/":    "ends with a slash",
		"https://domino.example.com":          "does not end with /doap",
		"https://domino.example.com/xdoap":    "does not end with /doap",
		"https://domino.example.com//doap":    "does not end with /doap",
		"https://domino.example.com/DOAP":     "does not end with /doap",
		"https://domino.example.com/doap?":    "a query or a fragment",
		"https://domino.example.com/doap?x":   "a query or a fragment",
		"https://domino.example.com/doap#":    "a query or a fragment",
		"https://u@domino.example.com/doap":   "a user name",
		"http://domino.example.com/doap":      "use https",
		"http://localhost.example.com/doap":   "use https",
		"http://127.0.0.1.example.com/doap":   "use https",
		"http://10.0.0.1/doap":                "use https",
		"https://domino example.com/doap":     "not a URL",
		"https://domino.example.com/a b/doap": "do not belong into a URL",
		"https://domino.example.com/ü/doap":   "do not belong into a URL",
	}
	for issuer, says := range bad {
		t.Run(issuer, func(t *testing.T) {
			text, err := json.Marshal(map[string]string{"issuer": issuer})
			require.NoError(t, err)
			_, _, err = Parse(files(string(text)))
			require.ErrorContains(t, err, "10.json, line 1: issuer is ")
			require.ErrorContains(t, err, says)
			require.ErrorContains(t, err, "expected the public URL of /doap, such as https://domino.example.com/doap")
		})
	}
	_, _, err := Parse(files("{}"))
	require.ErrorContains(t, err, `issuer is missing: write "issuer": "https://`)
}

func TestUnknownKeysAreWarnings(t *testing.T) {
	tests := map[string]struct{ text, says string }{
		"near":              {`"lifetime": {"code": "5s"}}`, "10.json, line 2: lifetime is not a setting and is ignored; did you mean lifetimes?"},
		"other case":        {`"Issuer": "x"}`, "10.json, line 2: Issuer is not a setting and is ignored; did you mean issuer?"},
		"in a group":        {`"lifetimes": {` + "\n" + `"acessToken": "5m"}}`, "10.json, line 3: lifetimes.acessToken is not a setting and is ignored; did you mean lifetimes.accessToken?"},
		"outside its group": {`"accessToken": "5m"}`, "10.json, line 2: accessToken is not a setting and is ignored; did you mean lifetimes.accessToken?"},
		"nothing near":      {`"colour": "blue"}`, "10.json, line 2: colour is not a setting and is ignored"},
		"in a scope":        {`"scopes": {"m": {"description": "x", "Description": "y"}}}`, "10.json, line 2: scopes.m.Description is not a setting and is ignored; did you mean description?"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, warnings, err := Parse(files("{" + issuerLine + ",\n" + test.text))
			require.NoError(t, err)
			require.Len(t, warnings, 1)
			assert.Equal(t, slog.LevelWarn, warnings[0].Level)
			assert.Equal(t, test.says, warnings[0].String())
			assert.Equal(t, Default().Lifetimes, got.Lifetimes)
		})
	}
}

func TestKeepNamesGiveOneNote(t *testing.T) {
	_, warnings, err := Parse(files("{"+issuerLine+`, "CORS": {"x": true},
		"oidc": {"my-idp": {"active": true, "providerUrl": "https://idp.example.com", "clientId": "x"}}}`,
		`{"JwtUseCert": true, "JwtSecret": "s3cret", "JwtCertFile": "keep"}`))
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	assert.Equal(t, slog.LevelInfo, warnings[0].Level)
	assert.Contains(t, warnings[0].Text, "CORS, JwtCertFile, JwtSecret, JwtUseCert, oidc.")
	assert.NotContains(t, warnings[0].Text, "s3cret")
}

func TestEveryProxyIsWarnedOf(t *testing.T) {
	_, warnings, err := Parse(files("{" + issuerLine + `, "tls": {"trustedProxies": ["0.0.0.0/0"]}}`))
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	assert.Contains(t, warnings[0].String(), "tls.trustedProxies contains 0.0.0.0/0: anybody can then claim")
}

// FuzzParse holds the parser to: no panic; every refusal has a place and a sentence; what is accepted can be written
// and read back as the same configuration.
func FuzzParse(f *testing.F) {
	f.Add(`{` + issuerLine + `}`)
	f.Add(`{` + issuerLine + `, "tls": {"trustedProxies": ["192.0.2.7", "2001:db8::/32"]}, "pages": {"support": "<&>"}}`)
	f.Add(`{` + issuerLine + `, "lifetimes": {"code": "60s", "refreshTokenIdle": "30d"}, "limits": {"bodyBytes": 1e3}}`)
	f.Add(`{` + issuerLine + `, "scopes": {"a": {"description": "b"}, "a": null}}`)
	f.Add(`{` + issuerLine + `, "scopes": {"r": {"description": "b", "reportOnly": true, "rules": [{"path": "/a.nsf/**", "methods": ["GET"],
		"commands": ["OpenView", "New"]}]}}, "databases": {"crm": "apps/crm"}}`)
	f.Add("\xef\xbb\xbf{\"issuer\": 1, \"issuer\": 2} // x")
	f.Add(`{"lifetimes": [], "login": {"path": "\ud800"}}`)
	f.Add(`[[[[[[`)
	f.Add(`{` + issuerLine + `, "jwt": {"a": {"active": true, "providerUrl": "https://a"}, "b": {"alg": ["RS256"], "iss": ["b"], "key": "-----BEGIN "}}}`)
	f.Add(`{` + issuerLine + `, "JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtAlgorithm": "HS256", "JwtDuration": 7200, "maxJwtDuration": "1h"}`)
	f.Add("{\"a\": \"\xff\"}")
	f.Fuzz(func(t *testing.T, text string) {
		got, warnings, err := Parse([]File{{Name: "10.json", Data: []byte(text)}})
		for _, warning := range warnings {
			assert.NotEmpty(t, warning.Text)
			assert.True(t, warning.Contained || warning.Level < slog.LevelError)
		}
		if err != nil {
			var faults Problems
			require.ErrorAs(t, err, &faults)
			require.NotEmpty(t, faults)
			for _, fault := range faults {
				assert.NotEmpty(t, fault.Text)
				assert.Equal(t, slog.LevelError, fault.Level)
				assert.Equal(t, fault.File != "", fault.Line > 0)
			}
			return
		}
		if hasErrors(warnings) {
			return // what is out of use is not written
		}
		written, err := json.Marshal(&got)
		require.NoError(t, err)
		again, repeated, err := Parse([]File{{Name: "10.json", Data: written}})
		require.NoError(t, err)
		assert.LessOrEqual(t, len(repeated), len(warnings), "no new doubts: %v", repeated)
		assert.Equal(t, got, again)
	})
}
