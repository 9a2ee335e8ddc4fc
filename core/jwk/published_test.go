// SPDX-License-Identifier: Apache-2.0

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParsePublished_C3_C17_C18(t *testing.T) {
	rsaKey, otherRSA, ec, ed := &keys.rsa.PublicKey, &keys.otherRSA.PublicKey, &keys.ec.PublicKey, keys.ed.Public()
	p384 := &must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)).PublicKey
	p521 := &must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)).PublicKey
	published := setOf(
		jwkOf(rsaKey, change{"kid": "plain", "x5c": []string{"no certificate"}}), // as Entra ID has it: without alg
		jwkOf(otherRSA, change{"kid": "pss", "alg": "PS384"}),
		jwkOf(otherRSA, change{"kid": "encryption", "use": "enc", "alg": "RSA-OAEP"}),
		jwkOf(ec, change{"kid": "e"}), jwkOf(p384, change{"kid": "e3"}), jwkOf(p521, change{"kid": "e5"}),
		jwkOf(ed, change{"kid": "d", "alg": "Ed25519"}),
		jwkOf(rsaKey, change{"kid": "twin"}), jwkOf(otherRSA, change{"kid": "twin"}), jwkOf(ec, change{"kid": "twin"}),
	)
	all := PublishedAlgorithms()
	for name, test := range map[string]struct {
		allowed  []string
		kid, alg string
		want     crypto.PublicKey
		err      error
	}{
		"no alg, RS256":                      {all, "plain", "RS256", rsaKey, nil},
		"no alg, RS512":                      {all, "plain", "RS512", nil, ErrNoKey},
		"no alg, PS256":                      {all, "plain", "PS256", nil, ErrNoKey},
		"no alg, the administrator's":        {[]string{"PS512"}, "plain", "PS512", rsaKey, nil},
		"no alg, not the administrator's":    {[]string{"PS512"}, "plain", "RS256", nil, ErrNoKey},
		"its alg":                            {all, "pss", "PS384", otherRSA, nil},
		"not its alg":                        {all, "pss", "RS256", nil, ErrNoKey},
		"its alg is not allowed":             {[]string{"RS256"}, "pss", "PS384", nil, ErrNoKey},
		"for encryption":                     {all, "encryption", "RS256", nil, ErrNoKey},
		"P-256":                              {all, "e", "ES256", ec, nil},
		"P-256 for ES384":                    {all, "e", "ES384", nil, ErrNoKey},
		"P-384":                              {all, "e3", "ES384", p384, nil},
		"P-521":                              {all, "e5", "ES512", p521, nil},
		"P-521 for ES256":                    {all, "e5", "ES256", nil, ErrNoKey},
		"Ed25519":                            {all, "d", "EdDSA", ed, nil},
		"two keys with the kid":              {all, "twin", "RS256", nil, ErrAmbiguous},
		"the kid of another key, by its alg": {all, "twin", "ES256", ec, nil},
		"no kid, one key of the algorithm":   {all, "", "PS384", otherRSA, nil},
		"no kid, several":                    {all, "", "RS256", nil, ErrAmbiguous},
	} {
		t.Run(name, func(t *testing.T) {
			set, leftOut, err := ParsePublished(published, test.allowed)
			require.NoError(t, err)
			assert.Empty(t, leftOut)
			found, err := set.Find(test.kid, test.alg)
			require.ErrorIs(t, err, test.err)
			assert.Equal(t, test.want, found)
		})
	}
}

