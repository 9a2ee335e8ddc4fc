// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"cmp"
	"context"
	"fmt"

	"ndoap/store"
)

const explanationColumns = "request_id, at, method, path, address, credential, provider, issuer, client_id, claim, user_name, " +
	"status, error, reason, rule, expected, found, remedy, skipped"

func scanExplanation(r row) (store.Explanation, error) {
	var e store.Explanation
	err := r.Scan(&e.ID, &e.RequestID, (*instant)(&e.At), &e.Method, &e.Path, &e.Address, &e.Credential, &e.Provider, &e.Issuer,
		&e.ClientID, &e.Claim, &e.User, &e.Status, &e.Error, &e.Reason, &e.Rule, &e.Expected, &e.Found, &e.Remedy, &e.Skipped)
	return e, err
}

// AddExplanations implements store.Explanations.
func (s *Store) AddExplanations(ctx context.Context, explanations ...store.Explanation) error {
	return s.write(ctx, "add explanations", func(q *queries) (answer, err error) {
		ctx := context.Background()
		for _, e := range explanations {
			if _, err := q.exec(ctx, "INSERT INTO explanations ("+explanationColumns+") "+
				"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request_id) DO NOTHING",
				e.RequestID, instant(e.At), e.Method, e.Path, e.Address, e.Credential, e.Provider, e.Issuer, e.ClientID, e.Claim,
				e.User, e.Status, e.Error, e.Reason, e.Rule, e.Expected, e.Found, e.Remedy, e.Skipped); err != nil {
				return nil, err
			}
		}
		_, err = q.exec(ctx, "DELETE FROM explanations WHERE id <= "+
			"(SELECT id FROM explanations ORDER BY id DESC LIMIT 1 OFFSET ?)", store.MaxExplanations)
		return nil, err
	})
}

// Explanation implements store.Explanations.
func (s *Store) Explanation(ctx context.Context, requestID string) (store.Explanation, error) {
	found, err := one(ctx, s.reader, scanExplanation, "SELECT id, "+explanationColumns+" FROM explanations WHERE request_id = ?", requestID)
	if err != nil {
		return store.Explanation{}, fmt.Errorf("get explanation: %w", err)
	}
	return found, nil
}

// ListExplanations implements store.Explanations.
func (s *Store) ListExplanations(ctx context.Context, limit int) ([]store.Explanation, error) {
	found, err := all(ctx, s.reader, scanExplanation, "SELECT id, "+explanationColumns+" FROM explanations ORDER BY id DESC LIMIT ?",
		cmp.Or(limit, defaultLimit))
	if err != nil {
		return nil, fmt.Errorf("list explanations: %w", err)
	}
	return found, nil
}

// SkippedExplanations implements store.Explanations.
func (s *Store) SkippedExplanations(ctx context.Context) (int, error) {
	skipped, err := one(ctx, s.reader, number, "SELECT coalesce(sum(skipped), 0) FROM explanations")
	if err != nil {
		return 0, fmt.Errorf("count what was not explained: %w", err)
	}
	return int(skipped), nil
}
