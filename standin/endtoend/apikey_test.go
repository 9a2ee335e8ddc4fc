// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const reporting = "CN=Reporting/O=Acme"

// issue makes an API key with doapctl, and returns it with its id.
func (s *server) issue(t *testing.T, flags ...string) (key, id string) {
	t.Helper()
	return issueKey(t, s.data, flags...)
}

// issueKey does so where no server runs yet.
func issueKey(t *testing.T, data string, flags ...string) (key, id string) {
	t.Helper()
	var issued struct {
		ID  string `json:"id"`
		Key string `json:"api_key"`
	}
	printed := doapctl(t, data, append([]string{"apikey", "add", "--json", "--label", "For " + strings.Join(flags, " ")}, flags...)...)
	require.NoError(t, json.Unmarshal([]byte(printed), &issued), printed)
	require.Regexp(t, `^doap_[A-Za-z0-9_-]{43}$`, issued.Key)
	return issued.Key, issued.ID
}

// awaitSales asks for the sales until the server, which looks at the database once a second, answers so.
func (s *server) awaitSales(t *testing.T, key string, status int) page {
	t.Helper()
	var got page
	require.Eventually(t, func() bool {
		got = s.asks(t, key, http.MethodGet, "/sales.nsf"+documents)
		return got.status == status
	}, patience, 10*tick)
	return got
}

// A key of an administrator's opens what its scope and the access control lists let it, as the person or the name, and
// ends at once.
func TestAPIKeysOfAdministrators_B4_B14_B15(t *testing.T) {
	for _, order := range []string{"documented", "mapped-first"} {
		t.Run(order, func(t *testing.T) {
			s := withScopes(t, options{order: order})
			for name, c := range map[string]struct{ flag, name string }{
				"a person": {"--user", taro.canonical}, "a name": {"--name", reporting},
			} {
				t.Run(name, func(t *testing.T) {
					key, id := s.issue(t, c.flag, c.name, "--scope", "sales.read")
					read := s.awaitSales(t, key, http.StatusOK)
					assert.Equal(t, c.name, read.header.Get("X-Standin-User"), "whom Domino served")
					assert.Contains(t, read.body, `"ReadBy": "`+c.name+`"`)
					environment := s.asks(t, key, http.MethodGet, "/standin/environ").body
					for _, told := range []string{
						`"HTTP_X_DOAP_SCOPE": "sales.read"`, `"HTTP_X_DOAP_CLIENT": "urn:ndoap:apikey:` + id + `"`, `"HTTP_X_DOAP_SUBJECT": "` + c.name + `"`,
					} {
						assert.Contains(t, environment, told)
					}
					limited := s.asks(t, key, http.MethodGet, "/public.nsf"+documents)
					assert.Equal(t, http.StatusForbidden, limited.status, limited.body)
					assert.Equal(t, "insufficient_scope", limited.text("error"))
					assert.Equal(t, http.StatusForbidden, s.asks(t, key, http.MethodGet, "/sales.nsf/0/x?DeleteDocument").status)
					for _, path := range []string{"/doap/account/keys", "/doap/auth?client_id=" + tutorialID} {
						assert.Equal(t, http.StatusForbidden, s.asks(t, key, http.MethodGet, path).status, path)
					}

					doapctl(t, s.data, "apikey", "revoke", id)
					revoked := s.awaitSales(t, key, http.StatusUnauthorized)
					assert.Equal(t, "The token was revoked.", revoked.text("error_description"))
					assert.Contains(t, revoked.header.Get("Www-Authenticate"), `error="invalid_token"`)
				})
			}
		})
	}
}

// The access control list has the last word, and the directory decides at each use whose a name is.
func TestWhoseAnAPIKeyIs_B8_B10(t *testing.T) {
	keys := map[string]string{}
	s := start(t, options{damage: func(t *testing.T, data string) {
		t.Helper()
		for _, holder := range []string{"--name=CN=Reporting/O=Elsewhere", "--name=" + alice.canonical, "--user=CN=Nobody/O=Acme", "--user=CN=alice adams/O=Acme"} {
			keys[holder], _ = issueKey(t, data, holder, "--scope", "domino")
		}
	}})
	outside := keys["--name=CN=Reporting/O=Elsewhere"]
	delete(keys, "--name=CN=Reporting/O=Elsewhere")
	read := s.asks(t, outside, http.MethodGet, "/public.nsf"+documents)
	assert.Equal(t, http.StatusOK, read.status, read.body)
	assert.Equal(t, "CN=Reporting/O=Elsewhere", read.header.Get("X-Standin-User"))
	assert.NotContains(t, s.asks(t, outside, http.MethodGet, "/sales.nsf"+documents).body, "Forty desks", "*/Acme only")
	for holder, key := range keys {
		refused := s.asks(t, key, http.MethodGet, "/public.nsf"+documents)
		assert.Equal(t, http.StatusUnauthorized, refused.status, holder)
		assert.Equal(t, "The token does not say in a usable way whose it is.", refused.text("error_description"), holder)
	}
	assert.Contains(t, s.await(t, "person: found the Domino directory has an entry of this name"), alice.canonical)
	s.await(t, "person: found nobody in the Domino directory has this name")
	s.await(t, "person: found one person who is called "+alice.canonical)
	assert.NotContains(t, strings.Join(s.printed(), "\n"), "doap_", "B16: no key on the console")
}

