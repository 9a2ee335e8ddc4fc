// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// proveKeys verifies a token with nothing but what jwks_uri leads to.
func (w *walk) proveKeys(t *testing.T) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url(t, "jwks_uri"), http.NoBody)
	require.NoError(t, err)
	var set struct {
		Keys []struct{ Kid, Kty, Use, Alg, N, E string }
	}
	require.NoError(t, json.Unmarshal([]byte(send(t, request).body), &set))
	_, err = jwt.Parse(w.tokens(t).text("access_token"), func(token *jwt.Token) (any, error) {
		for _, key := range set.Keys {
			if key.Kid != token.Header["kid"] {
				continue
			}
			assert.Equal(t, "sig", key.Use)
			assert.Equal(t, token.Header["alg"], key.Alg)
			require.Equal(t, "RSA", key.Kty)
			modulus, err := base64.RawURLEncoding.DecodeString(key.N)
			require.NoError(t, err)
			exponent, err := base64.RawURLEncoding.DecodeString(key.E)
			require.NoError(t, err)
			return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	}, jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(w.now))
	require.NoError(t, err)
}

// proveGrantTypes uses each grant type that is claimed, and tries all others that have a name.
func (w *walk) proveGrantTypes(t *testing.T) {
	require.NoError(t, w.store.AddClient(t.Context(), store.Client{
		ID: "all-grants", Name: "All grants", SecretHashes: w.secretHashes(t), RedirectURIs: []string{callback},
		Scopes: []string{"domino"}, GrantTypes: []string{store.AuthorizationCode, store.Refresh, store.ClientCredentials},
	}))
	claimed := w.texts(t, "grant_types_supported")
	works := map[string]func(t *testing.T){
		"authorization_code": w.proveFlow,
		"refresh_token": func(t *testing.T) {
			got := w.form(t, "token_endpoint", secretly("modern", "grant_type", "refresh_token",
				"refresh_token", w.tokens(t).text("refresh_token")), nil)
			assert.Equal(t, http.StatusOK, got.status, got.body)
		},
		"client_credentials": func(t *testing.T) {
			got := w.form(t, "token_endpoint", secretly("all-grants", "grant_type", "client_credentials"), nil)
			require.Equal(t, http.StatusOK, got.status, got.body)
			assert.NotEmpty(t, got.text("access_token"))
		},
	}
	for _, name := range claimed {
		require.Contains(t, works, name, "nothing proves this grant type")
		works[name](t)
	}
	for _, name := range []string{
		"authorization_code", "refresh_token", "client_credentials", "password", "implicit",
		"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
		"urn:ietf:params:oauth:grant-type:saml2-bearer", "urn:ietf:params:oauth:grant-type:token-exchange",
		"urn:openid:params:grant-type:ciba", "urn:ietf:params:oauth:grant-type:pre-authorized_code", "Authorization_Code",
	} {
		if slices.Contains(claimed, name) {
			continue
		}
		got := w.form(t, "token_endpoint", secretly("all-grants", "grant_type", name, "username", "anna", "password", "pw",
			"code", "x", "assertion", "x", "device_code", "x", "subject_token", "x"), nil)
		assert.Equal(t, http.StatusBadRequest, got.status, name)
		assert.Equal(t, "unsupported_grant_type", got.text("error"), name)
	}
}

// secretHashes are those of the clients with a secret.
func (w *walk) secretHashes(t *testing.T) []string {
	t.Helper()
	registered, err := w.store.Client(t.Context(), "modern")
	require.NoError(t, err)
	return registered.SecretHashes
}

// proveRevocation gives tokens back: they stop working with the next request.
func (w *walk) proveRevocation(t *testing.T) {
	for _, name := range []string{"access_token", "refresh_token"} {
		bought := w.tokens(t)
		got := w.form(t, "revocation_endpoint", secretly("modern", "token", bought.text(name)), nil)
		require.Equal(t, http.StatusOK, got.status, got.body)
		assert.Equal(t, http.StatusUnauthorized, w.resource(t, "Bearer "+bought.text("access_token")).status, name)
	}
}

// proveIntrospection looks at a token before and after it was given back.
func (w *walk) proveIntrospection(t *testing.T) {
	bought := w.tokens(t)
	ask := func() answer {
		return w.form(t, "introspection_endpoint", secretly("modern", "token", bought.text("access_token")), nil)
	}
	told := ask()
	require.Equal(t, http.StatusOK, told.status, told.body)
	assert.Equal(t, true, told.fields["active"])
	assert.Equal(t, issuer, told.text("iss"))
	w.form(t, "revocation_endpoint", secretly("modern", "token", bought.text("access_token")), nil)
	assert.JSONEq(t, `{"active":false}`, ask().body)
}
