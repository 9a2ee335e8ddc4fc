// SPDX-License-Identifier: Apache-2.0

// Package bearer is the resource server: it turns the access token of a request to any Domino URL into an identity, if
// the token's scopes open that URL, or into the refusal of RFC 6750 section 3. It never falls back to anonymous. doapctl
// explain asks it about single tokens.
package bearer

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"ndoap/core/apikey"
	"ndoap/core/config"
	"ndoap/core/directory"
	"ndoap/core/explain"
	"ndoap/core/issuer"
	"ndoap/core/oauth"
	"ndoap/core/rule"
	"ndoap/core/token"
	"ndoap/core/web"
)

// Guard judges requests that carry an access token.
type Guard struct {
	Config   func() *config.Config
	Verifier *token.Verifier // of this server's own tokens
	Issuers  *issuer.Table   // of the tokens of others
	Keys     *apikey.Register
	Log      *slog.Logger

	known directory.Cache // of the users of tokens, as the directory has them
}

// Judgement is what becomes of a request: exactly one of its first three members is set.
type Judgement struct {
	Verified *token.Verified // the request is this user's
	Refusal  *oauth.Error    // it is refused
	Passed   bool            // it is none of ndoap's business

	Sufficient oauth.Scope // with a Refusal for too little scope: scopes each of which would have done
}

// Check judges the value of an Authorization header whose scheme carries access tokens, for what the request asks. people
// is the directory of the request; nil when the host has none.
func (g *Guard) Check(ctx context.Context, authorization string, asked rule.Asked, people directory.Directory) Judgement {
	scheme, credentials := cutScheme(authorization)
	if !strings.EqualFold(scheme, "Bearer") {
		return refuse(oauth.NewError(oauth.InvalidToken, "This server takes access tokens by the Bearer scheme only."), otherScheme(scheme))
	}
	if credentials == "" {
		return refuse(oauth.NewError(oauth.InvalidRequest, "The Authorization header has no token."), noToken())
	}
	verified, err := g.verify(ctx, credentials, people)
	switch {
	case errors.Is(err, token.ErrForeignIssuer) && g.Config().Bearer.UnknownIssuer == config.PassUnknownIssuer:
		return Judgement{Passed: true}
	case err != nil:
		return refuse(oauth.NewError(oauth.InvalidToken, "%s.", sentence(err)), err)
	}
	return g.limit(ctx, verified, asked, people)
}

// verify judges a token by the rules of whoever issued it.
func (g *Guard) verify(ctx context.Context, credentials string, people directory.Directory) (token.Verified, error) {
	if g.Issuers.TakesOpaque(credentials) {
		return g.verifyOpaque(ctx, credentials, people)
	}
	verified, err := g.verifyOwn(ctx, credentials, people)
	switch {
	case errors.Is(err, token.ErrForeignIssuer):
		return g.verifyForeign(ctx, credentials, people)
	case errors.Is(err, token.ErrMalformed):
		return token.Verified{}, g.Issuers.ExplainOpaque(err)
	}
	return verified, err
}

// cutScheme takes the scheme from the value of an Authorization header. A tab separates like a blank, as it does for the
// host: what is told of a scheme must have nothing of the credentials.
func cutScheme(authorization string) (scheme, credentials string) {
	const blanks = " \t"
	authorization = strings.Trim(authorization, blanks)
	end := strings.IndexAny(authorization+" ", blanks)
	return authorization[:end], strings.TrimLeft(authorization[end:], blanks)
}

// limit holds a request with a good token against the token's scopes.
func (g *Guard) limit(ctx context.Context, verified token.Verified, asked rule.Asked, people directory.Directory) Judgement {
	trace := explain.TraceOf(ctx)
	trace.Scoped(verified.Scope)
	asked.MailFile = g.mailFile(verified, people)
	verdict := rule.Judge(g.Config(), verified.Scope, asked)
	if !verdict.Allowed {
		refused := refuse(oauth.NewError(oauth.InsufficientScope, "The scopes of the token do not open this."), tooNarrow(verified, verdict))
		refused.Sufficient = verdict.Sufficient
		return refused
	}
	if verdict.Denial != "" {
		g.report(verified, verdict.Denial)
	}
	if trace != nil {
		trace.Held(explain.Scope, opened(verified.Scope, verdict))
	}
	return Judgement{Verified: &verified}
}

// refuse tells the sender one thing and administrators, with why, another. Whoever asked logs it.
func refuse(err *oauth.Error, why error) Judgement {
	return Judgement{Refusal: err.Because(why)}
}

// sentence is what the sender is told: the kind of fault, not its details.
func sentence(err error) string {
	for _, kind := range []error{
		token.ErrMalformed, token.ErrForeignIssuer, token.ErrNotOurs, token.ErrExpired, token.ErrUnusable,
		token.ErrRevoked, token.ErrApplication, token.ErrUnavailable, issuer.ErrSignature, issuer.ErrUser, issuer.ErrInactive,
	} {
		if errors.Is(err, kind) {
			return strings.ToUpper(kind.Error()[:1]) + kind.Error()[1:]
		}
	}
	return "The token was refused"
}

// Response words a refusal: JSON, never a login page, with the challenge of RFC 6750 section 3. Where other scopes would
// have done, sufficient names them.
func Response(refusal *oauth.Error, sufficient oauth.Scope) web.Response {
	challenge := `Bearer realm="Domino", error="` + string(refusal.Code) + `", error_description="` + refusal.Description + `"`
	if len(sufficient) > 0 {
		challenge += `, scope="` + sufficient.String() + `"`
	}
	return refusal.Response().With("WWW-Authenticate", challenge)
}
