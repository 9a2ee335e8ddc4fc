// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"context"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The demo in a real browser: from the client's web site to the login of Domino and back, with and without a consent
// page in between. Chromium enforces what a Go client does not: cookies, the content security policy, form-action.
func TestDemoInABrowser(t *testing.T) {
	d := startDemo(t, t.TempDir(), "session")
	loggedIn := func(t *testing.T) *browserWindow {
		t.Helper()
		w := openWindow(t, site(d))
		w.run(t,
			chromedp.Click(`button[value="tutorial"]`),
			chromedp.WaitVisible(`[name="Username"]`),
			chromedp.SendKeys(`[name="Username"]`, d.env["USER_NAME"]),
			chromedp.SendKeys(`[name="Password"]`, d.env["USER_PASSWORD"]),
			chromedp.Submit(`[name="Password"]`),
		)
		w.readsTokens(t, d)
		return w
	}

	t.Run("a trusted client", func(t *testing.T) {
		w := loggedIn(t)
		w.assertClean(t)
	})
	t.Run("the user allows", func(t *testing.T) {
		w := loggedIn(t)
		w.run(t, chromedp.Navigate(site(d)), chromedp.Click(`button[value="tutorial-consent"]`))
		w.reads(t, "#user", d.env["USER_NAME"])
		w.reads(t, "h1", "Web site with consent")
		w.run(t, chromedp.Click("#allow"))
		w.readsTokens(t, d)
		w.reads(t, "main", `"client_id": "tutorial-consent"`)
		w.run(t, chromedp.Click(`form[action="/forget"] button`))
		w.run(t, chromedp.Click(`button[value="tutorial-consent"]`))
		w.readsTokens(t, d) // remembered: no page in between
		w.assertClean(t)
	})
}

// The page for somebody who refuses says so; nothing is granted.
func TestDenyInABrowser(t *testing.T) {
	d := startDemo(t, t.TempDir(), "session")
	w := openWindow(t, site(d))
	w.run(t,
		chromedp.Click(`button[value="tutorial-consent"]`),
		chromedp.WaitVisible(`[name="Username"]`),
		chromedp.SendKeys(`[name="Username"]`, d.env["USER_NAME"]),
		chromedp.SendKeys(`[name="Password"]`, d.env["USER_PASSWORD"]),
		chromedp.Submit(`[name="Password"]`),
		chromedp.WaitVisible("#deny"),
		chromedp.Click("#deny"),
	)
	w.reads(t, "main", "access_denied")
	w.assertClean(t)
}

// site is the address of the client's web site.
func site(d *demo) string { return strings.TrimSuffix(d.env["REDIRECT_URI"], "/authorize") }

// browserWindow is one window of a Chromium with a profile of its own.
type browserWindow struct {
	ctx context.Context

	mu       sync.Mutex
	problems []string // what the browser's console complained of
}

func openWindow(t *testing.T, address string) *browserWindow {
	t.Helper()
	program, err := exec.LookPath("chromium")
	require.NoError(t, err, "this test needs the Debian package chromium; run: make setup")
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), chromedp.WindowSize(1100, 1200), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), flags...)
	ctx, closeWindow := chromedp.NewContext(allocated)
	limited, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(func() { cancel(); closeWindow(); stop() })
	w := &browserWindow{ctx: limited}
	chromedp.ListenTarget(limited, func(event any) {
		if added, ok := event.(*log.EventEntryAdded); ok && added.Entry.Level == log.LevelError {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.problems = append(w.problems, added.Entry.Text+" "+added.Entry.URL)
		}
	})
	w.run(t, log.Enable(), chromedp.Navigate(address))
	return w
}

func (w *browserWindow) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(w.ctx, actions...); err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		require.NoError(t, err, "the browser's console: %q", w.problems)
	}
}

// reads waits until an element of the page shows a text. A page that is just being left is asked again.
func (w *browserWindow) reads(t *testing.T, selector, want string) {
	t.Helper()
	var text string
	require.Eventually(t, func() bool {
		script := `(document.querySelector("` + selector + `") || {}).innerText || ""`
		return chromedp.Run(w.ctx, chromedp.Evaluate(script, &text)) == nil && strings.Contains(text, want)
	}, patience, 10*tick, "%s shows %q", want, &text)
}

// readsTokens waits for the page that the tutorial ends on.
func (w *browserWindow) readsTokens(t *testing.T, d *demo) {
	t.Helper()
	for _, said := range []string{`"sub": "CN=` + d.env["USER_NAME"], d.env["ISSUER"], "Forty desks", "Domino saw"} {
		w.reads(t, "main", said)
	}
}

// assertClean demands that the browser had nothing to complain of but the icon that no page has.
func (w *browserWindow) assertClean(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, problem := range w.problems {
		assert.Contains(t, problem, "favicon.ico")
	}
}

// A person comes to the page of API keys without a login, makes a key there, and a program uses it until it is revoked.
func TestAPIKeyInABrowser(t *testing.T) {
	d := startDemo(t, t.TempDir(), "session")
	w := openWindow(t, d.env["ISSUER"]+"/account")
	w.run(t,
		chromedp.WaitVisible(`[name="Username"]`),
		chromedp.SendKeys(`[name="Username"]`, d.env["USER_NAME"]),
		chromedp.SendKeys(`[name="Password"]`, d.env["USER_PASSWORD"]),
		chromedp.Submit(`[name="Password"]`),
		chromedp.WaitVisible("#keys"),
		chromedp.Click("#keys"),
	)
	w.reads(t, "#user", d.env["USER_NAME"])
	w.reads(t, "#none", "You have none")
	var key string
	w.run(t,
		chromedp.SendKeys("#label", "Night <b>shift</b>"),
		chromedp.Click(`input[value="domino"]`),
		chromedp.Click("#create"),
		chromedp.WaitVisible("#secret"),
		chromedp.Text("#secret", &key),
	)
	w.reads(t, "#good .label", "Night <b>shift</b>")
	read := func() page {
		request := newRequest(t, http.MethodGet, strings.TrimSuffix(d.env["ISSUER"], "/doap")+"/demo.nsf/api/data/documents", "")
		request.Header.Set("Authorization", "Bearer "+key)
		return do(t, http.DefaultClient, request)
	}
	got := read()
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Contains(t, got.body, "CN="+d.env["USER_NAME"])
	w.run(t, chromedp.Click(`#good button[value="revoke"]`))
	w.reads(t, "#ended .label", "Night <b>shift</b>")
	assert.Equal(t, http.StatusUnauthorized, read().status)
	w.assertClean(t)

	w.run(t, chromedp.SendKeys("#label", "Another"), chromedp.Click("#create"))
	w.reads(t, "#problem", "Choose at least one thing")
	w.run(t, chromedp.Value("#label", &key))
	assert.Equal(t, "Another", key, "what was filled in is there")
}
