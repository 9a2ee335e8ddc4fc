// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
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
	var revoked string
	err := h.Store.RotateRefreshToken(ctx, presented.Hash(),
		func(current store.RefreshToken, grant store.Grant) (store.Rotation, error) {
			reissue, err := r.checkRefreshToken(current, grant)
			if err != nil {
				if errors.Is(err, errStolen) {
					revoked = grant.ID
				}
				return store.Rotation{Revoke: revoked != ""}, err
			}
			scope, err := r.allowedScope(grant.Scope)
			if err != nil {
				return store.Rotation{}, err
			}
			result = issued{grant: grant, scope: scope, refreshToken: oauth.NewSecret()}
			return store.Rotation{Successor: r.successor(grant, result.refreshToken), Reissue: reissue}, nil
		})
	if revoked != "" {
		h.Log.Warn("a refresh token was used by somebody who should not have it; the grant is revoked",
			"client_id", r.client.ID, "grant", revoked, "err", err)
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

// successor is the record of a new refresh token of a grant. It never outlives the grant.
func (r *request) successor(grant store.Grant, secret oauth.Secret) store.RefreshToken {
	expires := r.now.Add(r.config.Lifetimes.RefreshTokenIdle)
	if expires.After(grant.ExpiresAt) {
		expires = grant.ExpiresAt
	}
	return store.RefreshToken{Hash: secret.Hash(), GrantID: grant.ID, IssuedAt: r.now, ExpiresAt: expires}
}

// allowedScope is the scope of the access token: what was granted, less what the client has lost since, narrowed to
// what the request asks for. Asking for more than was granted is invalid_scope (RFC 6749 section 6); the grant itself
// is not narrowed.
func (r *request) allowedScope(granted string) (oauth.Scope, error) {
	full, err := oauth.ParseScope(granted)
	if err != nil {
		return nil, err
	}
	var allowed oauth.Scope
	for _, token := range full {
		if oauth.Scope(r.client.Scopes).Has(token) {
			allowed = append(allowed, token)
		}
	}
	if len(allowed) == 0 {
		return nil, oauth.NewError(oauth.InvalidGrant, "The client may no longer use any scope of this grant.")
	}
	if r.form.Get("grant_type") != "refresh_token" || !r.form.Has("scope") {
		return allowed, nil
	}
	asked, err := oauth.ParseScope(r.form.Get("scope"))
	if err != nil {
		return nil, err
	}
	if !allowed.Covers(asked) {
		return nil, oauth.NewError(oauth.InvalidScope, "The scope asks for more than was granted.")
	}
	return asked, nil
}
