// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/browser"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/web"
)

func TestAnonymousGetsNoCode_A74(t *testing.T) {
	f := newFixture(t)
	for _, user := range []string{"", "Anonymous", "ANONYMOUS", "anonymous", "CN=Anonymous", " "} {
		for _, response := range []web.Response{
			f.ask(user, "trusted"), // trusted, so that only the login stands between the request and a code
			f.resume(user, f.ask(user, "trusted")),
			f.decide(user, f.consentPage(f.ask(ada, "app")), "allow"),
		} {
			f.backQuery(response)
			assert.NotContains(t, response.Header.Get("Location"), "code")
		}
	}
}

func TestLoginAndBack(t *testing.T) {
	f := newFixture(t)
	login := f.ask("", "trusted", "redirect_uri", callback, "state", strings.Repeat("s", 4000))
	assert.Equal(t, http.StatusFound, login.Status)
	assert.Less(t, len(login.Header.Get("Location")), 200, "far below Domino's 4 KB, however long the request was")
	assert.True(t, strings.HasPrefix(login.Header.Get("Location"), "/names.nsf?Login&RedirectTo=%2Fdoap%2Fauth%3Fresume%3D"))

	values := f.redirected(f.resume(ada, login), http.StatusFound, callback)
	code := f.redeemed(values.Get("code"))
	assert.Equal(t, ada, code.User)
	assert.True(t, code.RedirectURIGiven)
	assert.Equal(t, s256, code.CodeChallenge)

	f.onPage(f.resume(ada, login), http.StatusBadRequest, "start again") // a request buys one code
}

func TestLoginAfterPostIs303_A11(t *testing.T) {
	f := newFixture(t)
	login := f.post(f.auth, "", authPath, "", parameters("trusted").Encode(), nil)
	assert.Equal(t, http.StatusSeeOther, login.Status)
	f.redirected(f.post(f.auth, ada, authPath, f.backQuery(login), "", nil), http.StatusSeeOther, callback)
}

func TestLoginPath(t *testing.T) {
	f := newFixture(t)
	for path, prefix := range map[string]string{
		"/names.nsf?Login": "/names.nsf?Login&RedirectTo=%2Fdoap%2F",
		"/login":           "/login?RedirectTo=%2Fdoap%2F",
	} {
		f.config.Login.Path = path
		assert.True(t, strings.HasPrefix(f.ask("", "app").Header.Get("Location"), prefix), path)
	}
}

