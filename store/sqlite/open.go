// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"

	"ndoap/store"
)

// applicationID is what migration 1 writes into the header of our files: "doap".
const applicationID = 0x646F6170

// Options are how a store behaves; the zero value has the defaults.
type Options struct {
	Now          func() time.Time // stamps consumptions and revocations; time.Now by default
	BusyTimeout  time.Duration    // how long to wait for another process that holds the lock; 3 s by default
	PollInterval time.Duration    // how often to look for what other processes changed; 250 ms by default
	Log          *slog.Logger     // nothing is logged by default

	// OnFault is called with what Check returns when the store becomes unusable, once for each cause, and with nil when it
	// is usable again. It must be quick and must not call the store.
	OnFault func(error)
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the one place where the clock comes in
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 3 * time.Second
	}
	if o.PollInterval <= 0 {
		o.PollInterval = 250 * time.Millisecond
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnFault == nil {
		o.OnFault = func(error) {}
	}
	return o
}

// Create makes the database file, which only its owner may read, and opens it. The directory must exist. A file that
// is there already is opened if it is a database of ndoap; anything else is store.ErrExists. A creation that fails
// leaves no database. The sealing key of its private keys is made beside it (seal.FileOf), unless it is there.
func Create(path string, options Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("create the database %s: %w", path, err)
	}
	err = createDatabase(path)
	if errors.Is(err, fs.ErrExist) {
		return openExisting(path, options)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Fault{
			sentence: fmt.Sprintf("the directory of the database %s does not exist: create it first", path),
			cause:    err,
		}
	}
	if err != nil {
		return nil, &Fault{sentence: fmt.Sprintf("the database %s cannot be created: "+
			"give your account the right to write the directory", path), cause: err}
	}
	created, err := open(path, options.withDefaults())
	if err != nil {
		for _, leftover := range fileNames(path) {
			if failure := os.Remove(leftover); failure != nil && !errors.Is(failure, fs.ErrNotExist) {
				err = errors.Join(err, failure)
			}
		}
		return nil, err
	}
	return created, nil
}

// openExisting is Create for a path that is taken.
func openExisting(path string, options Options) (*Store, error) {
	opened, err := Open(path, options)
	if fault, ok := errors.AsType[*Fault](err); ok && fault.alien {
		return nil, fmt.Errorf("create the database %s: %w, and is no database of ndoap: try again, in case somebody else is "+
			"creating it; if that does not help, remove it or choose another name", path, store.ErrExists)
	}
	return opened, err
}

// Open opens a database that Create made, and brings an older one up to date. It never makes a file. Its errors are
// sentences for the administrator and match store.ErrUnavailable.
func Open(path string, options Options) (*Store, error) {
	options = options.withDefaults()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, &Fault{sentence: fmt.Sprintf("the database %s cannot be found", path), cause: err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Fault{sentence: fmt.Sprintf(
			"the database %s does not exist: create it with `doapctl init`, or point DOAP_App_Path to it", path)}
	case err != nil:
		return nil, &Fault{sentence: fmt.Sprintf("the database %s cannot be found", path), cause: err}
	case !info.Mode().IsRegular():
		return nil, &Fault{alien: true, sentence: fmt.Sprintf(
			"%s is not a file (but for instance a directory): point DOAP_App_Path to the database file", path)}
	}
	loose := tighten(path, options.Log)
	if err := identify(path, options); err != nil {
		return nil, withoutLog(path, err)
	}
	opened, err := open(path, options)
	if err == nil && loose != nil { // whoever cannot open it tries again, and must not be warned each time
		warnLoose(path, options.Log, loose)
	}
	return opened, err
}

// withoutLog words a failure to open a database whose log was removed while another program uses it: SQLite makes an empty
// one, and then calls it an error of the disk that this has not what the index tells of.
func withoutLog(path string, err error) error {
	failure, _ := errors.AsType[sqlite3.Error](err)
	log, missing := os.Stat(path + "-wal")
	_, unused := os.Stat(path + "-shm")
	if failure.Code != sqlite3.ErrIoErr || unused != nil || missing == nil && log.Size() > 0 {
		return err
	}
	return &Fault{sentence: fmt.Sprintf("the file %s-wal, which is part of the database, was removed while another program uses it: "+
		"restart the HTTP task of each server with this database first", path), cause: err}
}

// identify makes sure that a file is ours before anything writes to it. Opening it for writing would already turn
// another program's database to write-ahead logging.
func identify(path string, options Options) (err error) {
	ctx, subject := context.Background(), file{path: path}
	database, err := sql.Open("sqlite3", dataSource(path, os.PathSeparator, options, url.Values{"mode": {"ro"}}))
	if err != nil {
		return subject.translate(ctx, err)
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	var id int64
	if err := database.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return subject.translate(ctx, err)
	}
	if id != applicationID {
		return &Fault{alien: true, sentence: fmt.Sprintf("the file %s is not a database of ndoap: "+
			"point DOAP_App_Path to the right file, or create one with `doapctl init`", path)}
	}
	return nil
}

