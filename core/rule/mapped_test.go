// SPDX-License-Identifier: Apache-2.0

package rule_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/dominourl"
	"ndoap/core/oauth"
	"ndoap/core/rule"
)

// mapped is a policy with databases that lie behind other URLs.
func mapped(t *testing.T) *config.Config {
	t.Helper()
	return policy(t, config.File{Name: "20.json", Data: []byte(`{
		"databases": {"plan": {"path": "apps/plan.nsf", "replicaId": "852562F3:007ABFD7"}},
		"scopes": {
			"plan": {"description": "Plan"},
			"apps.read": {"description": "Read the applications", "rules": [{"path": "/apps/*.nsf/**"}]},
			"one.read": {"description": "Read one", "rules": [{"path": "/__852562F3007ABFD6.nsf/**"}, {"path": "/__852562F3007ABFD7.nsf/**"}]},
			"all.read": {"description": "Read all", "rules": [{"path": "/**"}]},
			"shop": {"description": "Shop", "rules": [
				{"path": "/shop/**", "methods": ["GET", "POST"], "commands": ["/other", "/api"]}, {"path": "/shop.nsf/**"}]}
		}}`)})
}

// mappedTo is where Domino leads a request, with the data directory /data.
func mappedTo(path string) func() (dominourl.Place, error) {
	return func() (dominourl.Place, error) { return dominourl.ParseMapped(path, "/data") }
}

