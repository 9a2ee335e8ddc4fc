// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"

	"ndoap/store"
)

const lockoutColumns = "subject, address, failures, locked_at, locked_until"

func scanLockout(r row) (store.Lockout, error) {
	var l store.Lockout
	err := r.Scan(&l.Subject, &l.Address, &l.Failures, (*instant)(&l.At), (*instant)(&l.Until))
	return l, err
}

// AddLockout implements store.Lockouts.
func (s *Store) AddLockout(ctx context.Context, l store.Lockout, events ...store.AuditEvent) error {
	return s.write(ctx, "add lockout", func(q *queries) (answer, err error) {
		ctx := context.Background()
		if _, err := q.exec(ctx, "INSERT INTO lockouts ("+lockoutColumns+") VALUES (?, ?, ?, ?, ?) "+
			"ON CONFLICT (subject, address) DO UPDATE SET failures = excluded.failures, locked_at = excluded.locked_at, "+
			"locked_until = excluded.locked_until",
			l.Subject, l.Address, l.Failures, instant(l.At), instant(l.Until)); err != nil {
			return nil, err
		}
		if _, err := q.exec(ctx, "DELETE FROM lockouts WHERE (subject, address) IN "+
			"(SELECT subject, address FROM lockouts ORDER BY locked_at DESC LIMIT -1 OFFSET ?)", store.MaxLockouts); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// ListLockouts implements store.Lockouts.
func (s *Store) ListLockouts(ctx context.Context) ([]store.Lockout, error) {
	lockouts, err := all(ctx, s.reader, scanLockout,
		"SELECT "+lockoutColumns+" FROM lockouts ORDER BY locked_at DESC, subject, address")
	if err != nil {
		return nil, fmt.Errorf("list lockouts: %w", err)
	}
	return lockouts, nil
}

// LiftLockouts implements store.Lockouts.
func (s *Store) LiftLockouts(ctx context.Context, subject string, events ...store.AuditEvent) (lifted int, err error) {
	err = s.write(ctx, "lift lockouts", func(q *queries) (answer, err error) {
		if lifted, err = q.exec(context.Background(), "DELETE FROM lockouts WHERE subject = ?", subject); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
	if err != nil {
		return 0, err
	}
	return lifted, nil
}
