// SPDX-License-Identifier: Apache-2.0

// Package grant serves /doap/token: it turns authorization codes, refresh tokens and the credentials of clients into
// access tokens. Parameters, client and grant are checked in this order for every grant type, so that a new one cannot
// forget a check.
package grant

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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

// Store is what the token endpoint needs of the store.
type Store interface {
	store.Codes
	store.RefreshTokens
	store.Grants
}

// Handler serves the token endpoint (RFC 6749 section 3.2).
type Handler struct {
	Config   func() *config.Config
	Gate     *client.Gate
	Store    Store
	Tokens   *token.Issuer
	Recorder *audit.Recorder
	Now      func() time.Time
	Log      *slog.Logger
}

// grantTypes is everything that the token endpoint takes, sorted by name.
var grantTypes = []grantType{
	{store.AuthorizationCode, (*Handler).redeemCode},
	{store.ClientCredentials, (*Handler).actForItself},
	{store.Refresh, (*Handler).refresh},
}

type grantType struct {
	name string
	run  func(*Handler, context.Context, *request) (*issued, *oauth.Error)
}

// single are the parameters that may occur once (RFC 6749 section 3.2); resource may repeat (RFC 8707 section 2).
var single = []string{
	"grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token", "scope",
}

// Serve answers a token request: 200 with tokens, or an error of RFC 6749 section 5.2.
func (h *Handler) Serve(r *web.Request) web.Response {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	asked := &request{address: audit.Address(r.Peer), now: h.Now(), config: h.Config()}
	bought, problem := h.issue(ctx, r, asked)
	if problem != nil {
		h.Log.Log(ctx, problem.LogLevel(), "token request refused", "client_id", asked.client.ID, "err", problem)
		h.recordRefusal(ctx, asked, problem)
		return client.Refusal(problem)
	}
	response, problem := h.respond(ctx, bought, asked)
	if problem != nil {
		h.Log.Log(ctx, problem.LogLevel(), "token request failed", "client_id", asked.client.ID, "err", problem)
		return client.Refusal(problem)
	}
	h.Log.Info("tokens issued", "client_id", asked.client.ID, "user", bought.grant.User, "grant", bought.grant.ID,
		"scope", bought.scope)
	return response
}

// issue runs the checks that all grant types share, and then the grant type's own.
func (h *Handler) issue(ctx context.Context, r *web.Request, asked *request) (*issued, *oauth.Error) {
	var problem *oauth.Error
	if asked.form, problem = oauth.ReadForm(r, single...); problem != nil {
		return nil, problem
	}
	kind, problem := findGrantType(asked.form.Get("grant_type"))
	if problem != nil {
		return nil, problem
	}
	if asked.client, problem = h.Gate.Admit(ctx, r, asked.form); problem != nil {
		return nil, problem
	}
	if !asked.client.MayUse(kind.name) {
		return nil, oauth.NewError(oauth.UnauthorizedClient, "The client is not registered for the grant type %s.", kind.name)
	}
	// A code that is spent while no token can be signed is lost for the user: look before.
	if err := h.Tokens.Ready(ctx); err != nil {
		return nil, oauth.NewError(oauth.TemporarilyUnavailable, "The server cannot sign tokens at the moment.").
			Because(err).ReportedIf(errors.Is(err, store.ErrUnavailable))
	}
	return kind.run(h, ctx, asked)
}

func findGrantType(name string) (grantType, *oauth.Error) {
	names := make([]string, 0, len(grantTypes))
	for _, known := range grantTypes {
		if known.name == name {
			return known, nil
		}
		names = append(names, known.name)
	}
	if name == "" {
		return grantType{}, oauth.NewError(oauth.InvalidRequest, "The parameter grant_type is missing.")
	}
	return grantType{}, oauth.NewError(oauth.UnsupportedGrantType, "grant_type must be one of %s.", strings.Join(names, ", "))
}

// issued is what a grant type comes to.
type issued struct {
	grant        store.Grant
	tokenID      string       // jti of the access token, made before the store is asked so that the audit trail has it
	scope        oauth.Scope  // of the access token; never more than the grant's
	resources    []string     // likewise
	refreshToken oauth.Secret // empty: none
}

// respond signs the access token and words the answer (RFC 6749 section 5.1).
func (h *Handler) respond(ctx context.Context, bought *issued, asked *request) (web.Response, *oauth.Error) {
	accessToken, lifetime, err := h.Tokens.Issue(ctx, token.Grant{
		ID:              bought.grant.ID,
		TokenID:         bought.tokenID,
		User:            bought.grant.User,
		ClientID:        bought.grant.ClientID,
		Scope:           bought.scope.String(),
		Resources:       bought.resources,
		AuthenticatedAt: bought.grant.AuthenticatedAt,
		IssuedAt:        asked.now,
		ExpiresAt:       bought.grant.ExpiresAt,
		Lifetime:        asked.client.AccessTokenLifetime,
	})
	if err != nil {
		return web.Response{}, oauth.NewError(oauth.ServerError, "The server could not sign the token.").Because(err)
	}
	tokenType := "Bearer"
	if asked.client.Legacy {
		tokenType = strings.ToLower(tokenType) // as DOAP spelled it
	}
	return web.JSON(http.StatusOK, struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int64  `json:"expires_in"`
		RefreshToken string `json:"refresh_token,omitempty"`
		Scope        string `json:"scope"`
	}{accessToken.Reveal(), tokenType, int64(lifetime.Seconds()), bought.refreshToken.Reveal(), bought.scope.String()}).NoStore(), nil
}

// storeTrouble words an error of the store that is nobody's fault but the server's.
func storeTrouble(err error) *oauth.Error {
	if protocolErr, ok := errors.AsType[*oauth.Error](err); ok {
		return protocolErr
	}
	return oauth.NewError(oauth.TemporarilyUnavailable, "The server cannot reach its database at the moment; try again.").
		Because(err).ReportedIf(errors.Is(err, store.ErrUnavailable))
}
