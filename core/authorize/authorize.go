// SPDX-License-Identifier: Apache-2.0

// Package authorize serves the authorization endpoint (RFC 6749 section 3.1) at /doap/auth and the form of its consent
// page at /doap/consent. It checks what a client asks for, sends people who are not logged in to Domino's login and
// back, asks for their consent, and hands out codes. It authenticates nobody: requests reach it with the name that
// Domino authenticated, and without one there is no code.
package authorize

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"ndoap/core/audit"
	"ndoap/core/browser"
	"ndoap/core/config"
	"ndoap/core/dominoname"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/resource"
	"ndoap/core/web"
	"ndoap/store"
)

// Store is the part of the store that authorization needs.
type Store interface {
	Client(ctx context.Context, id string) (store.Client, error)
	AddCode(ctx context.Context, code store.Code, events ...store.AuditEvent) error
	CodeChallengeUsed(ctx context.Context, clientID, challenge string) (bool, error)
	store.AuthorizationRequests
	store.Consents
}

// Handler serves /doap/auth.
type Handler struct {
	Config func() *config.Config
	Store  Store
	Pages  *page.Pages
	Now    func() time.Time
	Log    *slog.Logger
	// Limit counts a request in the name of a user, and tells when the next one will be let in if there were too
	// many; nil lets all of them in.
	Limit    func(user string) (retryAfter time.Duration, ok bool)
	Recorder *audit.Recorder // of refused requests; nil: they are not recorded

	warnedFull atomic.Int64 // when, in nanoseconds
}

// Serve answers an authorization request, or takes up again one that went to the login and back.
func (h *Handler) Serve(request *web.Request) web.Response {
	if request.Method != http.MethodGet && request.Method != http.MethodPost {
		return h.methodNotAllowed("GET, POST")
	}
	query, problem := oauth.ParseForm(request.RawQuery)
	if problem == nil && query.Has(resumeParameter) {
		return h.resume(request, query)
	}
	form := query
	if request.Method == http.MethodPost { // all parameters are in the body then; the query is not mixed in
		form, problem = oauth.ReadForm(request)
	}
	if problem != nil {
		return h.refuse(request, malformed(problem))
	}
	ctx := context.Background()
	client, target, refused := h.recipient(ctx, form)
	if refused != nil {
		return h.refuse(request, refused)
	}
	asked, problem := validate(h.Config(), client, form, target)
	if problem != nil {
		return h.sendError(request, asked, problem)
	}
	return h.proceed(ctx, request, client, pending{AuthorizationRequest: asked})
}

// resume continues a request that was stored while its user logged in. The client is looked at again, since it may
// have changed in between.
func (h *Handler) resume(request *web.Request, query oauth.Form) web.Response {
	ctx := context.Background()
	stored, refused := h.find(ctx, request, query, resumeParameter)
	if refused != nil {
		return h.refuse(request, refused)
	}
	client, refused := h.stillAllowed(ctx, stored)
	if refused != nil {
		return h.refuse(request, refused)
	}
	return h.proceed(ctx, request, client, stored)
}

// proceed decides what stands between a valid request and its code: the login, the consent, or nothing.
func (h *Handler) proceed(ctx context.Context, request *web.Request, client store.Client, asked pending) web.Response {
	user, err := dominoname.Canonical(request.User)
	switch {
	case errors.Is(err, dominoname.ErrAnonymous):
		return h.login(ctx, request, asked)
	case err != nil:
		return h.refuse(request, unusableName(err))
	}
	if refused := h.limited(user); refused != nil {
		return h.refuse(request, refused)
	}
	// An administrator's trust rests on the secret by which a client is known. Whoever poses as a public client has
	// none to lack, so its users are always asked the first time (RFC 8252 section 8.6).
	if client.Trusted && !client.Public() {
		return h.issue(ctx, request, asked, user)
	}
	consent, err := h.Store.Consent(ctx, user, client.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return h.refuse(request, storeTrouble(err))
	}
	if err == nil && covers(consent.Scope, asked.Scope) && len(h.elsewhere(asked.Resources)) == 0 {
		return h.issue(ctx, request, asked, user)
	}
	return h.ask(ctx, request, client, asked, user)
}

