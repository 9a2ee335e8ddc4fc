// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ndoap/core/apikey"
	"ndoap/core/explain"
	"ndoap/core/token"
)

// ErrInactive is the kind of refusal of a token of which its issuer says that it is not active: it has expired, was revoked,
// or never was one (RFC 7662 section 2.2).
var ErrInactive = errors.New("the token is not active")

// maxOpaque bounds what is sent to a provider. What they issue has less than 1,000 bytes.
const maxOpaque = 4 << 10

// IsOpaque tells whether a text can be an access token that only its issuer can read: one of the characters that RFC 6750
// section 2.1 has for them, not of the form of a JWT, and no API key of this server.
func IsOpaque(text string) bool {
	const others = "-._~+/"
	bare := strings.TrimRight(text, "=")
	return bare != "" && len(text) <= maxOpaque && strings.Count(text, ".") != 2 && !apikey.HasForm(text) &&
		!strings.ContainsFunc(bare, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(others, c)
		})
}

// TakesOpaque tells whether VerifyOpaque is for a text: one that can be an opaque token, if a provider is asked about these.
func (t *Table) TakesOpaque(text string) bool { return t.view().asked != nil && IsOpaque(text) }

// VerifyOpaque tells whether an opaque token is a good access token for this server. The provider is asked, if it was not
// within the last minute; see asker for how long that may take. Errors are as those of Verify.
func (t *Table) VerifyOpaque(ctx context.Context, text string) (Verified, error) {
	p := t.view().asked
	if p == nil || !IsOpaque(text) {
		return Verified{}, &explain.Failure{
			Kind: token.ErrMalformed, Rule: explain.Form, Found: strconv.Itoa(len(text)) + " bytes that are no JWT",
			Expected: "a JWT, because no provider is asked about other tokens",
		}
	}
	trace := explain.TraceOf(ctx)
	about := explain.Token{Credential: explain.ProviderToken, Provider: p.settings.Name}
	trace.About(about)
	if trace != nil {
		trace.Held(explain.Form, strconv.Itoa(len(text)), "bytes that only their issuer can read: provider", p.settings.Name, "is asked")
	}
	claims, err := t.ask(p, text)
	if failure, told := errors.AsType[*explain.Failure](err); told {
		own := *failure // the answer may be one that others have got, too
		return Verified{}, explain.About(&own, about)
	}
	if err != nil {
		return Verified{}, err
	}
	trace.Held(explain.Active, "the provider says that it is")
	verified, err := t.judgeAnswer(trace, p, claims)
	if err != nil {
		return Verified{}, explain.About(err, p.origin(verified.Issuer, claims))
	}
	return verified, nil
}

// judgeAnswer holds an answer that says that a token is active to what a JWT's claims are held to, and to what only
// such answers can say.
func (t *Table) judgeAnswer(trace *explain.Trace, p *provider, claims map[string]any) (Verified, error) {
	issuers := p.settings.ExpectedIssuers()
	iss, err := text(claims, "iss")
	_, there := claims["iss"]
	switch {
	case err != nil, there && !slices.Contains(issuers, iss):
		return Verified{}, &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Issuer, Found: fmt.Sprintf("%.200q", claims["iss"]),
			Expected: fmt.Sprintf("one of %q", issuers), Remedy: "if it is the provider's, write it as iss",
		}
	case !there && len(issuers) > 0: // the provider answers for its own tokens
		iss = issuers[0]
	}
	if err := isAccessToken(claims); err != nil {
		return Verified{}, err
	}
	if trace != nil {
		trace.About(p.origin(iss, claims))
		trace.Held(explain.Issuer, fmt.Sprintf("%.200q", iss))
	}
	if err := p.tenant(trace, iss, "", claims); err != nil {
		return Verified{}, err
	}
	verified, err := t.judge(trace, p, claims)
	verified.Issuer = iss
	return verified, err
}

// isAccessToken refuses tokens of other kinds. Providers answer about refresh tokens, too, and say of those only that they
// have no token_type; a token that is bound to a key (DPoP, RFC 9449 section 6.2) has another one.
func isAccessToken(claims map[string]any) error {
	kind, there := claims["token_type"]
	use, hasUse := claims["token_use"]
	typ, _ := claims["typ"].(string) // of Keycloak before release 24
	name, _ := kind.(string)
	switch {
	case hasUse && use != "access_token", there && !strings.EqualFold(name, "Bearer"):
	case there, hasUse, strings.EqualFold(typ, "Bearer"):
		return nil
	}
	return &explain.Failure{
		Kind: token.ErrUnusable, Rule: explain.Kind, Found: fmt.Sprintf("token_type %.100q, token_use %.100q", kind, use),
		Expected: "token_type Bearer",
	}
}

// userNames are where a token of the provider has its user, when the configuration does not say.
func (p *provider) userNames() []string {
	if p.asker == nil {
		return userClaims
	}
	return slices.Insert(slices.Clone(userClaims), len(userClaims)-1, "username") // RFC 7662 section 2.2
}
