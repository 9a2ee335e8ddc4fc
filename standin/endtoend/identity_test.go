// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readInSession asks for a page with a session cookie, and with a token unless it is empty.
func (b *browser) readInSession(t *testing.T, path, token string) page {
	t.Helper()
	request := newRequest(t, http.MethodGet, b.server.base+path, "")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return do(t, b.client, request)
}

// login gives a browser a session that Domino knows.
func (s *server) login(t *testing.T, who person) *browser {
	t.Helper()
	b := s.browser(t, who)
	b.open(t, http.MethodGet, s.base+"/names.nsf?Login&RedirectTo=%2Fpublic.nsf%2Fapi%2Fdata%2Fdocuments", "")
	alone := b.readInSession(t, "/public.nsf/api/data/documents", "")
	require.Equal(t, who.canonical, alone.header.Get("X-Standin-User"), "the session is good")
	return b
}

// A token and a session of two people in one request: the token wins, for the ACL and for the application (B11).
func TestTokenWinsOverSession(t *testing.T) {
	for _, order := range []string{"documented", "mapped-first"} {
		t.Run(order, func(t *testing.T) {
			s := start(t, options{order: order})
			token := s.tokens(t, alice).text("access_token")
			b := s.login(t, joerg)
			for _, path := range []string{"/public.nsf/api/data/documents", "/sales.nsf/api/data/documents", "/standin/environ"} {
				got := b.readInSession(t, path, token)
				assert.Equal(t, http.StatusOK, got.status, got.body)
				assert.Equal(t, alice.canonical, got.header.Get("X-Standin-User"), path)
			}
			seen := b.readInSession(t, "/standin/environ", token).body
			assert.Contains(t, seen, `"HTTP_X_DOAP_SUBJECT": "`+alice.canonical+`"`)
			refused := b.readInSession(t, "/public.nsf/api/data/documents", token+"x")
			assert.Equal(t, http.StatusUnauthorized, refused.status, "a bad token is no reason to take the session")
			after := b.readInSession(t, "/public.nsf/api/data/documents", "")
			assert.Equal(t, joerg.canonical, after.header.Get("X-Standin-User"), "and leaves nothing behind")
		})
	}
}

// A server that asks no filter about the user of a session: such a request is refused, because it would be served to
// one person with another one's scope and subject.
func TestTokenThatASessionHides(t *testing.T) {
	for _, order := range []string{"documented", "mapped-first"} {
		for _, event := range []string{"authorized", "process"} {
			t.Run(order+" "+event, func(t *testing.T) {
				s := start(t, options{order: order, userEvent: event, extra: []string{"--host-arg", "--session-skips-authenticate"}})
				token := s.tokens(t, alice).text("access_token")
				b := s.login(t, joerg)
				for _, path := range []string{"/public.nsf/api/data/documents", "/sales.nsf/api/data/documents", "/standin/environ"} {
					got := b.readInSession(t, path, token)
					assert.GreaterOrEqual(t, got.status, http.StatusBadRequest, "%s %s", path, got.body)
					assert.Less(t, got.status, http.StatusInternalServerError, "%s %s", path, got.body)
					assert.Empty(t, got.header.Get("X-Standin-User"), "the filter answers, not Domino")
					assert.NotContains(t, got.body, "Alice")
				}
				nobody := s.read(t, "/public.nsf/api/data/documents", token)
				assert.Equal(t, alice.canonical, nobody.header.Get("X-Standin-User"), "without a session the token is good")
				mine := b.readInSession(t, "/standin/environ", "")
				assert.Equal(t, joerg.canonical, mine.header.Get("X-Standin-User"), "without a token the session is good")
				assert.NotContains(t, mine.body, "HTTP_X_DOAP")
			})
		}
	}
}

// A server that looks into its cache first, though it must not: who of the two it takes is told in two ways. A request
// that it serves to somebody else than the token's user is refused.
func TestTokenBesideACachedUser(t *testing.T) {
	for _, event := range []string{"authorized", "process"} {
		for _, winner := range []string{"filter", "cache"} {
			t.Run(event+" "+winner, func(t *testing.T) {
				s := start(t, options{userEvent: event, extra: []string{"--host-arg", "--found-in-cache", "--host-arg", winner}})
				token := s.tokens(t, alice).text("access_token")
				b := s.login(t, joerg)
				for _, path := range []string{"/public.nsf/api/data/documents", "/standin/environ"} {
					got := b.readInSession(t, path, token)
					if winner == "filter" {
						assert.Equal(t, alice.canonical, got.header.Get("X-Standin-User"), "%s %s", path, got.body)
						continue
					}
					assert.GreaterOrEqual(t, got.status, http.StatusBadRequest, "%s %s", path, got.body)
					assert.Less(t, got.status, http.StatusInternalServerError, "%s %s", path, got.body)
					assert.Empty(t, got.header.Get("X-Standin-User"), "the filter answers, not Domino")
				}
				own := s.login(t, alice).readInSession(t, "/standin/environ", token)
				assert.Equal(t, alice.canonical, own.header.Get("X-Standin-User"), "whoever wins, it is she")
			})
		}
	}
}

// Domino may spell nobody in letters: he gets the login, never a code.
func TestNobodySpelledAnonymous_A74(t *testing.T) {
	for _, auth := range []string{"session", "basic"} {
		for _, name := range []string{"Anonymous", "anonymous"} {
			t.Run(auth+" "+name, func(t *testing.T) {
				s := start(t, options{auth: auth, extra: []string{"--host-arg", "--anonymous-name", "--host-arg", name}})
				b := s.browser(t, alice)
				query := url.Values{"response_type": {"code"}, "client_id": {tutorialID}, "scope": {"domino"}}
				got := do(t, b.client, newRequest(t, http.MethodGet, s.base+"/doap/auth?"+query.Encode(), ""))
				assert.NotContains(t, got.header.Get("Location"), "code=")
				if auth == "session" {
					assert.Equal(t, http.StatusFound, got.status, got.body)
					assert.True(t, strings.HasPrefix(got.header.Get("Location"), "/names.nsf?Login&"), got.header.Get("Location"))
				} else {
					assert.Equal(t, http.StatusUnauthorized, got.status, got.body)
					assert.Contains(t, got.header.Get("Www-Authenticate"), "Basic ")
				}
				tutorial(t, s, alice)
			})
		}
	}
}
