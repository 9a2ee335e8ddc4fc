// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// unauthorized is the one answer to every failed authentication, so that a guesser cannot tell an unknown client from
// a wrong secret or a disabled client.
const unauthorized = "Client authentication failed: client_id or client_secret is wrong, or the client is disabled."

// credentials are what a client sent to prove who it is.
type credentials struct {
	id     string
	secret oauth.Secret
}

// Authenticate identifies the client of a request to a machine endpoint: by HTTP Basic (client_secret_basic), by
// client_id and client_secret in the body (client_secret_post), or, for public clients, by client_id alone
// (RFC 6749 sections 2.3.1 and 3.2.1). Two methods at once are invalid_request; a client_id in the body beside Basic
// is tolerated when it is the same, because real clients send it.
func Authenticate(ctx context.Context, clients store.Clients, request *web.Request, form oauth.Form) (store.Client, *oauth.Error) {
	candidates, protocolErr := presentedCredentials(request, form)
	if protocolErr != nil {
		return store.Client{}, protocolErr
	}
	// A client_id that is not registered is not logged: it may be a secret in the wrong place.
	rejected := errors.New("no such client")
	for _, candidate := range candidates {
		registered, err := clients.Client(ctx, candidate.id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return store.Client{}, oauth.NewError(oauth.TemporarilyUnavailable,
				"The server cannot look at its clients at the moment; try again.").
				Because(err).ReportedIf(errors.Is(err, store.ErrUnavailable))
		}
		if err != nil {
			continue
		}
		if err = accepts(registered, candidate.secret); err == nil {
			return registered, nil
		}
		rejected = fmt.Errorf("client %q: %w", registered.ID, err)
	}
	return store.Client{}, oauth.NewError(oauth.InvalidClient, unauthorized).Because(rejected)
}

// accepts returns nil when the secret is one of the client's, or the client is public and sent none.
func accepts(registered store.Client, secret oauth.Secret) error {
	switch {
	case registered.Disabled:
		return errors.New("it is disabled")
	case registered.Public() && secret != "":
		return errors.New("it is public but sent a secret")
	case registered.Public():
		return nil
	case slices.ContainsFunc(registered.SecretHashes, secret.Matches):
		return nil
	default:
		return errors.New("its secret is wrong")
	}
}

// presentedCredentials reads what was sent. Basic credentials are form-urlencoded inside (RFC 6749 section 2.3.1),
// which many clients forget: where the two readings differ, both are candidates.
func presentedCredentials(request *web.Request, form oauth.Form) ([]credentials, *oauth.Error) {
	headers := request.Header("Authorization")
	if len(headers) > 1 {
		return nil, oauth.NewError(oauth.InvalidRequest, "The request has more than one Authorization header.")
	}
	if len(headers) == 0 {
		if !form.Has("client_id") {
			return nil, oauth.NewError(oauth.InvalidClient,
				"Client authentication is missing: send client_id and client_secret in the body or by HTTP Basic.")
		}
		return []credentials{{id: form.Get("client_id"), secret: oauth.Secret(form.Get("client_secret"))}}, nil
	}
	scheme, encoded, _ := strings.Cut(strings.TrimSpace(headers[0]), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil, oauth.NewError(oauth.InvalidClient, "This endpoint takes HTTP Basic authentication or client_secret in the body.")
	}
	if form.Has("client_secret") {
		return nil, oauth.NewError(oauth.InvalidRequest, "Two ways of client authentication at once: use HTTP Basic or client_secret in the body.")
	}
	candidates := basicCredentials(strings.TrimSpace(encoded))
	if id := form.Get("client_id"); id != "" {
		candidates = slices.DeleteFunc(candidates, func(c credentials) bool { return c.id != id })
		if len(candidates) == 0 {
			return nil, oauth.NewError(oauth.InvalidRequest, "client_id in the body is not the one of HTTP Basic.")
		}
	}
	if len(candidates) == 0 {
		return nil, oauth.NewError(oauth.InvalidClient, "The credentials of HTTP Basic cannot be read.")
	}
	return candidates, nil
}

// basicCredentials decodes the value of a Basic Authorization header into its possible readings, the standard's first.
func basicCredentials(encoded string) []credentials {
	decoded, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil
	}
	rawID, rawSecret, found := strings.Cut(string(decoded), ":")
	if !found || rawID == "" {
		return nil
	}
	raw := credentials{id: rawID, secret: oauth.Secret(rawSecret)}
	id, idErr := url.QueryUnescape(rawID)
	secret, secretErr := url.QueryUnescape(rawSecret)
	if idErr != nil || secretErr != nil || id == rawID && secret == rawSecret {
		return []credentials{raw}
	}
	return []credentials{{id: id, secret: oauth.Secret(secret)}, raw}
}
