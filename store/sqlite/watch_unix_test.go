// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/seal"
	"ndoap/store/storetest"
)

func nothing(*testing.T, string) {}

func replace(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, nil, 0o600))
}

// Windows lets nobody rename a database that is open.
func TestAFileThatIsGoneOrReplacedIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		suffix   string
		harm     func(t *testing.T, path string)
		sentence string
	}{
		"gone":     {"", nothing, "was removed while in use"},
		"replaced": {"", replace, "was replaced while in use"},
		"its log is gone": {"-wal", nothing, "was removed or replaced while in use: " +
			"restart the HTTP task before anything else opens the database"},
		"its log is replaced":       {"-wal", replace, "was removed or replaced while in use"},
		"the index of the log gone": {"-shm", nothing, "was removed or replaced while in use"},
	} {
		t.Run(name, func(t *testing.T) {
			options, told := faults(still)
			s := create(t, options)
			path := s.file.path + c.suffix
			require.NoError(t, os.Rename(path, path+".away"))
			c.harm(t, path)
			s.watcher.look(t.Context())
			s.watcher.look(t.Context())
			require.ErrorIs(t, s.Check(), store.ErrUnavailable)
			require.ErrorContains(t, s.Check(), c.sentence)
			require.ErrorContains(t, s.Check(), path)
			assert.Equal(t, s.Check(), next(t, told))

			require.NoError(t, os.Rename(path+".away", path))
			s.watcher.look(t.Context())
			require.NoError(t, s.Check())
			require.NoError(t, next(t, told))
			assert.Empty(t, told, "one report for each change")
		})
	}
}

// What is written to a file that is no longer there must not be acknowledged, not even before the watcher has looked.
func TestNothingIsWrittenToFilesThatAreGone(t *testing.T) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		t.Run("doap.db"+suffix, func(t *testing.T) {
			options, told := faults(Options{PollInterval: time.Hour})
			s := create(t, options)
			require.NoError(t, s.AddClient(t.Context(), newClient("before")))
			path := s.file.path + suffix
			require.NoError(t, os.Rename(path, path+".away"))
			require.ErrorIs(t, s.AddClient(t.Context(), newClient("lost")), store.ErrUnavailable)
			require.ErrorContains(t, s.Check(), "while in use")
			require.Error(t, next(t, told))

			require.NoError(t, os.Rename(path+".away", path))
			require.NoError(t, s.AddClient(t.Context(), newClient("after")))
			require.NoError(t, next(t, told))
			clients, err := s.ListClients(t.Context())
			require.NoError(t, err)
			assert.Len(t, clients, 2)
		})
	}
}

// The log was deleted: what was acknowledged before is in the file once the store was closed.
func TestARestartSavesWhatWasInALogThatIsGone(t *testing.T) {
	s, err := Create(filepath.Join(storetest.TempDir(t), "doap.db"), still)
	require.NoError(t, err)
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	require.NoError(t, os.Remove(s.file.path+"-wal"))
	require.ErrorIs(t, s.AddClient(t.Context(), newClient("lost")), store.ErrUnavailable)
	require.NoError(t, s.Close())
	again := reopen(t, s.file.path, still)
	clients, err := again.ListClients(t.Context())
	require.NoError(t, err)
	assert.Len(t, clients, 1)
}

// Who comes then cannot open it, and is told why: it is not the disk.
func TestOpeningADatabaseWhoseLogIsGone(t *testing.T) {
	s := create(t, still)
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	require.NoError(t, os.Rename(s.file.path+"-wal", s.file.path+"-wal.away"))
	_, err := Open(s.file.path, still)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "doap.db-wal, which is part of the database, was removed while another program uses it: restart")
	require.NoError(t, os.Rename(s.file.path+"-wal.away", s.file.path+"-wal"))
	reopen(t, s.file.path, still)
}

// A database that is a link has its log beside what the link leads to.
func TestTheLogOfADatabaseThatIsALink(t *testing.T) {
	target := filepath.Join(storetest.TempDir(t), "target.db")
	made(t, target)
	require.NoError(t, os.Rename(seal.FileOf(target), filepath.Join(filepath.Dir(target), "link.db.key")))
	link := filepath.Join(filepath.Dir(target), "link.db")
	require.NoError(t, os.Symlink(target, link))
	s := reopen(t, link, still)
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	require.NoError(t, os.Rename(target+"-wal", target+"-wal.away"))
	require.ErrorIs(t, s.AddClient(t.Context(), newClient("lost")), store.ErrUnavailable)
	require.NoError(t, os.Rename(target+"-wal.away", target+"-wal"))
	require.NoError(t, s.AddClient(t.Context(), newClient("new")))
}
