// SPDX-License-Identifier: Apache-2.0

package architecture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a newcomer, an administrator and the build look for at fixed places.
func TestTheHouseIsComplete(t *testing.T) {
	for _, name := range []string{
		"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", ".editorconfig", ".clang-format", ".golangci.yml",
		"Makefile", "go.mod", "build/tools/go.mod", ".ci/run", "cshim", "filter", "core", "store", "build", "installer",
		"docs/install.md", "docs/configure.md", "docs/login.md", "docs/scopes.md", "docs/keys.md", "docs/clients.md", "docs/operate.md", "docs/security.md", "docs/divergences.md",
		"docs/architecture.md", "docs/standin.md", "docs/adr",
	} {
		_, err := os.Stat(filepath.Join("..", "..", name))
		assert.NoError(t, err)
	}
	run, err := os.ReadFile(filepath.Join("..", "..", ".ci", "run"))
	require.NoError(t, err)
	assert.Contains(t, string(run), "make test")
}

// A page that is longer than a source file may be has two subjects. The checklist is no page to read, but a list of ids.
func TestPagesAreNoLongerThanSourceFiles(t *testing.T) {
	const most = 350
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	for _, page := range pages {
		if filepath.Base(page) == "checklist.md" {
			continue
		}
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.LessOrEqual(t, strings.Count(string(text), "\n"), most, page)
	}
}

func TestMakeHelpNamesTheTargets(t *testing.T) {
	command := exec.CommandContext(t.Context(), "make", "--no-print-directory", "-C", filepath.Join("..", ".."), "help")
	out, err := command.CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
	for _, target := range []string{"demo", "test", "check", "build", "build-windows", "bench", "clean", "help"} {
		assert.Regexp(t, `(?m)^\s+make `+target+`\s`, string(out))
	}
}
