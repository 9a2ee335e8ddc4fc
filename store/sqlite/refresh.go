// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"time"

	"ndoap/store"
)

const (
	grantColumns        = "id, client_id, user_name, scope, authenticated_at, created_at, expires_at, revoked_at"
	refreshTokenColumns = "hash, grant_id, issued_at, expires_at, consumed_at, reissues"
)

func scanGrant(r row) (store.Grant, error) {
	var g store.Grant
	err := r.Scan(&g.ID, &g.ClientID, &g.User, &g.Scope, (*instant)(&g.AuthenticatedAt), (*instant)(&g.CreatedAt),
		(*instant)(&g.ExpiresAt), (*instant)(&g.RevokedAt))
	return g, err
}

func scanRefreshToken(r row) (store.RefreshToken, error) {
	var t store.RefreshToken
	err := r.Scan(&t.Hash, &t.GrantID, (*instant)(&t.IssuedAt), (*instant)(&t.ExpiresAt), (*instant)(&t.ConsumedAt),
		&t.Reissues)
	return t, err
}

// Grant implements store.RefreshTokens.
func (s *Store) Grant(ctx context.Context, id string) (store.Grant, error) {
	grant, err := findGrant(ctx, s.reader, id)
	if err != nil {
		return store.Grant{}, fmt.Errorf("find grant: %w", err)
	}
	return grant, nil
}

func findGrant(ctx context.Context, q *queries, id string) (store.Grant, error) {
	return one(ctx, q, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE id = ?", id)
}

func insertGrant(q *queries, g store.Grant) error {
	_, err := q.exec(context.Background(), "INSERT INTO grants ("+grantColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		g.ID, g.ClientID, g.User, g.Scope, instant(g.AuthenticatedAt), instant(g.CreatedAt), instant(g.ExpiresAt),
		instant(g.RevokedAt))
	return err
}

// revokeGrant keeps the time of a first revocation.
func revokeGrant(q *queries, id string, now time.Time) error {
	_, err := q.exec(context.Background(), "UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at = 0",
		instant(now), id)
	return err
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
		token, err := one(ctx, q, scanRefreshToken,
			"SELECT "+refreshTokenColumns+" FROM refresh_tokens WHERE hash = ?", hash)
		if err != nil {
			return nil, err
		}
		grant, err := findGrant(ctx, q, token.GrantID)
		if err != nil {
			return nil, err
		}
		rotation, refusal := rotate(token, grant)
		switch {
		case rotation.Revoke:
			return refusal, revokeGrant(q, grant.ID, s.options.Now())
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
		return nil, insertRefreshToken(q, grant.ID, rotation.Successor)
	})
}

// DeleteExpired implements store.Store. What a grant needs to notice a replay, its code and its consumed refresh
// tokens, goes only with the grant.
func (s *Store) DeleteExpired(ctx context.Context, now time.Time) (int, error) {
	removed := 0
	err := s.write(ctx, "delete what has expired", func(q *queries) (answer, err error) {
		for _, text := range []string{
			"DELETE FROM authorization_requests WHERE expires_at <= ?",
			"DELETE FROM codes WHERE grant_id IS NULL AND expires_at <= ?",
			"DELETE FROM codes WHERE grant_id IN (SELECT id FROM grants WHERE expires_at <= ?)",
			"DELETE FROM refresh_tokens WHERE consumed_at = 0 AND expires_at <= ?",
			"DELETE FROM refresh_tokens WHERE grant_id IN (SELECT id FROM grants WHERE expires_at <= ?)",
			"DELETE FROM grants WHERE expires_at <= ?",
		} {
			count, err := q.exec(context.Background(), text, instant(now))
			if err != nil {
				return nil, err
			}
			removed += count
		}
		return nil, nil
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}