func TestParsePublishedLeavesOut_C7(t *testing.T) {
	good := jwkOf(&keys.ec.PublicKey, change{"kid": "good"})
	for name, bad := range map[string]any{
		"a weak key":         jwkOf(&rsa.PublicKey{N: new(big.Int).Rsh(keys.rsa.N, 1), E: 65537}, change{"kid": "bad"}),
		"exponent 1":         jwkOf(&keys.rsa.PublicKey, change{"kid": "bad", "e": "AQ"}),
		"a private key":      jwkOf(keys.rsa, change{"kid": "bad"}),
		"a symmetric key":    jwkOf([]byte("0123456789abcdef0123456789abcdef"), change{"kid": "bad"}),
		"EC off its curve":   jwkOf(&keys.ec.PublicKey, change{"kid": "bad", "x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
		"a kid that repeats": json.RawMessage(`{"kty":"RSA","kid":"bad","kid":"good"}`),
	} {
		t.Run(name, func(t *testing.T) {
			set, leftOut, err := ParsePublished(setOf(bad, good), PublishedAlgorithms())
			require.NoError(t, err)
			assert.Equal(t, 1, set.Len())
			require.Len(t, leftOut, 1)
			assert.ErrorContains(t, leftOut[0], "key number 1")
			_, err = set.Find("good", "ES256")
			require.NoError(t, err)

			_, _, err = ParsePublished(setOf(bad), PublishedAlgorithms())
			require.ErrorContains(t, err, "no key for")
			assert.ErrorContains(t, err, "key number 1", "the reason is said")
		})
	}
	for name, document := range map[string][]byte{
		"no JSON": []byte("<html>"), "too long": []byte(strings.Repeat(" ", 256<<10) + "{}"),
		"too many": []byte(`{"keys": [` + strings.Repeat(`{},`, 100) + `{}]}`),
	} {
		_, _, err := ParsePublished(document, PublishedAlgorithms())
		assert.Error(t, err, name)
	}
}

func TestFindForSaysTheIssuerOfTheKey(t *testing.T) {
	set, _, err := ParsePublished(setOf(jwkOf(&keys.rsa.PublicKey, change{"kid": "a", "issuer": "https://x/{tenantid}"})), []string{"RS256"})
	require.NoError(t, err)
	public, issuer, err := set.FindFor("a", "RS256")
	require.NoError(t, err)
	assert.Equal(t, &keys.rsa.PublicKey, public)
	assert.Equal(t, "https://x/{tenantid}", issuer)
}

func TestParsePEM(t *testing.T) {
	block := func(kind string, content []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
	}
	spki := func(public any) []byte { return block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(public))) }
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotAfter: time.Unix(0, 0)}
	certificate := block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, &keys.rsa.PublicKey, keys.rsa)))
	all := PublishedAlgorithms()
	for name, c := range map[string]struct {
		document []byte
		kid      string
		ask, alg string
		want     crypto.PublicKey
	}{
		"SPKI, any kid":        {spki(&keys.rsa.PublicKey), "", "whatever", "RS256", &keys.rsa.PublicKey},
		"SPKI, its kid":        {spki(&keys.rsa.PublicKey), "a", "a", "RS256", &keys.rsa.PublicKey},
		"SPKI, no kid":         {spki(&keys.rsa.PublicKey), "a", "", "RS256", &keys.rsa.PublicKey},
		"SPKI, another kid":    {spki(&keys.rsa.PublicKey), "a", "b", "RS256", nil},
		"PKCS1":                {block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&keys.rsa.PublicKey)), "", "", "RS256", &keys.rsa.PublicKey},
		"an old certificate":   {certificate, "", "", "RS256", &keys.rsa.PublicKey},
		"EC":                   {spki(&keys.ec.PublicKey), "", "", "ES256", &keys.ec.PublicKey},
		"Ed25519":              {spki(keys.ed.Public()), "", "", "EdDSA", keys.ed.Public()},
		"another algorithm":    {spki(&keys.rsa.PublicKey), "", "", "RS384", nil},
		"C4 as an HMAC secret": {spki(&keys.rsa.PublicKey), "", "", "HS256", nil},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := ParsePEM(c.document, c.kid, all)
			require.NoError(t, err)
			found, err := set.Find(c.ask, c.alg)
			if c.want == nil {
				require.ErrorIs(t, err, ErrNoKey)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, found)
		})
	}
	for name, c := range map[string]struct {
		document []byte
		because  string
	}{
		"nothing":       {nil, "neither"},
		"two keys":      {append(spki(&keys.rsa.PublicKey), spki(&keys.ec.PublicKey)...), "more than one"},
		"a private key": {block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(keys.rsa))), "private key"},
		"a request":     {block("CERTIFICATE REQUEST", []byte{1}), "CERTIFICATE REQUEST"},
		"garbage":       {block("PUBLIC KEY", []byte{1}), ""},
		"a weak key":    {spki(&rsa.PublicKey{N: new(big.Int).Rsh(keys.rsa.N, 1), E: 65537}), "2048 or more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePEM(c.document, "", all)
			assert.ErrorContains(t, err, c.because)
		})
	}
	_, err := ParsePEM(spki(&keys.ec.PublicKey), "", []string{"RS256"})
	assert.ErrorContains(t, err, "RS256")
}
