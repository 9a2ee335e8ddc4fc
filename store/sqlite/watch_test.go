// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/storetest"
)

// still are the options of a store whose watcher looks only when a test tells it to.
var still = Options{PollInterval: time.Hour}

func TestChangesOfOthersAreSeen(t *testing.T) {
	s := create(t, still)
	other := reopen(t, s.file.path, still)
	require.Equal(t, s.Generation(), other.Generation())
	for _, step := range []struct {
		what   string
		change func() error
		seen   bool
	}{
		{"client added", func() error { return other.AddClient(t.Context(), newClient("app")) }, true},
		{"nothing", func() error { return nil }, false},
		{"code added", func() error { return other.AddCode(t.Context(), store.Code{ClientID: "app"}) }, false},
		{"key added", func() error { return other.AddKey(t.Context(), store.Key{ID: "k"}) }, true},
		{"client changed by hand", func() error {
			_, err := outsider(t, s.file.path).ExecContext(t.Context(), "UPDATE clients SET disabled = 1")
			return err
		}, true},
		{"key removed by hand", func() error {
			_, err := outsider(t, s.file.path).ExecContext(t.Context(), "DELETE FROM keys")
			return err
		}, true},
	} {
		before := s.Generation()
		require.NoError(t, step.change())
		s.watcher.look(t.Context())
		assert.Equal(t, step.seen, s.Generation() != before, step.what)
	}
}

func TestTheWatcherLooksOnItsOwn(t *testing.T) {
	s := create(t, Options{PollInterval: time.Millisecond})
	before := s.Generation()
	require.NoError(t, reopen(t, s.file.path, still).AddClient(t.Context(), newClient("app")))
	require.Eventually(t, func() bool { return s.Generation() != before }, eventually, poll)
	client, err := s.Client(t.Context(), "app")
	require.NoError(t, err)
	assert.Equal(t, newClient("app"), client)
}

func TestGenerationNeverGoesBack(t *testing.T) {
	var g generation
	for _, step := range []struct{ seen, want uint64 }{
		{5, 5},
		{5, 5},
		{4, 6}, // another past
		{4, 6},
		{5, 7},
		{6, 8},
		{1, 9},
	} {
		g.note(step.seen)
		assert.Equal(t, step.want, g.value())
	}
}

// A backup that is put into the database of a running server counts changes from where it was made. What is revoked after
// that must be known at once, and not when as many changes have been made as before.
func TestChangesAfterABackupWasPutBackAreSeen(t *testing.T) {
	s := create(t, still)
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	backup := filepath.Join(storetest.TempDir(t), "backup.db")
	_, err := outsider(t, s.file.path).ExecContext(t.Context(), "VACUUM INTO ?", backup)
	require.NoError(t, err)
	for _, id := range []string{"second", "third", "fourth"} {
		require.NoError(t, s.AddClient(t.Context(), newClient(id)))
	}
	other := reopen(t, s.file.path, still)
	s.watcher.look(t.Context())
	before := s.Generation()

	putBack(t, backup, s.file.path)
	s.watcher.look(t.Context())
	restored := s.Generation()
	require.Greater(t, restored, before, "the backup itself")
	require.NoError(t, other.RevokeToken(t.Context(), "of doapctl", time.Now().Add(time.Hour)))
	s.watcher.look(t.Context())
	byOther := s.Generation()
	require.Greater(t, byOther, restored, "a revocation of another program")
	require.NoError(t, s.RevokeToken(t.Context(), "own", time.Now().Add(time.Hour)))
	assert.Greater(t, s.Generation(), byOther, "one of this program")
	require.NoError(t, s.Check())
}

// putBack is `.restore` of SQLite's own tool.
func putBack(t *testing.T, backup, path string) {
	t.Helper()
	connection := func(path string) *sql.Conn {
		conn, err := outsider(t, path).Conn(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, conn.Close()) })
		return conn
	}
	to, from := connection(path), connection(backup)
	require.NoError(t, to.Raw(func(to any) error {
		return from.Raw(func(from any) error {
			copying, err := to.(*sqlite3.SQLiteConn).Backup("main", from.(*sqlite3.SQLiteConn), "main")
			if err != nil {
				return err
			}
			_, err = copying.Step(-1)
			return errors.Join(err, copying.Finish())
		})
	}))
}

func TestAWatcherThatDoesNotComeBackIsAFault(t *testing.T) {
	options, told := faults(still)
	s := create(t, options)
	require.NoError(t, s.Check())
	s.watcher.lastLook.Store(-int64(still.PollInterval + patience))
	require.ErrorIs(t, s.Check(), store.ErrUnavailable)
	require.ErrorContains(t, s.Check(), "could not be read for")
	require.Error(t, next(t, told))
	s.watcher.look(t.Context())
	require.NoError(t, s.Check())
	require.NoError(t, next(t, told))
	assert.Empty(t, told)
}

func TestAPassingLockIsNoFaultForReaders(t *testing.T) {
	s := create(t, still)
	defer func(own *queries) { s.watcher.queries = own }(s.watcher.queries) // they are closed with the store
	s.watcher.queries = &queries{translate: s.file.translate, prepare: func(context.Context, string) (*sql.Stmt, error) {
		return nil, sqlite3.Error{Code: sqlite3.ErrBusy}
	}}
	s.watcher.look(t.Context())
	require.NoError(t, s.Check())
	s.watcher.lastLook.Store(-int64(still.PollInterval + patience))
	s.watcher.look(t.Context())
	require.ErrorContains(t, s.Check(), "could not be read for")
	require.ErrorContains(t, s.Check(), "is locked by another program")
}

func TestTwoProgramsLoseNoUpdate(t *testing.T) {
	s := create(t, Options{BusyTimeout: eventually})
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	var all sync.WaitGroup
	for _, program := range []*Store{s, reopen(t, s.file.path, Options{BusyTimeout: eventually})} {
		all.Go(func() {
			for range 100 {
				assert.NoError(t, program.UpdateClient(t.Context(), "app", func(client *store.Client) error {
					client.Scopes = append(client.Scopes, "one more")
					return nil
				}))
			}
		})
	}
	all.Wait()
	client, err := s.Client(t.Context(), "app")
	require.NoError(t, err)
	assert.Len(t, client.Scopes, 200)
}

// A change of another process is seen within a second. A test cannot time that; it can hold the pace.
func TestChangesAreLookedForOftenerThanEachSecond(t *testing.T) {
	assert.LessOrEqual(t, Options{}.withDefaults().PollInterval, time.Second/2)
}
