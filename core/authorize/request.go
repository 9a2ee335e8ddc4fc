// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"context"
	"errors"
	"net/http"

	"ndoap/core/client"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/resource"
	"ndoap/core/web"
	"ndoap/store"
)

// maxState bounds what is stored and sent back for a client. Those in use keep below 2 KB.
const maxState = 4096

// singleParameters may each occur once (RFC 6749 section 3.1); client_id and redirect_uri are looked at before them,
// and resource may repeat (RFC 8707 section 2).
var singleParameters = []string{
	"state", "response_type", "response_mode", "scope", "code_challenge", "code_challenge_method",
	"request", "request_uri", "registration",
}

// unsupportedParameters are those whose being ignored would change what was asked for, with the error that says so
// (OpenID Connect Core 1.0 section 3.1.2.6).
var unsupportedParameters = []struct {
	name string
	code oauth.Code
}{
	{"request", oauth.RequestNotSupported},
	{"request_uri", oauth.RequestURINotSupported},
	{"registration", oauth.RegistrationNotSupported},
}

// recipient finds out who asks and where the answer goes. As long as one of them is in doubt, nobody is redirected
// (RFC 6749 section 4.1.2.1).
func (h *Handler) recipient(ctx context.Context, form oauth.Form) (store.Client, string, *refusal) {
	if problem := form.Single("client_id", "redirect_uri"); problem != nil {
		return store.Client{}, "", malformed(problem)
	}
	if !form.Has("client_id") {
		return store.Client{}, "", malformed(oauth.NewError(oauth.InvalidRequest, "The parameter client_id is missing."))
	}
	registered, refused := h.client(ctx, form.Get("client_id"))
	if refused != nil {
		return store.Client{}, "", refused
	}
	target, err := client.ResolveRedirectURI(registered, form.Get("redirect_uri"), form.Has("redirect_uri"),
		h.Config().Clients.PrivateUseSchemes)
	if err != nil {
		return store.Client{}, "", wrongRedirectURI(registered.ID, err)
	}
	return registered, target, nil
}

// client returns a client that may be used.
func (h *Handler) client(ctx context.Context, id string) (store.Client, *refusal) {
	registered, err := h.Store.Client(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Client{}, unknownClient(id)
	case err != nil:
		return store.Client{}, storeTrouble(err)
	case registered.Disabled:
		return store.Client{}, disabledClient(id)
	}
	return registered, nil
}

// validate checks everything else that was asked for. Its errors go to the client, so that what it returns has client,
// redirect URI and state even then.
func validate(
	policy *config.Config, registered store.Client, form oauth.Form, target string,
) (store.AuthorizationRequest, *oauth.Error) {
	asked := store.AuthorizationRequest{
		ClientID:         registered.ID,
		RedirectURI:      target,
		RedirectURIGiven: form.Has("redirect_uri"),
	}
	if len(form.Get("state")) > maxState {
		return asked, oauth.NewError(oauth.InvalidRequest, "The parameter state is longer than %d bytes.", maxState)
	}
	if !form.Repeated("state") { // which one the client would recognize cannot be known
		asked.State, asked.StateGiven = form.Get("state"), form.Has("state")
	}
	if problem := form.Single(singleParameters...); problem != nil {
		return asked, problem
	}
	for _, parameter := range unsupportedParameters {
		if form.Has(parameter.name) {
			return asked, oauth.NewError(parameter.code,
				"The parameter %s is not supported; send the parameters themselves.", parameter.name)
		}
	}
	if problem := checkResponse(form); problem != nil {
		return asked, problem
	}
	if problem := mayAuthorize(registered); problem != nil {
		return asked, problem
	}
	scope, problem := client.ScopeFor(policy, registered, form.Get("scope"))
	if problem != nil {
		return asked, problem
	}
	asked.Scope = scope.String()
	asked.Resources, problem = resource.Allowed(policy.Issuer, policy.Resources, registered.Resources,
		form.All(resource.Parameter))
	if problem != nil {
		return asked, problem
	}
	asked.CodeChallenge, problem = challenge(registered, form)
	return asked, problem
}

// The one kind of response: a code, in the query.
const (
	responseType = "code"
	responseMode = "query"
)

// checkResponse refuses every other kind.
func checkResponse(form oauth.Form) *oauth.Error {
	switch asked := form.Get("response_type"); {
	case asked == "":
		return oauth.NewError(oauth.InvalidRequest, "The parameter response_type is missing; it must be %s.", responseType)
	case asked != responseType:
		return oauth.NewError(oauth.UnsupportedResponseType, "The response_type must be %s.", responseType)
	case form.Has("response_mode") && form.Get("response_mode") != responseMode:
		return oauth.NewError(oauth.InvalidRequest, "The response_mode must be %s or left out.", responseMode)
	}
	return nil
}

// mayAuthorize refuses clients that are not registered for codes, such as one that acts for itself only.
func mayAuthorize(registered store.Client) *oauth.Error {
	if registered.MayUse(store.AuthorizationCode) {
		return nil
	}
	return oauth.NewError(oauth.UnauthorizedClient, "The client is not registered for the grant type authorization_code.")
}

// challenge returns the code challenge of RFC 7636. A legacy client that has a secret may do without one.
func challenge(registered store.Client, form oauth.Form) (string, *oauth.Error) {
	text, method := form.Get("code_challenge"), form.Get("code_challenge_method")
	if text != "" {
		return text, oauth.CheckChallenge(text, method)
	}
	if method != "" {
		return "", oauth.NewError(oauth.InvalidRequest, "There is a code_challenge_method but no code_challenge.")
	}
	if !registered.Legacy || registered.Public() {
		return "", oauth.NewError(oauth.InvalidRequest,
			"The parameter code_challenge is missing; this client must use PKCE with S256 (RFC 7636).")
	}
	return "", nil
}

// methodNotAllowed answers a method that a route does not have. There are no CORS headers, not even on OPTIONS: a page
// elsewhere has no business reading what this endpoint says.
func (h *Handler) methodNotAllowed(allowed string) web.Response {
	return h.Pages.Error(http.StatusMethodNotAllowed, "This does not work here",
		"The address exists, but not for this kind of request. It takes "+allowed+".").With("Allow", allowed)
}
