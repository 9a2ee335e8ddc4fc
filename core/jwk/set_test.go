// SPDX-License-Identifier: Apache-2.0

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keys are made once: RSA keys take their time.
var keys = func() (made struct {
	rsa, otherRSA *rsa.PrivateKey
	ec            *ecdsa.PrivateKey
	ed            ed25519.PrivateKey
},
) {
	made.rsa = must(rsa.GenerateKey(rand.Reader, 2048))
	made.otherRSA = must(rsa.GenerateKey(rand.Reader, 2048))
	made.ec = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, made.ed, _ = ed25519.GenerateKey(rand.Reader)
	return made
}()

func must[Value any](value Value, err error) Value {
	if err != nil {
		panic(err)
	}
	return value
}

// jwkOf is a key as JSON, with more members or fewer: those that are empty are taken away.
func jwkOf(public any, change map[string]any) map[string]any {
	members := map[string]any{}
	encoded := must(json.Marshal(jose.JSONWebKey{Key: public}))
	if err := json.Unmarshal(encoded, &members); err != nil {
		panic(err)
	}
	for name, value := range change {
		members[name] = value
		if value == "" {
			delete(members, name)
		}
	}
	return members
}

type change = map[string]any

func setOf(keys ...any) []byte { return must(json.Marshal(map[string]any{"keys": keys})) }

func TestFind_C3_C16_C17(t *testing.T) {
	rsaKey, otherRSA, ec, ed := &keys.rsa.PublicKey, &keys.otherRSA.PublicKey, &keys.ec.PublicKey, keys.ed.Public()
	mixed := setOf(
		jwkOf(rsaKey, change{"kid": "r", "use": "sig", "alg": "RS256"}),
		jwkOf(otherRSA, change{"kid": "p", "key_ops": []string{"verify"}, "alg": "PS256"}),
		jwkOf(ec, change{"kid": "e"}), jwkOf(ed, change{"kid": "d", "alg": "Ed25519"}),
	)
	for name, test := range map[string]struct {
		document []byte
		kid, alg string
		want     crypto.PublicKey
		err      error
	}{
		"by kid":                                   {mixed, "r", "RS256", rsaKey, nil},
		"the only one for ES256, without kid":      {mixed, "", "ES256", ec, nil},
		"the only one for RS256, without kid":      {mixed, "", "RS256", rsaKey, nil},
		"the only one for PS256, without kid":      {mixed, "", "PS256", otherRSA, nil},
		"EdDSA with a key that says Ed25519":       {mixed, "d", "EdDSA", ed, nil},
		"RSA without alg, for RS256":               {setOf(jwkOf(rsaKey, nil)), "", "RS256", rsaKey, nil},
		"RSA without alg, for PS256":               {setOf(jwkOf(rsaKey, nil)), "", "PS256", rsaKey, nil},
		"another kid":                              {mixed, "x", "RS256", nil, ErrNoKey},
		"a kid for a key that has none":            {setOf(jwkOf(rsaKey, nil)), "r", "RS256", nil, ErrNoKey},
		"the kid in upper case":                    {mixed, "R", "RS256", nil, ErrNoKey},
		"a kid that is a path":                     {mixed, "../r", "RS256", nil, ErrNoKey},
		"a kid that is a formula":                  {mixed, `r") | @All`, "RS256", nil, ErrNoKey},
		"PS256 with a key that says RS256":         {mixed, "r", "PS256", nil, ErrNoKey},
		"RS256 with a key that says PS256":         {mixed, "p", "RS256", nil, ErrNoKey},
		"RS256 with an EC key":                     {mixed, "e", "RS256", nil, ErrNoKey},
		"ES256 with an RSA key":                    {mixed, "r", "ES256", nil, ErrNoKey},
		"EdDSA with an EC key":                     {mixed, "e", "EdDSA", nil, ErrNoKey},
		"HS256, whatever the key":                  {mixed, "r", "HS256", nil, ErrNoKey},
		"none":                                     {mixed, "r", "none", nil, ErrNoKey},
		"no algorithm":                             {mixed, "r", "", nil, ErrNoKey},
		"without kid, two keys for the algorithm":  {setOf(jwkOf(rsaKey, nil), jwkOf(otherRSA, nil)), "", "RS256", nil, ErrAmbiguous},
		"without kid, one fits by its alg of two":  {setOf(jwkOf(rsaKey, change{"alg": "PS256"}), jwkOf(otherRSA, nil)), "", "RS256", otherRSA, nil},
		"a key for encryption has the kid as well": {setOf(jwkOf(otherRSA, change{"kid": "r", "use": "enc"}), jwkOf(rsaKey, change{"kid": "r"})), "r", "RS256", rsaKey, nil},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := Parse(test.document)
			require.NoError(t, err)
			found, err := set.Find(test.kid, test.alg)
			require.ErrorIs(t, err, test.err)
			assert.Equal(t, test.want, found)
		})
	}
	_, err := Set{}.Find("", "RS256")
	assert.ErrorIs(t, err, ErrNoKey)
}

