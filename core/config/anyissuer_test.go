// SPDX-License-Identifier: Apache-2.0

package config

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two providers without iss: whose key counts for a token would have to be tried out.
func TestOneProviderWithoutIssuer_C20(t *testing.T) {
	got, problems := withProviders(t, `
		"off": {"active": false, "keyFile": "o", "userIdentifier": "CN"},
		"oicd": {"active": true, "algorithm": "RS256", "keyFile": "10-jwt.pubkey", "userIdentifier": "CN"},
		"named": {"active": true, "keyFile": "n", "iss": "https://named.example.com", "userIdentifier": "CN"},
		"second": {"active": true, "keyFile": "s", "userIdentifier": "CN"}`)
	require.Len(t, got.Providers, 3)
	assert.True(t, got.Providers[1].AnyIssuer())
	assert.False(t, got.Providers[2].AnyIssuer())
	assert.Equal(t, "named", got.Providers[2].Name)
	require.Len(t, problems, 2)
	assert.Contains(t, problems[0].String(), "10.json, line 4: jwt.oicd has a key but no iss, so that it takes tokens of any issuer")
	assert.Equal(t, slog.LevelWarn, problems[0].Level)
	assert.Equal(t, "10.json, line 6: jwt.second has a key but no iss, as jwt.oicd has, and only one provider can have the tokens of all "+
		"other issuers: write the iss of its tokens; this provider is off until that is mended", problems[1].String())
	assert.Equal(t, slog.LevelError, problems[1].Level)
	assert.True(t, problems[1].Contained)
}

// TestIssuersThatAreWithheld: what is off stays off, also where another provider has all that is nobody's.
func TestIssuersThatAreWithheld_C20(t *testing.T) {
	got, _ := withProviders(t, `
		"good": {"active": true, "providerUrl": "https://good.example.com"},
		"off": {"active": false, "providerUrl": "https://off.example.com"},
		"mistaken": {"active": true, "providerUrl": "https://mistaken.example.com", "alg": "none"},
		"twice": {"active": true, "keyFile": "x", "iss": ["https://good.example.com", "https://twice.example.com"]},
		"oicd": {"active": true, "keyFile": "10-jwt.pubkey"}`)
	for issuer, withheld := range map[string]bool{
		got.Issuer:                      true,
		got.Issuer + "/login":           true,
		got.Issuer + "x":                false,
		"https://off.example.com":       true,
		"https://off.example.com/":      true,
		"https://mistaken.example.com":  true,
		"https://twice.example.com":     true,
		"https://somebody.example.com":  false,
		"https://off.example.com/other": false,
		"The Demo Wizzard":              false,
	} {
		assert.Equal(t, withheld, got.IsWithheld(issuer), issuer)
	}
}

// TestFilesOfKEEP has each configuration that the documents of KEEP and Domino REST API show, in their spelling.
func TestFilesOfKEEP(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []Provider
	}{
		"its own key pair": {`{"JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtIssuer": "DominoKeep",
			"JwtPrivateKeyFile": "private.key.pem", "JwtPublicKeyFile": "public.key.pem", "JwtAlgorithm": "RSA"}`, nil},
		"no login by Domino": {`{"disableDominoLogin": true}`, nil},
		"a provider's URL": {
			`{"jwt": {"some-name": {"active": true, "providerUrl": "https://auth.example.com/auth/realms/master"}}}`,
			[]Provider{{Name: "some-name", URL: "https://auth.example.com/auth/realms/master"}},
		},
		"Azure": {
			`{"jwt": {"AzureAD01": {"active": true, "providerUrl": "https://login.microsoftonline.com/` + tenantID + `/v2.0/.well-known/openid-configuration",
			"aud": "api://dominorest", "iss": "https://sts.windows.net/` + tenantID + `/", "algorithm": "RS256"}}}`,
			[]Provider{{
				Name: "AzureAD01", URL: "https://login.microsoftonline.com/" + tenantID + "/v2.0/.well-known/openid-configuration",
				Audiences: []string{"api://dominorest"}, Issuers: []string{"https://sts.windows.net/" + tenantID + "/"}, Algorithms: []string{"RS256"},
			}},
		},
		"a key with issuer and kid": {
			`{"jwt": {"some-name": {"active": true, "algorithm": "RS256", "iss": "https://auth.example.com/auth/realms/master",
			"kid": "the-key", "keyFile": "jwt.pubkey"}}}`,
			[]Provider{{
				Name: "some-name", Algorithms: []string{"RS256"}, Issuers: []string{"https://auth.example.com/auth/realms/master"},
				KeyID: "the-key", KeyFile: "jwt.pubkey",
			}},
		},
		"a name in LDAP form": {
			`{"jwt": {"some-name": {"active": true, "providerUrl": "https://auth.example.com/auth/realms/master",
			"userIdentifier": "dn", "userIdentifierInLdapFormat": true}}}`,
			[]Provider{{
				Name: "some-name", URL: "https://auth.example.com/auth/realms/master", UserIdentifier: "dn", UserIdentifierInLDAPFormat: true,
			}},
		},
		"a key alone": {
			`{"disableJwtExpiryCheck": false, "jwt": {"oicd": {"active": true, "algorithm": "RS256", "keyFile": "10-jwt.pubkey"}}}`,
			[]Provider{{Name: "oicd", Algorithms: []string{"RS256"}, KeyFile: "10-jwt.pubkey"}},
		},
		"a key alone, of KEEP": {
			`{"jwt": {"some-name": {"active": true, "algorithm": "RS256", "keyFile": "jwt.pubkey"}}}`,
			[]Provider{{Name: "some-name", Algorithms: []string{"RS256"}, KeyFile: "jwt.pubkey"}},
		},
		"a provider of a host": {
			`{"disableJwtExpiryCheck": false, "jwt": {"somother": {"active": true, "providerUrl": "https://someidp.your.domain"}}}`,
			[]Provider{{Name: "somother", URL: "https://someidp.your.domain"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems, err := Parse(files("{"+issuerLine+"}", c.text))
			require.NoError(t, err)
			for _, problem := range problems {
				assert.Less(t, problem.Level, slog.LevelError, problem.String())
				assert.NotContains(t, problem.Text, "is not a setting")
			}
			for i := range c.want {
				c.want[i].Active = true
				if c.want[i].Audiences == nil {
					c.want[i].Audiences = []string{"Domino"}
				}
			}
			assert.Equal(t, c.want, got.Providers)
			assert.False(t, got.Bearer.IgnoreExpiry)
		})
	}
}

const tenantID = "7f1b4c52-08a5-4d9c-9d5b-2f9b2f4a9a11"
