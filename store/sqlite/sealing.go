// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"

	"ndoap/store"
	"ndoap/store/rights"
	"ndoap/store/seal"
)

// scrubbed is the user_version of a file that has no private key in clear left in it.
const scrubbed = 1

// unlock opens the sealing key, which a database without sealed keys may get only now, and seals what older versions
// kept in clear. A key that does not open is told here and not when somebody wants to log in.
func (s *Store) unlock(ctx context.Context, conn *sql.Conn) (err error) {
	tx, err := conn.BeginTx(ctx, nil) // so that of two who open a database one makes the file and seals
	if err != nil {
		return s.file.translate(ctx, err)
	}
	defer func() {
		if failure := tx.Rollback(); failure != nil && !errors.Is(failure, sql.ErrTxDone) {
			err = errors.Join(err, s.file.translate(ctx, failure))
		}
	}()
	q := &queries{prepare: tx.PrepareContext, translate: s.file.translate}
	defer func() { err = errors.Join(err, q.close()) }()
	parts, err := all(ctx, q, scanPrivatePart, "SELECT id, private_pem FROM keys WHERE private_pem <> x''")
	if err != nil {
		return err
	}
	if err := s.openSealing(parts); err != nil {
		return err
	}
	for _, part := range parts {
		if seal.Sealed(part.content) {
			if _, err := s.sealing.Unseal(part.id, part.content); err != nil {
				return s.locked(err)
			}
			continue
		}
		sealed, err := s.sealing.Seal(part.id, part.content)
		if err != nil {
			return s.locked(err)
		}
		if _, err := q.exec(ctx, "UPDATE keys SET private_pem = ? WHERE id = ?", sealed, part.id); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return s.file.translate(ctx, err)
	}
	return nil
}

type privatePart struct {
	id      string
	content []byte
}

func scanPrivatePart(r row) (privatePart, error) {
	var p privatePart
	err := r.Scan(&p.id, &p.content)
	return p, err
}

// openSealing makes a key only where none can be missing.
func (s *Store) openSealing(parts []privatePart) (err error) {
	path := seal.FileOf(s.file.path)
	if slices.ContainsFunc(parts, func(p privatePart) bool { return seal.Sealed(p.content) }) {
		s.sealing, err = seal.Open(path)
	} else {
		_, missing := os.Stat(path)
		if s.sealing, err = seal.Create(path); err == nil && missing != nil {
			err = rights.Like(path, s.file.path)
		}
	}
	if err != nil {
		return s.locked(err)
	}
	return nil
}

// scrub gets rid of the copies of private keys that older versions left behind, when rows moved or were deleted, in
// parts of the file that SQLite does not use any more and in the write-ahead log. What fails is tried again when the
// database is opened next.
func (s *Store) scrub(ctx context.Context, conn *sql.Conn) {
	err := func() error {
		var version int
		if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil || version >= scrubbed {
			return err
		}
		if _, err := conn.ExecContext(ctx, "VACUUM"); err != nil {
			return err
		}
		var busy, pages, moved int
		if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
			return err
		}
		if busy != 0 {
			return errors.New("another process reads the database")
		}
		_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", scrubbed))
		return err
	}()
	if err != nil {
		s.options.Log.Warn("copies of private keys may be left in unused parts of the database", "path", s.file.path, "err", err)
	}
}

// sealed is a key as the database keeps it.
func (s *Store) sealed(k store.Key) (store.Key, error) {
	if len(k.PrivatePEM) == 0 {
		return k, nil
	}
	if err := s.sealingStays(); err != nil {
		return store.Key{}, err
	}
	content, err := s.sealing.Seal(k.ID, k.PrivatePEM)
	if err != nil {
		return store.Key{}, s.locked(err)
	}
	k.PrivatePEM = content
	return k, nil
}

// sealingStays tells whether the file with the sealing key is still what was read when the database was opened: what is sealed
// with a key that is nowhere else could never be opened again. This is no fault of the store, which goes on.
func (s *Store) sealingStays() error {
	path := seal.FileOf(s.file.path)
	stored, err := seal.Open(path)
	if err == nil && stored.ID() != s.sealing.ID() {
		err = fmt.Errorf("the sealing key file %s has another key now", path)
	}
	if err != nil {
		return fmt.Errorf("no private key is stored while its sealing key could be lost: %w: restore the file from a backup", err)
	}
	return nil
}

// unsealed are keys as the store gives them. One that does not open fails them all: with the rest, another key would
// sign than the one that should.
func (s *Store) unsealed(keys []store.Key) ([]store.Key, error) {
	for i, k := range keys {
		if len(k.PrivatePEM) == 0 {
			continue
		}
		plain, err := s.sealing.Unseal(k.ID, k.PrivatePEM)
		if err != nil {
			return nil, s.locked(err)
		}
		keys[i].PrivatePEM = plain
	}
	return keys, nil
}

// locked is the fault of private keys that cannot be read or written.
func (s *Store) locked(err error) error {
	return &Fault{sentence: fmt.Sprintf("the private keys in the database %s cannot be used: %v", s.file.path, err)}
}
