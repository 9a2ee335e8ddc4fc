// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
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
	g.raise(5)
	g.raise(4)
	assert.EqualValues(t, 5, g.value())
	g.raise(6)
	assert.EqualValues(t, 6, g.value())
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
