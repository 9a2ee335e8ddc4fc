// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"log/slog"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRulesOfScopes(t *testing.T) {
	const text = `"databases": {"crm": "Apps\\CRM", "hr": {"path": "apps/hr.nsf", "replicaId": "852562f3:007abfd6"}, "staff": {"path": "apps/HR", "replicaId": "852562F3007ABFD6"}},
		"scopes": {"orders": {"description": "Read orders", "reportOnly": true, "rules": [
			{"path": "/Sales.nsf/**"},
			{"path": "/sales.nsf/orders", "methods": ["POST"], "commands": ["CreateDocument", "/api"]}]}}`
	got, warnings, err := Parse(files("{" + issuerLine + ",\n" + text + "}"))
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	assert.Equal(t, slog.LevelWarn, warnings[0].Level)
	assert.Equal(t, "10.json, line 3: scopes.orders.reportOnly opens everything to whoever is granted the scope, and only logs what its rules "+
		"would deny: remove it when the log has no more of that", warnings[0].String())
	hr := Database{Path: "/apps/hr.nsf", ReplicaID: "852562F3007ABFD6"}
	assert.Equal(t, map[string]Database{"crm": {Path: "/apps/crm.nsf"}, "hr": hr, "staff": hr}, got.Databases)
	orders := got.Scopes["orders"]
	require.Len(t, orders.Rules, 2)
	assert.True(t, orders.ReportOnly)
	assert.Equal(t, "/sales.nsf/**", orders.Rules[0].Path.String())
	assert.Nil(t, orders.Rules[0].Methods)
	assert.Nil(t, orders.Rules[0].Commands)
	assert.Equal(t, []string{"POST"}, orders.Rules[1].Methods)
	assert.Equal(t, []string{"createdocument", "/api"}, orders.Rules[1].Commands)

	written, err := json.Marshal(&got)
	require.NoError(t, err)
	again, _, err := Parse(files(string(written)))
	require.NoError(t, err)
	assert.Equal(t, got, again)
}

// A replica ID that an alias has stands for its path; everything else stands for itself (B13).
func TestDatabasesByReplicaID_B13(t *testing.T) {
	got := Config{Databases: map[string]Database{"crm": {Path: "/apps/crm.nsf", ReplicaID: "852562F3007ABFD6"}, "hr": {Path: "/apps/hr.nsf"}}}
	for database, want := range map[string]string{
		"/__852562f3007abfd6.nsf": "/apps/crm.nsf", "/__852562f3007abfd7.nsf": "/__852562f3007abfd7.nsf", "/apps/hr.nsf": "/apps/hr.nsf", "": "",
	} {
		assert.Equal(t, want, got.Locate(database), database)
	}
}

