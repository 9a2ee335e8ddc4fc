// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// sendCode redirects to the client with the code. Apart from the client nobody gets to see it: not the log either.
func (h *Handler) sendCode(
	request *web.Request, asked store.AuthorizationRequest, code oauth.Secret, user string,
) web.Response {
	h.Log.Info("authorization code issued", "client", asked.ClientID, "user", user, "scope", asked.Scope)
	return web.Redirect(request, target(asked, h.Config().Issuer, "code", code.Reveal()))
}

// sendError redirects to the client with an error (RFC 6749 section 4.1.2.1).
func (h *Handler) sendError(
	request *web.Request, asked store.AuthorizationRequest, problem *oauth.Error,
) web.Response {
	h.Log.Info("authorization request answered with an error", "client", asked.ClientID, "error", problem)
	h.recordRefusal(request, asked.ClientID, string(problem.Code)+": "+problem.Description)
	return web.Redirect(request, target(asked, h.Config().Issuer,
		"error", string(problem.Code), "error_description", problem.Description))
}

// target appends parameters, given as names and values, the state and the issuer to the redirect URI, which stays as
// it is byte by byte and may have a query of its own (RFC 6749 section 3.1.2). The issuer tells a client of several
// servers which of them answers (RFC 9207). No fragment is appended: a browser then carries one
// over from the address of the authorization request, but that was written by whoever sent the browser here, who could
// as well have sent it to the client with the same fragment.
func target(asked store.AuthorizationRequest, issuer string, parameters ...string) string {
	if asked.StateGiven {
		parameters = append(parameters, "state", asked.State)
	}
	parameters = append(parameters, "iss", issuer)
	var uri strings.Builder
	uri.WriteString(asked.RedirectURI)
	separator := "?"
	if _, query, found := strings.Cut(asked.RedirectURI, "?"); found {
		separator = "&"
		if query == "" || strings.HasSuffix(query, "&") {
			separator = ""
		}
	}
	for i := 0; i+1 < len(parameters); i += 2 {
		uri.WriteString(separator + parameters[i] + "=" + escape(parameters[i+1]))
		separator = "&"
	}
	return uri.String()
}

// escape percent-encodes everything but unreserved characters. A space becomes %20, which every decoder reads as a
// space; not all do so with '+'.
func escape(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// refusal is an answer on a page of our own: to requests whose sender must not be redirected to, and to people.
type refusal struct {
	status      int
	heading     string
	explanation string
	client      string // id of a registered client, for the log
	cause       error  // for the log only
	retryAfter  time.Duration
}

// refuse shows a refusal and logs it, once. What the sender calls itself is shown, but not logged: it may be a secret
// in the wrong place.
func (h *Handler) refuse(request *web.Request, refused *refusal) web.Response {
	level := slog.LevelInfo
	switch {
	case errors.Is(refused.cause, store.ErrUnavailable):
		level = slog.LevelDebug // the store has said so itself, once
	case errors.Is(refused.cause, store.ErrFull):
		level = slog.LevelDebug // keep says so, once in a while
	case refused.status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	attributes := []any{"status", refused.status, "reason", refused.heading}
	if refused.client != "" {
		attributes = append(attributes, "client", refused.client)
	}
	if refused.cause != nil {
		attributes = append(attributes, "cause", refused.cause)
	}
	h.Log.Log(context.Background(), level, "authorization request refused", attributes...)
	if refused.status < http.StatusInternalServerError && refused.status != http.StatusTooManyRequests { // the limiter's
		h.recordRefusal(request, refused.client, refused.heading)
	}
	response := h.Pages.Error(refused.status, refused.heading, refused.explanation)
	if refused.retryAfter > 0 {
		return response.RetryAfter(refused.retryAfter)
	}
	return response
}

func malformed(problem *oauth.Error) *refusal {
	return &refusal{
		status:  http.StatusBadRequest,
		heading: "The application sent a request that cannot be used",
		explanation: problem.Description + " Go back to the application and try again; if this comes back, tell whoever " +
			"runs it.",
		cause: problem,
	}
}

func unknownClient(id string) *refusal {
	return &refusal{
		status:  http.StatusBadRequest,
		heading: "This application is not registered here",
		explanation: "The application calls itself \"" + id + "\" (client_id), and no application of that name is " +
			"registered with this server. Whoever runs the application has to correct the name or have it registered.",
	}
}

func disabledClient(id string) *refusal {
	return &refusal{
		status:  http.StatusBadRequest,
		heading: "This application is switched off",
		explanation: "An administrator of this server has disabled the application \"" + id + "\". Only an " +
			"administrator can enable it again.",
		client: id,
	}
}

func wrongRedirectURI(id string, cause error) *refusal {
	return &refusal{
		status:  http.StatusBadRequest,
		heading: "The application's return address is not registered",
		explanation: "You were not sent back to the application \"" + id + "\", because " + cause.Error() + ". Whoever " +
			"runs the application has to send a redirect_uri that is registered for it, character by character.",
		client: id,
		cause:  cause,
	}
}

func unusableName(cause error) *refusal {
	return &refusal{
		status:  http.StatusForbidden,
		heading: "Your name cannot be used here",
		explanation: "Domino knows you by a name that cannot be passed on to applications: " + cause.Error() + ". Ask an " +
			"administrator to correct it in the directory.",
	}
}

func gone() *refusal {
	return &refusal{
		status:  http.StatusBadRequest,
		heading: "Please start again at the application",
		explanation: "This request is used already, has expired, or was started in another browser. Go back to the " +
			"application and log in from there again. This browser must accept cookies.",
	}
}

func full(cause error) *refusal {
	return &refusal{
		status:      http.StatusServiceUnavailable,
		heading:     "Too many people are logging in",
		explanation: "The server waits for too many logins already. Try again in a minute.",
		cause:       cause,
		retryAfter:  time.Minute,
	}
}

func tooMany(wait time.Duration) *refusal {
	return &refusal{
		status:  http.StatusTooManyRequests,
		heading: "Too many requests",
		explanation: "Applications have asked for access in your name too often within a minute. Wait a little and try " +
			"again; if it goes on, tell an administrator which applications you use.",
		retryAfter: wait,
	}
}

func storeTrouble(cause error) *refusal {
	return &refusal{
		status:      http.StatusServiceUnavailable,
		heading:     "This does not work at the moment",
		explanation: "The server cannot reach its records. Wait a little and try again.",
		cause:       cause,
	}
}
