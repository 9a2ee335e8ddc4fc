// SPDX-License-Identifier: Apache-2.0

package artifact

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what is found to the golden files")

// built returns the path of a file that `make TARGET` makes, and stops the test when it is not there.
func built(t *testing.T, target string, path ...string) string {
	t.Helper()
	file := filepath.Join(append([]string{"..", "..", "bin"}, path...)...)
	_, err := os.Stat(file)
	require.NoErrorf(t, err, "nothing to judge; run 'make %s' first", target)
	return file
}

// assertGolden compares lines with testdata/NAME.
func assertGolden(t *testing.T, name string, lines []string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	found := strings.Join(lines, "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(found), 0o644))
		return
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	assert.Equalf(t, string(want), found, "if this is meant: go test ./build/artifact -update, and say why in the commit")
}

// assertAnonymous looks for traces of the machine that built the file.
func assertAnonymous(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	for _, trace := range []string{root, home + "/go/"} {
		assert.Falsef(t, bytes.Contains(data, []byte(trace)), "%s contains %s", path, trace)
	}
}
