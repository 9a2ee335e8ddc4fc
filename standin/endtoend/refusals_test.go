// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tick is how often something that must come is looked for.
const tick = 5 * time.Millisecond

// loginTick is how often to look by a login: there are limits to how often a user comes.
const loginTick = 500 * time.Millisecond

// Refused tokens get 401, a challenge and JSON, whatever they would have opened; never a login page.
func TestRefusedTokens(t *testing.T) {
	for _, auth := range []string{"session", "basic"} {
		t.Run(auth, func(t *testing.T) {
			s := start(t, options{auth: auth, config: map[string]any{"lifetimes": map[string]string{"accessToken": "1s"}}})
			token := s.tokens(t, alice).text("access_token")
			parts := strings.Split(token, ".")
			require.Eventually(t, func() bool {
				return s.read(t, "/sales.nsf/api/data/documents", token).status == http.StatusUnauthorized
			}, patience, tick, "it expires")
			for name, refused := range map[string]string{
				"expired": token, "forged": parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
				"foreign": "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIn0.AAAA", "malformed": "abc", "huge": strings.Repeat("a", 3500),
			} {
				for _, path := range []string{"/sales.nsf/api/data/documents", "/public.nsf?OpenDatabase", "/nothing.nsf", "/"} {
					got := s.read(t, path, refused)
					assert.Equal(t, http.StatusUnauthorized, got.status, "%s %s", name, path)
					assert.Equal(t, "invalid_token", got.text("error"), "%s %s: %s", name, path, got.body)
					assert.NotEmpty(t, got.text("error_description"))
					assert.True(t, strings.HasPrefix(got.header.Get("Www-Authenticate"), `Bearer realm="`), "%s %s", name, path)
				}
			}
		})
	}
}

func TestRoutesAndLimits(t *testing.T) {
	s := start(t, options{extra: []string{"--methods", "GET,HEAD,POST,DELETE,PATCH"}})
	for _, c := range []struct {
		name, method, target, body, accept string
		status                             int
		says                               string
	}{
		{"unknown route for a program", "GET", "/doap/nothing", "", "", 404, `"error"`},
		{"unknown route for a person", "GET", "/doap/nothing", "", "text/html", 404, "<html"},
		{"unknown route for people", "GET", "/doap/account/nothing", "", "text/html", 404, "<html"},
		{"GET of the token endpoint", "GET", "/doap/token", "", "", 405, `"error"`},
		{"DELETE of the authorization endpoint", "DELETE", "/doap/auth", "", "", 405, `"error"`},
		{"a method that DSAPI has no number for", "PATCH", "/doap/token", "", "", 405, `"error"`},
		{"a body over the limit", "POST", "/doap/token", strings.Repeat("a", 65537), "", 413, `"error"`},
		{"a body far over the limit", "POST", "/doap/token", strings.Repeat("a", 2<<20), "", 413, `"error"`},
		{"a body over the limit for a person", "POST", "/doap/auth", strings.Repeat("a", 65537), "text/html", 413, "<html"},
		{"an unknown client", "GET", "/doap/auth?response_type=code&client_id=nobody&state=x", "", "text/html", 400, "<html"},
		{"an unknown redirect_uri", "GET", "/doap/auth?response_type=code&client_id=tutorial&redirect_uri=https://evil.example/", "", "text/html", 400, "<html"},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := newRequest(t, c.method, s.base+c.target, c.body)
			request.Header.Set("Accept", c.accept)
			got := do(t, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, request)
			assert.Equal(t, c.status, got.status, got.body)
			assert.Contains(t, got.body, c.says)
			assert.Empty(t, got.header.Get("Location"))
			if c.status == http.StatusMethodNotAllowed {
				assert.NotEmpty(t, got.header.Get("Allow"))
			}
		})
	}
	keys := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/jwks", ""))
	assert.Equal(t, http.StatusOK, keys.status)
	assert.Contains(t, keys.body, `"kid"`)
	head := do(t, http.DefaultClient, newRequest(t, http.MethodHead, s.base+"/doap/jwks", ""))
	assert.Equal(t, http.StatusOK, head.status)
	assert.Empty(t, head.body)
}

