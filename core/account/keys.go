// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"ndoap/core/apikey"
	"ndoap/core/audit"
	"ndoap/core/browser"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/web"
	"ndoap/store"
)

// KeysHandler serves /doap/account/keys: the API keys of the person who is logged in.
type KeysHandler Handler

// Serve shows the keys, makes one or revokes one.
func (k *KeysHandler) Serve(request *web.Request) web.Response {
	h := (*Handler)(k)
	if request.Method == http.MethodPost {
		return h.change(request)
	}
	user, turned := h.enter(request, keysPath)
	if turned != nil {
		return *turned
	}
	return h.show(request, user, page.KeysView{Status: http.StatusOK})
}

// change does what a form asks for, if it is one that this person in this browser was shown.
func (h *Handler) change(request *web.Request) web.Response {
	if !browser.SentByOwnPage(request, h.Config().Issuer) {
		return h.refuse(request, foreignForm())
	}
	form, problem := oauth.ReadForm(request, "token", "action", "id", "label", "life")
	if problem != nil {
		return h.refuse(request, malformed(problem))
	}
	user, turned := h.enter(request, keysPath) // a login that ran out meanwhile changes nothing
	if turned != nil {
		return *turned
	}
	if !browser.IsFormToken(request, user, oauth.Secret(form.Get("token"))) {
		return h.refuse(request, foreignForm())
	}
	switch form.Get("action") {
	case "create":
		return h.create(request, user, form)
	case "revoke":
		return h.revoke(request, user, form.Get("id"))
	}
	return h.refuse(request, malformed(oauth.NewError(oauth.InvalidRequest, "The action must be create or revoke.")))
}

// create makes a key, and shows it the one time that it can be shown.
func (h *Handler) create(request *web.Request, user string, form oauth.Form) web.Response {
	policy := h.Config()
	if !policy.APIKeys.SelfService {
		return h.refuse(request, refusal{
			status: http.StatusForbidden, heading: "You cannot make API keys", action: store.AuditAPIKeyIssued,
			explanation: notOffered, way: toKeys,
		})
	}
	asked, problem := readRequest(policy, form)
	if problem != "" {
		return h.again(request, user, asked, refusal{status: http.StatusBadRequest, heading: problem})
	}
	secret, id, now := apikey.New(), apikey.NewID(), h.Now()
	key := store.APIKey{
		ID: id, Hash: secret.Hash(), Kind: store.PersonKey, User: user, Label: asked.label, Scope: asked.scope.String(),
		CreatedBy: user, CreatedAt: now, ExpiresAt: now.Add(asked.life),
	}
	err := h.Store.AddAPIKey(context.Background(), key, policy.APIKeys.PerPerson, h.event(request, store.AuditAPIKeyIssued, key))
	switch {
	case errors.Is(err, store.ErrExists):
		return h.again(request, user, asked, refusal{
			status: http.StatusConflict, heading: "You have a key with this label already. Give the new one another, or revoke the old one first.",
		})
	case errors.Is(err, store.ErrFull):
		return h.again(request, user, asked, refusal{
			status: http.StatusConflict, heading: "You have as many keys as you may have. Revoke one that you no longer need.",
			action: store.AuditAPIKeyIssued,
		})
	case err != nil:
		return h.refuse(request, storeTrouble(err))
	}
	h.Log.Info("API key issued", "id", id, "user", user, "scope", key.Scope)
	return h.show(request, user, page.KeysView{
		Status: http.StatusOK, Fresh: &page.FreshKey{Label: key.Label, Secret: secret},
	})
}

// again shows the form as it was filled in, and what was wrong.
func (h *Handler) again(request *web.Request, user string, asked keyRequest, refused refusal) web.Response {
	h.note(request, refused)
	return h.show(request, user, page.KeysView{
		Status: refused.status, Problem: refused.heading, Form: keyForm(h.Config(), asked),
	})
}

// revoke ends a key of the person. Somebody else's is not there.
func (h *Handler) revoke(request *web.Request, user, id string) web.Response {
	own, err := h.Store.ListAPIKeys(context.Background(), ownedBy(user))
	if err != nil {
		return h.refuse(request, storeTrouble(err))
	}
	found := slices.IndexFunc(own, func(key store.APIKey) bool { return key.ID == id })
	if found < 0 {
		return h.refuse(request, refusal{
			status: http.StatusNotFound, heading: "You have no such key", action: store.AuditAPIKeyRevoked,
			explanation: "There is no API key of yours with this id. Nothing was changed.", way: toKeys,
		})
	}
	event := h.event(request, store.AuditAPIKeyRevoked, own[found])
	if err := h.Store.RevokeAPIKey(context.Background(), id, event); err != nil {
		return h.refuse(request, storeTrouble(err))
	}
	h.Log.Info("API key revoked", "id", id, "user", user)
	return web.Redirect(request, keysPath)
}

func ownedBy(user string) store.APIKeyFilter {
	return store.APIKeyFilter{Kind: store.PersonKey, User: user}
}

// mostEnded is how many of the keys that have ended are shown.
const mostEnded = 10

// show answers with the page; view says what there is beside the keys.
func (h *Handler) show(request *web.Request, user string, view page.KeysView) web.Response {
	own, err := h.Store.ListAPIKeys(context.Background(), ownedBy(user))
	if err != nil {
		return h.refuse(request, storeTrouble(err))
	}
	policy := h.Config()
	secret, cookie := browser.Identify(request)
	view.User, view.Now, view.Token = user, h.Now(), browser.FormToken(secret, user).Reveal()
	view.Describe = func(scope string) string { return policy.Scopes[scope].Description }
	for _, key := range own {
		switch {
		case key.Good(view.Now):
			view.Good = append(view.Good, key)
		case len(view.Ended) < mostEnded:
			view.Ended = append(view.Ended, key)
		}
	}
	switch {
	case !policy.APIKeys.SelfService:
		view.NoForm, view.Form = notOffered, nil
	case len(view.Good) >= policy.APIKeys.PerPerson:
		view.NoForm, view.Form = "You have as many keys as you may have. Revoke one before you make another.", nil
	case view.Form == nil:
		view.Form = keyForm(policy, keyRequest{})
	}
	return browser.WithCookie(h.Pages.Keys(view), cookie)
}

// toKeys leads back from a refusal, to where the form is new.
var toKeys = page.Way{Path: keysPath, Name: "Your API keys"}

const notOffered = "On this server, API keys are made by administrators. You can revoke yours here."

// event tells of a change of a key, in the same commit.
func (h *Handler) event(request *web.Request, action store.AuditAction, key store.APIKey) store.AuditEvent {
	event := audit.Of(request, h.Now(), action, store.AuditSuccess)
	event.User, event.ClientID, event.Detail = key.User, apikey.ClientID(key.ID), apikey.Told(key)
	return event
}

func malformed(problem *oauth.Error) refusal {
	return refusal{
		status: http.StatusBadRequest, heading: "The form cannot be used", cause: problem, way: toKeys,
		explanation: problem.Description + " Nothing was changed. Open the page of your API keys again.",
	}
}

func foreignForm() refusal {
	return refusal{
		status: http.StatusForbidden, heading: "This form was not accepted", action: store.AuditAPIKeyIssued, way: toKeys,
		explanation: "It did not come from the page that was shown to you, or you have logged in under another name since, or " +
			"this browser does not accept cookies. Nothing was changed. Open the page of your API keys again.",
	}
}
