// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
	"crypto/rand"
	"errors"

	"ndoap/core/client"
	"ndoap/core/oauth"
	"ndoap/core/resource"
	"ndoap/store"
)

// actForItself serves grant_type=client_credentials (RFC 6749 section 4.4): a token that stands for the client and for
// no user. There is no refresh token, since the client can ask again (section 4.4.3).
func (h *Handler) actForItself(ctx context.Context, r *request) (*issued, *oauth.Error) {
	if r.client.Public() {
		return nil, oauth.NewError(oauth.UnauthorizedClient, "A client without credentials cannot act for itself.")
	}
	bought := issued{tokenID: rand.Text()}
	var problem *oauth.Error
	if bought.scope, problem = client.ScopeFor(r.config, r.client, r.form.Get("scope")); problem != nil {
		return nil, problem
	}
	bought.resources, problem = resource.Allowed(r.config.Issuer, r.config.Resources, r.client.Resources,
		r.form.All(resource.Parameter))
	if problem != nil {
		return nil, problem
	}
	bought.grant = store.Grant{
		ID:              rand.Text(),
		Type:            store.ClientCredentials,
		ClientID:        r.client.ID,
		Scope:           bought.scope.String(),
		Resources:       bought.resources,
		AuthenticatedAt: r.now,
		CreatedAt:       r.now,
		ExpiresAt:       r.grantExpiry(false),
	}
	err := h.Store.AddGrant(ctx, bought.grant, r.success(store.AuditTokenIssued, bought))
	switch {
	case errors.Is(err, store.ErrNotFound): // removed since it was authenticated
		return nil, oauth.NewError(oauth.InvalidClient, "The client is not registered any more.").Because(err)
	case err != nil:
		return nil, storeTrouble(err)
	}
	return &bought, nil
}
