// SPDX-License-Identifier: Apache-2.0

package config

import (
	"log/slog"
	"slices"
	"strings"
)

// UserClaims are where KEEP and Domino REST API look for the user, in their order. Without userIdentifier the first that
// is there counts.
var UserClaims = []string{"keep.user.attr.dominoDn", "CN", "upn", "preferred_username", "email", "sub"}

// AnyIssuer tells whether the provider has a key and no iss, as files of KEEP do. It then has the tokens of every issuer
// that is nobody else's.
func (p *Provider) AnyIssuer() bool {
	return (p.Key != "" || p.KeyFile != "") && len(p.Issuers) == 0
}

// IsWithheld tells whether an issuer is this server, by whatever way it issues tokens, or a provider that is off. No other
// provider may have its tokens.
func (c *Config) IsWithheld(issuer string) bool {
	return issuer == c.Issuer || strings.HasPrefix(issuer, c.Issuer+"/") ||
		c.DominoLogin.IssuesOrTakes() && issuer == c.LoginIssuer() ||
		slices.Contains(c.Withheld, issuer)
}

// secondWithoutIssuer puts a provider off: which one's key counts for a token would have to be tried out.
func (n *node) secondWithoutIssuer(first string) Problem {
	fault := n.problem("has a key but no iss, as jwt.%s has, and only one provider can have the tokens of all other issuers: "+
		"write the iss of its tokens; this provider is off until that is mended", first)
	fault.Contained = true
	return fault
}

// doubtsAbout warns of what an active provider leaves to whoever makes its tokens, and of an address that cannot be meant.
func (n *node) doubtsAbout(p Provider, unknown UnknownIssuer) Problems {
	var doubts Problems
	if p.AnyIssuer() {
		text := "has a key but no iss, so that it takes tokens of any issuer that is not in this configuration, if its key signed " +
			"them: write the iss of its tokens"
		if unknown == PassUnknownIssuer {
			text += `; until then bearer.unknownIssuer "pass" leaves Domino no token with an iss`
		}
		doubts = append(doubts, n.problem("%s", text))
	}
	if p.UserIdentifier == "" {
		doubts = append(doubts, n.problem("has no userIdentifier, so that the first claim of %s that a token has says whose it is, and "+
			"at many providers people choose some of these themselves: name the claim with the Notes name",
			strings.Join(UserClaims, ", ")))
	}
	if p.Preset == Keycloak && p.URL != "" && !strings.Contains(p.URL, "/realms/") {
		doubts = append(doubts, n.problem("has a providerUrl without a realm, where Keycloak has no keys: write "+
			"https://HOST/realms/REALM, of releases before 17 https://HOST/auth/realms/REALM"))
	}
	for i := range doubts {
		doubts[i].Level = slog.LevelWarn
	}
	return doubts
}
