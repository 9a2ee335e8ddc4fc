// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
)

// signingPair is a key pair of the kind that KEEP wants of EC keys.
func signingPair(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	return private
}

// useKeyPair configures a key pair in files.
func (f *fixture) useKeyPair(t *testing.T, private *ecdsa.PrivateKey) {
	t.Helper()
	directory := t.TempDir()
	write := func(name, kind string, encoded []byte, err error) {
		require.NoError(t, err)
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: encoded})
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), text, 0o600))
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	write("private.pem", "EC PRIVATE KEY", encoded, err)
	encoded, err = x509.MarshalPKIXPublicKey(private.Public())
	write("public.pem", "PUBLIC KEY", encoded, err)
	f.reconfigure(t, func(c *config.Config) {
		c.Directory = directory
		c.DominoLogin.UseKeyPair, c.DominoLogin.UsePEM, c.DominoLogin.Issuer = true, true, "DominoKeep"
		c.DominoLogin.PrivateKeyFile, c.DominoLogin.PublicKeyFile, c.DominoLogin.Algorithm = "private.pem", "public.pem", "EC"
	})
}

// keepToken is a token as KEEP makes them, with other claims and another header.
func (f *fixture) keepToken(t testing.TB, private crypto.Signer, header, changes map[string]any) string {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": "DominoKeep", "sub": anna, "CN": anna, "scopes": "domino", "aud": []string{"Domino"}, "iat": f.now().Unix(), "exp": f.now().Unix() + 3600,
	}
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES512, claims)
	for name, value := range header {
		token.Header[name] = value
	}
	signed, err := token.SignedString(private)
	require.NoError(t, err)
	return signed
}

// Tokens of KEEP with a shared key pair: of their shape are taken, and nothing else that the pair has signed.
func TestTokensOfASharedKeyPair(t *testing.T) {
	f := loginFixture(t)
	private := signingPair(t)
	f.useKeyPair(t, private)
	other := signingPair(t)
	for name, c := range map[string]struct {
		private         crypto.Signer
		header, changes map[string]any
		status          int
		logs            string
	}{
		"as KEEP makes it":               {private, nil, nil, 200, ""},
		"with a kid of its own":          {private, map[string]any{"kid": "keep"}, nil, 200, ""},
		"an access token by its type":    {private, map[string]any{"typ": "at+jwt"}, nil, 200, ""},
		"C20 another key":                {other, nil, nil, 401, "not signed with a key of its issuer"},
		"C20 the iss of our own":         {private, nil, map[string]any{"iss": issuer}, 401, "not issued by this server"},
		"C20 the iss of ours, and type":  {private, map[string]any{"typ": "at+jwt"}, map[string]any{"iss": issuer}, 401, "not issued by this server"},
		"C20 the iss of an unnamed one":  {private, nil, map[string]any{"iss": issuer + "/login"}, 401, "an issuer that this server does not know"},
		"C20 no iss":                     {private, nil, map[string]any{"iss": nil}, 401, "does not know"},
		"C22 for another server":         {private, nil, map[string]any{"aud": "Other"}, 401, "aud: found"},
		"C25 a logout token by its type": {private, map[string]any{"typ": "logout+jwt"}, nil, 401, "not the type"},
		"C26 an ID token":                {private, nil, map[string]any{"at_hash": "x", "nonce": "y"}, 401, "at_hash"},
		"C26 a logout token":             {private, nil, map[string]any{"events": map[string]any{}}, 401, "events"},
		"C15 a critical extension":       {private, map[string]any{"crit": []string{"exp"}}, nil, 401, "crit"},
		"C21 another claim than sub":     {private, nil, map[string]any{"sub": "CN=Nobody/O=Acme"}, 401, "nobody in the Domino directory"},
		"B2 no scope":                    {private, nil, map[string]any{"scopes": nil}, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f.log.Reset()
			got := f.resource(t, "Bearer "+f.keepToken(t, c.private, c.header, c.changes))
			assert.Equal(t, c.status, got.status, got.body)
			assert.Contains(t, f.log.String(), c.logs)
		})
	}
}

// A public key is no shared secret, and neither is anything else.
func TestTheLoginKnowsNoSharedSecrets_C4_C5(t *testing.T) {
	f := loginFixture(t)
	private := signingPair(t)
	f.useKeyPair(t, private)
	text, err := os.ReadFile(filepath.Join(f.config.Directory, "public.pem"))
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	require.NoError(t, err)
	for name, secret := range map[string][]byte{"PEM": text, "PEM without line end": text[:len(text)-1], "DER": der, "empty": {}} {
		for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS512} {
			now := f.now().Unix()
			forged, err := jwt.NewWithClaims(method, jwt.MapClaims{
				"iss": "DominoKeep", "sub": anna, "scope": "domino", "aud": "Domino", "iat": now, "exp": now + 60,
			}).SignedString(secret)
			require.NoError(t, err)
			assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+forged).status, name)
		}
	}
	assert.Contains(t, f.log.String(), "alg: found")
}

// KEEP's tokens have no jti. What ends one, ends every spelling of it: an ECDSA signature has a second form.
func TestLogoutOfATokenWithoutID(t *testing.T) {
	f := loginFixture(t)
	private := signingPair(t)
	f.useKeyPair(t, private)
	token := f.keepToken(t, private, nil, nil)
	parts := strings.Split(token, ".")
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	half := len(signature) / 2
	mirrored := new(big.Int).Sub(elliptic.P521().Params().N, new(big.Int).SetBytes(signature[half:]))
	mirrored.FillBytes(signature[half:])
	second := parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(signature)
	require.Equal(t, anna, f.resource(t, "Bearer "+second).body, "both forms are good")
	another := f.keepToken(t, private, nil, map[string]any{"iat": f.now().Unix() - 1})

	got := f.logout(t, token)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Contains(t, got.text("message"), anna+" logged out (")
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+second).status)
	assert.Equal(t, anna, f.resource(t, "Bearer "+another).body)
}
