// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/seal"
	"ndoap/store/storetest"
)

func requirePrivate(t *testing.T, path string) {
	t.Helper()
	for _, name := range append(fileNames(path)[:3:3], seal.FileOf(path)) {
		info, err := os.Stat(name)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
	}
}

func TestOnlyTheOwnerCanReadWhatIsCreated(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	s := create(t, Options{})
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	requirePrivate(t, s.file.path)
}

func TestLooseRightsAreTightenedAndLogged(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	running := closing(t)(Create(path, Options{})) // keeps the files beside the database alive
	require.NoError(t, running.AddClient(t.Context(), newClient("app")))
	for _, name := range append(fileNames(path)[:3:3], seal.FileOf(path)) {
		require.NoError(t, os.Chmod(name, 0o644))
	}
	var log bytes.Buffer
	s := reopen(t, path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, s.AddClient(t.Context(), newClient("app 2")))
	requirePrivate(t, path)
	assert.Contains(t, log.String(), "only its owner can")
	assert.Contains(t, log.String(), path+"-wal")

	log.Reset()
	reopen(t, path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	assert.Empty(t, log.String())
}

// A server that cannot open its database tries each second.
func TestRightsThatCannotBeChangedAreToldWhenTheDatabaseOpens(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	made(t, path)
	require.NoError(t, os.Symlink(path+"-journal", path+"-journal")) // nobody can find out its rights
	execute(t, path, "INSERT INTO migrations (number, name, applied_at) VALUES (9999, 'later', 0)")
	var log bytes.Buffer
	options := Options{Log: slog.New(slog.NewTextHandler(&log, nil))}
	for range 2 {
		_, err := Open(path, options)
		require.ErrorContains(t, err, "newer")
	}
	assert.Empty(t, log.String())
	execute(t, path, "DELETE FROM migrations WHERE number = 9999")
	reopen(t, path, options)
	assert.Equal(t, 1, strings.Count(log.String(), "may not change that"), log.String())
}
