// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/token"
)

// TestPresetsWithOpaqueTokens has documents and answers of providers that issue tokens that are no JWTs, in their shape.
func TestPresetsWithOpaqueTokens(t *testing.T) {
	const verify = "https://acme.verify.ibm.com/oidc/endpoint/default"
	asked := func(url string) *config.Introspection {
		return &config.Introspection{URL: url, ClientID: "domino", ClientSecret: "x", Cache: config.MaxIntrospectionCache}
	}
	for name, c := range map[string]struct {
		provider config.Provider
		web      web
		endpoint string
		answer   object
		client   string
		user     User
	}{
		"IBM Verify, by discovery": {
			config.Provider{Preset: config.IBMVerify, URL: verify, UserIdentifier: "dominoName", Introspection: asked("")},
			web{
				verify + "/.well-known/openid-configuration": {
					"issuer": verify, "jwks_uri": verify + "/jwks", "introspection_endpoint": verify + "/introspect",
					"introspection_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
				},
				verify + "/jwks": {"keys": []any{keyOf(&signing.rsa.PublicKey, "server", nil)}},
			},
			verify + "/introspect",
			object{
				"iss": verify, "token_type": "Bearer", "grant_type": "authorization_code", "client_id": "6a1c", "userType": "regular",
				"sub": "643003J9W2", "realmName": "cloudIdentityRealm", "preferred_username": "anna@acme.example", "dominoName": annaBerg,
				"scope": "domino openid", "jti": nil,
			},
			"6a1c",
			User{Claim: "dominoName", Value: annaBerg, Pinned: true},
		},
		"Tivoli Federated Identity Manager, without discovery and keys": {
			config.Provider{Issuers: []string{"https://tfim.example.com"}, Introspection: asked("https://tfim.example.com/sps/oauth/introspect")},
			web{},
			"https://tfim.example.com/sps/oauth/introspect",
			object{"iss": nil, "token_type": "bearer", "client_id": "intranet", "username": "aberg", "sub": nil, "scope": "domino openid", "jti": nil},
			"intranet",
			User{Claim: "username", Value: "aberg"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.provider.Name = "idp"
			f := newFixture(t)
			f.transport = c.web
			f.configure(t, c.provider)
			f.refresh(t)
			require.NotContains(t, f.said(), "cannot be read")

			c.web[c.endpoint] = answered(c.answer)
			got, err := f.VerifyOpaque(t.Context(), "k9Hq2mNwyE0xJ4vT")
			require.NoError(t, err)
			assert.Equal(t, c.client, got.ClientID)
			assert.Equal(t, c.user, got.User)
			assert.Equal(t, oauth.Scope{"domino", "openid"}, got.Scope)

			c.web[c.endpoint] = object{"active": false}
			_, err = f.VerifyOpaque(t.Context(), "a-refresh-token-of-somebody")
			require.ErrorIs(t, err, ErrInactive)
			c.web[c.endpoint] = answered(c.answer)
			c.web[c.endpoint]["aud"] = "https://another.example"
			_, err = f.VerifyOpaque(t.Context(), "a-token-for-another-server")
			require.ErrorIs(t, err, token.ErrUnusable)
		})
	}
}
