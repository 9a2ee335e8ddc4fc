// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"time"

	"ndoap/store"
)

const keyColumns = "id, algorithm, private_pem, public_pem, created_at, active_from, retired_at"

func scanKey(r row) (store.Key, error) {
	var k store.Key
	err := r.Scan(&k.ID, &k.Algorithm, &k.PrivatePEM, &k.PublicPEM, (*instant)(&k.CreatedAt), (*instant)(&k.ActiveFrom),
		(*instant)(&k.RetiredAt))
	return k, err
}

// ListKeys implements store.Keys.
func (s *Store) ListKeys(ctx context.Context) ([]store.Key, error) {
	keys, err := s.findKeys(ctx, s.reader)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

func (s *Store) findKeys(ctx context.Context, q *queries) ([]store.Key, error) {
	keys, err := all(ctx, q, scanKey, "SELECT "+keyColumns+" FROM keys ORDER BY created_at DESC, id")
	if err != nil {
		return nil, err
	}
	return s.unsealed(keys)
}

// AddKey implements store.Keys.
func (s *Store) AddKey(ctx context.Context, k store.Key, events ...store.AuditEvent) error {
	return s.write(ctx, fmt.Sprintf("add key %q", k.ID), func(q *queries) (answer, err error) {
		if err := s.insertKey(q, k); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// insertKey stores a key, or the private part of one that only verified so far or was retired.
func (s *Store) insertKey(q *queries, k store.Key) error {
	k, err := s.sealed(k)
	if err != nil {
		return err
	}
	if k.ActiveFrom.IsZero() {
		k.ActiveFrom = k.CreatedAt
	}
	added, err := q.exec(context.Background(), "INSERT INTO keys ("+keyColumns+") VALUES (?, ?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (id) DO UPDATE SET private_pem = excluded.private_pem, created_at = excluded.created_at, "+
		"active_from = excluded.active_from, retired_at = excluded.retired_at "+
		"WHERE keys.private_pem = x'' AND excluded.private_pem <> x'' AND keys.algorithm = excluded.algorithm",
		k.ID, k.Algorithm, blob(k.PrivatePEM), blob(k.PublicPEM), instant(k.CreatedAt), instant(k.ActiveFrom),
		instant(k.RetiredAt))
	if err == nil && added == 0 {
		err = store.ErrExists
	}
	return err
}

// UpdateKeys implements store.Keys.
func (s *Store) UpdateKeys(ctx context.Context, change func([]store.Key) (store.KeyChange, error)) error {
	return s.write(ctx, "update keys", func(q *queries) (answer, err error) {
		keys, err := s.findKeys(context.Background(), q)
		if err != nil {
			return nil, err
		}
		changes, refusal := change(keys)
		if refusal != nil {
			return refusal, nil
		}
		for _, key := range changes.Add {
			if err := s.insertKey(q, key); err != nil {
				return nil, err
			}
		}
		for _, id := range changes.Retire {
			if err := retireKey(q, id, changes.At); err != nil {
				return nil, err
			}
		}
		for _, id := range changes.Remove {
			if _, err := q.exec(context.Background(), "DELETE FROM keys WHERE id = ?", id); err != nil {
				return nil, err
			}
		}
		return nil, insertAudit(q, changes.Audit)
	})
}

// retireKey keeps the time of a first retirement.
func retireKey(q *queries, id string, at time.Time) error {
	_, err := q.exec(context.Background(),
		"UPDATE keys SET private_pem = x'', retired_at = ? WHERE id = ? AND retired_at = 0", instant(at), id)
	return err
}
