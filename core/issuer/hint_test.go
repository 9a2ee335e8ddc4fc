// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/token"
)

func TestHintsForTheAdministrator(t *testing.T) {
	for name, c := range map[string]struct {
		provider config.Provider
		iss      string
		says     string
	}{
		"Entra ID, version 1": {
			config.Provider{Preset: config.EntraV2, URL: "https://login.microsoftonline.com/t/v2.0"},
			"https://sts.windows.net/t/",
			"set accessTokenAcceptedVersion to 2",
		},
		"Entra ID, version 2": {
			config.Provider{Preset: config.EntraV1, URL: "https://login.microsoftonline.com/t"},
			"https://login.microsoftonline.com/t/v2.0",
			"use the preset entra-v2",
		},
		"Okta's own": {
			config.Provider{Preset: config.Okta, URL: "https://acme.okta.com/oauth2/default"},
			"https://acme.okta.com",
			"which is for Okta alone",
		},
		"a slash too few":  {config.Provider{Preset: config.Auth0, URL: "https://acme.auth0.com"}, "https://acme.auth0.com", "in the slash at its end"},
		"a slash too many": {config.Provider{Issuers: []string{"https://a"}, Key: pemOf(&signing.rsa.PublicKey)}, "https://a/", "in the slash at its end"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.transport = web{}
			c.provider.Name = "acme"
			f.configure(t, c.provider)
			_, err := f.Verify(sign(header(nil), claims(object{"iss": c.iss})))
			require.ErrorIs(t, err, token.ErrForeignIssuer)
			assert.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "provider acme")
			requireExplained(t, err)
		})
	}
}
