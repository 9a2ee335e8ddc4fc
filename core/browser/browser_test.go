// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/web"
)

const (
	ada  = "CN=Ada Lovelace/O=Example"
	bert = "CN=Bert Brecht/O=Example"
)

// from is a request with headers, given as names and values.
func from(headers ...string) *web.Request {
	header := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		header.Add(headers[i], headers[i+1])
	}
	return &web.Request{Method: http.MethodGet, Header: header.Values, Secure: true}
}

func with(secret oauth.Secret) *web.Request {
	return from("Cookie", "a=b; "+Cookie+"="+secret.Reveal())
}

func TestABrowserIsToldFromOthers(t *testing.T) {
	secret, cookie := Identify(from())
	assert.Equal(t, Cookie+"="+secret.Reveal()+"; Path=/doap; HttpOnly; SameSite=Lax; Secure", cookie)
	again, cookie := Identify(with(secret))
	assert.Equal(t, secret, again)
	assert.Empty(t, cookie, "it has one")
	for _, odd := range []oauth.Secret{"", "short", secret + "x"} {
		assert.Empty(t, Of(with(odd)).Reveal())
		fresh, cookie := Identify(with(odd))
		assert.NotEqual(t, odd, fresh)
		assert.NotEmpty(t, cookie)
	}
	plain := from()
	plain.Secure = false
	_, cookie = Identify(plain)
	assert.NotContains(t, cookie, "Secure")
	assert.Empty(t, WithCookie(web.JSON(200, nil), "").Header.Values("Set-Cookie"))
	assert.Equal(t, []string{"x"}, WithCookie(web.JSON(200, nil), "x").Header.Values("Set-Cookie"))
}

func TestFormTokens_A66_A67(t *testing.T) {
	secret := oauth.NewSecret()
	token := FormToken(secret, ada)
	assert.True(t, IsFormToken(with(secret), ada, token))
	assert.False(t, IsFormToken(with(secret), bert, token), "another user has logged in since")
	assert.False(t, IsFormToken(with(oauth.NewSecret()), ada, token), "another browser")
	assert.False(t, IsFormToken(with(secret), ada, ""))
	assert.False(t, IsFormToken(with(secret), ada, token+"x"))
	assert.False(t, IsFormToken(with(secret), ada, secret), "the cookie itself is not what the form carries")
	assert.False(t, IsFormToken(from(), ada, FormToken("", ada)), "what anybody can make where there is no cookie")
	assert.NotContains(t, token.Reveal(), secret.Reveal())
}

func TestTheWayToTheLoginAndBack_A9_A72(t *testing.T) {
	pages := page.New(func() config.Pages { return config.Pages{Organization: "Example"} })
	settings := config.Login{Method: config.LoginSession, Path: "/names.nsf?Login"}
	login := Login(pages, settings, from(), "/doap/account/keys")
	assert.Equal(t, http.StatusFound, login.Status)
	assert.Equal(t, "/names.nsf?Login&RedirectTo=%2Fdoap%2Faccount%2Fkeys", login.Header.Get("Location"))
	settings.Path = "/login"
	posted := from()
	posted.Method = http.MethodPost
	login = Login(pages, settings, posted, "/doap/account")
	assert.Equal(t, http.StatusSeeOther, login.Status, "what was posted is not posted to the login")
	assert.Equal(t, "/login?RedirectTo=%2Fdoap%2Faccount", login.Header.Get("Location"))
	login = Login(pages, config.Login{Method: config.LoginBasic, Realm: `A "B" \`}, from(), "/x")
	assert.Equal(t, http.StatusUnauthorized, login.Status)
	assert.Equal(t, `Basic realm="A \"B\" \\"`, login.Header.Get("WWW-Authenticate"))
}

func TestFormsOfOurOwnPages_A67(t *testing.T) {
	const issuer = "https://Domino.example:443/doap"
	for name, c := range map[string]struct {
		headers []string
		own     bool
	}{
		"no headers":            {nil, true},
		"our origin":            {[]string{"Origin", "https://domino.example"}, true},
		"an origin kept back":   {[]string{"Origin", "null", "Sec-Fetch-Site", "same-origin"}, true},
		"another site":          {[]string{"Origin", "null", "Sec-Fetch-Site", "cross-site"}, false},
		"another host":          {[]string{"Sec-Fetch-Site", "same-site"}, false},
		"a typed address":       {[]string{"Sec-Fetch-Site", "none"}, false},
		"another origin":        {[]string{"Origin", "https://evil.example"}, false},
		"another scheme":        {[]string{"Origin", "http://domino.example"}, false},
		"another port":          {[]string{"Origin", "https://domino.example:8443"}, false},
		"two origins, one ours": {[]string{"Origin", "https://domino.example", "Origin", "https://evil.example"}, false},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.own, SentByOwnPage(from(c.headers...), issuer)) })
	}
	assert.Equal(t, "http://localhost", origin("http://localhost:80/doap"))
	require.Empty(t, origin("https://%zz/"))
	assert.True(t, strings.HasPrefix(origin("https://a:8443/doap"), "https://a:"))
}
