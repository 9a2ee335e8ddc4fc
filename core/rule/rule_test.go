// SPDX-License-Identifier: Apache-2.0

package rule_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/rule"
)

const unid = "DDC087A8ACE170F8852562F300702264"

// policy is a configuration as an administrator writes it, with further files over it.
func policy(t testing.TB, more ...config.File) *config.Config {
	t.Helper()
	parsed, warnings, err := config.Parse(append([]config.File{{Name: "10.json", Data: []byte(`{
		"issuer": "https://domino.example.com/doap",
		"databases": {"crm": "apps/crm.nsf", "hr": "apps/hr.nsf"},
		"scopes": {
			"MAIL": {"description": "Your mail"}, "$DATA": {"description": "Data"}, "crm": {"description": "CRM"},
			"elsewhere": {"description": "Another server's"},
			"orders.read": {"description": "Read orders", "rules": [{"path": "/sales.nsf/**"}]},
			"orders.write": {"description": "Write orders", "rules": [
				{"path": "/sales.nsf/order/**", "methods": ["POST"], "commands": ["CreateDocument"]},
				{"path": "/sales.nsf/api/**", "methods": ["GET", "POST", "PATCH"], "commands": ["/api"]},
				{"path": "/sales.nsf/0/*", "methods": ["POST"], "commands": ["SaveDocument", "EditDocument"]}]},
			"agent.run": {"description": "Run", "rules": [{"path": "/sales.nsf/report", "commands": ["OpenAgent"]}]},
			"trial": {"description": "Trial", "reportOnly": true, "rules": [{"path": "/trial.nsf/**"}]}
		}}`)}}, more...))
	require.NoError(t, err)
	require.Len(t, warnings, 1, "that of reportOnly")
	return &parsed
}

func TestRules_B13_B14(t *testing.T) {
	configured := policy(t)
	for _, c := range []struct {
		scope   string
		allowed []string // "METHOD target"
		denied  []string
	}{
		{"domino", []string{"GET /names.nsf", "DELETE /x.nsf/0/" + unid, "POST /sales.nsf/..%2f?OpenAgent", "UNKNOWN *"}, nil},
		{
			"orders.read",
			[]string{
				"GET /sales.nsf", "HEAD /sales.nsf", "GET /SALES.nsf/v?ReadViewEntries&Start=1", "GET /sales.nsf/0/" + unid, "GET /sales.nsf/0/" + unid + "!OpenDocument",
				"GET /sales.nsf/api/data/documents?count=10", "GET /x/%2e%2e/Sales%2ensf",
			},
			[]string{
				"GET /names.nsf", "GET /apps/sales.nsf", "GET /__852562F3007ABFD6.nsf/v?OpenView", "GET /", "GET /?OpenServer",
				"GET /sales.nsf/0/" + unid + "?EditDocument", "GET /sales.nsf/0/" + unid + "?DeleteDocument", "GET /sales.nsf/report?OpenAgent",
				"GET /sales.nsf/report", "GET /sales.nsf/report?Open", "GET /sales.nsf/report!OpenAgent", "GET /sales.nsf/order?CreateDocument", "GET /sales.nsf/home.xsp",
				"GET /sales.nsf/v?NeverHeardOf", "GET /sales.nsf?Logout", "POST /sales.nsf/0/" + unid + "?OpenDocument", "POST /sales.nsf/api/data/documents",
				"DELETE /sales.nsf/api/data/documents/unid/" + unid, "OPTIONS /sales.nsf", "UNKNOWN /sales.nsf", "GET /sales.nsf/../names.nsf", "GET /sales.nsf%00",
			},
		},
		{
			"orders.write",
			[]string{"POST /sales.nsf/Order?CreateDocument", "POST /sales.nsf/api/data/documents", "POST /sales.nsf/0/" + unid + "?SaveDocument"},
			[]string{
				"GET /sales.nsf/order?CreateDocument", "POST /sales.nsf/order?OpenAgent", "POST /sales.nsf/order?DeleteDocument", "GET /sales.nsf", "POST /sales.nsf/v/" + unid + "?SaveDocument",
				"DELETE /sales.nsf/api/data/documents",
			},
		},
		{"orders.read orders.write", []string{"GET /sales.nsf", "POST /sales.nsf/order?CreateDocument"}, []string{"POST /sales.nsf/v?OpenView", "GET /sales.nsf/order?CreateDocument"}},
		{"agent.run", []string{"GET /sales.nsf/Report?OpenAgent&x=1"}, []string{"GET /sales.nsf/report", "GET /sales.nsf/other?OpenAgent", "POST /sales.nsf/report?OpenAgent", "GET /sales.nsf/report/x?OpenAgent"}},
		{
			"crm",
			[]string{"GET /apps/CRM.nsf", "POST /apps/crm.nsf/f?CreateDocument", "UNKNOWN /apps/crm.nsf/x", "GET /apps/crm.nsf/a?OpenAgent", "GET /apps/crm.nsf/home.xsp"},
			[]string{"GET /apps/hr.nsf", "GET /crm.nsf", "GET /apps/crm.nsf?Logout", "GET /apps/crm.nsf?OpenServer", "GET /apps/crm.nsf/../hr.nsf", "GET /__852562F3007ABFD6.nsf"},
		},
		{"$DATA", []string{"GET /apps/crm.nsf", "POST /apps/hr.nsf/f?CreateDocument"}, []string{"GET /names.nsf", "GET /mail/anna.nsf", "GET /"}},
		{"MAIL", []string{"GET /mail/anna.nsf", "POST /MAIL/anna.nsf/memo?CreateDocument"}, []string{"GET /mail/bob.nsf", "GET /mail/anna.nsf?Redirect", "GET /"}},
		{"elsewhere", nil, []string{"GET /", "GET /sales.nsf"}},
		{"unknown", nil, []string{"GET /", "GET /sales.nsf"}},
		{"", nil, []string{"GET /", "GET /sales.nsf"}},
	} {
		scope, fault := oauth.ParseScope(c.scope)
		require.Nil(t, fault)
		judge := func(line string) rule.Verdict {
			method, target := split(line)
			return rule.Judge(configured, scope, rule.Asked{Target: target, Methods: []string{method}, MailFile: mailFile(`mail\Anna`)})
		}
		for _, line := range c.allowed {
			got := judge(line)
			assert.True(t, got.Allowed, "%s: %s: %s", c.scope, line, got.Denial)
			assert.Empty(t, got.Denial, line)
		}
		for _, line := range c.denied {
			got := judge(line)
			assert.False(t, got.Allowed, "%s: %s", c.scope, line)
			assert.NotEmpty(t, got.Denial, line)
			assert.NotEmpty(t, got.Sufficient, line)
		}
	}
}

