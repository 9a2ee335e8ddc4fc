// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"ndoap/store"
	"ndoap/store/seal"
)

// ForgetLostKeys is for a database that Open refuses because its sealing key is lost: it retires the keys whose private
// halves do not open, and moves a sealing key file that cannot be used out of the way, to a name that ends in .lost. It
// returns the ids of the keys; none if nothing is lost. No server may have the database open. What told makes of the ids is
// stored with the change, if there are any.
func ForgetLostKeys(ctx context.Context, path string, options Options, told func(kids []string) store.AuditEvent) (kids []string, err error) {
	options = options.withDefaults()
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if err := identify(path, options); err != nil {
		return nil, err
	}
	subject := file{path: path}
	database, err := sql.Open("sqlite3", dataSource(path, os.PathSeparator, options, url.Values{
		"mode": {"rw"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"},
	}))
	if err != nil {
		return nil, subject.translate(ctx, err)
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	sealing, lost := seal.Open(seal.FileOf(path))
	kids, err = retireLost(ctx, database, subject, sealing, options, told)
	if err != nil || lost == nil || errors.Is(lost, fs.ErrNotExist) {
		return kids, err
	}
	if err := os.Rename(seal.FileOf(path), seal.FileOf(path)+".lost"); err != nil {
		return kids, fmt.Errorf("the sealing key file cannot be moved out of the way: %w", err)
	}
	return kids, nil
}

// retireLost retires, in one transaction, what the sealing key does not open; nil opens nothing.
func retireLost(ctx context.Context, database *sql.DB, subject file, sealing *seal.Key, options Options,
	told func(kids []string) store.AuditEvent,
) (kids []string, err error) {
	tx, err := database.BeginTx(ctx, nil)
	if err != nil {
		return nil, subject.translate(ctx, err)
	}
	defer func() {
		if failure := tx.Rollback(); failure != nil && !errors.Is(failure, sql.ErrTxDone) {
			err = errors.Join(err, subject.translate(ctx, failure))
		}
	}()
	q := &queries{prepare: tx.PrepareContext, translate: subject.translate}
	defer func() { err = errors.Join(err, q.close()) }()
	parts, err := all(ctx, q, scanPrivatePart, "SELECT id, private_pem FROM keys WHERE private_pem <> x''")
	if err != nil {
		return nil, err
	}
	for _, part := range parts {
		opens := !seal.Sealed(part.content)
		if sealing != nil && !opens {
			_, failure := sealing.Unseal(part.id, part.content)
			opens = failure == nil
		}
		if opens {
			continue
		}
		if err := retireKey(q, part.id, options.Now()); err != nil {
			return nil, err
		}
		kids = append(kids, part.id)
	}
	if len(kids) > 0 {
		if err := insertAudit(q, []store.AuditEvent{told(kids)}); err != nil {
			return nil, err
		}
	}
	if err := tx.Commit(); err != nil {
		return nil, subject.translate(ctx, err)
	}
	return kids, nil
}
