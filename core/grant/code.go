// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
	"crypto/rand"
	"errors"

	"ndoap/core/oauth"
	"ndoap/store"
)

// badCode is the one description for a code that is unknown, spent, expired or another client's: a guesser learns
// nothing, a developer learns what to check.
const badCode = "The authorization code is unknown, expired, used already or issued to another client."

// redeemCode serves grant_type=authorization_code (RFC 6749 section 4.1.3). Whatever is wrong with the request, a
// code that was presented by an authenticated client is spent: who has it and lacks the rest may have stolen it.
func (h *Handler) redeemCode(ctx context.Context, r *request) (*issued, *oauth.Error) {
	code := oauth.Secret(r.form.Get("code"))
	if code == "" {
		return nil, oauth.NewError(oauth.InvalidRequest, "The parameter code is missing.")
	}
	var result issued
	err := h.Store.RedeemCode(ctx, code.Hash(), func(stored store.Code) (store.Purchase, error) {
		r.user = stored.User
		var err error
		if result, err = r.buy(stored); err != nil {
			return store.Purchase{}, err
		}
		purchase := store.Purchase{
			Grant: result.grant, Audit: []store.AuditEvent{r.success(store.AuditTokenIssued, result)},
		}
		if result.refreshToken != "" {
			first := r.successor(result.grant, result.refreshToken)
			purchase.RefreshToken = &first
		}
		return purchase, nil
	}, func(replay store.Replay) store.AuditEvent {
		r.replayed, r.recorded = &replay, true
		event := r.event(store.AuditReplay, store.AuditFailure)
		event.User, event.GrantID = replay.User, replay.GrantID
		event.Detail = badCode
		return event
	})
	replay, replayed := errors.AsType[*store.Replay](err)
	switch {
	case err == nil:
		return &result, nil
	case replayed:
		r.replayed = replay
		h.Log.Warn("an authorization code was presented twice; what it had bought is revoked", "client_id", r.client.ID,
			"grant", replay.GrantID)
		return nil, oauth.NewError(oauth.InvalidGrant, badCode).Because(err)
	case errors.Is(err, store.ErrNotFound):
		return nil, oauth.NewError(oauth.InvalidGrant, badCode).Because(err)
	default:
		return nil, storeTrouble(err)
	}
}

// buy checks a code and returns what it is worth: a grant for all that its user allowed, an access token for as much of
// it as the request asks for, and a refresh token if the client is registered for them.
func (r *request) buy(stored store.Code) (bought issued, err error) {
	if err := r.checkCode(stored); err != nil {
		return issued{}, err
	}
	if bought.scope, err = r.allowedScope(stored.Scope); err != nil {
		return issued{}, err
	}
	if bought.resources, err = r.allowedResources(stored.Resources); err != nil {
		return issued{}, err
	}
	refreshable := r.client.MayUse(store.Refresh)
	if refreshable {
		bought.refreshToken = oauth.NewSecret()
	}
	bought.tokenID = rand.Text()
	bought.grant = store.Grant{
		ID:              rand.Text(),
		Type:            store.AuthorizationCode,
		ClientID:        stored.ClientID,
		User:            stored.User,
		Scope:           stored.Scope,
		Resources:       stored.Resources,
		AuthenticatedAt: stored.AuthenticatedAt,
		CreatedAt:       r.now,
		ExpiresAt:       r.grantExpiry(refreshable),
	}
	return bought, nil
}

// checkCode holds a token request to the authorization request that its code came from.
func (r *request) checkCode(stored store.Code) error {
	switch {
	case stored.ClientID != r.client.ID:
		return oauth.NewError(oauth.InvalidGrant, badCode).Because(errors.New("the code is another client's"))
	case !r.now.Before(stored.ExpiresAt):
		return oauth.NewError(oauth.InvalidGrant, badCode).Because(errors.New("the code has expired"))
	}
	if err := checkRedirectURI(r.form, stored); err != nil {
		return err
	}
	return checkVerifier(r.form, stored)
}

// checkRedirectURI demands the redirect_uri of the authorization request again, if it had one
// (RFC 6749 section 4.1.3). Where it had none, a client may still name the registered one.
func checkRedirectURI(form oauth.Form, stored store.Code) error {
	given := form.Get("redirect_uri")
	if given == stored.RedirectURI || given == "" && !stored.RedirectURIGiven {
		return nil
	}
	return oauth.NewError(oauth.InvalidGrant, "redirect_uri is not the one of the authorization request.")
}

// checkVerifier compares code_verifier with the challenge of the authorization request (RFC 7636 section 4.6). A
// verifier without a challenge is refused too: the challenge may have been stripped on the way
// (RFC 9700 section 2.1.1).
func checkVerifier(form oauth.Form, stored store.Code) error {
	verifier := form.Get("code_verifier")
	switch {
	case stored.CodeChallenge == "" && verifier == "":
		return nil
	case stored.CodeChallenge == "":
		return oauth.NewError(oauth.InvalidGrant, "code_verifier was sent, but the authorization request had no code_challenge.")
	case verifier == "":
		return oauth.NewError(oauth.InvalidGrant, "code_verifier is missing: the authorization request had a code_challenge.")
	case !oauth.VerifyChallenge(stored.CodeChallenge, verifier):
		return oauth.NewError(oauth.InvalidGrant, "code_verifier does not fit the code_challenge of the authorization request.")
	}
	return nil
}
