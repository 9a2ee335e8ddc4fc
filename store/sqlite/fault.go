// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/mattn/go-sqlite3"

	"ndoap/store"
)

// Fault is trouble with the database: a sentence for the administrator, with cause and remedy. It is a
// store.ErrUnavailable.
type Fault struct {
	sentence string
	cause    error
	lasting  bool // it does not pass while the store is open
	alien    bool // the file is something else than a database of ours
}

// Error returns the sentence, with SQLite's own words behind it.
func (f *Fault) Error() string {
	if f.cause == nil {
		return f.sentence
	}
	return f.sentence + " (" + f.cause.Error() + ")"
}

// Unwrap makes a fault match store.ErrUnavailable and its cause.
func (f *Fault) Unwrap() []error {
	if f.cause == nil {
		return []error{store.ErrUnavailable}
	}
	return []error{store.ErrUnavailable, f.cause}
}

// remedies has a sentence for each of SQLite's result codes that an administrator can do something about; %s is the
// path.
var remedies = map[sqlite3.ErrNo]string{
	sqlite3.ErrBusy: "the database %s is locked by another program: " +
		"end the program that holds it, for instance a database browser or a backup",
	sqlite3.ErrReadonly: "the database %s cannot be written: " +
		"give the account of the HTTP task the right to write the file and its directory",
	sqlite3.ErrPerm: "the database %s may not be used: " +
		"give the account of the HTTP task the right to read and write the file and its directory",
	sqlite3.ErrCantOpen: "the database %s cannot be opened: " +
		"give the account of the HTTP task the right to read and write the file and its directory",
	sqlite3.ErrFull:    "the disk of the database %s is full: make room",
	sqlite3.ErrIoErr:   "the disk of the database %s reports errors: check the disk, or the network it is reached by",
	sqlite3.ErrCorrupt: "the database %s is damaged: stop the HTTP task and restore the file from a backup",
	sqlite3.ErrNotADB: "the file %s is not an SQLite database, or is damaged: " +
		"point DOAP_App_Path to the right file or restore it from a backup",
}

// translate puts an error of the driver into the store's terms: a sentinel, the caller's context, or a fault.
func (f file) translate(ctx context.Context, err error) error {
	failure, known := errors.AsType[sqlite3.Error](err)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case ctx.Err() != nil:
		return ctx.Err()
	case !known:
		return &Fault{sentence: fmt.Sprintf("the database %s cannot be used", f.path), cause: err}
	}
	switch failure.ExtendedCode {
	case sqlite3.ErrConstraintPrimaryKey, sqlite3.ErrConstraintUnique:
		return store.ErrExists
	case sqlite3.ErrConstraintForeignKey: // what the record belongs to was removed
		return store.ErrNotFound
	}
	switch failure.Code {
	case sqlite3.ErrConstraint, sqlite3.ErrTooBig, sqlite3.ErrMismatch, sqlite3.ErrRange:
		return err // this record is wrong, not the database
	}
	sentence, ok := remedies[failure.Code]
	if !ok {
		sentence = "the database %s cannot be used"
	}
	return &Fault{
		sentence: fmt.Sprintf(sentence, f.path),
		cause:    err,
		lasting:  failure.Code == sqlite3.ErrCorrupt || failure.Code == sqlite3.ErrNotADB,
		alien:    failure.Code == sqlite3.ErrNotADB,
	}
}

// source says who met a fault, because only the one that met it can tell when it is over.
type source int

const (
	lasting source = iota // damage, which no later success disproves, and which is told before what may pass
	writing
	reading
	sources
)

// health gathers faults and tells of each cause once, and when the last of them goes.
type health struct {
	mutex   sync.Mutex // also orders the calls of report
	faults  [sources]error
	told    map[string]bool // causes, since there was no fault
	current atomic.Pointer[error]
	report  func(error) // Options.OnFault
}

// set stores the outcome of a source's latest try; nil clears it.
func (h *health) set(from source, err error) {
	if err == nil && h.current.Load() == nil {
		return
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if fault, ok := errors.AsType[*Fault](err); ok && fault.lasting {
		from = lasting
	}
	h.faults[from] = err
	before, now := h.current.Load(), error(nil)
	for _, fault := range h.faults {
		if now = fault; now != nil {
			break
		}
	}
	switch {
	case now != nil:
		h.current.Store(&now)
		if cause := causeOf(now); !h.told[cause] && len(h.told) < mostCauses {
			if h.told == nil {
				h.told = map[string]bool{}
			}
			h.told[cause] = true
			h.report(now)
		}
	case before != nil:
		h.told = nil
		h.current.Store(nil)
		h.report(nil)
	}
}

// mostCauses bounds how many causes one outage has for the console.
const mostCauses = 20

// causeOf is a fault's sentence, without the words of the driver and of the system, which may differ from try to try.
func causeOf(err error) string {
	if fault, ok := errors.AsType[*Fault](err); ok {
		return fault.sentence
	}
	return err.Error()
}

// fault returns what is wrong at the moment, or nil.
func (h *health) fault() error {
	if current := h.current.Load(); current != nil {
		return *current
	}
	return nil
}

// failing tells whether the latest try of a source failed.
func (h *health) failing(from source) bool {
	if h.current.Load() == nil {
		return false
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.faults[from] != nil
}
