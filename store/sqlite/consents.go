// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"

	"ndoap/store"
)

func scanConsent(r row) (store.Consent, error) {
	var c store.Consent
	err := r.Scan(&c.User, &c.ClientID, &c.Scope, (*instant)(&c.GrantedAt))
	return c, err
}

// Consent implements store.Consents.
func (s *Store) Consent(ctx context.Context, user, clientID string) (store.Consent, error) {
	consent, err := one(ctx, s.reader, scanConsent,
		"SELECT user_name, client_id, scope, granted_at FROM consents WHERE user_name = ? AND client_id = ?", user, clientID)
	if err != nil {
		return store.Consent{}, fmt.Errorf("find consent: %w", err)
	}
	return consent, nil
}

// upsertConsent stores a decision in place of an earlier one.
func upsertConsent(q *queries, c store.Consent) error {
	_, err := q.exec(context.Background(), "INSERT INTO consents (user_name, client_id, scope, granted_at) "+
		"VALUES (?, ?, ?, ?) ON CONFLICT (user_name, client_id) "+
		"DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at",
		c.User, c.ClientID, c.Scope, instant(c.GrantedAt))
	return err
}
