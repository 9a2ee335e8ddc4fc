// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"context"
	"net/http"
	"slices"
	"time"

	"ndoap/core/audit"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/resource"
	"ndoap/core/token"
	"ndoap/store"
)

// request is a token request, taken apart once.
type request struct {
	form    oauth.Form
	client  store.Client // empty until it has authenticated
	address string
	now     time.Time
	config  *config.Config

	user     string        // whose code or refresh token was presented, once that is known
	replayed *store.Replay // what is known of a code that was redeemed before
	recorded bool          // the refusal is in the audit trail already
}

// allowedScope is the scope of the access token: what was granted, less what the client or the configuration has lost
// since, narrowed to what the request asks for. Asking for more than was granted is invalid_scope (RFC 6749 section 6); the grant itself
// is not narrowed.
func (r *request) allowedScope(granted string) (oauth.Scope, error) {
	full, err := oauth.ParseScope(granted)
	if err != nil {
		return nil, err
	}
	allowed := slices.DeleteFunc(full, func(token string) bool {
		_, configured := r.config.Scopes[token]
		return !configured || !slices.Contains(r.client.Scopes, token)
	})
	if len(allowed) == 0 {
		return nil, oauth.NewError(oauth.InvalidGrant, "The client may no longer use any scope of this grant.")
	}
	if !r.form.Has("scope") {
		return allowed, nil
	}
	asked, err := oauth.ParseScope(r.form.Get("scope"))
	switch {
	case err != nil:
		return nil, err
	case len(asked) == 0:
		return allowed, nil
	case !allowed.Covers(asked):
		return nil, oauth.NewError(oauth.InvalidScope, "The scope asks for more than was granted.")
	}
	return asked, nil
}

// allowedResources are those of the access token, by the same rule: what was granted and is not lost since, narrowed to
// what the request asks for (RFC 8707 section 2.2). No resources stand for this Domino, so that they must not come of
// taking away.
func (r *request) allowedResources(granted []string) ([]string, error) {
	allowed := slices.DeleteFunc(slices.Clone(granted), func(name string) bool {
		_, refused := resource.Allowed(r.config.Issuer, r.config.Resources, r.client.Resources, []string{name})
		return refused != nil
	})
	if len(granted) > 0 && len(allowed) == 0 {
		return nil, oauth.NewError(oauth.InvalidGrant, "The client may no longer have tokens for any resource of this grant.")
	}
	narrowed, problem := resource.Narrowed(r.config.Issuer, allowed, r.form.All(resource.Parameter))
	if problem != nil {
		return nil, problem
	}
	return narrowed, nil
}

// shorter is a configured time, or less if the client is registered with less.
func shorter(configured, registered time.Duration) time.Duration {
	if registered > 0 {
		return min(configured, registered)
	}
	return configured
}

// grantExpiry is when a new grant ends. One without refresh tokens ends with its access token.
func (r *request) grantExpiry(refreshable bool) time.Time {
	if refreshable {
		return r.now.Add(shorter(r.config.Lifetimes.RefreshTokenAbsolute, r.client.RefreshTokenAbsolute))
	}
	return r.now.Add(token.Lifetime(r.config, r.client.AccessTokenLifetime))
}

// successor is the record of a new refresh token of a grant. It never outlives the grant.
func (r *request) successor(grant store.Grant, secret oauth.Secret) store.RefreshToken {
	expires := r.now.Add(shorter(r.config.Lifetimes.RefreshTokenIdle, r.client.RefreshTokenIdle))
	if expires.After(grant.ExpiresAt) {
		expires = grant.ExpiresAt
	}
	return store.RefreshToken{Hash: secret.Hash(), GrantID: grant.ID, IssuedAt: r.now, ExpiresAt: expires}
}

// success is the event that tells of issued tokens, to be stored in the commit that makes them.
func (r *request) success(action store.AuditAction, bought issued) store.AuditEvent {
	event := r.event(action, store.AuditSuccess)
	event.GrantID, event.TokenHash = bought.grant.ID, audit.TokenHash(bought.tokenID)
	event.Detail = "scope " + bought.scope.String()
	for _, name := range bought.resources {
		event.Detail += ", for " + name
	}
	return event
}

func (r *request) event(action store.AuditAction, outcome store.AuditOutcome) store.AuditEvent {
	return store.AuditEvent{
		At: r.now, Action: action, Outcome: outcome, User: r.user, ClientID: r.client.ID, Address: r.address,
	}
}

// recordRefusal puts a refused request of an authenticated client on the audit trail; failed authentication and floods
// are counted elsewhere, and what the server itself could not do is in its log.
func (h *Handler) recordRefusal(ctx context.Context, r *request, problem *oauth.Error) {
	if r.client.ID == "" || r.recorded || problem.Status >= http.StatusInternalServerError {
		return
	}
	event := r.event(store.AuditTokenRequest, store.AuditFailure)
	if r.replayed != nil { // the code's client may be another than the one that presented it
		event.Action, event.User, event.GrantID = store.AuditReplay, r.replayed.User, r.replayed.GrantID
	}
	event.Detail = problem.Error()
	h.Recorder.Record(ctx, event)
}
