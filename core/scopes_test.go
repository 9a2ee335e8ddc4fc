// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/directory"
)

// limited gives the fixture a scope that reads a database, one that writes there, an alias and a scope on trial.
func (f *fixture) limited(t *testing.T) {
	t.Helper()
	parsed, warnings, err := config.Parse([]config.File{{Name: "10.json", Data: []byte(`{"issuer": "` + issuer + `",
		"databases": {"crm": "apps/crm.nsf"},
		"scopes": {
			"crm": {"description": "CRM"},
			"db.read": {"description": "Read", "rules": [{"path": "/db.nsf/**"}]},
			"db.write": {"description": "Write", "rules": [{"path": "/db.nsf/api/**", "methods": ["POST", "PATCH"], "commands": ["/api"]}]},
			"trial": {"description": "Trial", "reportOnly": true, "rules": [{"path": "/trial.nsf/**"}]}}}`)}})
	require.NoError(t, err)
	require.Len(t, warnings, 1, "that of reportOnly")
	f.config.Scopes, f.config.Databases = parsed.Scopes, parsed.Databases
}

// asks is a request with a token of a scope at an event.
func (f *fixture) asks(t *testing.T, event core.Event, scope, method, target string, headers ...string) core.Decision {
	t.Helper()
	request := raw(event, target)
	request.Verb = method
	for i := 0; i < len(headers); i += 2 {
		request.Headers.Set(headers[i], headers[i+1])
	}
	request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(map[string]any{"scope": scope})))
	return f.service.Serve(request)
}

func TestScopesLimit_B13_B14(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	for _, event := range []core.Event{core.RawRequest, core.Authenticate} {
		served := f.asks(t, event, "db.read", http.MethodGet, "/DB.nsf/v?ReadViewEntries")
		assert.Equal(t, core.Authenticated, served.Verdict)
		assert.Equal(t, core.Identity{Name: anna, Scope: "db.read", ClientID: clientID, Subject: anna}, served.Identity, "B15: what the application is told")
		for _, target := range []string{
			"/names.nsf", "/db.nsf/0/x?DeleteDocument", "/db.nsf/a?OpenAgent", "/db.nsf/a", "/db.nsf/../names.nsf", "/db.nsf%00", "/__852562F3007ABFD6.nsf",
		} {
			refused := f.asks(t, event, "db.read", http.MethodGet, target)
			assert.NotEqual(t, core.Authenticated, refused.Verdict, target)
			assert.NotEqual(t, core.NotOurs, refused.Verdict, target)
		}
		assert.Equal(t, core.Authenticated, f.asks(t, event, "domino", http.MethodDelete, "/db.nsf/../names.nsf").Verdict, "domino is everything")
		assert.Equal(t, core.Authenticated, f.asks(t, event, "crm", http.MethodGet, "/apps/crm.nsf/x").Verdict)
		assert.NotEqual(t, core.Authenticated, f.asks(t, event, "crm", http.MethodGet, "/apps/hr.nsf").Verdict)
	}
}

func TestChallengeForTooLittleScope_B2(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	for _, c := range []struct{ scope, method, target, wants string }{
		{"mail", http.MethodGet, "/db.nsf/api/data/documents", "db.read"},
		{"db.read", http.MethodPost, "/db.nsf/api/data/documents", "db.write"},
		{"db.read", http.MethodGet, "/apps/crm.nsf", "crm"},
		{"db.read db.write", http.MethodGet, "/names.nsf", "domino"},
		{"", http.MethodGet, "/", "domino"},
	} {
		got := f.asks(t, core.RawRequest, c.scope, c.method, c.target)
		require.Equal(t, core.Answer, got.Verdict, c)
		assert.Equal(t, http.StatusForbidden, got.Response.Status)
		assert.Contains(t, string(got.Response.Body), `"insufficient_scope"`)
		assert.NotContains(t, string(got.Response.Body), "rule", "the sender is not told which rules there are")
		assert.Equal(t, `Bearer realm="Domino", error="insufficient_scope", error_description="The scopes of the token do not open this.", scope="`+c.wants+`"`,
			got.Response.Header.Get("Www-Authenticate"))
	}
	assert.Contains(t, f.log.String(), `no rule of the scope \"db.read\" opens POST /db.nsf/api/data/documents, command /api`)
}

