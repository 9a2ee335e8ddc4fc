// SPDX-License-Identifier: Apache-2.0

package dominourl_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/dominourl"
)

const unid = "DDC087A8ACE170F8852562F300702264"

func TestWhatDominoServes_B13(t *testing.T) {
	for target, want := range map[string]dominourl.Resource{
		// The path, in every spelling of the same.
		"/sales.nsf":                           {Path: "/sales.nsf", Database: "/sales.nsf", Command: "opendatabase"},
		"/SALES.NSF?OpenDatabase":              {Path: "/sales.nsf", Database: "/sales.nsf", Command: "opendatabase"},
		"/sales.nsf/":                          {Path: "/sales.nsf", Database: "/sales.nsf", Command: "opendatabase"},
		"/sales.nsf!OpenDatabase":              {Path: "/sales.nsf", Database: "/sales.nsf", Command: "opendatabase"},
		"/apps//./sales.nsf":                   {Path: "/apps/sales.nsf", Database: "/apps/sales.nsf", Command: "opendatabase"},
		"/x/../sales.nsf":                      {Path: "/sales.nsf", Database: "/sales.nsf", Command: "opendatabase"},
		"/x/%2e%2E/s%61les%2Ensf":              {Path: "/sales.nsf", Database: "/sales.nsf", Command: "opendatabase"},
		"https://host:8443/sales.nsf":          {Path: "/sales.nsf", Database: "/sales.nsf", Command: "opendatabase"},
		"/%E5%B1%B1/%C3%84b.nsf":               {Path: "/山/äb.nsf", Database: "/山/äb.nsf", Command: "opendatabase"},
		"/mail.box":                            {Path: "/mail.box", Database: "/mail.box", Command: "opendatabase"},
		"/__852562F3007ABFD6.NSF?OpenDatabase": {Path: "/__852562f3007abfd6.nsf", Database: "/__852562f3007abfd6.nsf", Command: "opendatabase"},

		// The command: of a database.
		"/sales.nsf/By+Salesperson?OpenView":              {Path: "/sales.nsf/by salesperson", Database: "/sales.nsf", Command: "openview"},
		"/sales.nsf/By%20Salesperson!openview":            {Path: "/sales.nsf/by salesperson", Database: "/sales.nsf", Command: "openview"},
		"/sales.nsf/v?ReadViewEntries&Start=1&ExpandView": {Path: "/sales.nsf/v", Database: "/sales.nsf", Command: "readviewentries"},
		"/sales.nsf/v/Smith%20%2B%20Jones?OpenDocument":   {Path: "/sales.nsf/v/smith + jones", Database: "/sales.nsf", Command: "opendocument"},
		"/sales.nsf/v/a:b*.?OpenDocument&login":           {Path: "/sales.nsf/v/a:b*.", Database: "/sales.nsf", Command: "opendocument"},
		"/sales.nsf/0/" + unid:                            {Path: "/sales.nsf/0/" + strings.ToLower(unid), Database: "/sales.nsf", Command: "opendocument"},
		"/sales.nsf/" + unid + "/" + unid:                 {Path: "/sales.nsf/" + strings.ToLower(unid+"/"+unid), Database: "/sales.nsf", Command: "opendocument"},
		"/sales.nsf/0/" + unid + "?EditDocument":          {Path: "/sales.nsf/0/" + strings.ToLower(unid), Database: "/sales.nsf", Command: "editdocument"},
		"/sales.nsf/0/" + unid + "!DELETEDOCUMENT":        {Path: "/sales.nsf/0/" + strings.ToLower(unid), Database: "/sales.nsf", Command: "deletedocument"},
		"/sales.nsf/process?OpenAgent&x=1":                {Path: "/sales.nsf/process", Database: "/sales.nsf", Command: "openagent"},
		"/sales.nsf/v?SomethingNew":                       {Path: "/sales.nsf/v", Database: "/sales.nsf", Command: "somethingnew"},

		// What an object's name decides: it may be an agent's.
		"/sales.nsf/process":              {Path: "/sales.nsf/process", Database: "/sales.nsf", Command: "open"},
		"/sales.nsf/process?Open":         {Path: "/sales.nsf/process", Database: "/sales.nsf", Command: "open"},
		"/sales.nsf/0/" + unid + "/more":  {Path: "/sales.nsf/0/" + strings.ToLower(unid) + "/more", Database: "/sales.nsf", Command: "open"},
		"/sales.nsf/process/more":         {Path: "/sales.nsf/process/more", Database: "/sales.nsf", Command: "open"},
		"/sales.nsf/process?id=7":         {Path: "/sales.nsf/process", Database: "/sales.nsf", Command: "open"},
		"/sales.nsf?id=7":                 {Path: "/sales.nsf", Database: "/sales.nsf", Command: "open"},
		"/sales.nsf/0/" + unid + "?x=1&y": {Path: "/sales.nsf/0/" + strings.ToLower(unid), Database: "/sales.nsf", Command: "open"},

		// What is no Domino URL command.
		"/sales.nsf/api/data/documents?count=2":   {Path: "/sales.nsf/api/data/documents", Database: "/sales.nsf", Command: "/api"},
		"/Sales.nsf/API/data/documents?compact":   {Path: "/sales.nsf/api/data/documents", Database: "/sales.nsf", Command: "/api"},
		"/api/data":                               {Path: "/api/data", Command: "/api"},
		"/sales.nsf/api/custom":                   {Path: "/sales.nsf/api/custom", Database: "/sales.nsf", Command: "/other"},
		"/sales.nsf/home.xsp":                     {Path: "/sales.nsf/home.xsp", Database: "/sales.nsf", Command: "/xsp"},
		"/sales.nsf/home.xsp?OpenXPage&action=x":  {Path: "/sales.nsf/home.xsp", Database: "/sales.nsf", Command: "/xsp"},
		"/sales.nsf/xsp/custom":                   {Path: "/sales.nsf/xsp/custom", Database: "/sales.nsf", Command: "/xsp"},
		"/xsp/.ibmxspres/x.js":                    {Path: "/xsp/.ibmxspres/x.js", Command: "/xsp"},
		"/icons/logo.GIF?v=2":                     {Path: "/icons/logo.gif", Command: "/file"},
		"/":                                       {Path: "/", Command: "/other"},
		"https://host":                            {Path: "/", Command: "/other"},
		"/?OpenServer":                            {Path: "/", Command: "openserver"},
		"/sales.nsf?Logout&RedirectTo=/x":         {Path: "/sales.nsf", Database: "/sales.nsf", Command: "logout"},
		"/servlet/x.html":                         {Path: "/servlet/x.html", Command: "/other"},
		"/cgi-bin/run":                            {Path: "/cgi-bin/run", Command: "/other"},
		"/application/resource":                   {Path: "/application/resource", Command: "/other"},
		"/application/resource.do?remove=1&a=b&c": {Path: "/application/resource.do", Command: "/other"},
	} {
		t.Run(target, func(t *testing.T) {
			got, err := dominourl.Parse(target)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestWhatCannotBeTold_B13(t *testing.T) {
	for name, targets := range map[string][]string{
		"an encoded separator":             {"/a%2fsales.nsf", "/a%2Fb", "/sales.nsf%5cv", "/sales.nsf%3FOpenAgent", "/sales.nsf/v%21OpenAgent", "/sales.nsf%3bx", "/a%23b"},
		"encoded twice":                    {"/%2573ales.nsf", "/sales.nsf/%252e%252e/names.nsf"},
		"a backslash":                      {`/apps\sales.nsf`, `/sales.nsf\v?OpenView`},
		"a path parameter":                 {"/sales.nsf;x", "/sales.nsf;x=y/v", "/sales.nsf/v;jsessionid=1"},
		"a NUL or another control":         {"/sales.nsf%00.css", "/a%0d%0ab", "/a\x00b", "/a b", "/a%7f", "/a\tb"},
		"no percent-encoding":              {"/%", "/%2", "/%zz", "/%u002e"},
		"not UTF-8":                        {"/%c0%ae%c0%ae/x.nsf", "/%E4.nsf", "/\xe4.nsf", "/sales.nsf/%E4?OpenView"},
		"above the root":                   {"/..", "/../names.nsf", "/a/../../names.nsf", "/%2e%2e/names.nsf"},
		"out of a database":                {"/sales.nsf/../names.nsf", "/sales.nsf/v/../x?OpenView", "/sales.nsf/%2e%2e/names.nsf"},
		"a dot or space at the end":        {"/sales.nsf.", "/sales.nsf%20", "/apps./sales.nsf", "/.../sales.nsf", "/%20sales.nsf"},
		"a short name":                     {"/SALESD~1.NSF", "/apps~2/sales.nsf", "/sales~1"},
		"an alternate stream":              {"/sales.nsf::$DATA", "/c:/sales.nsf", "/sales:x.nsf"},
		"what Windows looks up":            {"/sal*.nsf", "/a%22b", "/a%3cb", "/a%7cb"},
		"a plus sign in a file's name":     {"/a+b.nsf", "/a%2bb.nsf"},
		"a plus sign beside a space":       {"/sales.nsf/Smith%20+%20Jones?OpenDocument"},
		"characters that turn into others": {"/x/%EF%BC%8E%EF%BC%8E/names.nsf", "/%EF%BD%8Eames.nsf", "/a%EF%BC%8Fnames.nsf", "/%E2%84%AAunden.nsf", "/na%C5%BFa.nsf", "/a%E2%80%8Bb.nsf", "/a%E2%88%95b"},
		"two databases":                    {"/sales.nsf/names.nsf", "/sales.nsf/v/x.nsf?OpenDocument", "/a.ntf/b.nsf"},
		"a replica ID in another form":     {"/__852562F3007ABFD6", "/apps/__852562F3007ABFD6.nsf", "/__852562F3007ABFD6.ntf", "/__852562F3007ABFD6.x/y.nsf"},
		"two separators":                   {"/sales.nsf/v!OpenView?OpenAgent", "/sales.nsf!x?y", "/sales.nsf/api/data/documents!a=b?OpenAgent"},
		"no word for a command":            {"/sales.nsf?%4fpenAgent", "/sales.nsf?Open+Agent", "/sales.nsf?&OpenAgent", "/sales.nsf?Open.Agent", "/sales.nsf?" + strings.Repeat("a", 41), "/sales.nsf?__Click=1", "/sales.nsf??OpenAgent", "/sales.nsf?!OpenAgent"},
		"a command with a value":           {"/sales.nsf/a?OpenAgent=1", "/sales.nsf?OpenDatabase=", "/sales.nsf/api/data/documents?DeleteDocument=1"},
		"two commands":                     {"/sales.nsf/v?OpenView&DeleteDocument", "/sales.nsf?OpenDatabase&openagent=1", "/sales.nsf/f?OpenForm&__Click=0", "/sales.nsf/api/data/documents?a=b&OpenAgent"},
		"a second command, encoded":        {"/sales.nsf/v?OpenView&%44eleteDocument", "/sales.nsf/v?OpenView&+EditDocument", "/sales.nsf/v?OpenView&%5f_Click=0", "/sales.nsf/v?OpenView&%zz=1"},
		"another database for an XPage":    {"/sales.nsf/home.xsp?databaseName=names.nsf", "/sales.nsf/home.xsp?OpenXPage&DATABASENAME=names.nsf", "/sales.nsf/home.xsp?a=b&%64atabaseName=x", "/sales.nsf/home.xsp?a=b&doc2databaseName=x", "/sales.nsf/v/home.xsp?databaseName=x", "/sales.nsf/home.xsp?a=1;databaseName=x", "/sales.nsf/home.xsp?OpenXPage&a=b;c;%64atabaseName=x"},
		"another database, by a command":   {"/sales.nsf/home?OpenXPage&databaseName=names.nsf", "/sales.nsf?OpenDatabase&databaseName=names.nsf", "/sales.nsf/0/" + unid + "?OpenDocument&databaseName=x", "/sales.nsf/home?databaseName=x", "/sales.nsf/api?databaseName=x"},
		"a command where there are none":   {"/sales.nsf/api/data/documents?OpenDocument", "/servlet/x?OpenView", "/sales.nsf/home.xsp?OpenDocument", "/a.css?OpenView", "/sales.nsf/api?OpenView", "/sales.nsf/v/x.xsp?OpenDocument"},
		"no path":                          {"", "*", "sales.nsf", "ftp://host/sales.nsf", "https://host?x", `https://host\sales.nsf`, "//host/sales.nsf", "https://host//sales.nsf", "/sales.nsf#x"},
		"endless":                          {"/" + strings.Repeat("a", 8<<10)},
	} {
		for _, target := range targets {
			t.Run(name+" "+target[:min(len(target), 60)], func(t *testing.T) {
				got, err := dominourl.Parse(target)
				assert.Error(t, err, got)
			})
		}
	}
}

func TestEffectsOfCommands_B14(t *testing.T) {
	for _, command := range []string{"opendatabase", "openview", "opendocument", "readform", "readviewentries", "searchview", dominourl.API, dominourl.File} {
		assert.True(t, dominourl.IsReading(command), command)
	}
	for _, command := range []string{
		"open", "edit", "delete", "editdocument", "savedocument", "createdocument", "deletedocument", "openagent", "openxpage", "login", "logout",
		"openserver", "redirect", "somethingnew", "", dominourl.XPage, dominourl.Other,
	} {
		assert.False(t, dominourl.IsReading(command), command)
	}
	assert.True(t, dominourl.ConcernsServer("logout"))
	assert.False(t, dominourl.ConcernsServer("openagent"))
	for _, name := range dominourl.Commands() {
		assert.True(t, dominourl.IsCommand(name), name)
	}
	assert.False(t, dominourl.IsCommand("/xyz"))
}

func TestPatterns_B13(t *testing.T) {
	for _, c := range []struct {
		pattern        string
		matches, fails []string
	}{
		{"/sales.nsf", []string{"/SALES.nsf", "/sales.nsf/"}, []string{"/sales.nsf/v", "/apps/sales.nsf", "/sales.nsfx", "/"}},
		{"/Sales.nsf/**", []string{"/sales.nsf", "/sales.nsf/v/x"}, []string{"/salesx.nsf", "/apps/sales.nsf"}},
		{"/sales.nsf/By Salesperson", []string{"/sales.nsf/by+salesperson?OpenView"}, []string{"/sales.nsf/by", "/sales.nsf/by+salesperson/x"}},
		{"/apps/*.nsf/api/**", []string{"/apps/a.nsf/api/data/documents", "/apps/b.nsf/api"}, []string{"/apps/a.nsf", "/apps/x/a.nsf/api", "/a.nsf/api"}},
		{"/*", []string{"/a.nsf", "/index.html"}, []string{"/a.nsf/v", "/", "/__852562F3007ABFD6.nsf"}},
		{"/*.nsf/**", []string{"/a.nsf/v"}, []string{"/__852562F3007ABFD6.nsf/v"}},
		{"/__852562F3007ABFD6.nsf/**", []string{"/__852562f3007abfd6.nsf"}, []string{"/__852562f3007abfd7.nsf"}},
		{"/**", []string{"/", "/a/b/c.nsf/d", "/__852562F3007ABFD6.nsf"}, nil},
		{"/", []string{"/"}, []string{"/a"}},
		{"/a*b*c.css", []string{"/abc.css", "/aXbYc.css", "/abbcc.css"}, []string{"/ac.css", "/acb.css", "/abc.cssx"}},
		{"/a*a.css", []string{"/aa.css"}, []string{"/a.css"}},
		{"/営業/*.nsf/**", []string{"/%E5%96%B6%E6%A5%AD/a.nsf"}, []string{"/a.nsf"}},
	} {
		pattern, err := dominourl.ParsePattern(c.pattern)
		require.NoError(t, err, c.pattern)
		again, err := dominourl.ParsePattern(pattern.String())
		require.NoError(t, err, c.pattern)
		assert.Equal(t, pattern, again)
		match := func(target string) bool {
			resource, parseErr := dominourl.Parse(target)
			require.NoError(t, parseErr, target)
			return pattern.Match(resource.Path)
		}
		for _, target := range c.matches {
			assert.True(t, match(target), "%s: %s", c.pattern, target)
		}
		for _, target := range c.fails {
			assert.False(t, match(target), "%s: %s", c.pattern, target)
		}
	}
}

func TestUnusablePatterns(t *testing.T) {
	for _, text := range []string{
		"", "sales.nsf", "**", "//", "/a//b", "/./a", "/../a", "/a/", "/a%20b", `/a\b`, "/a?OpenView", "/a!b", "/a;b", "/a#b",
		"/**/a", "/a**", "/a**/b", "/a.nsf/b.nsf", "/a.", "/a:b", "/a~1.nsf", "/a\x00", "/apps/__852562F3007ABFD6.nsf",
	} {
		_, err := dominourl.ParsePattern(text)
		assert.Error(t, err, text)
	}
}

func TestDatabasePath(t *testing.T) {
	for file, want := range map[string]string{
		`mail\AAdams.nsf`: "/mail/aadams.nsf", "mail/aadams": "/mail/aadams.nsf", "/apps/crm.nsf": "/apps/crm.nsf", "Crm.NTF": "/crm.ntf",
		"mail/山田.nsf": "/mail/山田.nsf",
	} {
		got, err := dominourl.DatabasePath(file)
		require.NoError(t, err, file)
		assert.Equal(t, want, got)
	}
	for _, file := range []string{"", "/", "mail/", "../x.nsf", "a/../x.nsf", "a.nsf/x", "a.nsf/b.nsf", `C:\x.nsf`, "a?b", "a%b", "x.nsf.", "//server/x", `\\server\x`} {
		_, err := dominourl.DatabasePath(file)
		assert.Error(t, err, file)
	}
}
