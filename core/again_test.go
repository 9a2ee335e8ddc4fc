// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/directory"
)

// served is the same request as the one that a decision was about, when Domino has found what to serve for it.
func served(decision core.Decision, target, mapped string) *coretest.Request {
	request := raw(core.JudgeAgain, target)
	request.Wanted, request.Kept, request.Found.Path = decision.Again, decision.Ticket, mapped
	return request
}

// A token of limited scope is held against the database that Domino serves, at the last event; what it was allowed for
// comes with the ticket, and nothing of the request is looked at again (B13).
func TestMappedResource_B13(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	for _, event := range []core.Event{core.RawRequest, core.Authenticate} {
		for name, c := range map[string]struct {
			scope, target, mapped string
			open                  bool
		}{
			"the database of the URL":             {"db.read", "/DB.nsf/v?OpenView", dataDirectory + "/db.nsf", true},
			"nothing":                             {"db.read", "/db.nsf", "", true},
			"a file":                              {"db.read", "/db.nsf", dataDirectory + "/domino/html/x.css", true},
			"another database":                    {"db.read", "/db.nsf", dataDirectory + "/names.nsf", false},
			"another one that is open, too":       {"db.read crm", "/apps/crm.nsf", dataDirectory + "/db.nsf", true},
			"another one, open for less":          {"db.read crm", "/apps/crm.nsf/x?OpenAgent", dataDirectory + "/db.nsf", false},
			"outside the data directory":          {"db.read", "/db.nsf", "/srv/db.nsf", false},
			"a database that cannot be told":      {"db.read", "/db.nsf", "db.nsf.", false},
			"another database, for a trial":       {"trial", "/trial.nsf", dataDirectory + "/names.nsf", true},
			"what is not open by its URL, either": {"trial", "/other.nsf", dataDirectory + "/names.nsf", true},
		} {
			t.Run(name, func(t *testing.T) {
				accepted := f.asks(t, event, c.scope, http.MethodGet, c.target)
				require.Equal(t, core.Authenticated, accepted.Verdict)
				require.Equal(t, core.AgainResource, accepted.Again)
				got := f.service.Serve(served(accepted, c.target, c.mapped))
				if c.open {
					assert.Equal(t, core.NotOurs, got.Verdict)
					return
				}
				require.Equal(t, core.Answer, got.Verdict)
				assert.Equal(t, http.StatusForbidden, got.Response.Status)
				assert.Contains(t, string(got.Response.Body), `"insufficient_scope"`)
				assert.NotContains(t, string(got.Response.Body), "names.nsf", "the sender is not told what is there")
				assert.Contains(t, got.Response.Header.Get("Www-Authenticate"), `error="insufficient_scope", error_description="The scopes of the token do not open this.", scope="domino"`)
			})
		}
	}
	said := f.log.String()
	assert.Contains(t, said, `scope: found no rule of the scope \"db.read\" opens GET /names.nsf, command opendatabase, which Domino may serve for /db.nsf, expected one of the scopes domino; if URLs are meant to lead there`)
	assert.Contains(t, said, `lies outside the data directory, expected one of the scopes domino; if URLs are meant to lead there, give the client a scope that opens it, or set bearer.mappedResource to ignore`)
	assert.Equal(t, 2, strings.Count(said, "opens GET /trial.nsf")+strings.Count(said, "opens GET /names.nsf, command opendatabase, which Domino may serve for /trial.nsf"), "each trial is reported")
	assert.Equal(t, 2, strings.Count(said, "opens GET /other.nsf, command opendatabase"), "once, not again at the last event")
}

// The methods that a header puts in place of others are not asked for a second time.
func TestMethodsAreRemembered_B13(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	const target = "/db.nsf/api/data/documents"
	for method, open := range map[string]bool{"PATCH": true, "POST": true} {
		accepted := f.asks(t, core.RawRequest, "db.write", http.MethodPost, target, "X-HTTP-Method-Override", method)
		require.Equal(t, core.Authenticated, accepted.Verdict)
		last := served(accepted, target, "db.nsf")
		last.Verb = http.MethodPost
		assert.Equal(t, open, f.service.Serve(last).Verdict == core.NotOurs, method)
	}
	accepted := f.asks(t, core.RawRequest, "crm db.write", http.MethodPost, "/apps/crm.nsf/api/data/documents", "X-HTTP-Method-Override", "DELETE")
	require.Equal(t, core.Authenticated, accepted.Verdict, "the alias opens all")
	last := served(accepted, "/apps/crm.nsf/api/data/documents", "db.nsf")
	last.Verb = http.MethodPost
	assert.Equal(t, core.Answer, f.service.Serve(last).Verdict, "POST alone would be open there")
}

