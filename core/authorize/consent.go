// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"context"
	"errors"
	"net/http"

	"ndoap/core/browser"
	"ndoap/core/dominoname"
	"ndoap/core/oauth"
	"ndoap/core/resource"
	"ndoap/core/web"
	"ndoap/store"
)

// ConsentHandler serves /doap/consent, which the consent page posts to.
type ConsentHandler Handler

// errOtherPage means that the form is not from the page that was shown last for this request.
var errOtherPage = errors.New("the form is not from the page that was shown last")

// Serve completes an authorization request as its user decided.
func (c *ConsentHandler) Serve(request *web.Request) web.Response {
	h := (*Handler)(c)
	if request.Method != http.MethodPost {
		return h.methodNotAllowed("POST")
	}
	if !browser.SentByOwnPage(request, h.Config().Issuer) {
		return h.refuse(request, foreignForm())
	}
	form, problem := oauth.ReadForm(request)
	if problem == nil {
		problem = form.Single("token", "decision")
	}
	if problem != nil {
		return h.refuse(request, malformed(problem))
	}
	ctx := context.Background()
	stored, refused := h.find(ctx, request, form, "request")
	if refused != nil {
		return h.refuse(request, refused)
	}
	if _, refused = h.stillAllowed(ctx, stored); refused != nil {
		return h.refuse(request, refused)
	}
	user, err := dominoname.Canonical(request.User)
	switch {
	case errors.Is(err, dominoname.ErrAnonymous): // the login ran out while the page was open
		return h.login(ctx, request, stored)
	case err != nil:
		return h.refuse(request, unusableName(err))
	}
	if refused := h.limited(user); refused != nil {
		return h.refuse(request, refused)
	}
	switch token := oauth.Secret(form.Get("token")); form.Get("decision") {
	case "allow":
		return h.allow(ctx, request, stored, user, token)
	case "deny":
		return h.deny(ctx, request, stored, user, token)
	default:
		return h.refuse(request, malformed(oauth.NewError(oauth.InvalidRequest, "The decision must be allow or deny.")))
	}
}

// allow stores the consent and the code in one commit and sends the code.
func (h *Handler) allow(
	ctx context.Context, request *web.Request, stored pending, user string, token oauth.Secret,
) web.Response {
	earlier, err := h.Store.Consent(ctx, user, stored.ClientID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return h.refuse(request, storeTrouble(err))
	}
	secret := oauth.NewSecret()
	events, err := h.codeEvents(ctx, request, stored, user)
	if err != nil {
		return h.refuse(request, storeTrouble(err))
	}
	events = append(events, h.event(request, stored.AuthorizationRequest, store.AuditConsent, store.AuditSuccess, user,
		"allowed: "+stored.Scope))
	err = h.Store.CompleteAuthorizationRequest(ctx, stored.IDHash,
		func(current store.AuthorizationRequest) (store.Completion, error) {
			if !answers(current, user, token) {
				return store.Completion{}, errOtherPage
			}
			code := h.code(secret, current, user)
			completion := store.Completion{Code: &code, Audit: events}
			if !resource.ForDomino(h.Config().Issuer, current.Resources) {
				return completion, nil // what is remembered is about this Domino, of which the page did not speak
			}
			// What was allowed before stays allowed: the page spoke of this scope only.
			scope, problem := oauth.ParseScope(earlier.Scope + " " + current.Scope)
			if problem != nil {
				return store.Completion{}, problem
			}
			completion.Consent = &store.Consent{
				User: user, ClientID: current.ClientID, Scope: scope.String(), GrantedAt: h.Now(),
			}
			return completion, nil
		})
	if err != nil {
		return h.refuse(request, undecided(err))
	}
	return h.sendCode(request, stored.AuthorizationRequest, secret, user)
}

// deny removes the request and tells the client.
func (h *Handler) deny(
	ctx context.Context, request *web.Request, stored pending, user string, token oauth.Secret,
) web.Response {
	refused := h.event(request, stored.AuthorizationRequest, store.AuditConsent, store.AuditFailure, user,
		"denied: "+stored.Scope)
	err := h.Store.CompleteAuthorizationRequest(ctx, stored.IDHash,
		func(current store.AuthorizationRequest) (store.Completion, error) {
			if !answers(current, user, token) {
				return store.Completion{}, errOtherPage
			}
			return store.Completion{Audit: []store.AuditEvent{refused}}, nil
		})
	if err != nil {
		return h.refuse(request, undecided(err))
	}
	return h.sendError(request, stored.AuthorizationRequest,
		oauth.NewError(oauth.AccessDenied, "The user did not allow the access."))
}

// answers tells whether a form is the answer of the person who was asked, from the page that asked them. It is
// evaluated within the transaction that completes the request, so that a page shown meanwhile counts.
func answers(asked store.AuthorizationRequest, user string, token oauth.Secret) bool {
	return asked.ConsentUser == user && asked.ConsentHash != "" && token.Matches(asked.ConsentHash)
}

// undecided words why a decision could not be stored.
func undecided(err error) *refusal {
	if errors.Is(err, errOtherPage) {
		return foreignForm()
	}
	return goneOrTrouble(err)
}

func foreignForm() *refusal {
	return &refusal{
		status:  http.StatusForbidden,
		heading: "This answer was not accepted",
		explanation: "It did not come from the page that was shown to you last, or you have logged in under another name " +
			"since. Nothing was allowed. Go back to the application and log in from there again.",
	}
}
