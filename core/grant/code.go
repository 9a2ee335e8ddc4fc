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
		scope, err := checkCode(r, stored)
		if err != nil {
			return store.Purchase{}, err
		}
		result.scope = scope
		result.refreshToken = oauth.NewSecret()
		result.grant = store.Grant{
			ID:              rand.Text(),
			Type:            store.AuthorizationCode,
			ClientID:        stored.ClientID,
			User:            stored.User,
			Scope:           stored.Scope,
			AuthenticatedAt: stored.AuthenticatedAt,
			CreatedAt:       r.now,
			ExpiresAt:       r.now.Add(r.config.Lifetimes.RefreshTokenAbsolute),
		}
		successor := r.successor(result.grant, result.refreshToken)
		return store.Purchase{Grant: result.grant, RefreshToken: &successor}, nil
	})
	switch {
	case err == nil:
		return &result, nil
	case errors.Is(err, store.ErrConsumed):
		h.Log.Warn("an authorization code was presented twice; what it had bought is revoked", "client_id", r.client.ID)
		return nil, oauth.NewError(oauth.InvalidGrant, badCode).Because(err)
	case errors.Is(err, store.ErrNotFound):
		return nil, oauth.NewError(oauth.InvalidGrant, badCode).Because(err)
	default:
		return nil, storeTrouble(err)
	}
}

// checkCode holds a token request to the authorization request that its code came from, and returns the scope of the
// access token. The result is an error only when it is not nil: a typed nil must not become one.
func checkCode(r *request, stored store.Code) (oauth.Scope, error) {
	switch {
	case stored.ClientID != r.client.ID:
		return nil, oauth.NewError(oauth.InvalidGrant, badCode).Because(errors.New("the code is another client's"))
	case !r.now.Before(stored.ExpiresAt):
		return nil, oauth.NewError(oauth.InvalidGrant, badCode).Because(errors.New("the code has expired"))
	}
	if err := checkRedirectURI(r.form, stored); err != nil {
		return nil, err
	}
	if err := checkVerifier(r.form, stored); err != nil {
		return nil, err
	}
	return r.allowedScope(stored.Scope)
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
