// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"ndoap/core/oauth"
	"ndoap/store"
)

const badRefreshToken = "The refresh token is unknown, expired, revoked, used already or issued to another client."

// maxReissues bounds how often a rotated token is answered again within the grace period.
const maxReissues = 2

// refresh serves grant_type=refresh_token (RFC 6749 section 6). Every use rotates the token; a rotated token that
// comes back after the grace period for lost answers revokes the whole grant (RFC 9700 section 4.14.2).
func (h *Handler) refresh(ctx context.Context, r *request) (*issued, *oauth.Error) {
	presented := oauth.Secret(r.form.Get("refresh_token"))
	if presented == "" {
		return nil, oauth.NewError(oauth.InvalidRequest, "The parameter refresh_token is missing.")
	}
	var result issued
	var stolen bool
	err := h.Store.RotateRefreshToken(ctx, presented.Hash(),
		func(current store.RefreshToken, grant store.Grant) (store.Rotation, error) {
			r.user, result.grant = grant.User, grant
			reissue, err := r.checkRefreshToken(current, grant)
			if stolen = errors.Is(err, errStolen); stolen {
				return store.Rotation{Revoke: true, Audit: []store.AuditEvent{r.theft(grant, err)}}, err
			}
			if err != nil {
				return store.Rotation{}, err
			}
			if result.scope, err = r.allowedScope(grant.Scope); err != nil {
				return store.Rotation{}, err
			}
			if result.resources, err = r.allowedResources(grant.Resources); err != nil {
				return store.Rotation{}, err
			}
			result.tokenID, result.refreshToken = rand.Text(), oauth.NewSecret()
			return store.Rotation{
				Successor: r.successor(grant, result.refreshToken), Reissue: reissue,
				Audit: []store.AuditEvent{r.success(store.AuditTokenRefreshed, result)},
			}, nil
		})
	if stolen {
		r.recorded = true
		h.Log.Warn("a refresh token was used by somebody who should not have it; the grant is revoked",
			"client_id", r.client.ID, "grant", result.grant.ID, "err", err)
	}
	switch {
	case err == nil:
		return &result, nil
	case errors.Is(err, store.ErrNotFound):
		return nil, oauth.NewError(oauth.InvalidGrant, badRefreshToken).Because(err)
	default:
		return nil, storeTrouble(err)
	}
}

// errStolen marks uses of a refresh token that only a thief, or a client robbed by one, makes.
var errStolen = errors.New("the refresh token seems to be stolen")

// theft is the event that tells of one, to be stored with the revocation.
func (r *request) theft(grant store.Grant, cause error) store.AuditEvent {
	event := r.event(store.AuditReplay, store.AuditFailure)
	event.GrantID, event.Detail = grant.ID, cause.Error()
	return event
}

// clockSkew is how far a clock may be set back within the grace period: to another server's, not to yesterday.
const clockSkew = time.Minute

// checkRefreshToken returns nil for a token that may be rotated, and whether this answers a lost answer once more. A
// rotated token that comes back tells of a theft however late it comes, so that is looked at before expiry.
func (r *request) checkRefreshToken(current store.RefreshToken, grant store.Grant) (reissue bool, err error) {
	refuse := func(cause error) error { return oauth.NewError(oauth.InvalidGrant, badRefreshToken).Because(cause) }
	since := r.now.Sub(current.ConsumedAt)
	inGrace := since >= -clockSkew && since <= r.config.Lifetimes.RefreshTokenGrace && current.Reissues < maxReissues
	switch {
	case !grant.RevokedAt.IsZero():
		return false, refuse(errors.New("the grant is revoked"))
	case grant.ClientID != r.client.ID:
		return false, refuse(errStolen)
	case !current.ConsumedAt.IsZero() && !inGrace:
		return false, refuse(errStolen)
	case !r.now.Before(current.ExpiresAt) || !r.now.Before(grant.ExpiresAt):
		return false, refuse(errors.New("it has expired"))
	}
	return !current.ConsumedAt.IsZero(), nil
}
