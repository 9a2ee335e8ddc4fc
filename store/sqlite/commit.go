// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-sqlite3"

	"ndoap/store"
)

// batchLimit is how many operations share one commit at most. It bounds how long the first of them waits.
const batchLimit = 256

// committer owns the one connection that writes. Operations queue for it; it runs those that are waiting in one
// transaction, each under a savepoint, and answers them all after the commit. With synchronous=FULL a commit costs a
// disk flush, so sharing it is what makes durable writes cheap.
type committer struct {
	*queries
	conn       *sql.Conn
	file       file
	health     *health
	generation *generation
	log        *slog.Logger
	retryAfter time.Duration

	mutex   sync.RWMutex // held for reading while something is put into queue, for writing to close it
	closed  bool
	queue   chan *operation
	stopped chan struct{}

	performed, commits atomic.Uint64
}

// operation is one change on its way through the committer.
type operation struct {
	ctx    context.Context
	change func(*queries) (answer, err error)
	answer error
	err    error
	done   chan struct{}
}

// submit queues a change and waits for its commit. When ctx ends before the change was started it is not run and the
// error is ctx's; after that the outcome is awaited and told as it is, so that no error leaves a caller in doubt.
func (c *committer) submit(ctx context.Context, change func(*queries) (error, error)) (answer, err error) {
	op := &operation{ctx: ctx, change: change, done: make(chan struct{})}
	if err := c.enqueue(op); err != nil {
		return nil, err
	}
	<-op.done
	return op.answer, op.err
}

func (c *committer) enqueue(op *operation) error {
	c.mutex.RLock()
	defer c.mutex.RUnlock()
	if c.closed {
		return errClosed
	}
	select {
	case c.queue <- op:
		return nil
	case <-op.ctx.Done():
		return op.ctx.Err()
	}
}

// close lets the committer finish what is queued, and waits for it.
func (c *committer) close() {
	c.mutex.Lock()
	c.closed = true
	close(c.queue)
	c.mutex.Unlock()
	<-c.stopped
}

// run is the committing goroutine. While the database refuses writes it tries again on its own, because a server that
// answers 503 sends no operation that would notice the recovery.
func (c *committer) run() {
	defer close(c.stopped)
	for {
		var retry <-chan time.Time
		if c.health.failing(writing) {
			retry = time.After(c.retryAfter)
		}
		select {
		case op, open := <-c.queue:
			if !open {
				return
			}
			c.commit(op)
		case <-retry:
			c.commit(&operation{ctx: context.Background(), change: touch, done: make(chan struct{})})
		}
	}
}

// touch writes without changing anything, to see whether writing works.
func touch(q *queries) (answer, err error) {
	_, err = q.exec(context.Background(), "UPDATE registry SET generation = generation")
	return nil, err
}

// commit runs first and whatever is waiting behind it, and answers them all.
func (c *committer) commit(first *operation) {
	batch, err := c.transact(first)
	if err != nil {
		if _, ok := errors.AsType[*Fault](err); !ok {
			// A sentinel in it would tell all callers something that is true of one of them at most.
			err = &Fault{sentence: fmt.Sprintf("the database %s refused a commit: %v", c.file.path, err)}
		}
		// Nothing of the batch is on disk. Who has queued meanwhile has waited for the same fault and is answered
		// with it, so that a locked database costs everybody one busy timeout, not one for each batch before.
		for op := c.next(); op != nil; op = c.next() {
			batch = append(batch, op)
		}
		for _, op := range batch {
			op.answer, op.err = nil, err
		}
	}
	c.health.set(writing, err)
	for _, op := range batch {
		close(op.done)
	}
}

// transact returns the operations it ran; with an error, none of them has changed anything.
func (c *committer) transact(first *operation) (batch []*operation, err error) {
	ctx := context.Background() // a commit serves many callers: none of their contexts may end it
	defer func() {
		if err != nil {
			err = errors.Join(err, c.rollback(ctx))
		}
	}()
	batch = []*operation{first}
	if err := c.file.same(); err != nil { // the watcher would notice, too, but after this commit was acknowledged
		return batch, err
	}
	if _, err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return batch, err
	}
	for op := first; op != nil; {
		if err := c.perform(ctx, op); err != nil {
			return batch, err
		}
		if op = nil; len(batch) < batchLimit {
			if op = c.next(); op != nil {
				batch = append(batch, op)
			}
		}
	}
	registry, err := one(ctx, c.queries, number, "SELECT generation FROM registry")
	if err != nil {
		return batch, err
	}
	if _, err := c.exec(ctx, "COMMIT"); err != nil {
		return batch, err
	}
	c.commits.Add(1)
	c.generation.note(uint64(registry)) //nolint:gosec // a counter from 1 upwards
	return batch, nil
}

// next returns a waiting operation or nil.
func (c *committer) next() *operation {
	select {
	case op := <-c.queue: // nil when closed and empty
		return op
	default:
		return nil
	}
}

// perform runs one operation and stores its outcome; the error it returns is a fault of the database, which may have
// ended the transaction.
func (c *committer) perform(ctx context.Context, op *operation) error {
	if err := op.ctx.Err(); err != nil {
		op.err = err
		return nil
	}
	c.performed.Add(1)
	op.err = c.attempt(ctx, func() (err error) {
		op.answer, err = op.change(c.queries)
		return err
	})
	if _, broken := errors.AsType[*Fault](op.err); broken {
		return op.err
	}
	return nil
}

// attempt runs change under a savepoint and undoes it when it returns an error or panics. Attempts may nest.
func (c *committer) attempt(ctx context.Context, change func() error) error {
	if _, err := c.exec(ctx, "SAVEPOINT attempt"); err != nil {
		return err
	}
	failure := c.contain(change)
	if _, broken := errors.AsType[*Fault](failure); broken {
		return failure // the transaction may be gone, and its savepoints with it
	}
	if failure != nil {
		if _, err := c.exec(ctx, "ROLLBACK TO attempt"); err != nil {
			return err
		}
	}
	if _, err := c.exec(ctx, "RELEASE attempt"); err != nil {
		return err
	}
	return failure
}

// errPanic is what the caller of a panicking closure gets; the log has the rest.
var errPanic = errors.New("the change panicked; the log has the stack")

// contain turns a panic into an error: one caller's mistake must not end the goroutine that everybody waits for.
func (c *committer) contain(change func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			c.log.Error("a change to the store panicked", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	return change()
}

// rollback ends the transaction, unless SQLite has done so itself, as it does after some errors.
func (c *committer) rollback(ctx context.Context) error {
	var idle bool
	err := c.conn.Raw(func(connection any) error {
		sqlite, ok := connection.(*sqlite3.SQLiteConn)
		if !ok {
			return fmt.Errorf("%w: not an SQLite connection", store.ErrUnavailable)
		}
		idle = sqlite.AutoCommit()
		return nil
	})
	if err != nil || idle {
		return err
	}
	_, err = c.exec(ctx, "ROLLBACK")
	return err
}
