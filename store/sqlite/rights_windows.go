// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
)

// createDatabase makes the file of a new database, and a database of it that uses write-ahead logging: beside an empty
// file SQLite would delete what createBeside makes.
func createDatabase(path string) (err error) {
	if err := createPrivate(path); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	made, err := sql.Open("sqlite3", dataSource(path, os.PathSeparator, Options{}.withDefaults(), url.Values{"mode": {"rw"}}))
	if err != nil {
		return err
	}
	_, err = made.ExecContext(context.Background(), "PRAGMA journal_mode = WAL")
	return errors.Join(err, made.Close())
}

// createBeside makes the write-ahead log and its index before SQLite does, which would give them the access list of the
// directory: whoever may read there could open them in the moment before tighten. Empty ones are good ones.
func createBeside(path string) error {
	for _, name := range fileNames(path)[1:3] {
		if err := createPrivate(name); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// tightenBeside is for files that another process took away, at its end, between createBeside and SQLite.
func tightenBeside(path string, log *slog.Logger) error { return tighten(path, log) }
