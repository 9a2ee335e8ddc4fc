// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withScopes is a server with scopes that limit, and a client that may have all of them.
func withScopes(t *testing.T, o options) *server {
	t.Helper()
	rules := func(rules ...map[string]any) map[string]any {
		return map[string]any{"description": "Limited", "rules": rules}
	}
	trial := rules(map[string]any{"path": "/sales.nsf/**"})
	trial["reportOnly"] = true
	o.config = map[string]any{
		"databases": map[string]string{"notices": "Public"},
		"scopes": map[string]any{
			"sales.read": rules(map[string]any{"path": "/sales.nsf/**"}, map[string]any{"path": "/standin/environ", "commands": []string{"/other"}}),
			"notices":    map[string]string{"description": "Notices"},
			"MAIL":       map[string]string{"description": "Mail"},
			"trial":      trial,
		},
	}
	s := start(t, o)
	s.addClient(t, "limited", "--legacy", "--trusted", "--scope", "sales.read", "--scope", "notices", "--scope", "trial", "--scope", "MAIL")
	return s
}

// tokenFor gets somebody's token of a scope.
func (s *server) tokenFor(t *testing.T, who person, scope string) string {
	t.Helper()
	code := s.authorize(t, who, url.Values{"response_type": {"code"}, "client_id": {"limited"}, "scope": {scope}}).Get("code")
	got := s.token(t, "grant_type", "authorization_code", "code", code, "client_id", "limited", "client_secret", s.secrets["limited"])
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.Equal(t, scope, got.text("scope"))
	return got.text("access_token")
}

// asks sends a request whose target goes over the wire as it stands.
func (s *server) asks(t *testing.T, token, method, target string, headers ...string) page {
	t.Helper()
	request := newRequest(t, method, s.base, "")
	request.URL.Opaque = target
	request.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return do(t, http.DefaultClient, request)
}

const documents = "/api/data/documents"

// A scope for reading one database reads it, in every spelling that is clear, and opens nothing else, in whatever
// spelling this Domino serves it.
func TestScopesLimit_B2_B13_B14(t *testing.T) {
	for _, order := range []string{"documented", "mapped-first"} {
		t.Run(order, func(t *testing.T) {
			s := withScopes(t, options{order: order})
			limited, all := s.tokenFor(t, alice, "sales.read"), s.tokenFor(t, alice, "domino")
			for _, target := range []string{
				"/sales.nsf", "/sales.nsf?OpenDatabase", "/SALES.NSF" + documents, "/x/%2e%2e/s%61les.nsf" + documents, "/./sales.nsf/" + documents, s.base + "/sales.nsf",
			} {
				got := s.asks(t, limited, http.MethodGet, target)
				assert.Equal(t, http.StatusOK, got.status, "%s: %s", target, got.body)
				assert.Equal(t, alice.canonical, got.header.Get("X-Standin-User"), target)
			}
			assert.Contains(t, s.asks(t, limited, http.MethodGet, "/standin/environ").body, `"HTTP_X_DOAP_SCOPE": "sales.read"`, "B15: the application knows")

			served := 0
			for _, target := range []string{
				"/public.nsf" + documents, "/PUBLIC.nsf" + documents, "/%70ublic.nsf" + documents, s.base + "/public.nsf" + documents,
				"/sales.nsf/../public.nsf" + documents, "/sales.nsf/%2e%2e/public.nsf" + documents, "/sales.nsf%2f..%2fpublic.nsf" + documents,
				"/sales.nsf/./..//public.nsf" + documents, "/sales.nsf/%2E./public.nsf?OpenDatabase", "/sales.nsf/..%2Fpublic.nsf",
				"/sales.nsf;/../public.nsf", "/sales.nsf%5c..%5cpublic.nsf", "/sales.nsf%00/../public.nsf", "/public.nsf.", "/public.nsf%20", "/public.nsf::$DATA",
				"/PUBLIC~1.NSF", "/__852562F3007ABFD6.nsf", "/names.nsf?Login", "/sales.nsf?Logout", "/sales.nsf?OpenDatabase&Logout", "/", "/?OpenServer",
				"/sales.nsf/0/UNID?EditDocument", "/sales.nsf/0/UNID?DeleteDocument", "/sales.nsf/report?OpenAgent", "/sales.nsf/report!OpenAgent",
				"/sales.nsf/report", "/sales.nsf/report?Open", "/sales.nsf/order?CreateDocument", "/sales.nsf?NeverHeardOf", "/sales.nsf/home.xsp",
			} {
				got := s.asks(t, limited, http.MethodGet, target)
				assert.Equal(t, http.StatusForbidden, got.status, "%s: %s", target, got.body)
				assert.Equal(t, "insufficient_scope", got.text("error"), target)
				assert.Empty(t, got.header.Get("X-Standin-User"), "%s: the filter answers, not Domino", target)
				if s.asks(t, all, http.MethodGet, target).status == http.StatusOK {
					served++
				}
			}
			assert.Greater(t, served, 8, "spellings that this Domino serves to who may have everything")
			assert.Contains(t, s.asks(t, limited, http.MethodGet, "/public.nsf").header.Get("Www-Authenticate"), `error="insufficient_scope"`)
			assert.Contains(t, s.asks(t, limited, http.MethodGet, "/public.nsf").header.Get("Www-Authenticate"), `scope="notices"`)

			for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
				got := s.asks(t, limited, method, "/sales.nsf"+documents)
				assert.GreaterOrEqual(t, got.status, http.StatusBadRequest, method)
				assert.Empty(t, got.header.Get("X-Standin-User"), method)
			}
			got := s.asks(t, limited, http.MethodGet, "/sales.nsf"+documents, "X-HTTP-Method-Override", http.MethodDelete)
			assert.Equal(t, http.StatusForbidden, got.status, got.body)
		})
	}
}