func TestBasicLogin(t *testing.T) {
	f := newFixture(t)
	f.config.Login = config.Login{Method: config.LoginBasic, Realm: `Acme "HQ" \`}
	f.fail.method = "AddAuthorizationRequest" // nothing is stored
	response := f.ask("", "trusted")
	f.onPage(response, http.StatusUnauthorized, "to go on. Reload this page")
	assert.Equal(t, `Basic realm="Acme \"HQ\" \\"`, response.Header.Get("WWW-Authenticate"))
	assert.Empty(t, response.Header.Get("Set-Cookie"))
	f.redirected(f.ask(ada, "trusted"), http.StatusFound, callback) // the browser repeats the request
}

func TestBrowserCookie_A72(t *testing.T) {
	f := newFixture(t)
	response := f.ask("", "app")
	cookie, err := http.ParseSetCookie(response.Header.Get("Set-Cookie"))
	require.NoError(t, err)
	assert.Equal(t, "doap_browser", cookie.Name)
	assert.Len(t, cookie.Value, 43)
	assert.Equal(t, "/doap", cookie.Path)
	assert.True(t, cookie.HttpOnly)
	assert.True(t, cookie.Secure)
	assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	assert.Zero(t, cookie.MaxAge)
	assert.Empty(t, cookie.Domain)

	second := f.ask("", "app")
	assert.Empty(t, second.Header.Get("Set-Cookie"), "a browser keeps its cookie, so that two tabs do not disturb each other")
	f.consentPage(f.resume(ada, second))
	f.consentPage(f.resume(ada, response))

	f.cookie = browser.Cookie + "=short"
	assert.NotEmpty(t, f.ask("", "app").Header.Get("Set-Cookie"), "what is not a cookie of ours is replaced")

	plain := &web.Request{
		Method: http.MethodGet, RawQuery: parameters("app").Encode(),
		Header: func(string) []string { return nil },
	}
	assert.NotContains(t, f.auth.Serve(plain).Header.Get("Set-Cookie"), "Secure", "loopback without TLS")
}

// TestPreparedLink_A72_M12 opens in one browser what another browser has begun.
func TestPreparedLink_A72_M12(t *testing.T) {
	f := newFixture(t)
	link := f.backQuery(f.ask("", "trusted"))
	own := f.cookie
	for name, cookie := range map[string]string{
		"no cookie":       "",
		"another browser": browser.Cookie + "=" + oauth.NewSecret().Reveal(),
		"empty cookie":    browser.Cookie + "=",
		"the hash":        browser.Cookie + "=" + oauth.Secret(strings.TrimPrefix(own, browser.Cookie+"=")).Hash(),
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			f.cookie = cookie
			f.onPage(f.get(ada, link), http.StatusBadRequest, "start again at the application")
			f.onPage(f.get("", link), http.StatusBadRequest, "start again at the application")
		})
	}
	f.t, f.cookie = t, own
	f.redirected(f.get(ada, link), http.StatusFound, callback)
}

func TestResume(t *testing.T) {
	f := newFixture(t)
	login := f.ask("", "trusted")
	link := f.backQuery(login)
	id := strings.TrimPrefix(link, "resume=")

	f.onPage(f.get(ada, "resume="+oauth.NewSecret().Reveal()), http.StatusBadRequest, "start again")
	f.onPage(f.get(ada, "resume="+oauth.Secret(id).Hash()), http.StatusBadRequest, "start again")
	f.onPage(f.get(ada, link+"&"+link), http.StatusBadRequest, "resume occurs more than once")
	f.onPage(f.get(ada, "resume="), http.StatusBadRequest, "client_id is missing")
	assert.NotContains(t, f.log.String(), id)

	f.backQuery(f.resume("", login)) // still nobody: to the login again

	// Parameters beside it change nothing.
	values := f.redirected(f.get(ada, link+"&"+parameters("app", "state", "evil").Encode()), http.StatusFound, callback)
	assert.Equal(t, "trusted", f.redeemed(values.Get("code")).ClientID)
	assert.Equal(t, "xyz", values.Get("state"))
}

func TestPendingRequestExpires(t *testing.T) {
	f := newFixture(t)
	login := f.ask("", "trusted")
	asked := f.consentPage(f.ask(ada, "app"))
	f.now = f.now.Add(f.config.Lifetimes.AuthorizationRequest)
	f.onPage(f.resume(ada, login), http.StatusBadRequest, "has expired")
	f.onPage(f.decide(ada, asked, "allow"), http.StatusBadRequest, "has expired")
}

// TestLoginAsSomebodyElse_A73 begins as one person and logs in as another: page, consent and code are the latter's.
func TestLoginAsSomebodyElse_A73(t *testing.T) {
	f := newFixture(t)
	login := f.ask("", "app")
	f.consentPage(f.resume(ada, login))
	asked := f.consentPage(f.resume(bert, login))
	f.onPage(f.decide(ada, asked, "allow"), http.StatusForbidden, "Nothing was allowed")
	values := f.redirected(f.decide(bert, asked, "allow"), http.StatusSeeOther, callback)
	assert.Equal(t, bert, f.redeemed(values.Get("code")).User)
}

// TestNoOpenRedirector_A9 tries to have the login lead elsewhere.
func TestNoOpenRedirector_A9(t *testing.T) {
	f := newFixture(t)
	response := f.ask("", "app", "RedirectTo", "https://evil.example/", "state", "https://evil.example/")
	location, err := url.Parse(response.Header.Get("Location"))
	require.NoError(t, err)
	assert.Empty(t, location.Host)
	assert.NotContains(t, response.Header.Get("Location"), "evil")
}
