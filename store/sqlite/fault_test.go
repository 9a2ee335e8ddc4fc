// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/storetest"
)

func TestALockedDatabaseRefusesWritesAndRecovers(t *testing.T) {
	options, told := faults(Options{BusyTimeout: time.Millisecond, PollInterval: time.Millisecond})
	s := create(t, options)
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	other := outsider(t, s.file.path)
	_, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)

	err = s.AddClient(t.Context(), newClient("new"))
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "is locked by another program")
	require.ErrorContains(t, next(t, told), "is locked by another program")
	require.Error(t, s.Check())
	_, err = s.Client(t.Context(), "app")
	require.NoError(t, err, "readers go on")

	_, err = other.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, next(t, told), "the store notices without being written to")
	require.NoError(t, s.Check())
	require.NoError(t, s.AddClient(t.Context(), newClient("new")))
}

func TestAReadOnlyDatabaseRefusesWritesAndRecovers(t *testing.T) {
	options, told := faults(Options{PollInterval: time.Millisecond})
	s := create(t, options)
	_, err := s.committer.conn.ExecContext(t.Context(), "PRAGMA query_only = 1")
	require.NoError(t, err)
	err = s.AddClient(t.Context(), newClient("new"))
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "cannot be written: give the account")
	require.Error(t, next(t, told))
	_, err = s.committer.conn.ExecContext(t.Context(), "PRAGMA query_only = 0")
	require.NoError(t, err)
	require.NoError(t, next(t, told))
	require.NoError(t, s.AddClient(t.Context(), newClient("new")))
}

func TestAFaultEndsTheWholeCommit(t *testing.T) {
	options, told := faults(still)
	s := create(t, options)
	release := hold(t, s)
	before := s.Stats().Commits
	outcomes := make(chan error, 3)
	go func() { outcomes <- s.AddClient(context.Background(), newClient("small")) }()
	waiting(t, s, 1)
	go func() {
		outcomes <- s.write(context.Background(), "fill the disk", func(q *queries) (answer, err error) {
			if _, err := one(context.Background(), q, number, "PRAGMA max_page_count = 1"); err != nil { // no page more
				return nil, err
			}
			_, err = q.exec(context.Background(), "UPDATE clients SET name = ?", strings.Repeat("x", 1<<20))
			return nil, err
		})
	}()
	waiting(t, s, 2)
	go func() { outcomes <- s.AddClient(context.Background(), newClient("behind")) }()
	waiting(t, s, 3)
	require.ErrorIs(t, release(), store.ErrUnavailable)
	for range 3 {
		err := next(t, outcomes)
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "is full: make room")
	}
	assert.Equal(t, before, s.Stats().Commits)
	require.Error(t, next(t, told))
	clients, err := s.ListClients(t.Context())
	require.NoError(t, err)
	assert.Len(t, clients, 1, "nothing that was refused is there")

	_, err = s.committer.conn.ExecContext(t.Context(), "PRAGMA max_page_count = 1000000")
	require.NoError(t, err)
	require.NoError(t, s.AddClient(t.Context(), newClient("after")))
	require.NoError(t, next(t, told))
}

func TestDamageIsAFaultThatLasts(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	made(t, path)
	var root, size int64
	database := outsider(t, path)
	require.NoError(t, database.QueryRowContext(t.Context(),
		"SELECT rootpage FROM sqlite_schema WHERE name = 'clients'").Scan(&root))
	require.NoError(t, database.QueryRowContext(t.Context(), "PRAGMA page_size").Scan(&size))
	require.NoError(t, database.Close())
	options, told := faults(still)
	s := reopen(t, path, options)
	patch(t, path, (root-1)*size, make([]byte, size)...)

	_, err := s.ListClients(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "is damaged: stop the HTTP task and restore")
	require.ErrorContains(t, next(t, told), "is damaged")
	s.watcher.look(t.Context())
	require.NoError(t, s.AddKey(t.Context(), store.Key{ID: "k"}), "other parts may still work")
	require.ErrorContains(t, s.Check(), "is damaged", "but that is no recovery")
	assert.Empty(t, told)
}

