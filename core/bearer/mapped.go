// SPDX-License-Identifier: Apache-2.0

package bearer

import (
	"strings"

	"ndoap/core/directory"
	"ndoap/core/dominoname"
	"ndoap/core/explain"
	"ndoap/core/oauth"
	"ndoap/core/rule"
	"ndoap/core/token"
)

// CheckMapped judges a request that Check has let through once more, now that asked knows where Domino leads it.
// remembered is whose it is, by which client and which scopes; nil when that could not be kept.
func (g *Guard) CheckMapped(remembered *token.Verified, asked rule.Asked, people directory.Directory) Judgement {
	refusal := oauth.NewError(oauth.InsufficientScope, "The scopes of the token do not open this.")
	if remembered == nil {
		return refuse(refusal, &explain.Failure{
			Kind: errScope, Rule: explain.Scope,
			Found:    "a request of which too much had to be remembered until it is served",
			Expected: "scopes, names and methods of 4 KB at most",
			Remedy:   "issue tokens of less scope, or set bearer.mappedResource to ignore",
			Token:    explain.Token{Credential: explain.Unjudged},
		})
	}
	asked.MailFile = g.mailFile(*remembered, people)
	verdict := rule.Judge(g.Config(), remembered.Scope, asked)
	switch {
	case !verdict.Allowed:
		refused := refuse(refusal, &explain.Failure{
			Kind: errScope, Rule: explain.Scope, Found: verdict.Denial, Token: remembered.Origin,
			Expected: "one of the scopes " + strings.Join(verdict.Sufficient, ", "),
			Remedy:   "if URLs are meant to lead there, give the client a scope that opens it, or set bearer.mappedResource to ignore",
		})
		refused.Sufficient = verdict.Sufficient
		return refused
	case verdict.Mapped: // what the URL itself lacks was reported before
		g.report(*remembered, verdict.Denial)
	}
	return Judgement{Verified: remembered}
}

// mailFile finds the mail file of a token's user in the directory of the request.
func (g *Guard) mailFile(verified token.Verified, people directory.Directory) func() (string, error) {
	return func() (string, error) {
		name := verified.User
		if !strings.Contains(name, "/") { // a name of one part is looked up as the directory has it
			name = dominoname.Common(name)
		}
		user, err := g.known.One(people, name, g.Issuers.Now())
		switch {
		case err != nil:
			return "", err
		case name != verified.User && !dominoname.Same(user.Name, verified.User): // it may be the alias of somebody else
			return "", directory.ErrNobody
		}
		return user.MailFile, nil
	}
}

// report tells of a request that only a scope on trial has let through.
func (g *Guard) report(verified token.Verified, denial string) {
	g.Log.Info("a scope that only reports let a request through", "scope", verified.Scope.String(),
		"client", verified.ClientID, "user", verified.User, "denial", denial)
}
