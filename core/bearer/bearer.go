// SPDX-License-Identifier: Apache-2.0

// Package bearer is the resource server: it turns the access token of a request to any Domino URL into an identity,
// or into the refusal of RFC 6750 section 3. It never falls back to anonymous.
package bearer

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/token"
	"ndoap/core/web"
)

// ScopeDomino is the scope that lets a token do all that its user may do.
const ScopeDomino = "domino"

// Guard judges requests that carry an access token.
type Guard struct {
	Config   func() *config.Config
	Verifier *token.Verifier
	Log      *slog.Logger
}

// Judgement is what becomes of a request: exactly one of its members is set.
type Judgement struct {
	Verified *token.Verified // the request is this user's
	Refusal  *oauth.Error    // it is refused
	Passed   bool            // it is none of ndoap's business
}

// Check judges the value of an Authorization header whose scheme carries access tokens.
func (g *Guard) Check(ctx context.Context, authorization string) Judgement {
	scheme, credentials, _ := strings.Cut(strings.TrimSpace(authorization), " ")
	credentials = strings.TrimSpace(credentials)
	if !strings.EqualFold(scheme, "Bearer") {
		return g.refuse(oauth.NewError(oauth.InvalidToken, "This server takes access tokens by the Bearer scheme only."))
	}
	if credentials == "" {
		return g.refuse(oauth.NewError(oauth.InvalidRequest, "The Authorization header has no token."))
	}
	verified, err := g.Verifier.Verify(ctx, credentials)
	switch {
	case errors.Is(err, token.ErrForeignIssuer) && g.Config().Bearer.UnknownIssuer == config.PassUnknownIssuer:
		return Judgement{Passed: true}
	case err != nil:
		return g.refuse(oauth.NewError(oauth.InvalidToken, "%s.", sentence(err)).Because(err))
	case !verified.Scope.Has(ScopeDomino):
		return g.refuse(oauth.NewError(oauth.InsufficientScope, "The token lacks the scope %s.", ScopeDomino))
	}
	return Judgement{Verified: &verified}
}

func (g *Guard) refuse(err *oauth.Error) Judgement {
	g.Log.Info("bearer token refused", "err", err)
	return Judgement{Refusal: err}
}

// sentence is what the sender is told: the kind of fault, not its details.
func sentence(err error) string {
	for _, kind := range []error{
		token.ErrMalformed, token.ErrForeignIssuer, token.ErrNotOurs, token.ErrExpired, token.ErrUnusable,
		token.ErrRevoked, token.ErrApplication, token.ErrUnavailable,
	} {
		if errors.Is(err, kind) {
			return strings.ToUpper(kind.Error()[:1]) + kind.Error()[1:]
		}
	}
	return "The token was refused"
}

// Response words a refusal: JSON, never a login page, with the challenge of RFC 6750 section 3.
func Response(refusal *oauth.Error) web.Response {
	challenge := `Bearer realm="Domino", error="` + string(refusal.Code) + `", error_description="` + refusal.Description + `"`
	if refusal.Code == oauth.InsufficientScope {
		challenge += `, scope="` + ScopeDomino + `"`
	}
	return refusal.Response().With("WWW-Authenticate", challenge)
}
