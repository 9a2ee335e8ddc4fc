// SPDX-License-Identifier: Apache-2.0

package architecture

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a newcomer, an administrator and the build look for at fixed places.
func TestTheHouseIsComplete(t *testing.T) {
	for _, name := range []string{
		"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", ".editorconfig", ".clang-format", ".golangci.yml",
		"Makefile", "go.mod", "build/tools/go.mod", ".ci/run", "cshim", "filter", "core", "store", "build", "installer",
		"docs/install.md", "docs/configure.md", "docs/scopes.md", "docs/keys.md", "docs/clients.md", "docs/operate.md", "docs/security.md", "docs/divergences.md",
		"docs/architecture.md", "docs/standin.md", "docs/adr",
	} {
		_, err := os.Stat(filepath.Join("..", "..", name))
		assert.NoError(t, err)
	}
	run, err := os.ReadFile(filepath.Join("..", "..", ".ci", "run"))
	require.NoError(t, err)
	assert.Contains(t, string(run), "make test")
}

func TestMakeHelpNamesTheTargets(t *testing.T) {
	command := exec.CommandContext(t.Context(), "make", "--no-print-directory", "-C", filepath.Join("..", ".."), "help")
	out, err := command.CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
	for _, target := range []string{"demo", "test", "check", "build", "build-windows", "bench", "clean", "help"} {
		assert.Regexp(t, `(?m)^\s+make `+target+`\s`, string(out))
	}
}
