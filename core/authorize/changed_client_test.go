// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// TestClientChangesAfterConsent_A70_M33 has a client that a user trusts turn into something else. What the user allowed
// is a scope for the client that was registered then, and no more.
func TestClientChangesAfterConsent_A70_M33(t *testing.T) {
	f := newFixture(t)
	allowed := func() {
		f.redirected(f.decide(ada, f.consentPage(f.ask(ada, "app", "scope", "mail")), "allow"), http.StatusSeeOther, callback)
		f.redirected(f.ask(ada, "app", "scope", "mail"), http.StatusFound, callback)
	}
	update := func(change func(*store.Client)) {
		require.NoError(t, f.store.UpdateClient(t.Context(), "app", func(c *store.Client) error { change(c); return nil }))
	}

	update(func(c *store.Client) { c.Scopes = []string{"mail"} })
	allowed()
	update(func(c *store.Client) { c.Scopes = []string{"mail", "domino"} })
	f.consentPage(f.ask(ada, "app", "scope", "")) // all that it may have now is more than was allowed
	f.redirected(f.ask(ada, "app", "scope", "mail"), http.StatusFound, callback)

	const moved = "https://app.example/moved"
	update(func(c *store.Client) { c.RedirectURIs = []string{moved} })
	f.onPage(f.ask(ada, "app", "scope", "mail", "redirect_uri", callback), http.StatusBadRequest, "not one that the client has registered")

	update(func(c *store.Client) { c.RedirectURIs, c.Disabled = []string{callback}, true })
	f.onPage(f.ask(ada, "app", "scope", "mail"), http.StatusBadRequest, "disabled")

	// Another client with the id of one that is gone.
	require.NoError(t, f.store.RemoveClient(t.Context(), "app"))
	require.NoError(t, f.store.AddClient(t.Context(), clients[0]))
	f.consentPage(f.ask(ada, "app", "scope", "mail"))
}
