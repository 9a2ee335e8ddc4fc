// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"fmt"
	"time"

	"ndoap/store"
)

const requestColumns = "id_hash, browser_hash, client_id, redirect_uri, redirect_uri_given, scope, state, state_given, " +
	"code_challenge, consent_user, consent_hash, expires_at, resources"

func scanRequest(r row) (store.AuthorizationRequest, error) {
	var a store.AuthorizationRequest
	err := r.Scan(&a.IDHash, &a.BrowserHash, &a.ClientID, &a.RedirectURI, &a.RedirectURIGiven, &a.Scope, &a.State,
		&a.StateGiven, &a.CodeChallenge, &a.ConsentUser, &a.ConsentHash, (*instant)(&a.ExpiresAt), (*list)(&a.Resources))
	return a, err
}

func findRequest(ctx context.Context, q *queries, idHash string) (store.AuthorizationRequest, error) {
	return one(ctx, q, scanRequest, "SELECT "+requestColumns+" FROM authorization_requests WHERE id_hash = ?", idHash)
}

// AddAuthorizationRequest implements store.AuthorizationRequests.
func (s *Store) AddAuthorizationRequest(ctx context.Context, a store.AuthorizationRequest, limit int) error {
	gaveWay := false
	err := s.write(ctx, "add authorization request", func(q *queries) (answer, err error) {
		if limit > 0 {
			if gaveWay, err = makeRoom(q, limit, s.options.Now()); err != nil {
				return nil, err
			}
		}
		_, err = q.exec(context.Background(),
			"INSERT INTO authorization_requests ("+requestColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			a.IDHash, a.BrowserHash, a.ClientID, a.RedirectURI, a.RedirectURIGiven, a.Scope, a.State,
			a.StateGiven, a.CodeChallenge, a.ConsentUser, a.ConsentHash, instant(a.ExpiresAt), list(a.Resources))
		return nil, err
	})
	if err == nil && gaveWay {
		s.warnGaveWay(limit)
	}
	return err
}

// makeRoom removes the oldest request without a user when limit requests wait.
func makeRoom(q *queries, limit int, now time.Time) (gaveWay bool, err error) {
	waiting, err := one(context.Background(), q, number,
		"SELECT count(*) FROM authorization_requests WHERE expires_at > ?", instant(now))
	if err != nil || waiting < int64(limit) {
		return false, err
	}
	removed, err := q.exec(context.Background(), "DELETE FROM authorization_requests WHERE id_hash = (SELECT id_hash "+
		"FROM authorization_requests WHERE expires_at > ? AND consent_user = '' ORDER BY expires_at LIMIT 1)", instant(now))
	if err == nil && removed == 0 {
		err = store.ErrFull
	}
	return removed > 0, err
}

// warnGaveWay says so once a minute: whoever floods the server must not flood its console, too.
func (s *Store) warnGaveWay(limit int) {
	now, last := s.options.Now().UnixNano(), s.saidGaveWay.Load()
	if now-last >= int64(time.Minute) && s.saidGaveWay.CompareAndSwap(last, now) {
		s.options.Log.Warn("more authorization requests wait for a login than limits.pendingRequests allows; the oldest give way",
			"limit", limit)
	}
}

// AuthorizationRequest implements store.AuthorizationRequests.
func (s *Store) AuthorizationRequest(ctx context.Context, idHash string) (store.AuthorizationRequest, error) {
	request, err := findRequest(ctx, s.reader, idHash)
	if err != nil {
		return store.AuthorizationRequest{}, fmt.Errorf("find authorization request: %w", err)
	}
	return request, nil
}

// UpdateAuthorizationRequest implements store.AuthorizationRequests. A request keeps its id and its client.
func (s *Store) UpdateAuthorizationRequest(ctx context.Context, idHash string,
	change func(*store.AuthorizationRequest) error,
) error {
	return s.write(ctx, "update authorization request", func(q *queries) (answer, err error) {
		a, err := findRequest(context.Background(), q, idHash)
		if err != nil {
			return nil, err
		}
		if refusal := change(&a); refusal != nil {
			return refusal, nil
		}
		_, err = q.exec(context.Background(), "UPDATE authorization_requests SET browser_hash = ?, redirect_uri = ?, "+
			"redirect_uri_given = ?, scope = ?, state = ?, state_given = ?, code_challenge = ?, consent_user = ?, "+
			"consent_hash = ?, expires_at = ?, resources = ? WHERE id_hash = ?",
			a.BrowserHash, a.RedirectURI, a.RedirectURIGiven, a.Scope, a.State, a.StateGiven, a.CodeChallenge,
			a.ConsentUser, a.ConsentHash, instant(a.ExpiresAt), list(a.Resources), idHash)
		return nil, err
	})
}

// CompleteAuthorizationRequest implements store.AuthorizationRequests.
func (s *Store) CompleteAuthorizationRequest(ctx context.Context, idHash string,
	decide func(store.AuthorizationRequest) (store.Completion, error),
) error {
	return s.write(ctx, "complete authorization request", func(q *queries) (answer, err error) {
		request, err := findRequest(context.Background(), q, idHash)
		if err != nil {
			return nil, err
		}
		decided, refusal := decide(request)
		if refusal != nil {
			return refusal, nil
		}
		if _, err := q.exec(context.Background(),
			"DELETE FROM authorization_requests WHERE id_hash = ?", idHash); err != nil {
			return nil, err
		}
		if decided.Code != nil {
			if err := insertCode(q, *decided.Code); err != nil {
				return nil, err
			}
		}
		if decided.Consent != nil {
			if err := upsertConsent(q, *decided.Consent); err != nil {
				return nil, err
			}
		}
		return nil, insertAudit(q, decided.Audit)
	})
}
