// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"ndoap/core/oauth"
	"ndoap/standin/front/wire"
)

// posing is a transport that names another host, in every way that a server might believe.
type posing struct{ host string }

func (p posing) RoundTrip(request *http.Request) (*http.Response, error) {
	changed := request.Clone(request.Context())
	changed.Host = p.host
	for _, name := range []string{"X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Forwarded-Server"} {
		changed.Header.Set(name, p.host)
	}
	changed.Header.Set("Forwarded", "host="+p.host+";proto=https")
	changed.Header.Set("X-Forwarded-Prefix", "/evil")
	changed.Header.Set("X-Original-URL", "https://"+p.host+"/doap/auth")
	return http.DefaultTransport.RoundTrip(changed)
}

// Whatever a request calls this server, documents that caches keep have the same bytes, redirects stay here, and codes
// and tokens name the configured issuer.
func TestForeignHost_A33_M34_M35(t *testing.T) {
	s := ownIssuer(t)
	const evil = "evil.example"
	poser := &http.Client{Transport: posing{evil}}
	for _, path := range []string{
		"/doap/jwks", "/.well-known/oauth-authorization-server/doap", "/.well-known/openid-configuration/doap",
		"/doap/.well-known/oauth-authorization-server", "/doap/.well-known/openid-configuration",
	} {
		honest := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+path, ""))
		posed := do(t, poser, newRequest(t, http.MethodGet, s.base+path+"?issuer=https://"+evil, ""))
		require.Equal(t, http.StatusOK, honest.status, path)
		assert.Equal(t, honest.body, posed.body, path)
		honest.header.Del("Date")
		posed.header.Del("Date")
		assert.Equal(t, honest.header, posed.header, path)
	}

	b := s.browser(t, alice)
	b.client.Transport = posing{evil}
	_, back := b.open(t, http.MethodGet, s.base+"/doap/auth?response_type=code&scope=domino&client_id="+tutorialID, "")
	require.NotNil(t, back)
	assert.Equal(t, s.issuer, back.Query().Get("iss"))
	assert.NotContains(t, strings.Join(b.hops, " "), evil)

	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")},
		"client_id": {tutorialID}, "client_secret": {s.secrets[tutorialID]},
	}
	tokens := do(t, poser, newRequest(t, http.MethodPost, s.base+"/doap/token", form.Encode()))
	require.Equal(t, http.StatusOK, tokens.status, tokens.body)
	assert.Equal(t, s.issuer, claims(t, tokens.text("access_token"))["iss"])
	refused := newRequest(t, http.MethodGet, s.base+"/sales.nsf", "")
	refused.Header.Set("Authorization", "Bearer x")
	assert.NotContains(t, do(t, poser, refused).header.Get("Www-Authenticate"), evil)
}

