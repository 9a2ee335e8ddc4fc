// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"time"

	"ndoap/store"
)

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
		for _, text := range []string{
			"DELETE FROM revocations WHERE expires_at <= ?",
			"DELETE FROM used_ids WHERE expires_at <= ?",
		} {
			count, err := q.exec(context.Background(), text, instant(now.Add(-store.RevocationsKept)))
			if err != nil {
				return nil, err
			}
			removed += count
		}
		count, err := q.exec(context.Background(), "DELETE FROM user_revocations WHERE revoked_at <= ?",
			instant(now.Add(-store.UserRevocationsKept)))
		if err != nil {
			return nil, err
		}
		removed += count
		count, err = q.exec(context.Background(), "DELETE FROM lockouts WHERE locked_until <= ?",
			instant(now.Add(-store.LockoutsListed)))
		if err != nil {
			return nil, err
		}
		removed += count
		count, err = q.exec(context.Background(), "DELETE FROM api_keys WHERE "+apiKeyHasEnded,
			instant(now.Add(-store.APIKeysListed)))
		removed += count
		if err != nil {
			return nil, err
		}
		count, err = q.exec(context.Background(), "DELETE FROM explanations WHERE at <= ?", instant(now.Add(-store.ExplanationsKept)))
		removed += count
		return nil, err
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}