// The alias of a database opens that database, and a scope on trial opens everything and says so.
func TestAliasesAndTrials(t *testing.T) {
	s := withScopes(t, options{})
	notices := s.tokenFor(t, alice, "notices")
	assert.Equal(t, http.StatusOK, s.asks(t, notices, http.MethodGet, "/public.nsf"+documents).status)
	assert.Equal(t, http.StatusNotFound, s.asks(t, notices, http.MethodGet, "/public.nsf/agent?OpenAgent").status, "Domino answers: there is none")
	assert.Equal(t, http.StatusForbidden, s.asks(t, notices, http.MethodGet, "/sales.nsf"+documents).status)
	assert.Equal(t, http.StatusForbidden, s.asks(t, notices, http.MethodGet, "/public.nsf?Logout").status)

	both := s.tokenFor(t, alice, "notices sales.read")
	assert.Equal(t, http.StatusOK, s.asks(t, both, http.MethodGet, "/public.nsf"+documents).status)
	assert.Equal(t, http.StatusOK, s.asks(t, both, http.MethodGet, "/sales.nsf"+documents).status)

	trial := s.tokenFor(t, alice, "trial")
	assert.Equal(t, http.StatusOK, s.asks(t, trial, http.MethodGet, "/public.nsf"+documents).status)
	said := s.await(t, "a scope that only reports let a request through")
	assert.Contains(t, said, "/public.nsf/api/data/documents")
	assert.False(t, strings.Contains(said, trial), "no token in the log")
}

// giveMailFiles puts mail files into the directory, and the databases where they are.
func giveMailFiles(t *testing.T, data string) {
	t.Helper()
	edit := func(name string, pairs ...string) {
		path := filepath.Join(data, name)
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		edited := strings.NewReplacer(pairs...).Replace(string(text))
		require.NotEqual(t, string(text), edited)
		require.NoError(t, os.WriteFile(path, []byte(edited), 0o600))
	}
	edit("people.json", `"password": "alice-pw"`, `"password": "alice-pw", "mailFile": "mail\\AAdams"`,
		`"password": "taro-pw"`, `"password": "taro-pw", "mailFile": "mail\\山田.nsf"`)
	const mail = `{"path": "mail/NAME.nsf", "acl": [{"name": "-Default-", "access": "reader"}], "documents": []}, `
	edit("databases.json", `{"path": "sales.nsf"`, strings.Replace(mail, "NAME", "aadams", 1)+strings.Replace(mail, "NAME", "山田", 1)+`{"path": "sales.nsf"`)
}

// MAIL opens the mail file that Domino's directory has for the user, whatever letters are in it, and no other.
func TestOwnMailFile_B13(t *testing.T) {
	s := withScopes(t, options{damage: giveMailFiles})
	const hers, his = "/mail/aadams.nsf", "/mail/%E5%B1%B1%E7%94%B0.nsf"
	for _, c := range []struct {
		who         person
		own, others string
	}{{alice, hers, his}, {taro, his, hers}} {
		token := s.tokenFor(t, c.who, "MAIL")
		got := s.asks(t, token, http.MethodGet, c.own+documents)
		assert.Equal(t, http.StatusOK, got.status, got.body)
		assert.Equal(t, c.who.canonical, got.header.Get("X-Standin-User"))
		for _, target := range []string{c.others + documents, c.own + "/.." + c.others[len("/mail"):] + documents, "/sales.nsf", c.own + "?Logout"} {
			got := s.asks(t, token, http.MethodGet, target)
			assert.Equal(t, http.StatusForbidden, got.status, "%s: %s", target, got.body)
		}
	}
	nobody := s.tokenFor(t, joerg, "MAIL")
	assert.Equal(t, http.StatusForbidden, s.asks(t, nobody, http.MethodGet, hers).status, "a person without a mail file")
}
