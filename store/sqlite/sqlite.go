// SPDX-License-Identifier: Apache-2.0

// Package sqlite keeps the store in one SQLite file. One goroutine commits, so that many waiters share one durable
// commit; readers have connections of their own; a watcher notices what other processes change and whether the
// database is still there.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"ndoap/store"
	"ndoap/store/seal"
)

// Store is a store.Store in an SQLite file. Open and Create make one.
type Store struct {
	options    Options
	file       file
	sealing    *seal.Key // of the private keys
	committer  *committer
	writing    *sql.DB // holds the committer's one connection
	reading    *sql.DB
	reader     *queries
	watcher    *watcher
	health     *health
	generation generation
	closed     atomic.Bool

	saidGaveWay atomic.Int64 // when warnGaveWay did, in nanoseconds
}

// file is the database file, and those beside it, as they were when it was opened.
type file struct {
	path     string
	identity os.FileInfo
	beside   []file // the write-ahead log and its index
}

var _ store.Store = (*Store)(nil)

var errClosed = fmt.Errorf("%w: it was closed", store.ErrUnavailable)

// Check implements store.Store.
func (s *Store) Check() error {
	if s.closed.Load() {
		return errClosed
	}
	s.watcher.overdue()
	return s.health.fault()
}

// Generation implements store.Store.
func (s *Store) Generation() uint64 { return s.generation.value() }

// Statistics are counts since the store was opened.
type Statistics struct {
	Operations uint64 // changes that ran, whatever came of them
	Commits    uint64 // transactions they needed
	Waiting    int    // changes that have not started
}

// Stats returns the counts of the moment.
func (s *Store) Stats() Statistics {
	return Statistics{
		Operations: s.committer.performed.Load(),
		Commits:    s.committer.commits.Load(),
		Waiting:    len(s.committer.queue),
	}
}

// Close commits what is under way and releases the file. A second Close does nothing.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	// The connection that may write goes last: it moves the write-ahead log into the file and removes it.
	s.committer.close()
	err := errors.Join(s.watcher.close(), s.reader.close(), s.reading.Close(),
		s.committer.queries.close(), s.committer.conn.Close(), s.writing.Close())
	if err != nil {
		return fmt.Errorf("close %s: %w", s.file.path, err)
	}
	return nil
}

// write runs one change in a transaction and returns after the commit. The change returns an answer, which the caller
// gets once the change is on disk, or an error, which undoes it; verb names the change in the error's text.
func (s *Store) write(ctx context.Context, verb string, change func(*queries) (answer, err error)) error {
	answer, err := s.committer.submit(ctx, change)
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return answer
}

// generation is what callers know a state of the database by. It only ever grows, although what the database counts goes
// back when a backup is put into it under the running server, as `.restore` of SQLite's own tool does.
type generation struct {
	number atomic.Uint64

	mutex  sync.Mutex
	offset uint64 // from what the database counts to number
}

func (g *generation) value() uint64 { return g.number.Load() }

// note takes what was seen in the registry. What lies before the last of it is another past, and so another generation, or
// a look that was overtaken by a newer one, which costs callers one needless reading.
func (g *generation) note(seen uint64) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	number := g.number.Load()
	if g.offset+seen < number {
		g.offset = number + 1 - seen
	}
	g.number.Store(g.offset + seen)
}
