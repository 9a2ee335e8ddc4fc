// SPDX-License-Identifier: Apache-2.0

package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/storetest"
)

func TestReadNamed(t *testing.T) {
	directory := storetest.TempDir(t)
	path := filepath.Join(directory, "key.pem")
	require.NoError(t, os.WriteFile(path, []byte("12345"), 0o600))
	for _, name := range []string{"key.pem", path} {
		content, err := ReadNamed(directory, name, 5)
		require.NoError(t, err)
		assert.Equal(t, "12345", string(content))
	}
	_, err := ReadNamed(directory, "key.pem", 4)
	require.ErrorContains(t, err, path+" is longer than 4 bytes")
	_, err = ReadNamed(directory, "other.pem", 5)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, "cannot open the file")
	_, err = ReadNamed(directory, "", 5)
	require.ErrorContains(t, err, "cannot read the file", "a folder")
}
