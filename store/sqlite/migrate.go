// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Migrations are only ever added: a database out there has run the old ones as they were.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema.
type migration struct {
	number int
	name   string
	text   string
}

func embeddedMigrations() ([]migration, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	return readMigrations(files)
}

// readMigrations reads files named 0001_what_it_does.sql, numbered from 1 without a gap.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var known []migration
	for i, name := range names {
		digits, title, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), "_")
		number, err := strconv.Atoi(digits)
		if err != nil || len(digits) != 4 || title == "" {
			return nil, fmt.Errorf("migration %s: its name is not like 0001_title.sql", name)
		}
		if number != i+1 {
			return nil, fmt.Errorf("migration %s: the number before it is missing or used twice", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		known = append(known, migration{number: number, name: title, text: string(text)})
	}
	return known, nil
}

// migrate runs what a database lacks, each migration in a transaction of its own. It tries to write even if nothing is
// to do, so that a database that cannot be written is refused when it is opened.
func migrate(ctx context.Context, conn *sql.Conn, subject file, known []migration, now func() time.Time) error {
	for {
		done, err := migrateOnce(ctx, conn, subject, known, now)
		if err != nil || done {
			return err
		}
	}
}

func migrateOnce(ctx context.Context, conn *sql.Conn, subject file, known []migration, now func() time.Time) (done bool, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return false, subject.translate(ctx, err)
	}
	defer func() {
		if failure := tx.Rollback(); failure != nil && !errors.Is(failure, sql.ErrTxDone) {
			err = errors.Join(err, subject.translate(ctx, failure))
		}
	}()
	version, err := schemaVersion(ctx, tx)
	if err != nil {
		return false, subject.translate(ctx, err)
	}
	if version > len(known) {
		return false, &Fault{sentence: fmt.Sprintf("the database %s was written by a newer ndoap (its schema is %d, "+
			"this program knows %d): install that version or a later one here, too", subject.path, version, len(known))}
	}
	if version == len(known) {
		// BEGIN IMMEDIATE does not complain about a read-only database; a change does. It is rolled back.
		_, err := tx.ExecContext(ctx, "UPDATE migrations SET name = name WHERE number = ?", version)
		if err != nil {
			return false, subject.translate(ctx, err)
		}
		return true, nil
	}
	next := known[version]
	if _, err := tx.ExecContext(ctx, next.text); err != nil {
		return false, fmt.Errorf("migration %d (%s): %w", next.number, next.name, subject.translate(ctx, err))
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)",
		next.number, next.name, instant(now())); err != nil {
		return false, subject.translate(ctx, err)
	}
	if err := tx.Commit(); err != nil {
		return false, subject.translate(ctx, err)
	}
	return false, nil
}

// schemaVersion is the number of the last migration; a new file has none.
func schemaVersion(ctx context.Context, tx *sql.Tx) (int, error) {
	var tables, version int
	if err := tx.QueryRowContext(ctx,
		"SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'").Scan(&tables); err != nil {
		return 0, err
	}
	if tables == 0 {
		return 0, nil
	}
	err := tx.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) FROM migrations").Scan(&version)
	return version, err
}
