// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"context"
	"errors"
	"time"

	"ndoap/core/browser"
	"ndoap/core/client"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/resource"
	"ndoap/core/web"
	"ndoap/store"
)

const (
	authPath        = "/doap/auth"
	resumeParameter = "resume"
)

// pending is a valid request on its way to a code. It has an id once it is stored.
type pending struct {
	store.AuthorizationRequest
	id oauth.Secret
}

// keep stores a request and binds it to the browser: a cookie that only this browser has must come back together with
// the id, so that a link prepared in one browser leads nowhere in another. It returns the cookie to be set, if any.
func (h *Handler) keep(ctx context.Context, request *web.Request, asked *pending) (cookie string, err error) {
	secret, cookie := browser.Identify(request)
	asked.id = oauth.NewSecret()
	asked.IDHash = asked.id.Hash()
	asked.BrowserHash = secret.Hash()
	asked.ExpiresAt = h.Now().Add(h.Config().Lifetimes.AuthorizationRequest)
	err = h.Store.AddAuthorizationRequest(ctx, asked.AuthorizationRequest, h.Config().Limits.PendingRequests)
	if errors.Is(err, store.ErrFull) {
		h.warnFull()
	}
	return cookie, err
}

// warnFull says that there are too many pending requests, once a minute: whoever floods the server must not flood its
// console, too.
func (h *Handler) warnFull() {
	now, last := h.Now().UnixNano(), h.warnedFull.Load()
	if now-last >= int64(time.Minute) && h.warnedFull.CompareAndSwap(last, now) {
		h.Log.Warn("more authorization requests wait for consent than limits.pendingRequests allows; more are refused",
			"limit", h.Config().Limits.PendingRequests)
	}
}

// find returns the stored request whose id is in the named parameter. Unknown, expired and another browser's are
// refused alike: who holds an id that is not theirs learns nothing about it.
func (h *Handler) find(
	ctx context.Context, request *web.Request, form oauth.Form, parameter string,
) (pending, *refusal) {
	if problem := form.Single(parameter); problem != nil {
		return pending{}, malformed(problem)
	}
	id := oauth.Secret(form.Get(parameter))
	stored, err := h.Store.AuthorizationRequest(ctx, id.Hash())
	if err != nil {
		return pending{}, goneOrTrouble(err)
	}
	if !h.Now().Before(stored.ExpiresAt) || !browser.Of(request).Matches(stored.BrowserHash) {
		return pending{}, gone()
	}
	return pending{AuthorizationRequest: stored, id: id}, nil
}

// stillAllowed returns the client of a stored request after checking that it may still have what was asked for.
func (h *Handler) stillAllowed(ctx context.Context, stored pending) (store.Client, *refusal) {
	registered, refused := h.client(ctx, stored.ClientID)
	if refused != nil {
		return store.Client{}, refused
	}
	if _, err := client.ResolveRedirectURI(registered, stored.RedirectURI, true, h.Config().Clients.PrivateUseSchemes); err != nil {
		return store.Client{}, wrongRedirectURI(registered.ID, err)
	}
	policy := h.Config()
	_, problem := client.ScopeFor(policy, registered, stored.Scope)
	if problem == nil {
		_, problem = resource.Allowed(policy.Issuer, policy.Resources, registered.Resources, stored.Resources)
	}
	if problem == nil {
		problem = mayAuthorize(registered)
	}
	if problem != nil {
		return store.Client{}, malformed(problem)
	}
	return registered, nil
}

// login sends somebody whom Domino does not know yet to where they can log in. With session authentication the
// request is stored and only its id travels through the login form, however long the request was: Domino cuts URLs at
// 4 KB. With Basic authentication the browser repeats the very same request with credentials.
func (h *Handler) login(ctx context.Context, request *web.Request, asked pending) web.Response {
	settings := h.Config().Login
	var cookie string
	if asked.id == "" && settings.Method == config.LoginSession {
		var err error
		if cookie, err = h.keep(ctx, request, &asked); err != nil {
			return h.refuse(request, goneOrTrouble(err))
		}
	}
	back := authPath + "?" + resumeParameter + "=" + asked.id.Reveal()
	return browser.WithCookie(browser.Login(h.Pages, settings, request, back), cookie)
}

// goneOrTrouble tells a request that is not in the store from a store that has no room, or cannot say.
func goneOrTrouble(err error) *refusal {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return gone()
	case errors.Is(err, store.ErrFull):
		return full(err)
	}
	return storeTrouble(err)
}
