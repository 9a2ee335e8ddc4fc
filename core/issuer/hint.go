// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"fmt"
	"net/url"
	"strings"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/token"
)

// hints are what to tell the administrator about issuers that are not trusted but are close to a provider that is: the
// other form of its tokens, or its other server.
func hints(p config.Provider) map[string]string {
	found := map[string]string{}
	for _, issuer := range p.ExpectedIssuers() {
		other := issuer + "/"
		if bare, slash := strings.CutSuffix(issuer, "/"); slash {
			other = bare
		}
		found[other] = fmt.Sprintf("it differs from the issuer of provider %s in the slash at its end; if that is right, write it as iss", p.Name)
	}
	tenant := config.Tenant(p.URL)
	switch p.Preset {
	case config.EntraV2:
		found["https://sts.windows.net/"+tenant+"/"] = fmt.Sprintf("it is a token of version 1 of the tenant of provider %s: set "+
			"accessTokenAcceptedVersion to 2 in the application's manifest, or use the preset entra-v1", p.Name)
	case config.EntraV1:
		found["https://login.microsoftonline.com/"+tenant+"/v2.0"] = fmt.Sprintf("it is a token of version 2 of the tenant of "+
			"provider %s: use the preset entra-v2", p.Name)
	case config.Okta:
		if at, err := url.Parse(p.URL); err == nil && p.URL != "" {
			found[at.Scheme+"://"+at.Host] = fmt.Sprintf("it is a token of Okta's organization authorization server, which is for Okta "+
				"alone: the client must ask for one at the authorization server of provider %s", p.Name)
		}
	default: // one server, one form of token
	}
	return found
}

// loginHint is what to tell the administrator about a token that nobody trusted issued, if it says that it is one of the
// login; false if it does not.
func (v *view) loginHint(iss string, claims map[string]any) (hint string, isLogin bool) {
	if v.unused != "" && iss == v.unused {
		if key, fault := v.of.LoginFault(); fault != nil {
			return fmt.Sprintf("it is a token of /doap/login, which is out of service: %s %s", key, fault), true
		}
		return "it is a token of /doap/login, which disableDominoLogin has turned off, and all its tokens with it", true
	}
	if client, _ := claims["client_id"].(string); v.login != "" && client == v.login {
		return "by its client_id it is a token of /doap/login, of another server or from before issuer or JwtIssuer was changed: let its " +
			"user log in again here; servers that take each other's tokens need the same JwtIssuer and key pair (JwtUsePubPrivKey)", true
	}
	return "", false
}

// ExplainOpaque adds to the fault of a token that is no JWT which provider may have issued it, and what to change there.
// The token itself does not say whose it is.
func (t *Table) ExplainOpaque(fault error) error {
	var remedies []string
	for _, p := range t.view().providers {
		switch p.settings.Preset {
		case config.Auth0:
			remedies = append(remedies, fmt.Sprintf("if it is of provider %s, the client must ask Auth0 for the audience of an API, one "+
				"of %q: without, tokens are for Auth0 alone", p.settings.Name, p.settings.Audiences))
		case config.IBMVerify:
			remedies = append(remedies, fmt.Sprintf("if it is of provider %s, set the access token format of the application in IBM Verify "+
				"to JWT, or have it asked about such tokens with jwt.%s.introspection", p.settings.Name, p.settings.Name))
		default: // all tokens are JWTs
		}
	}
	if remedies == nil {
		return fault
	}
	return &explain.Failure{
		Kind: token.ErrMalformed, Rule: explain.Form, Expected: "a signed JWT", Found: fault.Error(), Cause: fault,
		Remedy: strings.Join(remedies, "; "),
	}
}