func TestTranslate(t *testing.T) {
	subject := file{path: "/data/doap.db"}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		from error
		want error
	}{
		"cancelled":           {gone, sqlite3.Error{Code: sqlite3.ErrInterrupt}, context.Canceled},
		"taken":               {t.Context(), sqlite3.Error{Code: sqlite3.ErrConstraint, ExtendedCode: sqlite3.ErrConstraintPrimaryKey}, store.ErrExists},
		"not unique":          {t.Context(), sqlite3.Error{Code: sqlite3.ErrConstraint, ExtendedCode: sqlite3.ErrConstraintUnique}, store.ErrExists},
		"an owner is missing": {t.Context(), sqlite3.Error{Code: sqlite3.ErrConstraint, ExtendedCode: sqlite3.ErrConstraintForeignKey}, store.ErrNotFound},
		"locked":              {t.Context(), sqlite3.Error{Code: sqlite3.ErrBusy}, store.ErrUnavailable},
		"no such table":       {t.Context(), sqlite3.Error{Code: sqlite3.ErrError}, store.ErrUnavailable},
		"something else":      {t.Context(), errors.New("sql: database is closed"), store.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			err := subject.translate(c.ctx, c.from)
			require.ErrorIs(t, err, c.want)
			if errors.Is(err, store.ErrUnavailable) {
				require.ErrorContains(t, err, subject.path)
				require.ErrorIs(t, err, c.from)
			}
		})
	}
	t.Run("a wrong record is no fault", func(t *testing.T) {
		for _, code := range []sqlite3.ErrNo{sqlite3.ErrConstraint, sqlite3.ErrTooBig, sqlite3.ErrMismatch} {
			err := subject.translate(t.Context(), sqlite3.Error{Code: code})
			require.Error(t, err)
			require.NotErrorIs(t, err, store.ErrUnavailable)
		}
	})
	t.Run("every sentence names the file and a remedy", func(t *testing.T) {
		seen := map[string]bool{}
		for code := range remedies {
			text := subject.translate(t.Context(), sqlite3.Error{Code: code}).Error()
			assert.Contains(t, text, subject.path+" ")
			assert.Contains(t, text, ": ")
			assert.False(t, seen[text], text)
			seen[text] = true
		}
	})
}

func TestHealthReportsEachCauseOnceAndTheLastRecovery(t *testing.T) {
	var told []error
	h := &health{report: func(err error) { told = append(told, err) }}
	one, two := errors.New("one"), errors.New("two")
	damage := &Fault{lasting: true, sentence: "damage"}
	busy, again := &Fault{sentence: "locked", cause: errors.New("5")}, &Fault{sentence: "locked", cause: errors.New("6")}
	for _, step := range []struct {
		from  source
		err   error
		now   error
		calls []error // of report
	}{
		{reading, nil, nil, nil},
		{reading, one, one, []error{one}},
		{reading, one, one, nil},
		{writing, two, two, []error{two}},
		{writing, nil, one, nil},
		{writing, two, two, nil},
		{reading, nil, two, nil},
		{writing, nil, nil, []error{nil}},
		{writing, busy, busy, []error{busy}},
		{writing, again, again, nil},
		{reading, damage, damage, []error{damage}},
		{writing, one, damage, nil},
		{writing, nil, damage, nil},
		{reading, nil, damage, nil},
	} {
		told = nil
		h.set(step.from, step.err)
		assert.Equal(t, step.now, h.fault())
		assert.Equal(t, step.calls, told)
	}
}

func TestFaultsAreNotCalledFaultsAfterClose(t *testing.T) {
	options, told := faults(Options{})
	s, err := Create(filepath.Join(storetest.TempDir(t), "doap.db"), options)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, os.Remove(s.file.path))
	_, err = s.Client(t.Context(), "app")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, s.Check(), "closed")
	assert.Empty(t, told)
}
