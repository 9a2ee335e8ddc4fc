// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// An application of its own, by golang.org/x/oauth2: it gets tokens again and again, in both ways of authentication; they
// stand for no person and open nothing of Domino's.
func TestXOAuth2ClientCredentials_A57(t *testing.T) {
	s := start(t, options{})
	s.addClient(t, "machine", "--grant-type", "client_credentials")
	for name, style := range map[string]oauth2.AuthStyle{
		"Basic": oauth2.AuthStyleInHeader, "body": oauth2.AuthStyleInParams, "detected": oauth2.AuthStyleAutoDetect,
	} {
		t.Run(name, func(t *testing.T) {
			application := clientcredentials.Config{
				ClientID: "machine", ClientSecret: s.secrets["machine"], TokenURL: s.base + "/doap/token", Scopes: []string{"domino"}, AuthStyle: style,
			}
			token, err := application.Token(t.Context())
			require.NoError(t, err)
			assert.Empty(t, token.RefreshToken)
			said := claims(t, token.AccessToken)
			assert.Equal(t, "urn:ndoap:client:machine", said["sub"])
			assert.NotContains(t, said, "CN")
			again, err := application.Token(t.Context())
			require.NoError(t, err)
			assert.NotEqual(t, token.AccessToken, again.AccessToken)
			refused := do(t, application.Client(t.Context()), newRequest(t, http.MethodGet, s.base+"/public.nsf/api/data/documents", ""))
			assert.Equal(t, http.StatusUnauthorized, refused.status, "although anybody may read it")
			assert.Equal(t, "invalid_token", refused.text("error"), refused.body)
		})
	}
	_, err := (&clientcredentials.Config{ClientID: modernID, ClientSecret: s.secrets[modernID], TokenURL: s.base + "/doap/token"}).Token(t.Context())
	var refused *oauth2.RetrieveError
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "unauthorized_client", refused.ErrorCode)
}

// A resource server with go-oidc fetches the published keys, judges access tokens with them, and follows the server from
// one key to the next, of whatever kind.
func TestGoOIDC_A37(t *testing.T) {
	s := ownIssuer(t)
	keys := oidc.NewRemoteKeySet(t.Context(), s.issuer+"/jwks")
	resourceServer := oidc.NewVerifier(s.issuer, keys, &oidc.Config{
		ClientID: "Domino", SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.EdDSA},
	})
	for _, algorithm := range []string{oidc.RS256, oidc.ES256, oidc.EdDSA} {
		t.Run(algorithm, func(t *testing.T) {
			if algorithm != oidc.RS256 {
				doapctl(t, s.data, "key", "generate", "--algorithm", algorithm)
			}
			var signed string
			require.Eventually(t, func() bool { // once the server knows of the key
				signed = s.tokens(t, alice).text("access_token")
				return header(t, signed)["alg"] == algorithm
			}, patience, loginTick)
			token, err := resourceServer.Verify(t.Context(), signed)
			require.NoError(t, err)
			assert.Equal(t, alice.canonical, token.Subject)
			assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", signed).status)

			parts := strings.Split(signed, ".")
			other := strings.Split(s.tokens(t, joerg).text("access_token"), ".")
			for name, forged := range map[string]string{
				"another payload": parts[0] + "." + other[1] + "." + parts[2], "no signature": parts[0] + "." + parts[1] + ".",
			} {
				_, err = resourceServer.Verify(t.Context(), forged)
				require.Error(t, err, name)
				assert.Equal(t, http.StatusUnauthorized, s.read(t, "/sales.nsf/api/data/documents", forged).status, name)
			}
		})
	}
}
