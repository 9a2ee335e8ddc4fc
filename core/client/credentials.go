// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"ndoap/core/oauth"
	"ndoap/core/web"
)

// credentials are one reading of what a client sent to prove who it is.
type credentials struct {
	id        string
	secret    oauth.Secret
	assertion *assertion // nil: none was sent
}

// presented reads what was sent. There is more than one reading only of HTTP Basic. A client_id in the body beside
// Basic is tolerated when it is the same, because real clients send it.
func presented(request *web.Request, form oauth.Form) ([]credentials, *oauth.Error) {
	if problem := form.Single("client_id", "client_secret", "client_assertion", "client_assertion_type"); problem != nil {
		return nil, problem
	}
	headers := request.Header("Authorization")
	if len(headers) > 1 {
		return nil, oauth.NewError(oauth.InvalidRequest, "The request has more than one Authorization header.")
	}
	if len(headers) == 0 {
		return fromBody(form)
	}
	scheme, encoded, _ := strings.Cut(strings.TrimSpace(headers[0]), " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil, oauth.NewError(oauth.InvalidClient, "This endpoint takes HTTP Basic authentication, client_secret or client_assertion in the body.")
	}
	if form.Has("client_secret") || form.Has("client_assertion") || form.Has("client_assertion_type") {
		return nil, twoMethods
	}
	candidates := basicCredentials(strings.TrimSpace(encoded))
	if id := form.Get("client_id"); id != "" {
		given := len(candidates)
		candidates = slices.DeleteFunc(candidates, func(c credentials) bool { return c.id != id })
		if given > 0 && len(candidates) == 0 {
			return nil, oauth.NewError(oauth.InvalidRequest, "client_id in the body is not the one of HTTP Basic.")
		}
	}
	if len(candidates) == 0 {
		return nil, oauth.NewError(oauth.InvalidClient, "The credentials of HTTP Basic cannot be read.")
	}
	return candidates, nil
}

var twoMethods = oauth.NewError(oauth.InvalidRequest,
	"Two ways of client authentication at once: use HTTP Basic, client_secret or client_assertion.")

// fromBody reads client_id and client_secret (RFC 6749 section 2.3.1), or client_assertion.
func fromBody(form oauth.Form) ([]credentials, *oauth.Error) {
	if form.Has("client_assertion") || form.Has("client_assertion_type") {
		return fromAssertion(form)
	}
	if !form.Has("client_id") {
		return nil, oauth.NewError(oauth.InvalidClient,
			"Client authentication is missing: send client_assertion, or client_id and client_secret, or HTTP Basic.")
	}
	return []credentials{{id: form.Get("client_id"), secret: oauth.Secret(form.Get("client_secret"))}}, nil
}

// basicCredentials decodes the value of a Basic Authorization header into its possible readings, the standard's first.
// They are form-urlencoded inside (RFC 6749 section 2.3.1), which many clients forget: where the two readings differ,
// both are candidates.
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
