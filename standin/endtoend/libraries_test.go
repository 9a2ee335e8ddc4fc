// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A resource server with go-oidc fetches the published keys and judges access tokens with them.
func TestGoOIDC_A37(t *testing.T) {
	s := ownIssuer(t, options{})
	tokens := s.tokens(t, alice)
	keys := oidc.NewRemoteKeySet(t.Context(), s.issuer+"/jwks")
	resourceServer := oidc.NewVerifier(s.issuer, keys, &oidc.Config{ClientID: "Domino"})

	token, err := resourceServer.Verify(t.Context(), tokens.text("access_token"))
	require.NoError(t, err)
	assert.Equal(t, alice.canonical, token.Subject)

	parts := strings.Split(tokens.text("access_token"), ".")
	other := strings.Split(s.tokens(t, joerg).text("access_token"), ".")
	for name, forged := range map[string]string{
		"another payload": parts[0] + "." + other[1] + "." + parts[2], "no signature": parts[0] + "." + parts[1] + ".",
	} {
		_, err = resourceServer.Verify(t.Context(), forged)
		require.Error(t, err, name)
		assert.Equal(t, http.StatusUnauthorized, s.read(t, "/sales.nsf/api/data/documents", forged).status, name)
	}
}
