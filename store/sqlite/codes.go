// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"errors"
	"fmt"

	"ndoap/store"
)

const codeColumns = "hash, client_id, user_name, redirect_uri, redirect_uri_given, scope, code_challenge, " +
	"resources, authenticated_at, expires_at, consumed_at"

func scanCode(r row) (store.Code, error) {
	var c store.Code
	err := r.Scan(&c.Hash, &c.ClientID, &c.User, &c.RedirectURI, &c.RedirectURIGiven, &c.Scope, &c.CodeChallenge,
		(*list)(&c.Resources), (*instant)(&c.AuthenticatedAt), (*instant)(&c.ExpiresAt), (*instant)(&c.ConsumedAt), &c.GrantID)
	return c, err
}

// AddCode implements store.Codes.
func (s *Store) AddCode(ctx context.Context, code store.Code, events ...store.AuditEvent) error {
	return s.write(ctx, "add code", func(q *queries) (answer, err error) {
		if err := insertCode(q, code); err != nil {
			return nil, err
		}
		return nil, insertAudit(q, events)
	})
}

// CodeChallengeUsed implements store.Codes.
func (s *Store) CodeChallengeUsed(ctx context.Context, clientID, challenge string) (bool, error) {
	found, err := one(ctx, s.reader, number,
		"SELECT EXISTS (SELECT 1 FROM codes WHERE client_id = ? AND code_challenge = ?)", clientID, challenge)
	if err != nil {
		return false, fmt.Errorf("look for a code challenge: %w", err)
	}
	return found != 0, nil
}

// insertCode stores a code that nobody has redeemed.
func insertCode(q *queries, c store.Code) error {
	_, err := q.exec(context.Background(), "INSERT INTO codes ("+codeColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
		c.Hash, c.ClientID, c.User, c.RedirectURI, c.RedirectURIGiven, c.Scope, c.CodeChallenge,
		list(c.Resources), instant(c.AuthenticatedAt), instant(c.ExpiresAt))
	return err
}

// RedeemCode implements store.Codes. The refresh token belongs to the grant, whatever its GrantID says.
func (s *Store) RedeemCode(ctx context.Context, hash string,
	redeem func(store.Code) (store.Purchase, error), replayed ...func(store.Replay) store.AuditEvent,
) error {
	const verb = "redeem code"
	return s.write(ctx, verb, func(q *queries) (answer, err error) {
		ctx := context.Background()
		code, err := one(ctx, q, scanCode,
			"SELECT "+codeColumns+", coalesce(grant_id, '') FROM codes WHERE hash = ?", hash)
		if err != nil {
			return nil, err
		}
		now := s.options.Now()
		if !code.ConsumedAt.IsZero() {
			// RFC 6749 section 4.1.2: the code may have been stolen, and so may be the tokens it bought.
			replay := store.Replay{ClientID: code.ClientID, User: code.User, GrantID: code.GrantID}
			if replay.Revoked, err = revokeGrant(q, code.GrantID, now); err != nil {
				return nil, err
			}
			if replay.Revoked {
				for _, event := range replayed {
					if err := insertAudit(q, []store.AuditEvent{event(replay)}); err != nil {
						return nil, err
					}
				}
			}
			return fmt.Errorf("%s: %w", verb, &replay), nil
		}
		if _, err := q.exec(ctx, "UPDATE codes SET consumed_at = ? WHERE hash = ?", instant(now), hash); err != nil {
			return nil, err
		}
		// The purchase is an attempt of its own: it may fail in any way, a panic included, and the code stays spent.
		err = s.committer.attempt(ctx, func() error { return purchase(q, code, redeem) })
		if _, broken := errors.AsType[*Fault](err); broken {
			return nil, err
		}
		return err, nil
	})
}

// purchase stores what a code buys.
func purchase(q *queries, code store.Code, redeem func(store.Code) (store.Purchase, error)) error {
	bought, refusal := redeem(code)
	if refusal != nil {
		return refusal
	}
	if err := insertGrant(q, bought.Grant); err != nil {
		return fmt.Errorf("redeem code: add grant: %w", err)
	}
	if bought.RefreshToken != nil {
		if err := insertRefreshToken(q, bought.Grant.ID, *bought.RefreshToken); err != nil {
			return fmt.Errorf("redeem code: add refresh token: %w", err)
		}
	}
	if _, err := q.exec(context.Background(),
		"UPDATE codes SET grant_id = ? WHERE hash = ?", bought.Grant.ID, code.Hash); err != nil {
		return err
	}
	return insertAudit(q, bought.Audit)
}
