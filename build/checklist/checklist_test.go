// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// made is a module of two ids, one of them open, and a test for the other.
func made(changes map[string]string) map[string]string {
	files := map[string]string{
		"docs/checklist.md":   "# Checklist\n\n## A: server\n\n### Codes\n\n| Id | What holds |\n| --- | --- |\n| A1 | once |\n\n## Open\n\n| Id | What | Waits for |\n| --- | --- | --- |\n| A2 | later | OpenID |\n",
		"docs/divergences.md": "# Divergences\n\n| Id | Asked for | ndoap | Why |\n| --- | --- | --- | --- |\n",
		"core/code_test.go":   source(`func TestCode_A1(t *testing.T) { use() }`),
	}
	for name, text := range changes {
		files[name] = text
	}
	return files
}

func source(declarations string) string {
	return "package core\n\nimport \"testing\"\n\n" + declarations + "\n"
}

// listed runs the program on files and returns what it prints and what it complains of.
func listed(t *testing.T, files map[string]string) (out string, problems []string, err error) {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte(text), 0o600))
	}
	printed := &strings.Builder{}
	problems, err = run(printed, root)
	return printed.String(), problems, err
}

func TestTestedAndOpen(t *testing.T) {
	out, problems, err := listed(t, made(nil))
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.Equal(t, "A1   core TestCode_A1\nA2   open: OpenID\n\n2 ids: 1 tested, 0 explained, 1 open\n", out)
}

func TestRowsExplain(t *testing.T) {
	out, problems, err := listed(t, made(map[string]string{
		"core/code_test.go":   source(""),
		"docs/divergences.md": "| Id | Asked for | ndoap | Why |\n| --- | --- | --- | --- |\n| B9, A1 | once | twice | it may be lost |\n",
	}))
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.Contains(t, out, "A1   docs/divergences.md: once: twice: it may be lost\n")
	assert.Contains(t, out, "0 tested, 1 explained")
}

func TestWhatCovers(t *testing.T) {
	for name, c := range map[string]struct {
		declarations string
		covers       string // the test that the list must show; empty: none
	}{
		"part of a name":         {`func TestX_A1_M3(t *testing.T) {}`, "core TestX_A1_M3"},
		"a fuzz target":          {`func FuzzX_A1(f *testing.F) {}`, "core FuzzX_A1"},
		"name in the call":       {`func TestX(t *testing.T) { t.Run("A1 twice", func(t *testing.T) {}) }`, "core TestX/A1 twice"},
		"name that is completed": {`func TestX(t *testing.T) { t.Run("A1 "+y, func(t *testing.T) {}) }`, "core TestX/A1 "},
		"several ids":            {`func TestX(t *testing.T) { t.Run("M3, A1: twice", func(t *testing.T) {}) }`, "core TestX/M3, A1: twice"},
		"key of a map":           {`func TestX(t *testing.T) { for n := range map[string]int{"A1 a": 1} { t.Run(n, f) } }`, "core TestX/A1 a"},
		"field of a row":         {`func TestX(t *testing.T) { for _, c := range []row{{size: 1, name: "A1 a"}} { t.Run(c.name, f) } }`, "core TestX/A1 a"},
		"first in a row":         {`func TestX(t *testing.T) { for _, c := range []row{{"A1 a", 1}} { t.Run(c.name, f) } }`, "core TestX/A1 a"},
		"a table of the package": {"var rows = []row{{\"A1 a\", 1}}\n\nfunc TestX(t *testing.T) { for _, c := range rows { t.Run(c.name, f) } }", "core TestX/A1 a"},
		"a helper":               {"func (s *server) each(t *testing.T) { t.Run(\"A1 a\", f) }\n\nfunc TestX(t *testing.T) { s.each(t) }", "core TestX/A1 a"},

		"a comment":                   {"// TestX is for A1.\nfunc TestX(t *testing.T) {} // A1", ""},
		"a comment of a subtest":      {`func TestX(t *testing.T) { t.Run("twice" /* A1 */, func(t *testing.T) {}) }`, ""},
		"a message":                   {`func TestX(t *testing.T) { t.Run("a", f); t.Error("A1 failed") }`, ""},
		"an id that only begins so":   {`func TestX_A11(t *testing.T) {}`, ""},
		"an id within a word":         {`func TestXA1(t *testing.T) {}`, ""},
		"an id at the end":            {`func TestX(t *testing.T) { t.Run("twice A1", f) }`, ""},
		"a helper that nobody calls":  {`func each(t *testing.T) { t.Run("A1 a", f) }`, ""},
		"a helper named like a test":  {`func (s *suite) TestX_A1(t *testing.T) {}`, ""},
		"a table that nobody runs":    {`func TestX(t *testing.T) { _ = []row{{name: "A1 a"}} }`, ""},
		"another field of a row":      {`func TestX(t *testing.T) { for _, c := range []row{{says: "A1 a"}} { t.Run(c.name, f) } }`, ""},
		"a later column":              {`func TestX(t *testing.T) { for _, c := range []row{{"a", "A1 a"}} { t.Run(c.name, f) } }`, ""},
		"a skipped test":              {`func TestX_A1(t *testing.T) { t.Skip("later") }`, ""},
		"a test that a helper skips":  {"func short(t *testing.T) { t.SkipNow() }\n\nfunc TestX_A1(t *testing.T) { short(t) }", ""},
		"a skipped subtest":           {`func TestX(t *testing.T) { t.Run("A1 a", func(t *testing.T) { t.Skipf("%d", 1) }) }`, ""},
		"a benchmark":                 {`func BenchmarkX_A1(b *testing.B) {}`, ""},
		"what begins before any test": {`func TestMain(m *testing.M) { m.Run("A1 a", 1) }`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, err := listed(t, made(map[string]string{"core/code_test.go": source(c.declarations)}))
			require.NoError(t, err)
			if c.covers != "" {
				assert.Empty(t, problems)
				assert.Contains(t, out, "A1   "+c.covers+"\n")
				return
			}
			require.NotEmpty(t, problems)
			assert.Equal(t, "A1 has no test, no row in docs/divergences.md, and is not under Open (once)", problems[0])
			assert.Contains(t, out, "A1   MISSING: once\n")
		})
	}
}

