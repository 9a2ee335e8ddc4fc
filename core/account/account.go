// SPDX-License-Identifier: Apache-2.0

// Package account serves the pages on which people see and change what is theirs: /doap/account, and their API keys at
// /doap/account/keys. Requests reach it with the name that Domino authenticated; it authenticates nobody.
package account

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"ndoap/core/audit"
	"ndoap/core/browser"
	"ndoap/core/config"
	"ndoap/core/dominoname"
	"ndoap/core/page"
	"ndoap/core/web"
	"ndoap/store"
)

// The paths, to which the login leads back.
const (
	path     = "/doap/account"
	keysPath = "/doap/account/keys"
)

// Store is the part of the store that the pages need.
type Store interface {
	AddAPIKey(ctx context.Context, key store.APIKey, limit int, events ...store.AuditEvent) error
	ListAPIKeys(ctx context.Context, filter store.APIKeyFilter) ([]store.APIKey, error)
	RevokeAPIKey(ctx context.Context, id string, events ...store.AuditEvent) error
}

// Handler serves /doap/account.
type Handler struct {
	Config func() *config.Config
	Store  Store
	Pages  *page.Pages
	Now    func() time.Time
	Log    *slog.Logger
	// Limit counts a request of a user, and tells when the next one will be let in if there were too many.
	Limit    func(user string) (retryAfter time.Duration, ok bool)
	Recorder *audit.Recorder // of refused requests
}

// Serve answers with the page that leads to the others.
func (h *Handler) Serve(request *web.Request) web.Response {
	user, turned := h.enter(request, path)
	if turned != nil {
		return *turned
	}
	return h.Pages.Account(user)
}

// enter returns who is behind a request, or what to answer instead: the way to the login and back to a path of ours, or a
// refusal.
func (h *Handler) enter(request *web.Request, back string) (user string, turned *web.Response) {
	answer := func(response web.Response) (string, *web.Response) { return "", &response }
	user, err := dominoname.Canonical(request.User)
	switch {
	case errors.Is(err, dominoname.ErrAnonymous):
		return answer(browser.Login(h.Pages, h.Config().Login, request, back))
	case err != nil:
		return answer(h.refuse(request, refusal{
			status: http.StatusForbidden, heading: "Your name cannot be used here", cause: err,
			explanation: "Domino knows you by a name that cannot be used here: " + err.Error() + ". Ask an administrator to " +
				"correct it in the directory.",
		}))
	}
	if wait, ok := h.Limit(user); !ok {
		return answer(h.Pages.Error(http.StatusTooManyRequests, "Too many requests",
			"You have asked for this too often within a minute. Wait a little and try again.").RetryAfter(wait)) // the limiter has said so
	}
	return user, nil
}

// refusal is a request that was not done, and why.
type refusal struct {
	status      int
	heading     string
	explanation string
	action      store.AuditAction // what was refused, for the audit trail; empty: it is not recorded
	cause       error             // for the log only
	way         page.Way          // where the person can go on, if anywhere
}

// refuse shows a refusal and logs it, once.
func (h *Handler) refuse(request *web.Request, refused refusal) web.Response {
	h.note(request, refused)
	return h.Pages.ErrorWithWay(refused.status, refused.heading, refused.explanation, refused.way)
}

// note puts a refusal into the log and on the audit trail.
func (h *Handler) note(request *web.Request, refused refusal) {
	level := slog.LevelInfo
	switch {
	case errors.Is(refused.cause, store.ErrUnavailable):
		level = slog.LevelDebug // the store has said so itself, once
	case refused.status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	attributes := []any{"status", refused.status, "reason", refused.heading, "user", request.User}
	if refused.cause != nil {
		attributes = append(attributes, "cause", refused.cause)
	}
	h.Log.Log(context.Background(), level, "account page refused", attributes...)
	if refused.action != "" {
		event := audit.Of(request, h.Now(), refused.action, store.AuditFailure)
		event.User, event.Detail = request.User, refused.heading
		h.Recorder.Record(context.Background(), event)
	}
}

func storeTrouble(cause error) refusal {
	return refusal{
		status: http.StatusServiceUnavailable, heading: "This does not work at the moment", cause: cause,
		explanation: "The server cannot reach its records. Wait a little and try again.",
	}
}