// open opens a file that is empty or ours.
func open(path string, options Options) (_ *Store, err error) {
	ctx := context.Background()
	s := &Store{options: options, file: file{path: path}, health: &health{report: options.OnFault}}
	if s.file.identity, err = os.Stat(path); err != nil {
		return nil, s.file.translate(ctx, err)
	}
	os.SameFile(s.file.identity, s.file.identity) // on Windows the identity is read on first use, and this is the time
	if err := createBeside(path); err != nil {
		return nil, &Fault{sentence: fmt.Sprintf("the files beside the database %s cannot be created: "+
			"give the account of the server the right to write the directory", path), cause: err}
	}

	s.writing, err = sql.Open("sqlite3", dataSource(path, os.PathSeparator, options, url.Values{
		"mode": {"rw"}, "_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"1"}, "_txlock": {"immediate"},
	}))
	if err != nil {
		return nil, s.file.translate(ctx, err)
	}
	s.writing.SetMaxOpenConns(1)
	s.reading, err = sql.Open("sqlite3", dataSource(path, os.PathSeparator, options, url.Values{"mode": {"ro"}}))
	if err != nil {
		return nil, errors.Join(s.file.translate(ctx, err), s.writing.Close())
	}
	readers := max(4, runtime.NumCPU()) + 1 // one is the watcher's
	s.reading.SetMaxOpenConns(readers)
	s.reading.SetMaxIdleConns(readers)

	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.reading.Close(), s.writing.Close())
	}
	if err := tightenBeside(path, options.Log); err != nil {
		warnLoose(path, options.Log, err)
	}
	return s, nil
}

// start migrates, connects and sets the goroutines off.
func (s *Store) start() error {
	ctx := context.Background() // what is opened here outlives the caller
	conn, err := s.writing.Conn(ctx)
	if err != nil {
		return s.file.translate(ctx, err)
	}
	if err := s.prepareDatabase(ctx, conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	// From here on no other program can be the last one that has the database open, and so remove what is beside it.
	if s.file.beside, err = besideOf(s.file.path); err != nil {
		return errors.Join(s.file.translate(ctx, err), conn.Close())
	}
	look, err := s.reading.Conn(ctx)
	if err != nil {
		return errors.Join(s.file.translate(ctx, err), conn.Close())
	}

	s.reader = &queries{prepare: s.reading.PrepareContext, translate: s.translateRead}
	s.committer = &committer{
		queries:    &queries{prepare: conn.PrepareContext, translate: s.file.translate},
		conn:       conn,
		file:       s.file,
		health:     s.health,
		generation: &s.generation,
		log:        s.options.Log,
		retryAfter: s.options.PollInterval,
		queue:      make(chan *operation, batchLimit),
		stopped:    make(chan struct{}),
	}
	started := time.Now() //nolint:forbidigo // the monotonic clock, so that setting the other one is no outage
	watching, cancel := context.WithCancel(ctx)
	s.watcher = &watcher{
		file:       s.file,
		queries:    &queries{prepare: look.PrepareContext, translate: s.file.translate},
		health:     s.health,
		generation: &s.generation,
		interval:   s.options.PollInterval,
		release:    look.Close,
		elapsed:    func() time.Duration { return time.Since(started) }, //nolint:forbidigo // as above
		cancel:     cancel,
		stopped:    make(chan struct{}),
	}
	// The first look gives the generation, so that no caller ever sees the zero that means "not looked yet".
	if err := s.watcher.read(ctx); err != nil {
		cancel()
		return errors.Join(err, s.watcher.queries.close(), look.Close(), conn.Close())
	}
	go s.committer.run()
	go s.watcher.run(watching)
	return nil
}

// prepareDatabase brings the schema up to date and makes sure that commits will be what they promise.
func (s *Store) prepareDatabase(ctx context.Context, conn *sql.Conn) error {
	known, err := embeddedMigrations()
	if err != nil {
		return err
	}
	if err := migrate(ctx, conn, s.file, known, s.options.Now); err != nil {
		return err
	}
	if err := s.unlock(ctx, conn); err != nil {
		return err
	}
	var mode string
	if err := conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return s.file.translate(ctx, err)
	}
	if mode != "wal" {
		return &Fault{sentence: fmt.Sprintf("the disk of the database %s does not support write-ahead logging: "+
			"move the file to a local disk", s.file.path)}
	}
	s.scrub(ctx, conn)
	return nil
}

// translateRead is file.translate for the readers, who also report the faults they meet.
func (s *Store) translateRead(ctx context.Context, err error) error {
	if s.closed.Load() {
		return errClosed
	}
	err = s.file.translate(ctx, err)
	if _, broken := errors.AsType[*Fault](err); broken {
		s.health.set(reading, err)
	}
	return err
}

// dataSource is the driver's name for a file: a URI, in which the path is escaped so that no character of it is taken
// for syntax.
func dataSource(path string, separator rune, options Options, parameters url.Values) string {
	if separator == '\\' {
		path = strings.ReplaceAll(path, `\`, "/")
		if !strings.HasPrefix(path, "/") { // C:/... ; what starts with a slash is a share, //server/...
			path = "/" + path
		}
	}
	parameters.Set("_busy_timeout", strconv.FormatInt(options.BusyTimeout.Milliseconds(), 10))
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + parameters.Encode()
}

// fileNames are the database and the files SQLite keeps beside it.
func fileNames(path string) []string {
	return []string{path, path + "-wal", path + "-shm", path + "-journal"}
}
