// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"

	"ndoap/store"
)

const refreshTokenColumns = "hash, grant_id, issued_at, expires_at, consumed_at, reissues"

func scanRefreshToken(r row) (store.RefreshToken, error) {
	var t store.RefreshToken
	err := r.Scan(&t.Hash, &t.GrantID, (*instant)(&t.IssuedAt), (*instant)(&t.ExpiresAt), (*instant)(&t.ConsumedAt),
		&t.Reissues)
	return t, err
}

// RefreshTokenGrant implements store.RefreshTokens.
func (s *Store) RefreshTokenGrant(ctx context.Context, hash string) (store.RefreshToken, store.Grant, error) {
	token, grant, err := findRefreshToken(ctx, s.reader, hash)
	if err != nil {
		return store.RefreshToken{}, store.Grant{}, fmt.Errorf("find refresh token: %w", err)
	}
	return token, grant, nil
}

func findRefreshToken(ctx context.Context, q *queries, hash string) (store.RefreshToken, store.Grant, error) {
	token, err := one(ctx, q, scanRefreshToken,
		"SELECT "+refreshTokenColumns+" FROM refresh_tokens WHERE hash = ?", hash)
	if err != nil {
		return store.RefreshToken{}, store.Grant{}, err
	}
	grant, err := findGrant(ctx, q, token.GrantID)
	return token, grant, err
}

func insertRefreshToken(q *queries, grantID string, t store.RefreshToken) error {
	_, err := q.exec(context.Background(), "INSERT INTO refresh_tokens ("+refreshTokenColumns+") VALUES (?, ?, ?, ?, ?, ?)",
		t.Hash, grantID, instant(t.IssuedAt), instant(t.ExpiresAt), instant(t.ConsumedAt), t.Reissues)
	return err
}

// RotateRefreshToken implements store.RefreshTokens. The successor belongs to the grant, whatever its GrantID says.
func (s *Store) RotateRefreshToken(ctx context.Context, hash string,
	rotate func(store.RefreshToken, store.Grant) (store.Rotation, error),
) error {
	return s.write(ctx, "rotate refresh token", func(q *queries) (answer, err error) {
		ctx := context.Background()
		token, grant, err := findRefreshToken(ctx, q, hash)
		if err != nil {
			return nil, err
		}
		rotation, refusal := rotate(token, grant)
		switch {
		case rotation.Revoke:
			if _, err := revokeGrant(q, grant.ID, s.options.Now()); err != nil {
				return nil, err
			}
			return refusal, insertAudit(q, rotation.Audit)
		case refusal != nil:
			return refusal, nil
		case rotation.Reissue:
			_, err = q.exec(ctx, "UPDATE refresh_tokens SET reissues = reissues + 1 WHERE hash = ?", hash)
		default:
			_, err = q.exec(ctx, "UPDATE refresh_tokens SET consumed_at = ? WHERE hash = ?",
				instant(rotation.Successor.IssuedAt), hash)
		}
		if err != nil {
			return nil, err
		}
		if err := insertRefreshToken(q, grant.ID, rotation.Successor); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, rotation.Audit)
	})
}
