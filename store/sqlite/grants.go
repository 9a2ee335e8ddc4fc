// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"ndoap/store"
)

const grantColumns = "id, type, client_id, user_name, scope, resources, authenticated_at, created_at, expires_at, revoked_at"

func scanGrant(r row) (store.Grant, error) {
	var g store.Grant
	err := r.Scan(&g.ID, &g.Type, &g.ClientID, &g.User, &g.Scope, (*list)(&g.Resources), (*instant)(&g.AuthenticatedAt),
		(*instant)(&g.CreatedAt), (*instant)(&g.ExpiresAt), (*instant)(&g.RevokedAt))
	return g, err
}

// Grant implements store.Grants.
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

// defaultLimit bounds what a query returns when its filter does not.
const defaultLimit = 1000

// ListGrants implements store.Grants.
func (s *Store) ListGrants(ctx context.Context, filter store.GrantFilter) ([]store.Grant, error) {
	grants, err := all(ctx, s.reader, scanGrant, "SELECT "+grantColumns+" FROM grants WHERE "+
		"(?1 = '' OR user_name = ?1) AND (?2 = '' OR client_id = ?2) AND "+
		"(?3 = 0 OR revoked_at = 0 AND expires_at > ?3) ORDER BY created_at DESC, id LIMIT ?4",
		filter.User, filter.ClientID, instant(filter.ActiveAt), cmp.Or(filter.Limit, defaultLimit))
	if err != nil {
		return nil, fmt.Errorf("list grants: %w", err)
	}
	return grants, nil
}

// AddGrant implements store.Grants.
func (s *Store) AddGrant(ctx context.Context, grant store.Grant, events ...store.AuditEvent) error {
	return s.write(ctx, "add grant", func(q *queries) (answer, err error) {
		if err := insertGrant(q, grant); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

func insertGrant(q *queries, g store.Grant) error {
	_, err := q.exec(context.Background(), "INSERT INTO grants ("+grantColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		g.ID, g.Type, g.ClientID, g.User, g.Scope, list(g.Resources),
		instant(g.AuthenticatedAt), instant(g.CreatedAt), instant(g.ExpiresAt), instant(g.RevokedAt))
	return err
}

// revokeGrant keeps the time of a first revocation, and tells whether this was it. A trigger makes its access tokens
// void as well.
func revokeGrant(q *queries, id string, now time.Time) (revoked bool, err error) {
	count, err := q.exec(context.Background(), "UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at = 0",
		instant(now), id)
	return count > 0, err
}
