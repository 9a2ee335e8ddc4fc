// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// target is a system that the suite runs on. The front and the tests are native; the library, the host and doapctl are
// the target's, under Wine where that is Windows.
type target struct {
	bits     string // of a Windows program; empty: this machine
	goarch   string // and for whom it was built
	shipped  string // folder of library and doapctl, if those are not the ones built for tests
	compiler string

	// allocations tells whether the host can count calls of the allocator. On Windows each library brings its own.
	allocations bool

	apart map[string]string // tests that are not for this target, and why
}

// targets has every target, by the name that the variable NDOAP_TARGET takes.
var targets = map[string]target{
	"linux":   {allocations: true},
	"shipped": {shipped: "linux-amd64/", allocations: true, apart: notShipped},
	"win64":   {bits: "64", goarch: "amd64", compiler: "x86_64-w64-mingw32-gcc", apart: notOnWindows},
	"win32":   {bits: "32", goarch: "386", compiler: "i686-w64-mingw32-gcc", apart: notOnWindows},
}

var notShipped = map[string]string{
	"TestREADME":         theDemo,
	"TestDemoInABrowser": theDemo,
	"TestDenyInABrowser": theDemo,
}

var notOnWindows = map[string]string{
	"TestREADME":              theDemo,
	"TestDemoInABrowser":      theDemo,
	"TestDenyInABrowser":      theDemo,
	"TestStoreThatDisappears": "Windows lets nobody rename a database that is open; Wine would",
	"TestBesideAnotherFilter": "the other filter is built for Linux",
}

const theDemo = "the demo loads the library that is built for it"

// tested is the target of this run.
var tested = targets["linux"]

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := 1, choose(os.Getenv("NDOAP_TARGET"))
	if err == nil {
		status = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, "endtoend:", err)
	}
	os.Exit(status)
}

// choose takes the target with that name and leaves out what is not for it: a test that did not run is not counted.
func choose(name string) error {
	if name == "" {
		name = "linux"
	}
	chosen, known := targets[name]
	if !known {
		return fmt.Errorf("NDOAP_TARGET is %q; it can be %s", name, strings.Join(slices.Sorted(maps.Keys(targets)), ", "))
	}
	if chosen.bits != "" && os.Getenv("WINEPREFIX") == "" {
		return errors.New("tests on Windows need one that runs; run: sh build/wine.sh alone go test ... (from the root of the tree)")
	}
	tested = chosen
	if len(tested.apart) == 0 {
		return nil
	}
	for _, test := range slices.Sorted(maps.Keys(tested.apart)) {
		fmt.Printf("endtoend: not on %s: %s: %s\n", name, test, tested.apart[test])
	}
	apart := strings.Join(slices.Collect(maps.Keys(tested.apart)), "|")
	if also := flag.Lookup("test.skip").Value.String(); also != "" {
		apart += "|" + also
	}
	return flag.Set("test.skip", "^("+apart+")$")
}

// path is the name that programs of the target have for a file.
func (g target) path(name string) string {
	if g.bits == "" {
		return name
	}
	return drive + strings.ReplaceAll(name, "/", `\`)
}

// drive is where Wine has the files of this machine.
const drive = "Z:"

// program returns the words that start a program of the target.
func (g target) program(t testing.TB, name string) []string {
	t.Helper()
	if g.bits == "" {
		if name == "doapctl" {
			name = g.shipped + name
		}
		return []string{binary(t, name)}
	}
	return []string{binary(t, "wine/run"+g.bits), binary(t, "windows-"+g.goarch+"/"+name+".exe")}
}

// library is the built library.
func (g target) library(t testing.TB) string {
	t.Helper()
	if g.bits == "" {
		return binary(t, g.shipped+"libndoap.so")
	}
	return binary(t, "windows-"+g.goarch+"/ndoap.dll")
}

// frontFlags tell the front about the target's host.
func (g target) frontFlags(t testing.TB) []string {
	t.Helper()
	words := []string{"--host", strings.Join(g.program(t, "standin-host"), " ")}
	if g.bits != "" {
		words = append(words, "--host-drive", drive)
	}
	return words
}

// build builds the library with a build tag and returns its path.
func (g target) build(t testing.TB, tag string) string {
	t.Helper()
	library := filepath.Join(t.TempDir(), filepath.Base(g.library(t)))
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags", tag, "-buildmode=c-shared", "-o", library)
	command.Env = os.Environ()
	if g.bits != "" {
		command.Env = append(command.Env, "CGO_ENABLED=1", "GOOS=windows", "GOARCH="+g.goarch, "CC="+g.compiler)
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
	for name, g := range targets {
		for test, why := range g.apart {
			assert.Contains(t, source.String(), "\nfunc "+test+"(t *testing.T) {", name)
			assert.NotEmpty(t, why)
		}
	}
}