// Alice is logged in and has the consent page before her; in the same browser somebody else logs in. Her page is worth
// nothing then, and the code is for whom Domino knows now.
func TestAnotherLoginMeanwhile_A73(t *testing.T) {
	s := start(t, options{})
	verifier := oauth2.GenerateVerifier()
	link := s.base + "/doap/auth?" + url.Values{
		"response_type": {"code"}, "client_id": {askingID}, "redirect_uri": {callback}, "scope": {"domino"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	b := s.browser(t, alice)
	hers, _ := b.open(t, http.MethodGet, link, "")
	require.Contains(t, hers.body, "Alice Adams")

	login := url.Values{"Username": {joerg.name}, "Password": {joerg.password}, "RedirectTo": {"/public.nsf/api/data/documents"}}
	now, _ := b.open(t, http.MethodPost, s.base+"/names.nsf?Login", login.Encode())
	require.Equal(t, joerg.canonical, now.header.Get("X-Standin-User"))
	stale, back := b.open(t, http.MethodPost, s.base+"/doap/consent", consentForm(t, hers.body, "allow"))
	assert.Nil(t, back)
	assert.Equal(t, http.StatusForbidden, stale.status)

	his, _ := b.open(t, http.MethodGet, link, "")
	assert.NotContains(t, his.body, "Alice")
	_, back = b.open(t, http.MethodPost, s.base+"/doap/consent", consentForm(t, his.body, "allow"))
	require.NotNil(t, back)
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {callback},
		"code_verifier": {verifier}, "client_id": {askingID}, "client_secret": {s.secrets[askingID]},
	}
	tokens := do(t, http.DefaultClient, newRequest(t, http.MethodPost, s.base+"/doap/token", form.Encode()))
	require.Equal(t, http.StatusOK, tokens.status, tokens.body)
	assert.Equal(t, joerg.canonical, claims(t, tokens.text("access_token"))["sub"])
}

// What proxies and Domino's own connectors say of TLS, addresses, users and certificates is said by nobody when no
// proxy is configured.
func TestHeadersOfProxies_A84_A89(t *testing.T) {
	s := start(t, options{})
	headers := "Host: h\r\nX-Forwarded-Proto: https\r\nForwarded: for=127.0.0.1;proto=https\r\nX-Forwarded-For: 127.0.0.1\r\n" +
		"X-Forwarded-Ssl: on\r\nFront-End-Https: on\r\nX-Real-IP: 127.0.0.1\r\n" +
		"$WSIS: True\r\n$WSSC: https\r\n$WSRA: 127.0.0.1\r\n$WSRH: localhost\r\n$WSRU: " + alice.canonical + "\r\n$WSAT: Basic\r\n" +
		"X-Remote-User: " + alice.canonical + "\r\nX-SSL-Client-Verify: SUCCESS\r\nX-SSL-Client-S-DN: CN=" + modernID + "\r\n" +
		"X-Client-Cert: MIIB\r\n$WSCC: MIIB\r\n"
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	request := func(method, target, more, body, tls string) wire.Message {
		m := frame(method, target, headers+more, body)
		m.Set(wire.Peer, "192.0.2.7")
		m.Set(wire.TLS, tls)
		return m
	}
	byCertificate := "grant_type=authorization_code&code=x&client_id=" + modernID
	authorize := "/doap/auth?response_type=code&scope=domino&client_id=" + tutorialID
	for name, c := range map[string]struct {
		request      wire.Message
		status, says string
	}{
		"a token request over plain HTTP":         {request("POST", "/doap/token", form, "grant_type=x", ""), "400", "https"},
		"an authorization request over plain one": {request("GET", authorize, "", "", ""), "400", "https"},
		"a client's certificate":                  {request("POST", "/doap/token", form, byCertificate, "1"), "401", "invalid_client"},
		"a user's name":                           {request("GET", authorize, "", "", "1"), "302", ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, results := replay(t, s.data, 1, []wire.Message{c.request})
			require.Len(t, results, 1)
			assert.Equal(t, c.status, results[0].Text(wire.Status), results[0].Text(wire.AnswerBody))
			assert.Contains(t, results[0].Text(wire.AnswerBody), c.says)
			assert.NotContains(t, results[0].Text(wire.AnswerHeader), "code=")
		})
	}
}

// The database has hashes of what it must recognise, and nothing to use elsewhere; a token that is changed is unknown,
// and harms nobody.
func TestStoreKeepsHashes_A46(t *testing.T) {
	s := start(t, options{})
	unused, code := s.code(t, alice), s.code(t, alice)
	tokens := s.token(t, "grant_type", "authorization_code", "code", code)
	refresh := tokens.text("refresh_token")

	var stored strings.Builder
	files, err := filepath.Glob(filepath.Join(s.data, "doap.db*"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		stored.Write(text)
	}
	for name, secret := range map[string]string{
		"code": code, "unused code": unused, "refresh token": refresh, "access token": tokens.text("access_token"),
		"client secret": s.secrets[tutorialID], "private key": "PRIVATE KEY", "password": alice.password,
	} {
		require.NotEmpty(t, secret, name)
		assert.False(t, strings.Contains(stored.String(), secret), name) // a database is too long to be printed
	}
	for name, secret := range map[string]string{"unused code": unused, "refresh token": refresh, "client secret": s.secrets[tutorialID]} {
		assert.True(t, strings.Contains(stored.String(), oauth.Secret(secret).Hash()), "the hash of the "+name)
	}

	for _, changed := range []string{refresh[1:], refresh + "a", strings.ToLower(refresh), flip(refresh, 0), flip(refresh, len(refresh)-1)} {
		got := s.token(t, "grant_type", "refresh_token", "refresh_token", changed)
		assert.Equal(t, "invalid_grant", got.text("error"), changed)
	}
	again := s.token(t, "grant_type", "refresh_token", "refresh_token", refresh)
	assert.Equal(t, http.StatusOK, again.status, "the real one is not hurt: "+again.body)
}

// flip changes one character for another of base64url.
func flip(text string, at int) string {
	other := "A"
	if text[at] == 'A' {
		other = "B"
	}
	return text[:at] + other + text[at+1:]
}

// claims reads a token without verifying it, header its header.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	return part(t, token, 1)
}

func header(t *testing.T, token string) map[string]any {
	t.Helper()
	return part(t, token, 0)
}

func part(t *testing.T, token string, number int) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3, token)
	decoded, err := base64.RawURLEncoding.DecodeString(parts[number])
	require.NoError(t, err)
	var read map[string]any
	require.NoError(t, json.Unmarshal(decoded, &read))
	return read
}
