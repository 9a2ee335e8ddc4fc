// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

const (
	salesReplica  = "/__852562F3007ABFD6.nsf"
	publicReplica = "/__852562F3007ABFD7.nsf"
)

// lead gives the Web Site document rules that lead URLs into other databases, and the databases their replica IDs.
func lead(t *testing.T, data string) {
	t.Helper()
	rules := `[{"from": "/shop", "to": "/sales.nsf"}, {"from": "/sales.nsf/old", "to": "/public.nsf"}]`
	require.NoError(t, os.WriteFile(filepath.Join(data, "rules.json"), []byte(rules), 0o600))
	identified := strings.NewReplacer(`{"path": "sales.nsf"`, `{"path": "sales.nsf", "replicaId": "852562F3007ABFD6"`,
		`{"path": "public.nsf"`, `{"path": "public.nsf", "replicaId": "852562F3007ABFD7"`).Replace(databases)
	require.NotEqual(t, databases, identified)
	require.NoError(t, os.WriteFile(filepath.Join(data, "databases.json"), []byte(identified), 0o600))
}

// withLeads is a server on which URLs lead elsewhere, and a client with scopes for both ends.
func withLeads(t *testing.T, o options) *server {
	t.Helper()
	rules := func(path string, commands ...string) map[string]any {
		rule := map[string]any{"path": path}
		if commands != nil {
			rule["commands"] = commands
		}
		return map[string]any{"description": "Limited", "rules": []map[string]any{rule}}
	}
	described := map[string]string{"description": "A database"}
	o.damage = lead
	o.config = map[string]any{
		// The one that is right, one without a replica ID, and one with that of another database.
		"databases": map[string]any{
			"sales": map[string]string{"path": "sales.nsf", "replicaId": "852562F3:007ABFD6"}, "notices": "public.nsf",
			"plan": map[string]string{"path": "plan.nsf", "replicaId": "852562F3:007ABFD7"},
		},
		"scopes": map[string]any{
			"shop": rules("/shop/**", "/other"), "sales.read": rules("/sales.nsf/**"), "public.read": rules("/public.nsf/**"),
			"sales": described, "notices": described, "plan": described,
		},
	}
	s := start(t, o)
	s.addClient(t, "limited", "--legacy", "--trusted", "--scope", "shop", "--scope", "sales.read", "--scope", "public.read",
		"--scope", "sales", "--scope", "notices", "--scope", "plan")
	return s
}

// A URL that is open leads into no database that is not, whichever way Domino gets there (B13).
func TestMappedResource_B13_B2(t *testing.T) {
	for _, order := range []string{"documented", "mapped-first"} {
		for _, event := range []string{"authorized", "process"} {
			t.Run(order+" "+event, func(t *testing.T) {
				s := withLeads(t, options{order: order, userEvent: event})
				for _, c := range []struct {
					scope, target string
					opens         bool
				}{
					{"shop", "/shop", false},
					{"shop", "/shop" + documents, false},
					{"shop", "/SHOP/x/.." + documents, false},
					{"public.read shop", "/shop", false},
					{"sales", "/shop" + documents, false},
					{"sales.read shop", "/shop", true},
					{"sales.read shop", "/shop" + documents, false}, // it may be an agent
					{"sales shop", "/shop" + documents, true},
					{"sales.read", "/sales.nsf/old?OpenView", false},
					{"public.read sales.read", "/sales.nsf/old" + documents, false},
					{"notices sales", "/sales.nsf/old" + documents, true},
					{"sales.read", "/sales.nsf" + documents, true},
					{"sales", salesReplica + documents, true},
					{"sales", strings.ToLower(salesReplica) + documents, true},
					{"sales.read", salesReplica, true},
					{"notices", publicReplica + documents, false},
					{"public.read", publicReplica, false},
					{"plan", publicReplica + documents, false}, // whose path it is not
					{"notices plan", publicReplica + documents, true},
					{"domino", "/shop" + documents, true},
					{"domino", "/sales.nsf/old" + documents, true},
					{"domino", publicReplica + documents, true},
				} {
					got := s.asks(t, s.tokenFor(t, alice, c.scope), http.MethodGet, c.target)
					if c.opens {
						assert.Equal(t, http.StatusOK, got.status, "%s: %s: %s", c.scope, c.target, got.body)
						assert.Equal(t, alice.canonical, got.header.Get("X-Standin-User"), c.target)
						continue
					}
					assert.Equal(t, http.StatusForbidden, got.status, "%s: %s: %s", c.scope, c.target, got.body)
					assert.Equal(t, "insufficient_scope", got.text("error"), c.target)
					assert.Contains(t, got.header.Get("Www-Authenticate"), `error="insufficient_scope"`, c.target)
					assert.Empty(t, got.header.Get("X-Standin-User"), "%s: the filter answers, not Domino", c.target)
				}
				said := s.await(t, "which Domino may serve for /shop, expected one of the scopes domino;")
				assert.Contains(t, said, `no rule of the scope \"shop\" opens GET /sales.nsf, command opendatabase`)

				// More than is remembered of a request: here of the methods that a header may put in place of GET.
				got := s.asks(t, s.tokenFor(t, alice, "sales"), http.MethodGet, "/sales.nsf", "X-HTTP-Method-Override", strings.Repeat("A", 5000))
				assert.Equal(t, http.StatusForbidden, got.status, got.body)
				s.await(t, "too much had to be remembered until it is served")
			})
		}
	}
}

