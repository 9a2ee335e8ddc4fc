// SPDX-License-Identifier: Apache-2.0

//go:build unix

package rights

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/storetest"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}

func TestWhatIsMadeIsForItsOwnerOnly(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	directory := filepath.Join(storetest.TempDir(t), "doapconfig.d")
	require.NoError(t, Mkdir(directory))
	path := filepath.Join(directory, "10-ndoap.json")
	file, err := Create(path)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	assert.Equal(t, fs.FileMode(0o700), mode(t, directory))
	assert.Equal(t, fs.FileMode(0o600), mode(t, path))

	_, err = Create(path)
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorIs(t, Mkdir(directory), fs.ErrExist)
	_, err = Create(filepath.Join(directory, "missing", "doap.db"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestOthersLoseTheirRights(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chmod(path, 0o664))
	before, err := Tighten(path)
	require.NoError(t, err)
	assert.Equal(t, "-rw-rw-r--", before)
	assert.Equal(t, fs.FileMode(0o600), mode(t, path))

	before, err = Tighten(path)
	require.NoError(t, err)
	assert.Empty(t, before, "the second time there is nothing to say")
	_, err = Tighten(path + "-wal")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestAFileBesideGetsTheOwnerOfTheModel(t *testing.T) {
	directory := storetest.TempDir(t)
	model, path := filepath.Join(directory, "doap.db"), filepath.Join(directory, "doap.db.key")
	for _, name := range []string{model, path} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	wanted := os.Geteuid()
	if wanted == 0 { // then the server is somebody else
		wanted = 1234
		require.NoError(t, os.Chown(model, wanted, 1234))
	}
	require.NoError(t, Like(path, model))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.EqualValues(t, wanted, info.Sys().(*syscall.Stat_t).Uid)
}