// A key ends with everything else of its person, on every server that shares the database.
func TestAPIKeysOnAnotherServer_A45(t *testing.T) {
	s := withScopes(t, options{})
	other := s.twin(t)
	key, _ := s.issue(t, "--user", alice.canonical, "--scope", "domino", "--expires", "never")
	for _, server := range []*server{s, other} {
		server.awaitSales(t, key, http.StatusOK)
	}
	doapctl(t, s.data, "user", "revoke", alice.canonical, "--yes")
	for _, server := range []*server{s, other} {
		server.awaitSales(t, key, http.StatusUnauthorized)
	}
}

var (
	hiddenToken = regexp.MustCompile(`<input type="hidden" name="token" value="([^"]*)">`)
	shownKey    = regexp.MustCompile(`<code id="secret" class="secret">([^<]*)</code>`)
	shownID     = regexp.MustCompile(`<input type="hidden" name="id" value="([^"]*)">`)
)

// A person logs in on the way to the page, makes a key, uses it and revokes it.
func TestAPIKeysOfPeople_A74(t *testing.T) {
	for _, auth := range []string{"session", "basic"} {
		for _, event := range []string{"authorized", "process"} {
			t.Run(auth+" "+event, func(t *testing.T) {
				s := withScopes(t, options{auth: auth, userEvent: event})
				b := s.browser(t, taro)
				const path = "/doap/account/keys"
				page, _ := b.open(t, http.MethodGet, s.base+path, "")
				require.Equal(t, http.StatusOK, page.status, page.body)
				assert.Contains(t, page.body, "山田 太郎/営業/Acme")
				assert.NotContains(t, page.body, "checked")
				if auth == "session" {
					assert.Contains(t, b.hops[0], "/names.nsf?Login&RedirectTo="+url.QueryEscape(path))
				}
				form := url.Values{
					"action": {"create"}, "token": {hiddenToken.FindStringSubmatch(page.body)[1]},
					"label": {"夜間の<出力>"}, "scope": {"sales.read"}, "life": {"30d"},
				}
				made, _ := b.open(t, http.MethodPost, s.base+path, form.Encode())
				require.Equal(t, http.StatusOK, made.status, made.body)
				assert.Contains(t, html.UnescapeString(made.body), "夜間の<出力>")
				key := shownKey.FindStringSubmatch(made.body)[1]
				read := s.asks(t, key, http.MethodGet, "/sales.nsf"+documents)
				assert.Equal(t, http.StatusOK, read.status, read.body)
				assert.Contains(t, read.body, `"ReadBy": "`+taro.canonical+`"`)
				assert.Equal(t, http.StatusForbidden, s.asks(t, key, http.MethodGet, "/public.nsf"+documents).status)
				listed := doapctl(t, s.data, "apikey", "list", "--user", taro.canonical)
				assert.Contains(t, listed, "夜間の<出力>")
				assert.NotContains(t, listed, key)

				forged, _ := s.browser(t, taro).open(t, http.MethodPost, s.base+path, form.Encode())
				assert.NotRegexp(t, shownKey, forged.body, "the form in another browser")

				form = url.Values{"action": {"revoke"}, "token": form["token"], "id": {shownID.FindStringSubmatch(made.body)[1]}}
				b.stops = s.base + path
				_, _ = b.open(t, http.MethodPost, s.base+path, form.Encode())
				assert.Equal(t, http.StatusUnauthorized, s.asks(t, key, http.MethodGet, "/sales.nsf"+documents).status)
				assert.NotContains(t, strings.Join(s.printed(), "\n"), key, "B16")
			})
		}
	}
}

// The server writes down when a key was used last, at the latest when it stops.
func TestLastUseOfAPIKeys(t *testing.T) {
	s := withScopes(t, options{})
	key, _ := s.issue(t, "--name", reporting, "--scope", "domino")
	s.awaitSales(t, key, http.StatusOK)
	s.tell(t, "tell http restart")
	require.Eventually(t, func() bool {
		return strings.Contains(doapctl(t, s.data, "apikey", "list", "--json"), `"last_used_at": "20`)
	}, patience, 10*tick)
	s.awaitSales(t, key, http.StatusOK)
}
