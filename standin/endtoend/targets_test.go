// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/target"
)

// apart has the tests that are not for a target, by its name, and why.
var apart = map[string]map[string]string{
	"shipped": notShipped,
	"win64":   notOnWindows,
	"win32":   notOnWindows,
}

var notShipped = map[string]string{
	"TestREADME":           theDemo,
	"TestDemoInABrowser":   theDemo,
	"TestDenyInABrowser":   theDemo,
	"TestAPIKeyInABrowser": theDemo,
}

var notOnWindows = map[string]string{
	"TestREADME":                 theDemo,
	"TestDemoInABrowser":         theDemo,
	"TestDenyInABrowser":         theDemo,
	"TestAPIKeyInABrowser":       theDemo,
	"TestStoreThatDisappears":    "Windows lets nobody rename a database that is open; Wine would",
	"TestStoreWhoseLogIsDeleted": "nor delete what is part of it",
}

const theDemo = "the demo loads the library that is built for it"

// system is the target of a run with what was built for it. The front and the tests are native; the library, the host
// and doapctl are the target's, under Wine where that is Windows.
type system struct{ target.Target }

var tested system

func TestMain(m *testing.M) {
	flag.Parse()
	status := 1
	chosen, err := target.Choose()
	if err == nil {
		tested = system{chosen}
		err = chosen.LeaveOut(apart[chosen.Name])
	}
	if err == nil {
		status = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, "endtoend:", err)
	}
	os.Exit(status)
}

// program returns the words that start a program of the target.
func (g system) program(t testing.TB, name string) []string {
	t.Helper()
	folder := ""
	switch {
	case g.Windows():
		folder = "windows-" + g.Arch + "/"
		binary(t, "wine/run"+g.Bits)
	case name == "doapctl":
		folder = g.Shipped
	}
	return g.Words(binaryPath(""), binary(t, folder+g.Program(name)))
}

// library is the built library.
func (g system) library(t testing.TB) string {
	t.Helper()
	if g.Windows() {
		return binary(t, "windows-"+g.Arch+"/ndoap.dll")
	}
	return binary(t, g.Shipped+"libndoap.so")
}

// frontFlags tell the front about the target's host.
func (g system) frontFlags(t testing.TB) []string {
	t.Helper()
	words := []string{"--host", strings.Join(g.program(t, "standin-host"), " ")}
	if g.Windows() {
		words = append(words, "--host-drive", target.Drive)
	}
	return words
}

// build builds the library with a build tag and returns its path.
func (g system) build(t testing.TB, tag string) string {
	t.Helper()
	library := filepath.Join(t.TempDir(), filepath.Base(g.library(t)))
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags", tag, "-buildmode=c-shared", "-o", library)
	command.Env = os.Environ()
	if g.Windows() {
		command.Env = append(command.Env, "CGO_ENABLED=1", "GOOS=windows", "GOARCH="+g.Arch, "CC="+g.Compiler)
		command.Args = append(command.Args, "-ldflags", `-extldflags "-static"`)
	}
	command.Args = append(command.Args, "ndoap/filter")
	printed, err := command.CombinedOutput()
	require.NoErrorf(t, err, "%s", printed)
	return library
}

// What the table leaves out exists, so that no test is lost by a new name.
func TestTargets(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		source.Write(text)
	}
	for name, tests := range apart {
		require.Contains(t, target.Names(), name)
		for test, why := range tests {
			assert.Contains(t, source.String(), "\nfunc "+test+"(t *testing.T) {", name)
			assert.NotEmpty(t, why)
		}
	}
}
