// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keySet is a JWK Set with one private key.
func keySet(t *testing.T, private crypto.PrivateKey, kid, algorithm string) json.RawMessage {
	t.Helper()
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private, KeyID: kid, Algorithm: algorithm, Use: "sig"}}})
	require.NoError(t, err)
	return set
}

func startNode(t *testing.T, shape Shape) *Node {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	n, err := StartNode(limited, shape)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Stop()) })
	return n
}

func nodeLogin(t *testing.T, n *Node, scope string) string {
	t.Helper()
	tokens, err := n.Login(t.Context(), taro, scope)
	require.NoError(t, err)
	return tokens.AccessToken
}

func TestNode(t *testing.T) {
	onCurve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	shape := Shape{
		Keys: keySet(t, onCurve, "one", "ES256"), Algorithm: "ES256", Type: "at+jwt", Audience: []string{"Domino", "other"},
		Scopes: []string{"MAIL", "$DATA"}, CN: map[string]string{taro.Name: taro.CN},
	}
	n := startNode(t, shape)

	first := nodeLogin(t, n, "openid MAIL")
	require.NoError(t, accepted(t, n.Issuer, first))
	header, claims := part(t, first, 0), part(t, first, 1)
	assert.Equal(t, map[string]any{"alg": "ES256", "kid": "one", "typ": "at+jwt"}, header)
	assert.Equal(t, n.Issuer, claims["iss"])
	assert.Equal(t, []any{"Domino", "other"}, claims["aud"])
	assert.Equal(t, taro.CN, claims["CN"])
	assert.Equal(t, taro.Name, claims["sub"])
	assert.Equal(t, client, claims["client_id"])
	assert.Equal(t, "MAIL", claims["scope"])

	// Other keys and another shape, at the same issuer.
	shape.Keys, shape.Algorithm, shape.Type, shape.Audience = keySet(t, edwards, "two", "EdDSA"), "EdDSA", "JWT", "Domino"
	require.NoError(t, n.Become(t.Context(), shape))
	second := nodeLogin(t, n, "openid MAIL $DATA")
	require.NoError(t, accepted(t, n.Issuer, second))
	require.Error(t, accepted(t, n.Issuer, first), "its key is gone")
	header, claims = part(t, second, 0), part(t, second, 1)
	assert.Equal(t, map[string]any{"alg": "EdDSA", "kid": "two", "typ": "JWT"}, header)
	assert.Equal(t, "Domino", claims["aud"])
	assert.Equal(t, "MAIL $DATA", claims["scope"])
	assert.Equal(t, map[string]string{"two": "sig"}, published(t, n.Issuer))

	// A broken set, and the real one again.
	n.Answer("/jwks", http.NotFoundHandler())
	require.Error(t, accepted(t, n.Issuer, second))
	n.Answer("/jwks", nil)
	require.NoError(t, accepted(t, n.Issuer, second))
}