// What cannot be known at the last event is refused, and the log says what to do.
func TestMappedResourceThatIsNotKnown_B13(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	accepted := f.asks(t, core.RawRequest, "db.read", http.MethodGet, "/db.nsf")
	for name, c := range map[string]struct {
		change func(*coretest.Request)
		says   string
	}{
		"a ticket that was too long":     {func(r *coretest.Request) { r.Kept = "" }, "too much had to be remembered until it is served, expected scopes, names and methods of 4 KB at most; issue tokens of less scope"},
		"a ticket that was cut":          {func(r *coretest.Request) { r.Kept = r.Kept[:20] }, "too much had to be remembered"},
		"a ticket with another scope":    {func(r *coretest.Request) { r.Kept = strings.Replace(r.Kept, "db.read", `db\"read`, 1) }, "too much had to be remembered"},
		"a ticket without scope":         {func(r *coretest.Request) { r.Kept = "{}" }, `no rule of the scope \"\" opens`},
		"a path that cannot be read":     {func(r *coretest.Request) { r.Found = core.Mapped{Unreadable: true} }, "neither UTF-8 nor LMBCS, or too long"},
		"a URL that has become another":  {func(r *coretest.Request) { r.URL, r.Found.Path = "/names.nsf", "names.nsf" }, `opens GET /names.nsf`},
		"a URL that cannot be read now":  {func(r *coretest.Request) { r.URL = "/db.nsf;x" }, "what the URL asks for cannot be told"},
		"a request for what is not told": {func(r *coretest.Request) { r.Wanted = 0 }, ""},
		"a request for something else":   {func(r *coretest.Request) { r.Wanted = 4 | core.AgainResource }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := f.log.Len()
			request := served(accepted, "/db.nsf", dataDirectory+"/db.nsf")
			require.Equal(t, core.NotOurs, f.service.Serve(request).Verdict)
			c.change(request)
			got := f.service.Serve(request)
			if c.says == "" {
				assert.Equal(t, core.Deny, got.Verdict)
				return
			}
			require.Equal(t, core.Answer, got.Verdict)
			assert.Equal(t, http.StatusForbidden, got.Response.Status)
			assert.Contains(t, f.log.String()[before:], c.says)
		})
	}
	redirects := served(accepted, "/db.nsf", "https://domino.example.com/names.nsf")
	redirects.Found.Redirects = true
	assert.Equal(t, core.NotOurs, f.service.Serve(redirects).Verdict, "the client comes again")
	redirects.Found.Redirects = false
	assert.Equal(t, core.Answer, f.service.Serve(redirects).Verdict)
	require.NoError(t, f.store.Close())
	assert.Equal(t, http.StatusUnauthorized, f.service.Serve(served(accepted, "/db.nsf", "db.nsf")).Response.Status, "out of service")
}

// Only a token that is limited is looked at once more, and only for what is open.
func TestWhatIsJudgedAgain_B13(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	again := func(scope, target string, encrypted bool) core.Decision {
		request := raw(core.RawRequest, target)
		request.Encrypted = encrypted
		request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(map[string]any{"scope": scope})))
		return f.service.Serve(request)
	}
	for _, c := range []struct {
		scope     string
		encrypted bool
		want      core.Again
	}{
		{"domino", true, 0},
		{"db.read domino", true, 0},
		{"domino", false, core.AgainTransport},
		{"db.read", true, core.AgainResource},
		{"trial", true, core.AgainResource},
		{"db.read", false, core.AgainTransport | core.AgainResource},
	} {
		got := again(c.scope, "/db.nsf", c.encrypted)
		assert.Equal(t, c.want, got.Again, c)
		assert.Equal(t, c.want&core.AgainResource != 0, got.Ticket != "", "%v: a ticket if it is needed", c)
	}

	accepted := again("db.read", "/db.nsf", false)
	last := served(accepted, "/db.nsf", "names.nsf")
	last.Encrypted = false
	assert.Equal(t, http.StatusBadRequest, f.service.Serve(last).Response.Status, "the transport comes first")
	last.From = netip.MustParseAddr("127.0.0.1")
	assert.Equal(t, http.StatusForbidden, f.service.Serve(last).Response.Status, "both are judged")

	f.config.Bearer.MappedResource = config.IgnoreMappedResource
	assert.Equal(t, core.NotOurs, f.service.Serve(last).Verdict, "a setting that was changed meanwhile")
	assert.Zero(t, again("db.read", "/db.nsf", true).Again)
	assert.Empty(t, again("db.read", "/db.nsf", true).Ticket)
}

// MAIL finds the mail file at both events, and asks the directory once.
func TestOwnMailFileBehindAnotherURL_B13(t *testing.T) {
	f := newFixture(t)
	f.limited(t)
	people := &coretest.Directory{Entries: []directory.Person{{Name: anna, Kind: directory.KindPerson, MailFile: `mail\ABerg`}}}
	request := raw(core.RawRequest, "/mail/aberg.nsf")
	request.People = people
	request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(map[string]any{"scope": "MAIL crm"})))
	accepted := f.service.Serve(request)
	require.Equal(t, core.Authenticated, accepted.Verdict)
	for mapped, open := range map[string]bool{dataDirectory + "/mail/ABerg.nsf": true, "apps/crm.nsf": true, "mail/bek.nsf": false} {
		last := served(accepted, "/mail/aberg.nsf", mapped)
		last.People = people
		assert.Equal(t, open, f.service.Serve(last).Verdict == core.NotOurs, mapped)
	}
	assert.Equal(t, 1, people.Asked)
}