// RFC 7517 section 5: what is not understood is passed over.
func TestParsePassesOver(t *testing.T) {
	good := jwkOf(&keys.ec.PublicKey, change{"kid": "good"})
	for name, other := range map[string]any{
		"encryption by use":        jwkOf(&keys.rsa.PublicKey, change{"use": "enc"}),
		"encryption by alg":        jwkOf(&keys.rsa.PublicKey, change{"alg": "RSA-OAEP-256"}),
		"C9 RSA1_5":                jwkOf(&keys.rsa.PublicKey, change{"alg": "RSA1_5"}),
		"encryption by key_ops":    jwkOf(&keys.rsa.PublicKey, change{"key_ops": []string{"encrypt"}}),
		"an unknown type":          map[string]any{"kty": "FUTURE", "x": "AA"},
		"no type":                  map[string]any{"kid": "x"},
		"another curve":            jwkOf(&must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)).PublicKey, nil),
		"a key agreement":          map[string]any{"kty": "OKP", "crv": "X25519", "x": "AA"},
		"a signature with SHA-512": jwkOf(&keys.rsa.PublicKey, change{"alg": "RS512"}),
		"members of no use":        jwkOf(&keys.rsa.PublicKey, change{"x5c": []string{"no certificate"}, "x5u": "https://x/", "note": 1}),
	} {
		t.Run(name, func(t *testing.T) {
			set, err := Parse(setOf(other, good))
			require.NoError(t, err)
			found, err := set.Find("good", "ES256")
			require.NoError(t, err)
			assert.Equal(t, &keys.ec.PublicKey, found)
			if name != "members of no use" {
				assert.Len(t, set.keys, 1)
			}
		})
	}
}