// What Domino serves must be open as well as the URL, unless the URL names that database itself (B13).
func TestMappedResource_B13(t *testing.T) {
	configured := mapped(t)
	for name, c := range map[string]struct {
		scope, line, mapped string
		allowed             bool
	}{
		"the database of the URL":                           {"orders.read", "GET /sales.nsf/v?OpenView", "/data/sales.nsf", true},
		"the same in another case":                          {"orders.read", "GET /SALES.nsf/v?OpenView", "/DATA/Sales.NSF", true},
		"the same, with what is behind it":                  {"orders.read", "GET /sales.nsf/v?OpenView", "sales.nsf/other", true},
		"nothing":                                           {"orders.read", "GET /sales.nsf", "", true},
		"a file":                                            {"shop", "GET /shop", "/data/domino/html/shop.html", true},
		"another database":                                  {"orders.read", "GET /sales.nsf", "/data/names.nsf", false},
		"another one that the scope opens, too":             {"apps.read", "GET /apps/a.nsf", "/data/apps/b.nsf", true},
		"another one that a second scope opens":             {"orders.read crm", "GET /sales.nsf", "/data/apps/crm.nsf", true},
		"another one, opened for less than is asked":        {"crm orders.read", "GET /apps/crm.nsf/report?OpenAgent", "/data/sales.nsf", false},
		"another one, for more methods than it is open for": {"crm orders.read", "POST /apps/crm.nsf/v?OpenView", "/data/sales.nsf", false},
		"another one, by an alias":                          {"crm hr", "POST /apps/crm.nsf/report?OpenAgent", "/data/apps/hr.nsf", true},
		"another one, by $DATA":                             {"$DATA", "POST /apps/crm.nsf/report?OpenAgent", "/data/apps/hr.nsf", true},
		"a command for the server in another one":           {"shop crm", "GET /shop.nsf?Logout", "/data/apps/crm.nsf", false},
		"one behind a path":                                 {"shop", "GET /shop", "/data/sales.nsf", false},
		"one behind a path that is open":                    {"shop orders.read", "GET /shop", "/data/sales.nsf", true},
		"one behind a path, and perhaps an agent":           {"shop orders.read", "GET /shop/report", "/data/sales.nsf", false},
		"one behind a path, and perhaps an agent, by alias": {"shop crm", "GET /shop/report", "/data/apps/crm.nsf", true},
		"one that shows more of itself":                     {"shop orders.read", "GET /shop/x", "/data/sales.nsf/report", false},
		"one that shows that it is an API":                  {"shop orders.read", "GET /shop/x", "/data/sales.nsf/api/data/documents", true},
		"the own mail file behind a path":                   {"shop MAIL", "GET /shop/inbox", "/data/mail/anna.nsf", true},
		"another mail file":                                 {"MAIL", "GET /mail/anna.nsf", "/data/mail/bob.nsf", false},
		"the own mail file behind another one":              {"MAIL crm", "GET /apps/crm.nsf", "/data/mail/anna.nsf", true},
		"outside the data directory":                        {"orders.read", "GET /sales.nsf", "/srv/sales.nsf", false},
		"outside, where every URL is open":                  {"all.read", "GET /sales.nsf", "/srv/sales.nsf", false},
		"what cannot be told":                               {"orders.read", "GET /sales.nsf", "/data/sales.nsf?OpenDatabase", false},
		"a URL without an end":                              {"shop crm", "GET /shop/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "/data/apps/crm.nsf", false},
		"outside, for everything":                           {"domino", "GET /sales.nsf", "/srv/sales.nsf", true},
		"the URL is not open":                               {"crm", "GET /sales.nsf", "/data/apps/crm.nsf", false},
		"a scope on trial":                                  {"trial", "GET /trial.nsf", "/data/names.nsf", true},
		"a replica ID for its path":                         {"plan", "GET /__852562F3007ABFD7.nsf", "/data/apps/plan.nsf", true},
		"a replica ID for another path":                     {"plan", "GET /__852562F3007ABFD7.nsf", "/data/backup/plan.nsf", false},
		"a path for its replica ID":                         {"plan", "GET /apps/plan.nsf", "__852562F3007ABFD7.nsf", true},
		"a path for its replica ID, and more of it":         {"apps.read", "GET /apps/plan.nsf", "__852562F3007ABFD7.nsf/run", true},
		"a path for another replica ID":                     {"plan", "GET /apps/plan.nsf", "__852562F3007ABFD6.nsf", false},
		"an unknown replica ID that a rule means":           {"one.read", "GET /__852562F3007ABFD6.nsf", "/data/apps/crm.nsf", true},
		"a known replica ID that a rule means":              {"one.read", "GET /__852562F3007ABFD7.nsf", "/data/apps/plan.nsf", true},
		"a known replica ID that leads elsewhere":           {"one.read", "GET /__852562F3007ABFD7.nsf", "/data/apps/crm.nsf", false},
	} {
		t.Run(name, func(t *testing.T) {
			scope, fault := oauth.ParseScope(c.scope)
			require.Nil(t, fault)
			method, target := split(c.line)
			asked := rule.Asked{Target: target, Methods: []string{method}, MailFile: mailFile(`mail\Anna`), Mapped: mappedTo(c.mapped)}
			got := rule.Judge(configured, scope, asked)
			assert.Equal(t, c.allowed, got.Allowed, got.Denial)
			assert.Equal(t, c.allowed && c.scope != "trial", got.Denial == "")
			if !c.allowed {
				assert.NotEmpty(t, got.Sufficient)
			}
		})
	}
}

// The log says which of the two is shut, the challenge which one scope would do for both.
func TestWhyAMappedResourceIsDenied_B13_B2(t *testing.T) {
	configured := mapped(t)
	judge := func(scope, target, mapped string) rule.Verdict {
		return rule.Judge(configured, oauth.Scope{scope}, rule.Asked{Target: target, Methods: []string{"GET"}, Mapped: mappedTo(mapped)})
	}
	got := judge("shop", "/shop", "/data/sales.nsf")
	assert.Equal(t, `no rule of the scope "shop" opens GET /sales.nsf, command opendatabase, which Domino may serve for /shop`, got.Denial)
	assert.True(t, got.Mapped)
	assert.Equal(t, oauth.Scope{"domino"}, got.Sufficient)
	got = judge("apps.read", "/apps/a.nsf", "/data/apps/x/crm.nsf")
	assert.Equal(t, oauth.Scope{"all.read"}, got.Sufficient)
	got = judge("shop", "/shop.nsf", "/srv/sales.nsf")
	assert.Equal(t, `which database Domino serves /shop.nsf from cannot be told: the database "/srv/sales.nsf" lies outside the data directory`, got.Denial)
	assert.True(t, got.Mapped)
	assert.Equal(t, oauth.Scope{"domino"}, got.Sufficient, "whatever else would open the URL")
	got = judge("shop", "/shop/x.xsp?databaseName=y", "/data/sales.nsf")
	assert.Contains(t, got.Denial, "what the URL asks for cannot be told")
	assert.False(t, got.Mapped)
	got = judge("crm", "/shop.nsf", "/srv/sales.nsf")
	assert.Equal(t, `no rule of the scope "crm" opens GET /shop.nsf, command opendatabase`, got.Denial, "the URL comes first")
	assert.False(t, got.Mapped)
	got = judge("trial", "/trial.nsf", "/data/names.nsf")
	assert.True(t, got.Allowed && got.Mapped)
	assert.Contains(t, got.Denial, "opens GET /names.nsf")
	got = judge("trial", "/other.nsf", "/data/names.nsf")
	assert.True(t, got.Allowed && !got.Mapped, "reported already")

	asked := rule.Asked{Target: "/sales.nsf", Methods: []string{"GET"}, Mapped: func() (dominourl.Place, error) { return dominourl.Place{}, errors.New("nobody knows") }}
	assert.Contains(t, rule.Judge(configured, oauth.Scope{"orders.read"}, asked).Denial, "cannot be told: nobody knows")
	asked.Mapped = func() (dominourl.Place, error) { panic("not asked for what is everything") }
	assert.True(t, rule.Judge(configured, oauth.Scope{"domino"}, asked).Allowed)
}

// A replica ID that an alias has is the alias's path; any other opens by its own name only (B13).
func TestReplicaIDs_B13(t *testing.T) {
	configured := mapped(t)
	judge := func(scope, target string) bool {
		return rule.Judge(configured, oauth.Scope{scope}, rule.Asked{Target: target, Methods: []string{"GET"}, MailFile: mailFile("apps/plan.nsf")}).Allowed
	}
	for _, scope := range []string{"plan", "$DATA", "MAIL", "apps.read", "one.read", "all.read"} {
		for _, target := range []string{"/__852562F3007ABFD7.nsf", "/__852562f3007abfd7.NSF/v?OpenView", "/x/../__852562F3007ABFD7.nsf/api/data/documents"} {
			assert.True(t, judge(scope, target), "%s: %s", scope, target)
		}
		assert.False(t, judge(scope, "/__852562F3007ABFD7.nsf?Logout"), scope)
	}
	for _, scope := range []string{"one.read", "all.read"} {
		assert.True(t, judge(scope, "/__852562F3007ABFD6.nsf"), scope)
	}
	for _, scope := range []string{"plan", "crm", "$DATA", "MAIL", "apps.read"} {
		assert.False(t, judge(scope, "/__852562F3007ABFD6.nsf"), scope)
	}
	assert.False(t, judge("crm", "/__852562F3007ABFD7.nsf"), "another database's")
	assert.False(t, judge("one.read", "/apps/plan.nsf"), "a rule for a replica ID means the URL with it")
	assert.False(t, judge("apps.read", "/__852562F3007ABFD7.nsf/run?OpenAgent"), "read-only")
}

func BenchmarkJudgeMapped(b *testing.B) {
	configured := policy(b)
	asked := rule.Asked{Target: "/sales.nsf/0/" + unid + "?OpenDocument", Methods: []string{"GET"}, Mapped: mappedTo("/data/sales.nsf")}
	for b.Loop() {
		if !rule.Judge(configured, oauth.Scope{"orders.read"}, asked).Allowed {
			b.Fatal("denied")
		}
	}
}