func mailFile(path string) func() (string, error) {
	return func() (string, error) { return path, nil }
}

func split(line string) (method, target string) {
	for i := range line {
		if line[i] == ' ' {
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}

// A header may put another method in place of the request's; then the rules must allow both.
func TestOverriddenMethods_B13(t *testing.T) {
	configured := policy(t)
	judge := func(scope string, methods ...string) bool {
		return rule.Judge(configured, oauth.Scope{scope}, rule.Asked{Target: "/sales.nsf/api/data/documents", Methods: methods}).Allowed
	}
	assert.True(t, judge("orders.read", "GET"))
	assert.False(t, judge("orders.read", "GET", "DELETE"))
	assert.False(t, judge("orders.read", "POST", "GET"))
	assert.True(t, judge("orders.write", "POST", "PATCH"))
	assert.False(t, judge("orders.write", "POST", "DELETE"))
}

func TestWhichScopesWouldDo_B2(t *testing.T) {
	configured := policy(t)
	sufficient := func(method, target string) string {
		return rule.Judge(configured, oauth.Scope{"elsewhere"}, rule.Asked{Target: target, Methods: []string{method}}).Sufficient.String()
	}
	assert.Equal(t, "orders.read", sufficient("GET", "/sales.nsf"))
	assert.Equal(t, "orders.read orders.write", sufficient("GET", "/sales.nsf/api/data/documents"))
	assert.Equal(t, "$DATA crm", sufficient("POST", "/apps/crm.nsf/f?CreateDocument"))
	assert.Equal(t, "domino", sufficient("GET", "/names.nsf"))
	assert.Equal(t, "domino", sufficient("GET", "/sales.nsf;x"), "a URL that cannot be told")
}

func TestReportOnly(t *testing.T) {
	configured := policy(t)
	judge := func(scope oauth.Scope, target string) rule.Verdict {
		return rule.Judge(configured, scope, rule.Asked{Target: target, Methods: []string{"GET"}})
	}
	got := judge(oauth.Scope{"trial"}, "/trial.nsf")
	assert.Equal(t, rule.Verdict{Allowed: true}, got, "nothing to report")
	got = judge(oauth.Scope{"trial"}, "/names.nsf?OpenAgent")
	assert.True(t, got.Allowed)
	assert.Equal(t, `no rule of the scope "trial" opens GET /names.nsf, command openagent`, got.Denial)
	got = judge(oauth.Scope{"trial"}, "/names.nsf;x")
	assert.True(t, got.Allowed)
	assert.Contains(t, got.Denial, "cannot be told")
	assert.Equal(t, rule.Verdict{Allowed: true}, judge(oauth.Scope{"orders.read", "trial"}, "/sales.nsf"), "another scope opens it")
}

func TestMailFileThatIsNotKnown(t *testing.T) {
	configured := policy(t)
	asked := rule.Asked{Target: "/", Methods: []string{"GET"}}
	for _, file := range []string{"", "mail/", "../names.nsf", "mail/anna.nsf/x"} {
		asked.MailFile = mailFile(file)
		got := rule.Judge(configured, oauth.Scope{"MAIL"}, asked)
		assert.False(t, got.Allowed, file)
		assert.Contains(t, got.Denial, "where the user's mail file is cannot be told: the directory has", file)
	}
	asked.MailFile = func() (string, error) { return "", errors.New("nobody knows") }
	assert.Contains(t, rule.Judge(configured, oauth.Scope{"MAIL"}, asked).Denial, "cannot be told: nobody knows")
	asked.Target = "/sales.nsf"
	assert.True(t, rule.Judge(configured, oauth.Scope{"MAIL", "orders.read"}, asked).Allowed, "another scope opens it")
}

func BenchmarkJudge(b *testing.B) {
	configured := policy(b)
	asked := rule.Asked{Target: "/sales.nsf/0/" + unid + "?OpenDocument", Methods: []string{"GET"}}
	for b.Loop() {
		if !rule.Judge(configured, oauth.Scope{"orders.read"}, asked).Allowed {
			b.Fatal("denied")
		}
	}
}
