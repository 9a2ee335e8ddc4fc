// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"ndoap/store"
)

const auditColumns = "at, action, outcome, user_name, client_id, address, grant_id, token_hash, detail"

func scanAudit(r row) (store.AuditEvent, error) {
	var e store.AuditEvent
	err := r.Scan(&e.ID, (*instant)(&e.At), &e.Action, &e.Outcome, &e.User, &e.ClientID, &e.Address, &e.GrantID,
		&e.TokenHash, &e.Detail)
	return e, err
}

// insertAudit stores events in the transaction of the change that they tell of.
func insertAudit(q *queries, events []store.AuditEvent) error {
	for _, e := range events {
		if _, err := q.exec(context.Background(), "INSERT INTO audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			instant(e.At), e.Action, e.Outcome, e.User, e.ClientID, e.Address, e.GrantID, e.TokenHash, e.Detail); err != nil {
			return fmt.Errorf("add to the audit trail: %w", err)
		}
	}
	return nil
}

// AppendAudit implements store.Audits.
func (s *Store) AppendAudit(ctx context.Context, events ...store.AuditEvent) error {
	return s.write(ctx, "append to the audit trail", func(q *queries) (answer, err error) {
		return nil, insertAudit(q, events)
	})
}

// QueryAudit implements store.Audits.
func (s *Store) QueryAudit(ctx context.Context, f store.AuditFilter) ([]store.AuditEvent, error) {
	events, err := all(ctx, s.reader, scanAudit, "SELECT id, "+auditColumns+" FROM audit WHERE "+
		"at >= ?1 AND (?2 = 0 OR at < ?2) AND (?3 = '' OR action = ?3) AND (?4 = '' OR outcome = ?4) AND "+
		"(?5 = '' OR user_name = ?5) AND (?6 = '' OR client_id = ?6) AND (?7 = '' OR address = ?7) AND "+
		"(?8 = '' OR grant_id = ?8) AND (?9 = '' OR token_hash = ?9) AND (?10 = 0 OR id < ?10) "+
		"ORDER BY id DESC LIMIT ?11",
		instant(f.Since), instant(f.Until), f.Action, f.Outcome, f.User, f.ClientID, f.Address, f.GrantID, f.TokenHash,
		f.BeforeID, cmp.Or(f.Limit, defaultLimit))
	if err != nil {
		return nil, fmt.Errorf("query the audit trail: %w", err)
	}
	return events, nil
}

// DeleteAudit implements store.Audits.
func (s *Store) DeleteAudit(ctx context.Context, before time.Time) (removed int, err error) {
	err = s.write(ctx, "shorten the audit trail", func(q *queries) (answer, err error) {
		removed, err = q.exec(context.Background(), "DELETE FROM audit WHERE at < ?", instant(before))
		return nil, err
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}