// A long authorization request is kept in the store while its user logs in; what goes through the login stays short.
func TestLongAuthorizationRequest(t *testing.T) {
	s := start(t, options{})
	state := strings.Repeat("s", 3000)
	got := s.authorize(t, alice, url.Values{"response_type": {"code"}, "client_id": {tutorialID}, "scope": {"domino"}, "state": {state}})
	assert.Equal(t, state, got.Get("state"))
	b := s.browser(t, alice)
	body := url.Values{"response_type": {"code"}, "client_id": {tutorialID}, "scope": {"domino"}, "state": {"posted"}}.Encode()
	_, target := b.open(t, http.MethodPost, s.base+"/doap/auth", body)
	require.NotNil(t, target)
	assert.Equal(t, "posted", target.Query().Get("state"))
}

// A link that was prepared in one browser does not log another one in.
func TestPendingRequestIsBoundToOneBrowser_A72_M12(t *testing.T) {
	s := start(t, options{})
	attacker := s.browser(t, joerg)
	request := newRequest(t, http.MethodGet, s.base+"/doap/auth?response_type=code&scope=domino&client_id="+tutorialID, "")
	sent := do(t, attacker.client, request)
	login, err := url.Parse(sent.header.Get("Location"))
	require.NoError(t, err)
	got, target := s.browser(t, alice).open(t, http.MethodGet, s.base+login.Query().Get("RedirectTo"), "")
	assert.Nil(t, target)
	assert.Equal(t, http.StatusBadRequest, got.status)
}

// No request from outside can say what only ndoap may say to applications.
func TestForgedHeaders_B15(t *testing.T) {
	s := start(t, options{})
	token := s.tokens(t, alice).text("access_token")
	environ := func(headers map[string]string, bearer string) string {
		request := newRequest(t, http.MethodGet, s.base+"/standin/environ", "")
		for name, value := range headers {
			request.Header[name] = []string{value}
		}
		if bearer != "" {
			request.Header.Set("Authorization", "Bearer "+bearer)
		}
		got := do(t, http.DefaultClient, request)
		require.Equal(t, http.StatusOK, got.status, got.body)
		return got.body
	}
	forged := map[string]string{
		"X-DOAP-Scope": "forged1", "x_doap_client": "forged2", "X-Doap_Subject": "forged3", "X-DOAP-Anything": "forged4", "X-Other": "kept",
	}
	seen := environ(forged, "")
	assert.NotContains(t, seen, "forged")
	assert.Contains(t, seen, "kept")
	seen = environ(forged, token)
	assert.NotContains(t, seen, "forged")
	assert.Contains(t, seen, "kept")
	assert.Contains(t, seen, `"HTTP_X_DOAP_SCOPE": "domino"`)
	assert.Contains(t, seen, `"HTTP_X_DOAP_CLIENT": "`+tutorialID+`"`)
	assert.Contains(t, seen, `"HTTP_X_DOAP_SUBJECT": "`+alice.canonical+`"`)
}

func TestNothingSecretIsPrinted_A30_B16(t *testing.T) {
	s := start(t, options{notesINI: "DOAP_Log_Level=debug\r\n"})
	code := s.code(t, alice)
	tokens := s.token(t, "grant_type", "authorization_code", "code", code)
	s.token(t, "grant_type", "authorization_code", "code", code)
	s.token(t, "client_id", s.secrets[tutorialID], "client_secret", tutorialID, "grant_type", "refresh_token", "refresh_token", "x")
	do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/auth?client_id="+s.secrets[tutorialID], ""))
	s.token(t, "client_secret", "wrong-secret", "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	s.read(t, "/sales.nsf", tokens.text("access_token")+"x")
	bearer := s.loggedIn(t, "tyamada", taro.password, "scope", "domino")
	s.passwordLogin(t, "tyamada", "wrong-password")
	s.passwordLogin(t, taro.password+"-as-a-name", "x")
	s.postJSON(t, "/doap/login", `{"username":"tyamada","password":"broken-password","x":1}`, "")
	s.postJSON(t, "/doap/login/logout", logout, bearer)
	s.read(t, "/sales.nsf", bearer)
	s.awaitAfter(t, 0, "bearer token refused")
	s.awaitAfter(t, 0, "the token was revoked")
	printed := strings.Join(s.printed(), "\n")
	for name, secret := range map[string]string{
		"code": code, "secret": s.secrets[tutorialID], "wrong secret": "wrong-secret",
		"access token": tokens.text("access_token"), "refresh token": tokens.text("refresh_token"), "password": alice.password,
		"token of a login": bearer, "password of a login": taro.password, "wrong password": "wrong-password",
		"password of a broken login": "broken-password",
	} {
		require.NotEmpty(t, secret)
		assert.NotContains(t, printed, secret, name)
	}
}