func TestFilesThatAreNoTestsOfThisModule(t *testing.T) {
	covering := source(`func TestX_A1(t *testing.T) {}`)
	for _, name := range []string{
		"core/code.go", "core/testdata/x_test.go", "node_modules/x/x_test.go", ".cache/x_test.go", "_x/x_test.go", "bin/x_test.go",
	} {
		t.Run(name, func(t *testing.T) {
			_, problems, err := listed(t, made(map[string]string{"core/code_test.go": source(""), name: covering}))
			require.NoError(t, err)
			assert.Len(t, problems, 1)
		})
	}
	_, problems, err := listed(t, made(map[string]string{"core/code_test.go": "//go:build ignore\n\n" + covering}))
	require.NoError(t, err)
	assert.Len(t, problems, 1, "a file that is never built")
	_, problems, err = listed(t, made(map[string]string{"core/code_test.go": "//go:build windows\n\n" + covering}))
	require.NoError(t, err)
	assert.Empty(t, problems, "a file of another system")
}

func TestContradictions(t *testing.T) {
	for name, c := range map[string]struct{ file, text, says string }{
		"open and tested":         {"core/x_test.go", source(`func TestX_A2(t *testing.T) {}`), "A2 is under Open, but also here: core TestX_A2"},
		"open and explained":      {"docs/divergences.md", "| A2 | a | b | c |\n", "A2 is under Open, but also here: docs/divergences.md: a: b: c"},
		"a test of nothing":       {"core/x_test.go", source(`func TestX_A3(t *testing.T) {}`), "A3 does not exist; named by this test: core TestX_A3"},
		"a subtest of nothing":    {"core/x_test.go", source(`func TestX(t *testing.T) { t.Run("A3 a", f) }`), "A3 does not exist; named by this test: core TestX/A3 a"},
		"a row of nothing":        {"docs/divergences.md", "| A3 | a | b | c |\n", "A3 does not exist; named by this row of docs/divergences.md: a: b: c"},
		"a row without a reason":  {"docs/divergences.md", "| A1 | a | b | |\n", ""},
		"a longer number":         {"core/x_test.go", source(`func TestX_A256(t *testing.T) { t.Run("A256 a", f) }`), ""},
		"a list that is not here": {"core/x_test.go", source(`func TestX_B1(t *testing.T) {}`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, err := listed(t, made(map[string]string{c.file: c.text}))
			require.NoError(t, err)
			if c.says == "" {
				assert.Empty(t, problems)
				assert.NotContains(t, out, "divergences")
				return
			}
			assert.Equal(t, []string{c.says}, problems)
		})
	}
}

func TestDocumentsNameTestsThatExist(t *testing.T) {
	_, problems, err := listed(t, made(map[string]string{
		"docs/security.md": "Held by `TestCode_A1` and by `TestGone`, not by Testing or aTestX.\n",
	}))
	require.NoError(t, err)
	assert.Equal(t, []string{"docs/security.md names TestGone, which is no test"}, problems)
}

func TestDocumentsThatAreRefused(t *testing.T) {
	const head = "## A: server\n\n| A1 | once |\n"
	for name, c := range map[string]struct{ text, says string }{
		"nothing":                {"# Checklist\n", "has no ids"},
		"an id twice":            {head + "| A1 | again |\n", "line 4: A1 occurs a second time"},
		"an id in another list":  {head + "| B1 | once |\n", "line 4: B1 is not in a list of its letter"},
		"no list at all":         {"| A1 | once |\n", "line 1: A1 is not in a list of its letter"},
		"no text":                {head + "| A2 | |\n", "line 4: A2 has no text"},
		"too many cells":         {head + "| A2 | a | b |\n", "line 4: A2 has no text of its own"},
		"a number left out":      {head + "| A3 | thrice |\n", "A2 is missing"},
		"the first one left out": {"## A: server\n\n| A2 | twice |\n", "A1 is missing"},
		"open without a reason":  {head + "\n## Open\n\n| A2 | later | |\n", "line 7: A2 is open and does not say what it waits for"},
		"open without a column":  {head + "\n## Open\n\n| A2 | later |\n", "line 7: A2 is open and does not say what it waits for"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := listed(t, made(map[string]string{"docs/checklist.md": c.text}))
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	_, _, err := listed(t, made(map[string]string{"core/x_test.go": "package core\n\nfunc {"}))
	require.ErrorContains(t, err, "x_test.go:3:6")
	files := made(nil)
	delete(files, "docs/divergences.md")
	_, _, err = listed(t, files)
	require.ErrorIs(t, err, os.ErrNotExist)
}
