// SPDX-License-Identifier: Apache-2.0

// Package browser knows the browsers of people: the cookie by which one is told from all others, whether a form was sent
// by a page of ours, and how to send somebody to the login and back.
package browser

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/web"
)

// Cookie is the name of the cookie that only one browser has.
const Cookie = "doap_browser"

const secretLength = 43 // of what oauth.NewSecret makes

// Of returns the secret of the browser that a request comes from; empty if the browser has none, or something else in its
// place.
func Of(request *web.Request) oauth.Secret {
	secret := oauth.Secret(request.Cookie(Cookie))
	if len(secret) != secretLength {
		return ""
	}
	return secret
}

// Identify returns the secret of the browser, a new one if it has none, and the cookie that must be set then.
func Identify(request *web.Request) (secret oauth.Secret, cookie string) {
	if secret = Of(request); secret != "" {
		return secret, ""
	}
	secret = oauth.NewSecret()
	cookie = Cookie + "=" + secret.Reveal() + "; Path=/doap; HttpOnly; SameSite=Lax"
	if request.Secure {
		cookie += "; Secure"
	}
	return secret, cookie
}

// WithCookie adds the cookie that Identify returned, if there is one.
func WithCookie(response web.Response, cookie string) web.Response {
	if cookie == "" {
		return response
	}
	return response.With("Set-Cookie", cookie)
}

// FormToken is what a form for one user in one browser carries, so that nobody else can have made it: who plants a link or a
// page does not know the browser's secret, and whoever logs in after the page was shown is another user.
func FormToken(secret oauth.Secret, user string) oauth.Secret {
	sum := hmac.New(sha256.New, []byte(secret.Reveal()))
	sum.Write([]byte("form\n" + user))
	return oauth.Secret(base64.RawURLEncoding.EncodeToString(sum.Sum(nil)))
}

// IsFormToken tells whether a token is that of this user's form in the browser of the request.
func IsFormToken(request *web.Request, user string, token oauth.Secret) bool {
	secret := Of(request)
	return secret != "" && hmac.Equal([]byte(FormToken(secret, user).Reveal()), []byte(token.Reveal()))
}

// Login sends somebody whom Domino does not know yet to where they can log in. With session authentication back, a path on
// this server, is where the login form leads to; with Basic authentication the browser repeats the very same request with
// credentials.
func Login(pages *page.Pages, settings config.Login, request *web.Request, back string) web.Response {
	if settings.Method == config.LoginBasic {
		realm := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(settings.Realm)
		return pages.Error(http.StatusUnauthorized, "Please log in",
			"Log in with your Domino name and password to go on. Reload this page to be asked for them again.").With("WWW-Authenticate", `Basic realm="`+realm+`"`)
	}
	separator := "?"
	if strings.Contains(settings.Path, "?") {
		separator = "&"
	}
	return web.Redirect(request, settings.Path+separator+"RedirectTo="+url.QueryEscape(back))
}

// SentByOwnPage judges a form by the headers that browsers set and pages cannot. Origin is "null" on our own form, because
// our pages forbid referrers (Fetch Standard, "append a request Origin header"); what tells then is Sec-Fetch-Site, and in
// browsers that lack it the form's token.
func SentByOwnPage(request *web.Request, issuer string) bool {
	for _, site := range request.Header("Sec-Fetch-Site") {
		if site != "same-origin" {
			return false
		}
	}
	for _, from := range request.Header("Origin") {
		if from != "null" && from != origin(issuer) {
			return false
		}
	}
	return true
}

// origin is the origin of a URL as browsers write it (RFC 6454 section 6.1).
func origin(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "" // never the value of an Origin header
	}
	host := strings.ToLower(parsed.Host)
	switch parsed.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return parsed.Scheme + "://" + host
}
