// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// website is a web site of somebody, with one page, that keeps what it was asked for.
type website struct {
	address string
	mu      sync.Mutex
	asked   []*http.Request
}

// openWebsite serves a page at every path, under a host name. 127.0.0.1 and localhost are different sites to a browser.
func openWebsite(t *testing.T, host, page string) *website {
	t.Helper()
	w := &website{}
	server := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		w.mu.Lock()
		w.asked = append(w.asked, request)
		w.mu.Unlock()
		response.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(response, `<!DOCTYPE html><title>Site</title><main id="site">%s</main>`, page)
	}))
	t.Cleanup(server.Close)
	w.address = strings.Replace(server.URL, "127.0.0.1", host, 1)
	return w
}

// requests are those for a path.
func (w *website) requests(path string) []*http.Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.asked), func(r *http.Request) bool { return r.URL.Path != path })
}

// complains waits until the browser's console says something.
func (w *browserWindow) complains(t *testing.T, of string) {
	t.Helper()
	require.Eventually(t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return slices.ContainsFunc(w.problems, func(problem string) bool { return strings.Contains(problem, of) })
	}, patience, tick, "the browser's console says %q", of)
}

// Alice is logged in, in a real browser, and visits a hostile site. It cannot show the consent page inside its own, nor
// send the form, nor read anything with her cookies; and where she allows, nobody learns the address she came from.
func TestHostileSiteInABrowser(t *testing.T) {
	s := start(t, options{})
	home := openWebsite(t, "127.0.0.1", "home")
	s.addClient(t, "webapp", "--redirect-uri", home.address+"/authorize")
	link := s.base + "/doap/auth?" + url.Values{
		"response_type": {"code"}, "client_id": {"webapp"}, "redirect_uri": {home.address + "/authorize"}, "scope": {"domino"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())}, "code_challenge_method": {"S256"},
	}.Encode()
	window := openWindow(t, link)
	window.run(t,
		chromedp.WaitVisible(`[name="Username"]`), chromedp.SendKeys(`[name="Username"]`, alice.name),
		chromedp.SendKeys(`[name="Password"]`, alice.password), chromedp.Submit(`[name="Password"]`), chromedp.WaitVisible("#allow"),
	)

	t.Run("A66 M30 a page in a frame", func(t *testing.T) {
		// As a neighbour of the same site, which gets the user's cookies into its frames.
		framing := openWebsite(t, "127.0.0.1", `<iframe src="`+html.EscapeString(link)+`"></iframe>`)
		window.run(t, chromedp.Navigate(framing.address))
		window.complains(t, "frame-ancestors")
	})
	t.Run("A67 a form that sends itself", func(t *testing.T) {
		sending := openWebsite(t, "localhost", `<form id="f" method="post" action="`+s.base+`/doap/consent">`+
			`<input name="request" value="x"><input name="token" value="x"><input name="decision" value="allow"></form>`+
			`<script>document.getElementById("f").submit()</script>`)
		window.run(t, chromedp.Navigate(sending.address))
		window.reads(t, "h1", "not accepted")
		assert.Empty(t, home.requests("/authorize"))
	})
	t.Run("A59 M36 a script that reads", func(t *testing.T) {
		reading := openWebsite(t, "localhost", "reading")
		window.run(t, chromedp.Navigate(reading.address))
		// fetch tells what a script of this site gets from an address, with the user's cookies or without.
		fetch := func(address, credentials string) (got string) {
			script := fmt.Sprintf(`fetch(%q, {credentials: %q}).then(r => "status " + r.status, e => "blocked")`, address, credentials)
			window.run(t, chromedp.Evaluate(script, &got, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
				return p.WithAwaitPromise(true)
			}))
			return got
		}
		assert.Equal(t, "status 200", fetch(s.base+"/doap/jwks", "omit"), "this is for everybody")
		assert.Equal(t, "blocked", fetch(s.base+"/doap/jwks", "include"), "but not with cookies")
		for _, address := range []string{link, s.base + "/doap/introspect", s.base + "/doap/consent", s.base + "/sales.nsf"} {
			assert.Equal(t, "blocked", fetch(address, "include"), address)
			assert.Equal(t, "blocked", fetch(address, "omit"), address)
		}
	})
	t.Run("A14 M29 what the next site learns", func(t *testing.T) {
		window.run(t, chromedp.Navigate(link), chromedp.Click("#allow"))
		window.reads(t, "#site", "home")
		arrived := home.requests("/authorize")
		require.Len(t, arrived, 1)
		assert.NotEmpty(t, arrived[0].URL.Query().Get("code"))
		assert.Empty(t, arrived[0].Referer())
		assert.NotContains(t, arrived[0].Header.Get("Cookie"), "doap", "cookies know no ports, but this one knows its path")
	})
}
