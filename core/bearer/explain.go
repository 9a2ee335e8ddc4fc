// SPDX-License-Identifier: Apache-2.0

package bearer

import (
	"errors"
	"fmt"
	"strings"

	"ndoap/core/explain"
	"ndoap/core/oauth"
	"ndoap/core/rule"
	"ndoap/core/token"
)

// Kinds of refusals that are not those of a token.
var (
	errCredentials = errors.New("the request does not carry an access token as it must")
	errScope       = errors.New("the scopes of the token do not open what was asked for")
)

// noToken refuses an Authorization header that has the scheme only.
func noToken() error {
	return &explain.Failure{
		Kind: errCredentials, Rule: explain.Authorization, Found: "the scheme Bearer with nothing behind it", Expected: "Authorization: Bearer TOKEN",
		Remedy: "the client has lost its token: let it get a new one", Token: explain.Token{Credential: explain.Unjudged},
	}
}

// otherScheme refuses an access token that is sent by another scheme than Bearer, as DPoP.
func otherScheme(scheme string) error {
	return &explain.Failure{
		Kind: errCredentials, Rule: explain.Authorization, Found: fmt.Sprintf("the scheme %.40q", scheme), Expected: "the scheme Bearer",
		Remedy: "let the client send its token as Authorization: Bearer TOKEN; if it insists on DPoP, switch that off for it at the provider",
		Token:  explain.Token{Credential: explain.Unjudged},
	}
}

// tooNarrow refuses a good token whose scopes do not open what was asked for.
func tooNarrow(verified token.Verified, verdict rule.Verdict) error {
	return &explain.Failure{
		Kind: errScope, Rule: explain.Scope, Found: verdict.Denial, Expected: "one of the scopes " + strings.Join(verdict.Sufficient, ", "),
		Remedy: "let the client ask for one of them, or widen the rules of a scope that the token has", Token: verified.Origin,
	}
}

// opened says for somebody who asks that the scopes of a token open what was asked for.
func opened(scope oauth.Scope, verdict rule.Verdict) string {
	if verdict.Denial != "" {
		return fmt.Sprintf("%q only reports, and would deny: %s", scope, verdict.Denial)
	}
	return fmt.Sprintf("%q opens it", scope)
}