func TestParseRefuses_C7_C18(t *testing.T) {
	weak := must(rsa.GenerateKey(rand.Reader, 2048)).PublicKey
	rsaKey, n := &keys.rsa.PublicKey, keys.rsa.N
	withN := func(n *big.Int) *rsa.PublicKey { return &rsa.PublicKey{N: n, E: 65537} }
	withE := func(e int) *rsa.PublicKey { return &rsa.PublicKey{N: weak.N, E: e} }
	encoded := base64.RawURLEncoding.EncodeToString
	for name, test := range map[string]struct {
		document []byte
		because  string
	}{
		"nothing":                     {nil, "not a JWK Set"},
		"no JSON":                     {[]byte("<html>"), "not a JWK Set"},
		"a single JWK":                {must(json.Marshal(jwkOf(rsaKey, nil))), "no key for"},
		"a list":                      {[]byte(`[]`), "not a JWK Set"},
		"an empty set":                {setOf(), "no key for"},
		"keys that are no list":       {[]byte(`{"keys": {}}`), "not a JWK Set"},
		"C14 keys twice":              {[]byte(`{"keys": [], "keys": []}`), "not a JWK Set"},
		"something behind it":         {append(setOf(jwkOf(rsaKey, nil)), "{}"...), "not a JWK Set"},
		"a key that is no object":     {setOf("RSA"), "not a JSON object"},
		"a key that is null":          {setOf(nil), "not a JSON object"},
		"C14 a member twice":          {[]byte(`{"keys": [{"kty": "RSA", "kty": "EC"}]}`), "not a JSON object"},
		"a kid that is a number":      {setOf(jwkOf(rsaKey, change{"kid": 1})), "wrong type"},
		"C16 an endless kid":          {setOf(jwkOf(rsaKey, change{"kid": strings.Repeat("k", 257)})), "longer than 256"},
		"only for encryption":         {setOf(jwkOf(rsaKey, change{"use": "enc"})), "no key for"},
		"too long":                    {[]byte(strings.Repeat(" ", 64<<10) + "{}"), "longer than"},
		"too many keys":               {[]byte(`{"keys": [` + strings.Repeat(`{},`, 100) + `{}]}`), "more than 100"},
		"a private RSA key":           {setOf(jwkOf(keys.rsa, nil)), "make a new key"},
		"a private EC key":            {setOf(jwkOf(keys.ec, nil)), "make a new key"},
		"a private Ed25519 key":       {setOf(jwkOf(keys.ed, nil)), "make a new key"},
		"a private member that is":    {setOf(jwkOf(rsaKey, change{"d": nil})), "make a new key"},
		"a private key, for others":   {setOf(jwkOf(rsaKey, nil), jwkOf(keys.rsa, change{"use": "enc"})), "make a new key"},
		"a symmetric key":             {setOf(jwkOf([]byte("0123456789abcdef0123456789abcdef"), nil)), "make a new key"},
		"a symmetric key without k":   {setOf(map[string]any{"kty": "oct"}), "symmetric"},
		"two keys with one kid":       {setOf(jwkOf(rsaKey, change{"kid": "a"}), jwkOf(&keys.ec.PublicKey, change{"kid": "a"})), "kid of its own"},
		"RSA with 2047 bits":          {setOf(jwkOf(withN(new(big.Int).Rsh(n, 1)), nil)), "2048 or more"},
		"RSA with too many bits":      {setOf(jwkOf(withN(new(big.Int).SetBit(big.NewInt(1), 8192, 1)), nil)), "too large"},
		"RSA with exponent 1":         {setOf(jwkOf(rsaKey, change{"e": "AQ"})), "bad e"},
		"RSA with exponent 2":         {setOf(jwkOf(withE(2), nil)), "65537"},
		"RSA with an even exponent":   {setOf(jwkOf(withE(65536), nil)), "65537"},
		"RSA with a huge exponent":    {setOf(jwkOf(rsaKey, change{"e": "AQAAAAE"})), "e"},
		"RSA with an even modulus":    {setOf(jwkOf(withN(new(big.Int).Lsh(n, 1)), nil)), "even"},
		"RSA without a modulus":       {setOf(jwkOf(rsaKey, change{"n": ""})), "missing"},
		"EC off its curve":            {setOf(jwkOf(&keys.ec.PublicKey, change{"x": encoded(make([]byte, 32))})), "curve"},
		"EC with a short coordinate":  {setOf(jwkOf(&keys.ec.PublicKey, change{"x": "AA"})), "length"},
		"Ed25519 that is too short":   {setOf(jwkOf(keys.ed.Public(), change{"x": encoded(make([]byte, 31))})), "Ed"},
		"Ed25519 of small order":      {setOf(jwkOf(keys.ed.Public(), change{"x": encoded(make([]byte, 32))})), "low-order"},
		"weak, after one that is not": {setOf(jwkOf(rsaKey, nil), jwkOf(withE(2), nil)), "number 2"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := Parse(test.document)
			require.Error(t, err)
			assert.Contains(t, err.Error(), test.because)
			assert.Empty(t, set.keys)
		})
	}
}

// smallOrder are the y coordinates of the points of edwards25519 whose order divides 8, little endian, and those that
// are the same modulo p = 2^255-19. With such a key a signature can be made without a private one.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000", // y = 0, order 4
	"0100000000000000000000000000000000000000000000000000000000000000", // y = 1, the neutral element
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = -1, order 2
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p + 1
}

// TestSmallOrder_C7 forges: with a public key of small order, R as the neutral element and S = 0, no private key is needed
// for one message in eight. It proves that each listed point is one, and that it is refused.
func TestSmallOrder_C7(t *testing.T) {
	forged := make([]byte, ed25519.SignatureSize)
	forged[0] = 1
	for _, point := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			public := must(hex.DecodeString(point))
			public[31] |= sign
			forgeries := 0
			for i := range 200 {
				if ed25519.Verify(public, fmt.Append(nil, "message ", i), forged) {
					forgeries++
				}
			}
			if sign == 0 { // with a sign, Go refuses some of the encodings; other implementations may not
				assert.NotZero(t, forgeries, point)
			}
			_, err := Parse(setOf(map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public)}))
			assert.ErrorContains(t, err, "low-order", "%x", public)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(setOf(jwkOf(&keys.rsa.PublicKey, change{"kid": "a"})))
	f.Add(setOf(jwkOf(&keys.ec.PublicKey, nil), jwkOf(keys.ed.Public(), nil)))
	f.Add(setOf(jwkOf(keys.ec, nil)))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":""}]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		set, err := Parse(document)
		if err != nil {
			assert.Empty(t, set.keys)
			return
		}
		require.NotEmpty(t, set.keys)
		for _, k := range set.keys {
			assert.NoError(t, checkStrength(k.public))
		}
	})
}