// issue hands out a code without a question.
func (h *Handler) issue(ctx context.Context, request *web.Request, asked pending, user string) web.Response {
	secret := oauth.NewSecret()
	events, err := h.codeEvents(ctx, request, asked, user)
	if err != nil {
		return h.refuse(request, storeTrouble(err))
	}
	if asked.id == "" {
		err = h.Store.AddCode(ctx, h.code(secret, asked.AuthorizationRequest, user), events...)
	} else {
		err = h.Store.CompleteAuthorizationRequest(ctx, asked.IDHash,
			func(current store.AuthorizationRequest) (store.Completion, error) {
				code := h.code(secret, current, user)
				return store.Completion{Code: &code, Audit: events}, nil
			})
	}
	if err != nil {
		return h.refuse(request, goneOrTrouble(err))
	}
	return h.sendCode(request, asked.AuthorizationRequest, secret, user)
}

// ask shows the consent page and stores what it is about: the form brings back nothing but two secrets and a yes or
// no, so it cannot change client, redirect URI or scope.
func (h *Handler) ask(
	ctx context.Context, request *web.Request, client store.Client, asked pending, user string,
) web.Response {
	token := oauth.NewSecret()
	asked.ConsentUser, asked.ConsentHash = user, token.Hash()
	var cookie string
	var err error
	if asked.id == "" {
		cookie, err = h.keep(ctx, request, &asked)
	} else {
		err = h.Store.UpdateAuthorizationRequest(ctx, asked.IDHash, func(current *store.AuthorizationRequest) error {
			current.ConsentUser, current.ConsentHash = asked.ConsentUser, asked.ConsentHash
			return nil
		})
	}
	if err != nil {
		return h.refuse(request, goneOrTrouble(err))
	}
	scopes, _ := oauth.ParseScope(asked.Scope) // its own text: it was parsed before it was kept
	view := page.ConsentView{
		ClientName:  client.Name,
		RedirectURI: asked.RedirectURI,
		User:        user,
		Resources:   h.elsewhere(asked.Resources),
		OnlyThere:   !resource.ForDomino(h.Config().Issuer, asked.Resources),
		Request:     asked.id.Reveal(),
		Token:       token.Reveal(),
	}
	for _, name := range scopes {
		view.Scopes = append(view.Scopes, page.Scope{Name: name, Description: h.Config().Scopes[name].Description})
	}
	return browser.WithCookie(h.Pages.Consent(view), cookie)
}

// code is the record of a code that a user's decision, or an earlier one, gives a client.
func (h *Handler) code(secret oauth.Secret, asked store.AuthorizationRequest, user string) store.Code {
	now := h.Now()
	return store.Code{
		Hash:             secret.Hash(),
		ClientID:         asked.ClientID,
		User:             user,
		RedirectURI:      asked.RedirectURI,
		RedirectURIGiven: asked.RedirectURIGiven,
		Scope:            asked.Scope,
		Resources:        asked.Resources,
		CodeChallenge:    asked.CodeChallenge,
		AuthenticatedAt:  now,
		ExpiresAt:        now.Add(h.Config().Lifetimes.Code),
	}
}

// limited refuses a user in whose name too much is asked for.
func (h *Handler) limited(user string) *refusal {
	if h.Limit == nil {
		return nil
	}
	if wait, ok := h.Limit(user); !ok {
		return tooMany(wait)
	}
	return nil
}

// elsewhere returns the resources that are not this Domino. A remembered consent does not speak of them, so that each
// request for them is asked about.
func (h *Handler) elsewhere(resources []string) []string {
	issuer := h.Config().Issuer
	return slices.DeleteFunc(slices.Clone(resources), func(name string) bool { return resource.IsDomino(issuer, name) })
}

// covers tells whether a consent allows all of a scope. A stored text that is no scope allows nothing.
func covers(consented, asked string) bool {
	given, problem := oauth.ParseScope(consented)
	wanted, otherProblem := oauth.ParseScope(asked)
	return problem == nil && otherProblem == nil && given.Covers(wanted)
}
