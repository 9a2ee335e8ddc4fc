// SPDX-License-Identifier: Apache-2.0

// Package introspect serves /doap/introspect (RFC 7662): it tells resource servers, and clients about their own tokens,
// whether a token counts and what it says. Whoever is not entitled learns that the token is not active, and nothing else.
package introspect

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"ndoap/core/audit"
	"ndoap/core/client"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/token"
	"ndoap/core/web"
	"ndoap/store"
)

// Handler serves the introspection endpoint.
type Handler struct {
	Config   func() *config.Config
	Gate     *client.Gate
	Store    store.RefreshTokens
	Verifier *token.Verifier
	Recorder *audit.Recorder
	Now      func() time.Time
	Log      *slog.Logger
}

var _ oauth.Described = (*Handler)(nil)

// Describe implements oauth.Described.
func (h *Handler) Describe(document *oauth.Metadata, url string) {
	document.IntrospectionEndpoint = url
	document.IntrospectionEndpointAuthMethods = slices.DeleteFunc(client.Methods(), func(method string) bool {
		return method == "none"
	})
	document.IntrospectionEndpointAuthAlgorithms = client.Algorithms()
}

// answer is what is told about a token (RFC 7662 section 2.2). The zero value is all that is said about one that is not
// active.
type answer struct {
	Active    bool            `json:"active"`
	Scope     string          `json:"scope,omitempty"`
	ClientID  string          `json:"client_id,omitempty"`
	Username  string          `json:"username,omitempty"`
	TokenType string          `json:"token_type,omitempty"` // of access tokens only: a refresh token has none
	ExpiresAt int64           `json:"exp,omitempty"`
	IssuedAt  int64           `json:"iat,omitempty"`
	Subject   string          `json:"sub,omitempty"`
	Audience  token.Audiences `json:"aud,omitempty"`
	Issuer    string          `json:"iss,omitempty"`
	ID        string          `json:"jti,omitempty"`
}

// Serve answers 200 with what the caller may know, or refuses the caller.
func (h *Handler) Serve(r *web.Request) web.Response {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	told, problem := h.introspect(ctx, r)
	if problem != nil {
		h.Log.Log(ctx, problem.LogLevel(), "introspection refused", "err", problem)
		return client.Refusal(problem)
	}
	return web.JSON(http.StatusOK, told).NoStore()
}

func (h *Handler) introspect(ctx context.Context, r *web.Request) (answer, *oauth.Error) {
	form, problem := oauth.ReadForm(r, "token", "token_type_hint")
	if problem != nil {
		return answer{}, problem
	}
	caller, problem := h.Gate.Admit(ctx, r, form)
	switch {
	case problem != nil:
		return answer{}, problem
	case caller.Public():
		return answer{}, oauth.NewError(oauth.InvalidClient, "Introspection is for clients that authenticate (RFC 7662 section 2.1).")
	}
	presented := oauth.Secret(form.Get("token"))
	if presented == "" {
		return answer{}, oauth.NewError(oauth.InvalidRequest, "The parameter token is missing.")
	}
	// A token's form tells what it is; token_type_hint may be ignored (RFC 7662 section 2.1).
	look := h.refreshToken
	if strings.Contains(presented.Reveal(), ".") {
		look = h.accessToken
	}
	event := audit.Of(r, h.Now(), store.AuditIntrospection, store.AuditFailure)
	event.ClientID = caller.ID
	told, err := look(ctx, presented, caller, event)
	if err != nil {
		return answer{}, oauth.NewError(oauth.TemporarilyUnavailable, "The server cannot look at tokens at the moment; try again.").
			Because(err).ReportedIf(errors.Is(err, store.ErrUnavailable))
	}
	return told, nil
}

// accessToken tells the client that a token was issued to, and those who may introspect for one of its audiences.
func (h *Handler) accessToken(ctx context.Context, presented oauth.Secret, caller store.Client, event store.AuditEvent) (answer, error) {
	verified, err := h.Verifier.Inspect(ctx, presented.Reveal())
	switch {
	case errors.Is(err, token.ErrUnavailable):
		return answer{}, err
	case err != nil:
		return answer{}, nil //nolint:nilerr // a token that is not good is not active, whatever is wrong with it
	}
	isFor := func(audience string) bool { return slices.Contains(verified.Audience, audience) }
	if verified.ClientID != caller.ID && !slices.ContainsFunc(caller.IntrospectionAudiences, isFor) {
		event.User, event.GrantID, event.TokenHash = verified.User, verified.GrantID, audit.TokenHash(verified.ID)
		event.Detail = "access token of another client, for other audiences"
		h.refuse(ctx, event)
		return answer{}, nil
	}
	return answer{
		Active: true, Scope: verified.Scope.String(), ClientID: verified.ClientID, Username: verified.User,
		TokenType: "Bearer", ExpiresAt: verified.ExpiresAt.Unix(), IssuedAt: verified.IssuedAt.Unix(),
		Subject: verified.Subject, Audience: verified.Audience, Issuer: h.Config().Issuer, ID: verified.ID,
	}, nil
}

// refreshToken tells the client that a token was issued to. A resource server must not take a refresh token for an
// access token, and so is told nothing about one.
func (h *Handler) refreshToken(ctx context.Context, presented oauth.Secret, caller store.Client, event store.AuditEvent) (answer, error) {
	current, grant, err := h.Store.RefreshTokenGrant(ctx, presented.Hash())
	switch {
	case errors.Is(err, store.ErrNotFound):
		return answer{}, nil
	case err != nil:
		return answer{}, err
	case grant.ClientID != caller.ID:
		event.User, event.GrantID, event.Detail = grant.User, grant.ID, "refresh token of another client"
		h.refuse(ctx, event)
		return answer{}, nil
	}
	now := h.Now()
	if !grant.RevokedAt.IsZero() || !current.ConsumedAt.IsZero() ||
		!now.Before(current.ExpiresAt) || !now.Before(grant.ExpiresAt) {
		return answer{}, nil
	}
	issuer := h.Config().Issuer
	return answer{
		Active: true, Scope: grant.Scope, ClientID: grant.ClientID, Username: grant.User,
		ExpiresAt: current.ExpiresAt.Unix(), IssuedAt: current.IssuedAt.Unix(),
		Subject: grant.User, Audience: token.AudiencesOf(issuer, grant.Resources), Issuer: issuer,
	}, nil
}

// refuse records that somebody asked who is not entitled to the answer (RFC 7662 section 4).
func (h *Handler) refuse(ctx context.Context, event store.AuditEvent) {
	if h.Recorder.Record(ctx, event) {
		h.Log.Warn("a client that is not entitled tried to introspect a token", "client_id", event.ClientID, "grant", event.GrantID)
	}
}
