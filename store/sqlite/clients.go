// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"

	"ndoap/store"
)

const clientColumns = "id, name, redirect_uris, secret_hashes, scopes, trusted, legacy, disabled, jwks, jwks_uri, " +
	"grant_types, resources, introspection_audiences, access_token_lifetime, refresh_token_idle, " +
	"refresh_token_absolute, created_at, changed_at"

func scanClient(r row) (store.Client, error) {
	var c store.Client
	err := r.Scan(&c.ID, &c.Name, (*list)(&c.RedirectURIs), (*list)(&c.SecretHashes), (*list)(&c.Scopes),
		&c.Trusted, &c.Legacy, &c.Disabled, &c.JWKS, &c.JWKSURI, (*list)(&c.GrantTypes), (*list)(&c.Resources),
		(*list)(&c.IntrospectionAudiences), (*span)(&c.AccessTokenLifetime), (*span)(&c.RefreshTokenIdle),
		(*span)(&c.RefreshTokenAbsolute), (*instant)(&c.CreatedAt), (*instant)(&c.ChangedAt))
	if len(c.JWKS) == 0 {
		c.JWKS = nil
	}
	return c, err
}

// clientValues are the columns without the id, in their order.
func clientValues(c store.Client) []any {
	return []any{
		c.Name, list(c.RedirectURIs), list(c.SecretHashes), list(c.Scopes), c.Trusted, c.Legacy, c.Disabled,
		blob(c.JWKS), c.JWKSURI, list(c.GrantTypes), list(c.Resources), list(c.IntrospectionAudiences),
		span(c.AccessTokenLifetime), span(c.RefreshTokenIdle), span(c.RefreshTokenAbsolute),
		instant(c.CreatedAt), instant(c.ChangedAt),
	}
}

// Client implements store.Clients.
func (s *Store) Client(ctx context.Context, id string) (store.Client, error) {
	client, err := findClient(ctx, s.reader, id)
	if err != nil {
		return store.Client{}, fmt.Errorf("find client: %w", err)
	}
	return client, nil
}

func findClient(ctx context.Context, q *queries, id string) (store.Client, error) {
	return one(ctx, q, scanClient, "SELECT "+clientColumns+" FROM clients WHERE id = ?", id)
}

// ListClients implements store.Clients.
func (s *Store) ListClients(ctx context.Context) ([]store.Client, error) {
	clients, err := all(ctx, s.reader, scanClient, "SELECT "+clientColumns+" FROM clients ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("list clients: %w", err)
	}
	return clients, nil
}

// AddClient implements store.Clients.
func (s *Store) AddClient(ctx context.Context, c store.Client, events ...store.AuditEvent) error {
	return s.write(ctx, fmt.Sprintf("add client %q", c.ID), func(q *queries) (answer, err error) {
		if _, err := q.exec(context.Background(),
			"INSERT INTO clients ("+clientColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			append([]any{c.ID}, clientValues(c)...)...); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// UpdateClient implements store.Clients. A client keeps its id, whatever change makes of it.
func (s *Store) UpdateClient(ctx context.Context, id string, change func(*store.Client) error, events ...store.AuditEvent) error {
	return s.write(ctx, fmt.Sprintf("update client %q", id), func(q *queries) (answer, err error) {
		c, err := findClient(context.Background(), q, id)
		if err != nil {
			return nil, err
		}
		if refusal := change(&c); refusal != nil {
			return refusal, nil
		}
		if _, err := q.exec(context.Background(), "UPDATE clients SET name = ?, redirect_uris = ?, secret_hashes = ?, "+
			"scopes = ?, trusted = ?, legacy = ?, disabled = ?, jwks = ?, jwks_uri = ?, grant_types = ?, resources = ?, "+
			"introspection_audiences = ?, access_token_lifetime = ?, refresh_token_idle = ?, refresh_token_absolute = ?, "+
			"created_at = ?, changed_at = ? WHERE id = ?", append(clientValues(c), id)...); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// RemoveClient implements store.Clients. Everything else of the client goes by foreign key; its access tokens by the
// revocations that ending its grants leaves behind.
func (s *Store) RemoveClient(ctx context.Context, id string, events ...store.AuditEvent) error {
	return s.write(ctx, fmt.Sprintf("remove client %q", id), func(q *queries) (answer, err error) {
		if _, err := q.exec(context.Background(), "UPDATE grants SET revoked_at = ? WHERE client_id = ? AND revoked_at = 0",
			instant(s.options.Now()), id); err != nil {
			return nil, err
		}
		count, err := q.exec(context.Background(), "DELETE FROM clients WHERE id = ?", id)
		if err == nil && count == 0 {
			err = store.ErrNotFound
		}
		if err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}
