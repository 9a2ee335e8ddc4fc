// SPDX-License-Identifier: Apache-2.0

// Package grant serves /doap/token: it turns authorization codes and refresh tokens into access tokens. Parameters,
// client and grant are checked in this order for every grant type, so that a new one cannot forget a check.
package grant

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

	"ndoap/core/client"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/token"
	"ndoap/core/web"
	"ndoap/store"
)

// Store is what the token endpoint needs of the store.
type Store interface {
	store.Clients
	store.Codes
	store.RefreshTokens
	store.Grants
}

// Handler serves the token endpoint (RFC 6749 section 3.2).
type Handler struct {
	Config func() *config.Config
	Store  Store
	Tokens *token.Issuer
	Now    func() time.Time
	Log    *slog.Logger
}

// request is a token request, taken apart once.
type request struct {
	form   oauth.Form
	client store.Client
	now    time.Time
	config *config.Config
}

// parameters may each occur once (RFC 6749 section 3.2).
var parameters = []string{
	"grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token", "scope",
}

// Serve answers a token request: 200 with tokens, or an error of RFC 6749 section 5.2.
func (h *Handler) Serve(r *web.Request) web.Response {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	issued, client, err := h.issue(ctx, r)
	if err != nil {
		h.Log.Log(ctx, err.LogLevel(), "token request refused", "client_id", client.ID, "err", err)
		response := err.Response()
		if err.Code == oauth.InvalidClient {
			response.Header.Set("Www-Authenticate", `Basic realm="OAuth clients", charset="UTF-8"`)
		}
		return response
	}
	response, err := h.respond(ctx, issued, client)
	if err != nil {
		h.Log.Log(ctx, err.LogLevel(), "token request failed", "client_id", client.ID, "err", err)
		return err.Response()
	}
	h.Log.Info("tokens issued", "client_id", client.ID, "user", issued.grant.User, "grant", issued.grant.ID, "scope", issued.scope)
	return response
}

// issue runs the checks that all grant types share, and then the grant type's own.
func (h *Handler) issue(ctx context.Context, r *web.Request) (*issued, store.Client, *oauth.Error) {
	form, err := readForm(r)
	if err != nil {
		return nil, store.Client{}, err
	}
	run, err := h.grantType(form.Get("grant_type"))
	if err != nil {
		return nil, store.Client{}, err
	}
	authenticated, err := client.Authenticate(ctx, h.Store, r, form)
	if err != nil {
		return nil, store.Client{}, err
	}
	// A code that is spent while no token can be signed is lost for the user: look before.
	if keyErr := h.Tokens.Ready(ctx); keyErr != nil {
		return nil, authenticated, oauth.NewError(oauth.TemporarilyUnavailable, "The server cannot sign tokens at the moment.").
			Because(keyErr).ReportedIf(errors.Is(keyErr, store.ErrUnavailable))
	}
	result, err := run(ctx, &request{form: form, client: authenticated, now: h.Now(), config: h.Config()})
	return result, authenticated, err
}

// grantType finds what serves a grant_type.
func (h *Handler) grantType(name string) (func(context.Context, *request) (*issued, *oauth.Error), *oauth.Error) {
	switch name {
	case "authorization_code":
		return h.redeemCode, nil
	case "refresh_token":
		return h.refresh, nil
	case "":
		return nil, oauth.NewError(oauth.InvalidRequest, "The parameter grant_type is missing.")
	default:
		return nil, oauth.NewError(oauth.UnsupportedGrantType, "grant_type must be authorization_code or refresh_token.")
	}
}

// readForm reads the parameters of the body; those of the query are ignored (RFC 6749 section 3.2).
func readForm(r *web.Request) (oauth.Form, *oauth.Error) {
	mediaType, _, err := mime.ParseMediaType(r.HeaderValue("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return oauth.Form{}, oauth.NewError(oauth.InvalidRequest, "Send the parameters in the body as application/x-www-form-urlencoded.")
	}
	form, protocolErr := oauth.ParseForm(string(r.Body))
	if protocolErr != nil {
		return form, protocolErr
	}
	return form, form.Single(parameters...)
}

// issued is what a grant type comes to.
type issued struct {
	grant        store.Grant
	scope        oauth.Scope // of the access token; never more than the grant's
	refreshToken oauth.Secret
}

// respond signs the access token and words the answer (RFC 6749 section 5.1).
func (h *Handler) respond(ctx context.Context, issued *issued, client store.Client) (web.Response, *oauth.Error) {
	accessToken, lifetime, err := h.Tokens.Issue(ctx, token.Grant{
		ID:              issued.grant.ID,
		User:            issued.grant.User,
		ClientID:        issued.grant.ClientID,
		Scope:           issued.scope.String(),
		AuthenticatedAt: issued.grant.AuthenticatedAt,
	})
	if err != nil {
		return web.Response{}, oauth.NewError(oauth.ServerError, "The server could not sign the token.").Because(err)
	}
	tokenType := "Bearer"
	if client.Legacy {
		tokenType = strings.ToLower(tokenType) // as DOAP spelled it
	}
	return web.JSON(http.StatusOK, struct {
		AccessToken  string `json:"access_token"`
		TokenType    string `json:"token_type"`
		ExpiresIn    int64  `json:"expires_in"`
		RefreshToken string `json:"refresh_token"`
		Scope        string `json:"scope"`
	}{accessToken.Reveal(), tokenType, int64(lifetime.Seconds()), issued.refreshToken.Reveal(), issued.scope.String()}).NoStore(), nil
}

// storeTrouble words an error of the store that is nobody's fault but the server's.
func storeTrouble(err error) *oauth.Error {
	if protocolErr, ok := errors.AsType[*oauth.Error](err); ok {
		return protocolErr
	}
	return oauth.NewError(oauth.TemporarilyUnavailable, "The server cannot reach its database at the moment; try again.").
		Because(err).ReportedIf(errors.Is(err, store.ErrUnavailable))
}
