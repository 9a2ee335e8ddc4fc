// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"

	"ndoap/store"
)

const keyColumns = "id, algorithm, private_pem, public_pem, created_at"

func scanKey(r row) (store.Key, error) {
	var k store.Key
	err := r.Scan(&k.ID, &k.Algorithm, &k.PrivatePEM, &k.PublicPEM, (*instant)(&k.CreatedAt))
	return k, err
}

// ListKeys implements store.Keys.
func (s *Store) ListKeys(ctx context.Context) ([]store.Key, error) {
	keys, err := all(ctx, s.reader, scanKey, "SELECT "+keyColumns+" FROM keys ORDER BY created_at DESC, id")
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	return keys, nil
}

// AddKey implements store.Keys.
func (s *Store) AddKey(ctx context.Context, k store.Key) error {
	return s.write(ctx, fmt.Sprintf("add key %q", k.ID), func(q *queries) (answer, err error) {
		added, err := q.exec(context.Background(), "INSERT INTO keys ("+keyColumns+") VALUES (?, ?, ?, ?, ?) "+
			"ON CONFLICT (id) DO UPDATE SET private_pem = excluded.private_pem, created_at = excluded.created_at "+
			"WHERE keys.private_pem = x'' AND excluded.private_pem <> x'' AND keys.algorithm = excluded.algorithm",
			k.ID, k.Algorithm, blob(k.PrivatePEM), blob(k.PublicPEM), instant(k.CreatedAt))
		if err == nil && added == 0 {
			err = store.ErrExists
		}
		return nil, err
	})
}