func TestUnusableRules(t *testing.T) {
	rule := func(text string) string {
		return `"scopes": {"r": {"description": "x", "rules": [` + "\n" + text + `]}}`
	}
	// Without their settings these would be open, or it could not be told what is: no part of the files is used.
	open := []string{"domino with rules", "$DATA with rules", "MAIL that reports", "aliases as list", "replica ID of two", "two replica IDs"}
	for name, c := range map[string]struct{ text, says string }{
		"scope name":             {`"scopes": {"a b": {"description": "x"}}`, "scopes.a b is not the name of a scope"},
		"scope as text":          {`"scopes": {"mail": "x"}`, `scopes.mail is "x", expected { "description"`},
		"scope without text":     {`"scopes": {"mail": {}}`, "scopes.mail has no description"},
		"scope with number":      {`"scopes": {"mail": {"description": 1}}`, "scopes.mail.description is 1, expected a text"},
		"no list":                {`"scopes": {"r": {"description": "x", "rules": {}}}`, "10.json, line 2: scopes.r.rules is an object, expected a list of"},
		"no rules":               {`"scopes": {"r": {"description": "x", "rules": []}}`, "10.json, line 2: scopes.r.rules is a list, expected a list of"},
		"no object":              {rule(`"/a.nsf"`), `10.json, line 3: scopes.r.rules[0] is "/a.nsf", expected { "path":`},
		"no path":                {rule(`{"methods": ["GET"]}`), "10.json, line 3: scopes.r.rules[0] has no path: write which URLs it opens"},
		"path as number":         {rule(`{"path": 1}`), "10.json, line 3: scopes.r.rules[0].path is 1, expected a path such as"},
		"relative path":          {rule(`{"path": "a.nsf"}`), `scopes.r.rules[0].path is "a.nsf": it does not begin with a slash`},
		"encoded path":           {rule(`{"path": "/a%20b.nsf"}`), "write names as people see them"},
		"method in lower case":   {rule(`{"path": "/a", "methods": ["GET", "post"]}`), `scopes.r.rules[0].methods[1] is "post", expected a list of GET, HEAD, POST`},
		"method as text":         {rule(`{"path": "/a", "methods": "GET"}`), `scopes.r.rules[0].methods is "GET", expected a list of`},
		"no methods":             {rule(`{"path": "/a", "methods": []}`), "scopes.r.rules[0].methods is a list, expected a list of"},
		"no command":             {rule(`{"path": "/a", "commands": ["?OpenView"]}`), `scopes.r.rules[0].commands[0] is "?OpenView", expected a list of commands`},
		"command as number":      {rule(`{"path": "/a", "commands": [1]}`), "scopes.r.rules[0].commands[0] is 1, expected"},
		"second rule":            {rule(`{"path": "/a"},` + "\n" + `{"path": "b"}`), "10.json, line 4: scopes.r.rules[1].path"},
		"domino with rules":      {`"scopes": {"domino": {"description": "x", "rules": [{"path": "/a"}]}}`, "10.json, line 2: scopes.domino has a meaning of its own"},
		"$DATA with rules":       {`"scopes": {"$DATA": {"description": "x", "rules": [{"path": "/a"}]}}`, "scopes.$DATA has a meaning of its own"},
		"MAIL that reports":      {`"scopes": {"MAIL": {"description": "x", "reportOnly": true}}`, "scopes.MAIL has a meaning of its own"},
		"report of nothing":      {`"scopes": {"r": {"description": "x", "reportOnly": true}}`, "scopes.r has reportOnly and no rules"},
		"report in quotes":       {`"scopes": {"r": {"description": "x", "reportOnly": "true", "rules": [{"path": "/a"}]}}`, "scopes.r.reportOnly is \"true\", expected true or false"},
		"aliases as list":        {`"databases": ["a.nsf"]`, "10.json, line 2: databases is a list, expected aliases"},
		"alias of no scope":      {`"databases": {"a b": "a.nsf"}`, "databases.a b is not the name of a scope"},
		"alias that is taken":    {`"databases": {"MAIL": "a.nsf"}`, "databases.MAIL is a scope with a meaning of its own"},
		"path as list":           {`"databases": {"a": []}`, `databases.a is a list, expected a path such as "apps/crm.nsf"`},
		"alias without path":     {`"databases": {"a": {"replicaId": "852562F3007ABFD6"}}`, `10.json, line 2: databases.a has no path: write where the database is`},
		"alias's path as number": {`"databases": {"a": {"path": 1}}`, `databases.a.path is 1, expected a path such as "apps/crm.nsf"`},
		"path outside":           {`"databases": {"a": {"path": "../a.nsf"}}`, `databases.a.path is "../a.nsf": it is not the path of a database`},
		"replica as number":      {`"databases": {"a": {"path": "a.nsf", "replicaId": 85}}`, `databases.a.replicaId is 85, expected a replica ID such as "852562F3:007ABFD6"`},
		"replica too short":      {`"databases": {"a": {"path": "a.nsf",` + "\n" + `"replicaId": "852562F3007ABFD"}}`, `10.json, line 3: databases.a.replicaId is "852562F3007ABFD": it does not have 16 hexadecimal digits`},
		"replica as in a URL":    {`"databases": {"a": {"path": "a.nsf", "replicaId": "__852562F3007ABFD6.nsf"}}`, `it does not have 16 hexadecimal digits`},
		"replica ID of two": {
			`"databases": {"a": {"path": "a.nsf", "replicaId": "852562F3:007ABFD6"},` + "\n" + `"b": {"path": "b.nsf", "replicaId": "852562f3007abfd6"}}`,
			"10.json, line 3: databases.b has the replicaId of databases.a, which is another database, /a.nsf",
		},
		"two replica IDs": {
			`"databases": {"a": {"path": "a.nsf", "replicaId": "852562F3:007ABFD6"},` + "\n" + `"b": {"path": "A", "replicaId": "852562f3007abfd7"}}`,
			"10.json, line 3: databases.b has another replicaId for /a.nsf than databases.a: a database has one",
		},
		"no database": {`"databases": {` + "\n" + `"a": "../a.nsf"}`, `10.json, line 3: databases.a is "../a.nsf": it is not the path of a database`},
		"rules for an alias": {
			`"databases": {"a": "a.nsf"},` + "\n" + `"scopes": {"a": {"description": "x", "rules": [{"path": "/a"}]}}`,
			"10.json, line 3: scopes.a has rules, and is the alias of a database",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems, err := Parse(files("{" + issuerLine + ",\n" + c.text + "}"))
			if slices.Contains(open, name) {
				require.ErrorAs(t, err, &Problems{})
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err, "the rest counts")
			require.Len(t, problems, 1)
			assert.Equal(t, slog.LevelError, problems[0].Level)
			assert.True(t, problems[0].Contained)
			assert.Contains(t, problems[0].String(), c.says)
			assert.Contains(t, problems[0].String(), " opens nothing until that is mended")
			assert.Equal(t, Default().Scopes, got.Scopes)
			assert.Empty(t, got.Databases)
		})
	}
}

