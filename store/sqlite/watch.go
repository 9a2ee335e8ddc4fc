// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"
)

// patience is how long the database may be unreadable for a passing reason, as another process' recovery is, before
// that is a fault.
const patience = 2 * time.Second

// watcher looks at the database regularly: is it the file that was opened, can it be read, has somebody changed a
// client or a key. It has a connection of its own, because data_version tells a connection what others committed.
type watcher struct {
	file       file
	queries    *queries
	health     *health
	generation *generation
	interval   time.Duration
	release    func() error

	version  int64                // data_version at the last look
	lastLook atomic.Int64         // when a look last succeeded, as elapsed told
	elapsed  func() time.Duration // since the store was opened
	cancel   context.CancelFunc
	stopped  chan struct{}
}

// run looks until it is closed.
func (w *watcher) run(ctx context.Context) {
	defer close(w.stopped)
	ticker := time.NewTicker(w.interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			w.look(ctx)
		}
	}
}

func (w *watcher) close() error {
	w.cancel()
	<-w.stopped
	return errors.Join(w.queries.close(), w.release())
}

// look looks once.
func (w *watcher) look(ctx context.Context) {
	err := w.file.same()
	if err == nil {
		err = w.read(ctx)
	}
	switch {
	case ctx.Err() != nil: // closing
	case err == nil:
		w.lastLook.Store(int64(w.elapsed()))
		w.health.set(reading, nil)
	case busy(err):
		w.overdueBecause(err)
	default:
		w.health.set(reading, err)
	}
}

func busy(err error) bool {
	failure, ok := errors.AsType[sqlite3.Error](err)
	return ok && failure.Code == sqlite3.ErrBusy
}

// read notices commits of other connections and what they mean for the generation.
func (w *watcher) read(ctx context.Context) error {
	version, err := one(ctx, w.queries, number, "PRAGMA data_version")
	if err != nil || version == w.version {
		return err
	}
	registry, err := one(ctx, w.queries, number, "SELECT generation FROM registry")
	if err != nil {
		return err
	}
	w.version = version
	w.generation.note(uint64(registry)) //nolint:gosec // a counter from 1 upwards
	return nil
}

// overdue raises a fault when no look has succeeded for too long, be it that none has come back.
func (w *watcher) overdue() {
	w.overdueBecause(nil)
}

func (w *watcher) overdueBecause(cause error) {
	silent := w.elapsed() - time.Duration(w.lastLook.Load())
	if silent <= patience+w.interval || w.health.fault() != nil {
		return
	}
	w.health.set(reading, &Fault{
		sentence: fmt.Sprintf("the database %s could not be read for %s: check its disk, or the network it is reached by",
			w.file.path, silent.Round(time.Second)),
		cause: cause,
	})
}

// same tells whether the path still leads to the file that was opened, and those beside it to the log that is written. SQLite
// would go on writing to files that were replaced or deleted, and all of it would be lost; with another log than ours in
// their place, other programs would damage the database.
func (f file) same() error {
	now, err := os.Stat(f.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &Fault{sentence: fmt.Sprintf("the database %s was removed while in use: "+
			"stop the HTTP task, restore the file, and start it again", f.path)}
	case err != nil:
		return &Fault{sentence: fmt.Sprintf("the database %s cannot be found", f.path), cause: err}
	case !os.SameFile(f.identity, now):
		return &Fault{sentence: fmt.Sprintf("the database %s was replaced while in use: "+
			"restart the HTTP task before anything else opens the database", f.path)}
	}
	for _, beside := range f.beside {
		now, err := os.Stat(beside.path)
		if err == nil && os.SameFile(beside.identity, now) {
			continue
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return &Fault{sentence: fmt.Sprintf("the file %s, which is part of the database, cannot be found", beside.path), cause: err}
		}
		return &Fault{sentence: fmt.Sprintf("the file %s, which is part of the database, was removed or replaced while in use: "+
			"restart the HTTP task before anything else opens the database", beside.path)}
	}
	return nil
}