func TestMethodsThatHeadersOverride_B13(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	const target = "/db.nsf/api/data/documents"
	override := func(scope, method string, headers ...string) core.Verdict {
		return f.asks(t, core.RawRequest, scope, method, target, headers...).Verdict
	}
	assert.Equal(t, core.Authenticated, override("db.read", http.MethodGet))
	assert.Equal(t, core.Authenticated, override("db.write", http.MethodPost, "X-HTTP-Method-Override", " patch "))
	for _, name := range []string{"X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "X_HTTP_Method_Override", "X-HTTP_Method-Override", "x_http-method", "X-Method_Override"} {
		assert.Equal(t, core.Answer, override("db.read", http.MethodGet, name, "DELETE"), name)
		assert.Equal(t, core.Answer, override("db.write", http.MethodPost, name, "DELETE"), name)
	}
	assert.Equal(t, core.Deny, f.asks(t, core.Authenticate, "db.write", http.MethodPost, target).Verdict, "its headers are not seen there")
}

// MAIL opens the mail file that the directory has for the user of the token, and no other.
func TestOwnMailFile(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	people := &coretest.Directory{Entries: []directory.Person{
		{Name: anna, Kind: directory.KindPerson, MailFile: `mail\ABerg`}, {Name: "CN=Bo Ek/O=Acme", Kind: directory.KindPerson, MailFile: "mail/bek.nsf"},
	}}
	opens := func(people directory.Directory, scope, target string) bool {
		request := raw(core.RawRequest, target)
		request.People = people
		request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(map[string]any{"scope": scope})))
		return f.service.Serve(request).Verdict == core.Authenticated
	}
	assert.True(t, opens(people, "db.read", "/db.nsf"))
	assert.Zero(t, people.Asked, "nobody is looked up for other scopes")
	assert.False(t, opens(nil, "MAIL", "/mail/aberg.nsf"), "a host without a directory")
	assert.Contains(t, f.log.String(), "where the user's mail file is cannot be told: the Domino directory cannot be asked")
	assert.False(t, opens(&coretest.Directory{Entries: people.Entries[1:]}, "MAIL", "/mail/aberg.nsf"), "somebody who is not there")

	f = newFixture(t)
	f.limited(t)
	assert.True(t, opens(people, "MAIL", "/mail/aberg.nsf/($Inbox)?ReadViewEntries"))
	assert.True(t, opens(people, "MAIL", "/Mail/ABERG.nsf/memo?CreateDocument"), "all of it, as in KEEP")
	for _, target := range []string{"/mail/bek.nsf", "/mail/aberg.nsf/../bek.nsf", "/mail/aberg.nsf?Logout", "/names.nsf", "/mail/aberg.nsf%00"} {
		assert.False(t, opens(people, "MAIL", target), target)
	}
	assert.Equal(t, 1, people.Asked, "the directory is asked once a minute")
}

func TestScopeOnTrial(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	assert.Equal(t, core.Authenticated, f.asks(t, core.RawRequest, "trial", http.MethodGet, "/trial.nsf").Verdict)
	assert.NotContains(t, f.log.String(), "only reports")
	assert.Equal(t, core.Authenticated, f.asks(t, core.RawRequest, "trial", http.MethodDelete, "/names.nsf").Verdict)
	assert.Contains(t, f.log.String(), `msg="a scope that only reports let a request through" scope=trial client=web-site user="CN=Anna Berg/OU=Sales/O=Acme" denial=`)
}
