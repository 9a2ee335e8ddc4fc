// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"time"

	"ndoap/store"
)

const apiKeyColumns = "id, hash, kind, user_name, label, scope, created_by, created_at, expires_at, last_used_at, revoked_at"

// What is good and what has ended at the time ?1.
const (
	apiKeyIsGood   = "revoked_at = 0 AND (expires_at = 0 OR expires_at > ?1)"
	apiKeyHasEnded = "(revoked_at <> 0 AND revoked_at <= ?1 OR expires_at <> 0 AND expires_at <= ?1)"
)

func scanAPIKey(r row) (store.APIKey, error) {
	var k store.APIKey
	err := r.Scan(&k.ID, &k.Hash, &k.Kind, &k.User, &k.Label, &k.Scope, &k.CreatedBy, (*instant)(&k.CreatedAt),
		(*instant)(&k.ExpiresAt), (*instant)(&k.LastUsedAt), (*instant)(&k.RevokedAt))
	return k, err
}

// AddAPIKey implements store.APIKeys.
func (s *Store) AddAPIKey(ctx context.Context, k store.APIKey, limit int, events ...store.AuditEvent) error {
	return s.write(ctx, "add API key", func(q *queries) (answer, err error) {
		ctx, now := context.Background(), instant(k.CreatedAt)
		labels, err := all(ctx, q, scanText, "SELECT label FROM api_keys WHERE user_name = ?2 AND "+apiKeyIsGood, now, k.User)
		if err != nil {
			return nil, err
		}
		for _, label := range labels {
			if label == k.Label {
				return nil, store.ErrExists
			}
		}
		if limit > 0 && len(labels) >= limit {
			return nil, store.ErrFull
		}
		if _, err := q.exec(ctx, "INSERT INTO api_keys ("+apiKeyColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			k.ID, k.Hash, string(k.Kind), k.User, k.Label, k.Scope, k.CreatedBy, now, instant(k.ExpiresAt),
			instant(k.LastUsedAt), instant(k.RevokedAt)); err != nil {
			return nil, err
		}
		if _, err := q.exec(ctx, "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys WHERE user_name = ?2 AND "+
			apiKeyHasEnded+" ORDER BY created_at DESC, id LIMIT -1 OFFSET ?3)", now, k.User, store.MaxEndedAPIKeys); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

func scanText(r row) (string, error) {
	var text string
	err := r.Scan(&text)
	return text, err
}

// ListAPIKeys implements store.APIKeys.
func (s *Store) ListAPIKeys(ctx context.Context, filter store.APIKeyFilter) ([]store.APIKey, error) {
	keys, err := all(ctx, s.reader, scanAPIKey, "SELECT "+apiKeyColumns+" FROM api_keys WHERE (?1 = 0 OR "+apiKeyIsGood+") "+
		"AND (?2 = '' OR user_name = ?2) AND (?3 = '' OR kind = ?3) ORDER BY created_at DESC, id",
		instant(filter.GoodAt), filter.User, string(filter.Kind))
	if err != nil {
		return nil, fmt.Errorf("list API keys: %w", err)
	}
	return keys, nil
}

// RevokeAPIKey implements store.APIKeys.
func (s *Store) RevokeAPIKey(ctx context.Context, id string, events ...store.AuditEvent) error {
	return s.write(ctx, "revoke API key", func(q *queries) (answer, err error) {
		if _, err := one(context.Background(), q, scanText, "SELECT id FROM api_keys WHERE id = ?", id); err != nil {
			return nil, err
		}
		revoked, err := q.exec(context.Background(), "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at = 0",
			instant(s.options.Now()), id)
		if err != nil || revoked == 0 {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// NoteAPIKeyUse implements store.APIKeys.
func (s *Store) NoteAPIKeyUse(ctx context.Context, uses map[string]time.Time) error {
	if len(uses) == 0 {
		return nil
	}
	return s.write(ctx, "note the use of API keys", func(q *queries) (answer, err error) {
		for id, at := range uses {
			if _, err := q.exec(context.Background(), "UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND last_used_at < ?2",
				id, instant(at)); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
}
