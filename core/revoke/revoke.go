// SPDX-License-Identifier: Apache-2.0

// Package revoke serves /doap/revoke (RFC 7009): a client gives back a token of its own. A refresh token takes its
// grant with it, and so every access token of the grant; they stop working with the next request.
package revoke

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ndoap/core/audit"
	"ndoap/core/client"
	"ndoap/core/oauth"
	"ndoap/core/token"
	"ndoap/core/web"
	"ndoap/store"
)

// Store is what the endpoint needs of the store.
type Store interface {
	store.RefreshTokens
	store.Revocations
}

// Handler serves the revocation endpoint.
type Handler struct {
	Gate     *client.Gate
	Store    Store
	Verifier *token.Verifier
	Recorder *audit.Recorder
	Now      func() time.Time
	Log      *slog.Logger
}

var _ oauth.Described = (*Handler)(nil)

// Describe implements oauth.Described.
func (h *Handler) Describe(document *oauth.Metadata, url string) {
	document.RevocationEndpoint = url
	document.RevocationEndpointAuthMethods = client.Methods()
	document.RevocationEndpointAuthAlgorithms = client.Algorithms()
}

// Serve answers 200 when the token is good no longer, which is so for one that never was, too (RFC 7009 section 2.2).
// The body tells nothing. It is an empty object, because clients (simple-oauth2) take an answer without JSON for a
// failure.
func (h *Handler) Serve(r *web.Request) web.Response {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if problem := h.revoke(ctx, r); problem != nil {
		h.Log.Log(ctx, problem.LogLevel(), "revocation refused", "err", problem)
		return client.Refusal(problem)
	}
	return web.JSON(http.StatusOK, struct{}{}).NoStore()
}

func (h *Handler) revoke(ctx context.Context, r *web.Request) *oauth.Error {
	form, problem := oauth.ReadForm(r, "token", "token_type_hint")
	if problem != nil {
		return problem
	}
	caller, problem := h.Gate.Admit(ctx, r, form)
	if problem != nil {
		return problem
	}
	presented := oauth.Secret(form.Get("token"))
	if presented == "" {
		return oauth.NewError(oauth.InvalidRequest, "The parameter token is missing.")
	}
	// What a token is can be seen from its form, so that token_type_hint tells nothing new and is ignored, as RFC 7009
	// section 2.1 allows.
	revoke := h.revokeRefreshToken
	if strings.Contains(presented.Reveal(), ".") {
		revoke = h.revokeAccessToken
	}
	event := audit.Of(r, h.Now(), store.AuditTokenRevoked, store.AuditSuccess)
	event.ClientID = caller.ID
	switch err := revoke(ctx, presented, event); {
	case err == nil, errors.Is(err, store.ErrNotFound):
		return nil // expired and swept away, or never issued
	default:
		return oauth.NewError(oauth.TemporarilyUnavailable, "The server cannot revoke tokens at the moment; try again.").
			Because(err).ReportedIf(errors.Is(err, store.ErrUnavailable))
	}
}

// revokeRefreshToken ends the grant of a refresh token, also of one that was rotated: a client that lost the newer one
// has nothing else to give back.
func (h *Handler) revokeRefreshToken(ctx context.Context, presented oauth.Secret, event store.AuditEvent) error {
	_, grant, err := h.Store.RefreshTokenGrant(ctx, presented.Hash())
	if err != nil {
		return err
	}
	event.User, event.GrantID, event.Detail = grant.User, grant.ID, "refresh token"
	if grant.ClientID != event.ClientID {
		h.refuse(ctx, event)
		return nil
	}
	if !grant.RevokedAt.IsZero() {
		return nil
	}
	return h.Store.RevokeGrant(ctx, grant.ID, event)
}

// revokeAccessToken ends one access token; with that of a client that acts for itself, its grant, which has no other.
func (h *Handler) revokeAccessToken(ctx context.Context, presented oauth.Secret, event store.AuditEvent) error {
	verified, err := h.Verifier.Inspect(ctx, presented.Reveal())
	switch {
	case errors.Is(err, token.ErrUnavailable):
		return err
	case err != nil:
		return nil //nolint:nilerr // what is no good token needs no revocation (RFC 7009 section 2.2)
	}
	event.User, event.GrantID = verified.User, verified.GrantID
	event.TokenHash, event.Detail = audit.TokenHash(verified.ID), "access token"
	switch {
	case verified.ClientID != event.ClientID:
		h.refuse(ctx, event)
		return nil
	case verified.User == "":
		return h.Store.RevokeGrant(ctx, verified.GrantID, event)
	default:
		return h.Store.RevokeToken(ctx, verified.ID, verified.ExpiresAt, event)
	}
}

// refuse records that a client tried to revoke another's token. The client is told what it would be told of a token
// that never was, so that the endpoint does not tell it whether the token is good.
func (h *Handler) refuse(ctx context.Context, event store.AuditEvent) {
	event.Outcome = store.AuditFailure
	event.Detail += " of another client"
	if h.Recorder.Record(ctx, event) {
		h.Log.Warn("a client tried to revoke a token of another client", "client_id", event.ClientID, "grant", event.GrantID)
	}
}