// A mistake in one scope, or in one database, leaves the others as they are; the alias of the same name is closed, too.
func TestAMistakeInOneScopeLeavesTheRest(t *testing.T) {
	got, problems, err := Parse(files("{" + issuerLine + `,
		"databases": {"crm": "apps/crm.nsf", "hr": "../hr.nsf", "mixed": "apps/mixed.nsf"},
		"scopes": {"crm": {"description": "Customers"}, "bad": {"description": "x", "rules": [{"path": "b"}]},
			"mixed": {"description": "x", "rules": [{"path": "b"}]}}}`))
	require.NoError(t, err)
	require.Len(t, problems, 3)
	assert.Equal(t, map[string]Database{"crm": {Path: "/apps/crm.nsf"}}, got.Databases)
	assert.Len(t, got.Scopes, 2, "domino and crm")
	assert.True(t, got.Knows("crm"))
	for _, closed := range []string{"bad", "hr", "mixed"} {
		assert.False(t, got.Knows(closed), closed)
	}
}

func TestDoubtsAboutRules(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"misspelt command": {`"commands": ["OpenDocumnt"]`, `10.json, line 2: scopes.r.rules[0].commands has "OpenDocumnt", which is no Domino URL command known here; it is taken as it stands; did you mean OpenDocument?`},
		"own command":      {`"commands": ["SomethingElse"]`, `10.json, line 2: scopes.r.rules[0].commands has "SomethingElse", which is no Domino URL command known here; it is taken as it stands`},
		"misspelt key":     {`"command": ["OpenAgent"]`, "10.json, line 2: scopes.r.rules[0].command is not a setting and is ignored; did you mean commands?"},
	} {
		t.Run(name, func(t *testing.T) {
			_, warnings, err := Parse(files("{" + issuerLine + ",\n" + `"scopes": {"r": {"description": "x", "rules": [{"path": "/a", ` + c.text + "}]}}}"))
			require.NoError(t, err)
			require.Len(t, warnings, 1)
			assert.Equal(t, slog.LevelWarn, warnings[0].Level)
			assert.Equal(t, c.says, warnings[0].String())
		})
	}
	got, warnings, err := Parse(files("{" + issuerLine + ",\n" + `"databases": {"a": {"path": "a.nsf", "replicaID": "852562F3007ABFD6"}}}`))
	require.NoError(t, err)
	require.Len(t, warnings, 1)
	assert.Equal(t, "10.json, line 2: databases.a.replicaID is not a setting and is ignored; did you mean replicaId?", warnings[0].String())
	assert.Equal(t, map[string]Database{"a": {Path: "/a.nsf"}}, got.Databases, "the rest counts")
}
