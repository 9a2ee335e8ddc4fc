// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"fmt"
	"net/url"
	"strings"

	"ndoap/core/config"
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
