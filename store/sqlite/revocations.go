// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"time"

	"ndoap/store"
)

// RevokeGrant implements store.Revocations.
func (s *Store) RevokeGrant(ctx context.Context, id string, events ...store.AuditEvent) error {
	return s.write(ctx, "revoke grant", func(q *queries) (answer, err error) {
		if _, err := findGrant(context.Background(), q, id); err != nil {
			return nil, err
		}
		if _, err := revokeGrant(q, id, s.options.Now()); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// RevokeUser implements store.Revocations.
func (s *Store) RevokeUser(ctx context.Context, user string, events ...store.AuditEvent) (int, error) {
	return s.revokeAll(ctx, "revoke user", user, []string{
		"DELETE FROM codes WHERE user_name = ? AND grant_id IS NULL",
		"DELETE FROM authorization_requests WHERE consent_user = ?",
		"DELETE FROM consents WHERE user_name = ?",
	}, []string{
		"UPDATE grants SET revoked_at = ? WHERE user_name = ? AND revoked_at = 0 AND user_name <> ''",
		"UPDATE api_keys SET revoked_at = ? WHERE user_name = ? AND revoked_at = 0",
		"INSERT INTO user_revocations (revoked_at, user_name) SELECT ?1, ?2 WHERE ?2 <> '' " +
			"ON CONFLICT (user_name) DO UPDATE SET revoked_at = max(revoked_at, excluded.revoked_at)",
	}, events)
}

// RevokeClientGrants implements store.Revocations.
func (s *Store) RevokeClientGrants(ctx context.Context, clientID string, events ...store.AuditEvent) (int, error) {
	return s.revokeAll(ctx, "revoke grants of client", clientID, []string{
		"DELETE FROM codes WHERE client_id = ? AND grant_id IS NULL",
		"DELETE FROM authorization_requests WHERE client_id = ?",
		"DELETE FROM consents WHERE client_id = ?",
	}, []string{"UPDATE grants SET revoked_at = ? WHERE client_id = ? AND revoked_at = 0"}, events)
}

// revokeAll ends everything of one user or client, and returns how many records the first of the revocations ended.
func (s *Store) revokeAll(ctx context.Context, verb, whose string, removals, revocations []string,
	events []store.AuditEvent,
) (revoked int, err error) {
	err = s.write(ctx, verb, func(q *queries) (answer, err error) {
		for _, removal := range removals {
			if _, err := q.exec(context.Background(), removal, whose); err != nil {
				return nil, err
			}
		}
		now := instant(s.options.Now())
		for i, revocation := range revocations {
			count, err := q.exec(context.Background(), revocation, now, whose)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				revoked = count
			}
		}
		return nil, insertAudit(q, events)
	})
	if err != nil {
		return 0, err
	}
	return revoked, nil
}

// RevokeToken implements store.Revocations.
func (s *Store) RevokeToken(ctx context.Context, id string, expires time.Time, events ...store.AuditEvent) error {
	return s.write(ctx, "revoke token", func(q *queries) (answer, err error) {
		if _, err := q.exec(context.Background(), "INSERT INTO revocations (kind, id, expires_at) VALUES ('token', ?, ?) "+
			"ON CONFLICT DO NOTHING", id, instant(expires)); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// UseOnce implements store.Revocations.
func (s *Store) UseOnce(ctx context.Context, id string, expires time.Time) error {
	return s.write(ctx, "use once", func(q *queries) (answer, err error) {
		used, err := q.exec(context.Background(), "INSERT INTO used_ids (id, expires_at) VALUES (?, ?) "+
			"ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at WHERE used_ids.expires_at <= ?",
			id, instant(expires), instant(s.options.Now()))
		if err == nil && used == 0 {
			err = store.ErrConsumed
		}
		return nil, err
	})
}

// standing is one line of what counts: a revocation or a client.
type standing struct {
	kind, id string
	enabled  bool
	at       instant
}

func scanStanding(r row) (standing, error) {
	var s standing
	err := r.Scan(&s.kind, &s.id, &s.enabled, &s.at)
	return s, err
}

// Standing implements store.Revocations.
func (s *Store) Standing(ctx context.Context) (store.Standing, error) {
	lines, err := all(ctx, s.reader, scanStanding, "SELECT kind, id, 0, 0 FROM revocations UNION ALL "+
		"SELECT 'client', id, disabled = 0, 0 FROM clients UNION ALL "+
		"SELECT 'user', user_name, 0, revoked_at FROM user_revocations")
	if err != nil {
		return store.Standing{}, fmt.Errorf("read revocations: %w", err)
	}
	found := store.Standing{
		RevokedGrants: map[string]struct{}{}, RevokedTokens: map[string]struct{}{}, Clients: map[string]bool{},
		RevokedUsers: map[string]time.Time{},
	}
	for _, line := range lines {
		switch line.kind {
		case "grant":
			found.RevokedGrants[line.id] = struct{}{}
		case "token":
			found.RevokedTokens[line.id] = struct{}{}
		case "user":
			found.RevokedUsers[line.id] = time.Time(line.at)
		default:
			found.Clients[line.id] = line.enabled
		}
	}
	return found, nil
}
