// SPDX-License-Identifier: Apache-2.0

package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
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

const module = "ndoap"

// listed is what the go command says of a package.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// list asks the go command, for both systems: a file for Windows only must not escape.
func list(t *testing.T) []listed {
	t.Helper()
	watch(t)
	var all []listed
	for _, system := range []string{"linux", "windows"} {
		command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"/...")
		command.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=1")
		var stderr bytes.Buffer
		command.Stderr = &stderr
		out, err := command.Output()
		require.NoErrorf(t, err, "%s", &stderr)
		decoder := json.NewDecoder(bytes.NewReader(out))
		for {
			var one listed
			err := decoder.Decode(&one)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
			one.ImportPath = inside(one.ImportPath)
			all = append(all, one)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// watch looks at every Go file. What the go command reads is unknown to the cache of test results; what this process
// looks at is not, so that a changed import is never answered from the cache.
func watch(t *testing.T) {
	t.Helper()
	require.NoError(t, filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == ".git" || entry.Name() == "bin":
			return fs.SkipDir
		case strings.HasSuffix(path, ".go"):
			_, err = os.Stat(path)
		}
		return err
	}))
}

// inside returns the path below the root of this module.
func inside(path string) string { return strings.TrimPrefix(path, module+"/") }

func TestEveryPackageHasARow(t *testing.T) {
	var found []string
	for _, p := range list(t) {
		found = append(found, p.ImportPath)
	}
	slices.Sort(found)
	// Both directions: a package without a row, and a row without a package.
	assert.Equal(t, slices.Sorted(maps.Keys(packages)), slices.Compact(found))
}

func TestImportsFollowTheTable(t *testing.T) {
	for _, p := range list(t) {
		row := packages[p.ImportPath]
		for _, path := range p.Imports {
			assertAllowed(t, p.ImportPath, path, mayImport[row.layer], row.modules)
		}
		layers := slices.Concat(mayImport[row.layer], testsMayImport)
		if row.layer == bridge || row.layer == double {
			layers = append(layers, heart)
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			if path != module+"/"+p.ImportPath {
				assertAllowed(t, p.ImportPath+" (test)", path, layers, slices.Concat(row.modules, testModules))
			}
		}
	}
}

// assertAllowed checks one import against the layers and the modules that are open to the importer.
func assertAllowed(t *testing.T, importer, path string, layers []layer, modules []string) {
	t.Helper()
	first, _, _ := strings.Cut(path, "/")
	switch {
	case path == "C" || path == "unsafe":
		assert.Containsf(t, mayUseC, importer, "%s imports %s", importer, path)
	case first == module:
		imported, known := packages[inside(path)]
		assert.Truef(t, known && slices.Contains(layers, imported.layer),
			"%s imports %s, of %s; open to it: %v", importer, path, imported.layer, layers)
	case strings.Contains(first, "."):
		assert.Truef(t, slices.ContainsFunc(modules, func(m string) bool { return owns(m, path) }),
			"%s imports %s; open to it: %v", importer, path, modules)
	}
}

// owns tells whether a package path belongs to a module.
func owns(module, path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func TestEveryModuleOfTheTableIsUsed(t *testing.T) {
	used := map[string][]string{}
	for _, p := range list(t) {
		used[p.ImportPath] = append(used[p.ImportPath], p.Imports...)
	}
	for path, row := range packages {
		for _, m := range row.modules {
			assert.Truef(t, slices.ContainsFunc(used[path], func(i string) bool { return owns(m, i) }), "%s no longer needs %s", path, m)
		}
	}
}

func TestEveryLayerHasARule(t *testing.T) {
	for path, row := range packages {
		assert.Containsf(t, mayImport, row.layer, "the layer of %s", path)
	}
}
