// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TempDir is t.TempDir for tests that run under Wine, too: on Windows os.RemoveAll deletes with a call that Wine 8 does
// not have. What cannot be deleted, because somebody has it open, fails the test here as well.
func TempDir(t testing.TB) string {
	t.Helper()
	directory, err := os.MkdirTemp("", "ndoap-")
	require.NoError(t, err)
	t.Cleanup(func() {
		var found []string
		assert.NoError(t, filepath.WalkDir(directory, func(path string, _ fs.DirEntry, err error) error {
			found = append(found, path)
			return err
		}))
		for _, path := range slices.Backward(found) {
			assert.NoError(t, os.Remove(path))
		}
	})
	return directory
}