// The setting that lets the URL alone decide.
func TestMappedResourceThatIsIgnored(t *testing.T) {
	s := withLeads(t, options{})
	path := filepath.Join(s.data, "doapconfig.d", "60-links.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"bearer": {"mappedResource": "ignore"}}`), 0o600))
	token := s.tokenFor(t, alice, "shop")
	require.Eventually(t, func() bool {
		return s.asks(t, token, http.MethodGet, "/shop"+documents).status == http.StatusOK
	}, patience, 50*time.Millisecond)
	assert.Equal(t, http.StatusForbidden, s.asks(t, token, http.MethodGet, "/sales.nsf").status)
}

// However Domino writes the path of what it serves, the database is found in it, or nothing is opened (B13).
func TestSpellingsOfMappedPaths_B13(t *testing.T) {
	s := withScopes(t, options{damage: giveMailFiles})
	ask := func(token, target, mapped string) wire.Message {
		m := frame("GET", target, "Host: h\r\nAuthorization: Bearer "+token+"\r\n", "")
		m.Set(wire.TLS, "1")
		m.Set(wire.Path, mapped)
		return m
	}
	at := func(parts ...string) string { return tested.Path(filepath.Join(append([]string{s.data}, parts...)...)) }
	read, his := s.tokenFor(t, alice, "sales.read"), s.tokenFor(t, taro, "MAIL")
	const sales, mail = "/sales.nsf", "/mail/%E5%B1%B1%E7%94%B0.nsf"
	cases := map[string]struct {
		request wire.Message
		served  bool
	}{
		"absolute":                      {ask(read, sales, at("sales.nsf")), true},
		"in another case":               {ask(read, sales, strings.ToUpper(at("sales.nsf"))), true},
		"with a slash at the end":       {ask(read, sales, at("sales.nsf")+"/"), true},
		"relative":                      {ask(read, sales, "sales.nsf"), true},
		"with what is behind it":        {ask(read, sales, at("sales.nsf", "v")), true},
		"with the other slashes":        {ask(his, mail, `mail\山田.nsf`), true},
		"UTF-8":                         {ask(his, mail, at("mail", "山田.nsf")), true},
		"LMBCS":                         {ask(his, mail, "mail/\x10\x8e\x52\x10\x93\x63.nsf"), true},
		"LMBCS below the data":          {ask(his, mail, at("mail")+"/\x10\x8e\x52\x10\x93\x63.nsf"), true},
		"LMBCS of Unicode":              {ask(his, mail, "mail/\x14\x5c\x71\x14\x75\x30.nsf"), true},
		"a file":                        {ask(read, sales, at("domino", "html", "x.gif")), true},
		"another database":              {ask(read, sales, at("public.nsf")), false},
		"another folder":                {ask(read, sales, at("apps", "sales.nsf")), false},
		"another database, in LMBCS":    {ask(his, mail, "mail/\x10\x8e\x52.nsf"), false},
		"another database, in UTF-8":    {ask(his, mail, "mail/山.nsf"), false},
		"outside the data directory":    {ask(read, sales, tested.Path("/elsewhere/sales.nsf")), false},
		"neither UTF-8 nor LMBCS":       {ask(read, sales, "sales\x10.nsf"), false},
		"the code page of another land": {ask(his, mail, "mail/\x8e\x52\x93\x63.nsf"), false},
		"with a command":                {ask(read, sales, "sales.nsf?OpenDatabase"), false},
		"with a stream":                 {ask(read, sales, "sales.nsf::$DATA"), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, results := replay(t, s.data, 1, []wire.Message{c.request})
			require.Len(t, results, 1)
			got := results[0]
			if c.served {
				assert.Equal(t, wire.Serve, got.Text(wire.Outcome), got.Text(wire.AnswerBody))
				assert.Empty(t, got.Text(wire.FrozenCGI), "no variable is asked for")
				return
			}
			require.Equal(t, wire.Answered, got.Text(wire.Outcome), got.Text(wire.Trace))
			assert.Equal(t, "403", got.Text(wire.Status))
			assert.Contains(t, got.Text(wire.AnswerBody), "insufficient_scope")
			assert.True(t, strings.HasSuffix(got.Text(wire.Trace), " Authorized EndRequest"), "answered there: %s", got.Text(wire.Trace))
		})
	}
}
