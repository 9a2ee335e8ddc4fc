// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// attempt is a request of a client with the given credentials, which tells whether they were accepted.
type attempt func(t *testing.T, client string, credentials url.Values, header http.Header) bool

// buy tries to exchange a code.
func (w *walk) buy(t *testing.T, client string, credentials url.Values, header http.Header) bool {
	t.Helper()
	got := w.form(t, "token_endpoint", withCode(w.ask(t, "client_id", client).Get("code"), credentials), header)
	return accepted(t, got) && got.text("access_token") != ""
}

// giveBack tries to revoke a token, which need not be there.
func (w *walk) giveBack(t *testing.T, _ string, credentials url.Values, header http.Header) bool {
	t.Helper()
	form := maps.Clone(credentials)
	form.Set("token", "unknown")
	return accepted(t, w.form(t, "revocation_endpoint", form, header))
}

// look tries to introspect a token, which need not be there.
func (w *walk) look(t *testing.T, _ string, credentials url.Values, header http.Header) bool {
	t.Helper()
	form := maps.Clone(credentials)
	form.Set("token", "unknown")
	return accepted(t, w.form(t, "introspection_endpoint", form, header))
}

// accepted tells whether an endpoint took a client for what it says it is. There is one way to refuse it.
func accepted(t *testing.T, got answer) bool {
	t.Helper()
	if got.status == http.StatusOK {
		return true
	}
	assert.Equal(t, http.StatusUnauthorized, got.status, got.body)
	assert.Equal(t, "invalid_client", got.text("error"))
	return false
}

func (w *walk) proveTokenMethods(t *testing.T)      { w.proveMethods(t, "token", w.buy) }
func (w *walk) proveTokenAlgorithms(t *testing.T)   { w.proveAlgorithms(t, "token", w.buy) }
func (w *walk) proveRevocationMethods(t *testing.T) { w.proveMethods(t, "revocation", w.giveBack) }
func (w *walk) proveRevocationAlgorithms(t *testing.T) {
	w.proveAlgorithms(t, "revocation", w.giveBack)
}

func (w *walk) proveIntrospectionMethods(t *testing.T) { w.proveMethods(t, "introspection", w.look) }

func (w *walk) proveIntrospectionAlgorithms(t *testing.T) {
	w.proveAlgorithms(t, "introspection", w.look)
}

// proveMethods authenticates at an endpoint in every way that has a name: those that are claimed work, no others do.
func (w *walk) proveMethods(t *testing.T, endpoint string, try attempt) {
	t.Helper()
	claimed := w.texts(t, endpoint+"_endpoint_auth_methods_supported")
	w.wait(10 * time.Minute) // so that what failed at another endpoint has locked nobody out
	ways := map[string]struct {
		client      string
		credentials url.Values
		header      http.Header
	}{
		"client_secret_basic": {"modern", url.Values{}, basic("modern", clientSecret)},
		"client_secret_post":  {"modern", secretly("modern"), nil},
		"none":                {"public", url.Values{"client_id": {"public"}}, nil},
		"private_key_jwt":     {"keyed", w.assertion(t, "keyed", jwt.SigningMethodRS256, w.registerKeys(t)["RSA"]), nil},
		"client_secret_jwt":   {"modern", w.assertion(t, "modern", jwt.SigningMethodHS256, []byte(clientSecret)), nil},
		"tls_client_auth":     {"modern", url.Values{"client_id": {"modern"}}, http.Header{"X-Client-Cert": {"MIIB"}}},
	}
	for name, way := range ways {
		assert.Equal(t, slices.Contains(claimed, name), try(t, way.client, way.credentials, way.header), name)
	}
	for _, name := range claimed {
		assert.Contains(t, ways, name, "what is claimed is proven")
	}
}

// proveAlgorithms sends assertions signed by every algorithm of RFC 7518 and RFC 8037.
func (w *walk) proveAlgorithms(t *testing.T, endpoint string, try attempt) {
	t.Helper()
	claimed := w.texts(t, endpoint+"_endpoint_auth_signing_alg_values_supported")
	keys := w.registerKeys(t)
	for _, algorithm := range jwt.GetAlgorithms() {
		w.wait(10 * time.Minute) // so that failures lock nobody out
		method := jwt.GetSigningMethod(algorithm)
		var private any
		switch method := method.(type) {
		case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
			private = keys["RSA"]
		case *jwt.SigningMethodECDSA:
			private = keys[method.Alg()]
		case *jwt.SigningMethodEd25519:
			private = keys["OKP"]
		case *jwt.SigningMethodHMAC:
			private = []byte(clientSecret)
		default:
			private = jwt.UnsafeAllowNoneSignatureType
		}
		accepted := try(t, "keyed", w.assertion(t, "keyed", method, private), nil)
		assert.Equal(t, slices.Contains(claimed, algorithm), accepted, algorithm)
	}
	assert.Subset(t, jwt.GetAlgorithms(), claimed, "what is claimed is proven")
}

// assertion is the credentials of a client that signs (RFC 7523 section 2.2).
func (w *walk) assertion(t *testing.T, client string, method jwt.SigningMethod, private any) url.Values {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims{
		"iss": client, "sub": client, "aud": issuer, "jti": rand.Text(),
		"iat": w.now().Unix(), "exp": w.now().Add(time.Minute).Unix(),
	})
	signed, err := token.SignedString(private)
	require.NoError(t, err)
	return url.Values{
		"client_id":             {client},
		"client_assertion":      {signed},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
}

// registerKeys registers the client keyed with one public key of each kind, and returns the private ones.
func (w *walk) registerKeys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	keys := map[string]crypto.Signer{}
	var err error
	keys["RSA"], err = rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, keys["OKP"], err = ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for algorithm, curve := range map[string]elliptic.Curve{
		"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521(),
	} {
		keys[algorithm], err = ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	for _, key := range keys {
		set.Keys = append(set.Keys, publicJWK(t, key.Public()))
	}
	document, err := json.Marshal(set)
	require.NoError(t, err)
	registered := store.Client{
		ID: "keyed", Name: "Keyed", RedirectURIs: []string{callback}, Scopes: []string{"domino"}, Trusted: true, JWKS: document,
	}
	if w.store.AddClient(t.Context(), registered) != nil { // it is there from another endpoint's proof
		require.NoError(t, w.store.UpdateClient(t.Context(), "keyed", func(c *store.Client) error { c.JWKS = document; return nil }))
	}
	return keys
}

// publicJWK writes a public key as RFC 7518 section 6 and RFC 8037 section 2 have it.
func publicJWK(t *testing.T, public crypto.PublicKey) map[string]string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	switch public := public.(type) {
	case *rsa.PublicKey:
		return map[string]string{"kty": "RSA", "use": "sig", "n": encode(public.N.Bytes()), "e": "AQAB"}
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		require.NoError(t, err)
		half := (len(point) - 1) / 2
		return map[string]string{
			"kty": "EC", "use": "sig", "crv": public.Params().Name, "x": encode(point[1 : 1+half]), "y": encode(point[1+half:]),
		}
	case ed25519.PublicKey:
		return map[string]string{"kty": "OKP", "use": "sig", "crv": "Ed25519", "x": encode(public)}
	default:
		require.Fail(t, "no such kind of key")
		return nil
	}
}
