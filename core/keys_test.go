// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/key"
	"ndoap/store"
)

// sign adds a key of an algorithm, with which the server signs from then on.
func (f *fixture) sign(t *testing.T, algorithm string) store.Key {
	t.Helper()
	f.wait(time.Second)
	made, err := key.Generate(algorithm, f.now())
	require.NoError(t, err)
	require.NoError(t, f.store.AddKey(t.Context(), made))
	return made
}

// jwks is the JWK Set as a resource server reads it.
func (f *fixture) jwks(t *testing.T) string {
	t.Helper()
	got := f.service.Serve(raw(core.RawRequest, "/doap/jwks")).Response
	require.Equal(t, http.StatusOK, got.Status)
	return string(got.Body)
}

// oneKey is a store of one key.
type oneKey struct{ key store.Key }

// ListKeys implements key.Lister.
func (k oneKey) ListKeys(context.Context) ([]store.Key, error) { return []store.Key{k.key}, nil }

// private parses a key of the store.
func private(t *testing.T, of store.Key) (signing crypto.Signer) {
	t.Helper()
	set, err := key.NewRing(oneKey{of}, func() uint64 { return 1 }).Set(t.Context())
	require.NoError(t, err)
	_, _, signing, ok := set.Signer(of.ActiveFrom)
	require.True(t, ok)
	return signing
}

func TestEachKeyHasItsOwnAlgorithm_C3(t *testing.T) {
	f := newFixture(t)
	keys := map[string]store.Key{}
	tokens := map[string]string{}
	for _, algorithm := range key.Algorithms() {
		keys[algorithm] = f.sign(t, algorithm)
		authorization, _ := f.bearer(t, clientID)
		tokens[algorithm] = authorization
		token, _, err := jwt.NewParser().ParseUnverified(strings.TrimPrefix(authorization, "Bearer "), jwt.MapClaims{})
		require.NoError(t, err)
		assert.Equal(t, algorithm, token.Header["alg"])
		assert.Equal(t, keys[algorithm].ID, token.Header["kid"])
		assert.Equal(t, "at+jwt", token.Header["typ"])
	}
	for algorithm, authorization := range tokens {
		assert.Equal(t, anna, f.resource(t, authorization).body, "%s, whatever signs by now", algorithm)
	}

	forged := func(method jwt.SigningMethod, kid string, with any) string {
		token := jwt.NewWithClaims(method, f.claims(nil))
		token.Header["typ"], token.Header["kid"] = "at+jwt", kid
		signed, err := token.SignedString(with)
		require.NoError(t, err)
		return "Bearer " + signed
	}
	refused := func(name, authorization string) {
		t.Helper()
		got := f.resource(t, authorization)
		assert.Equal(t, http.StatusUnauthorized, got.status, name)
		assert.Contains(t, got.header.Get("WWW-Authenticate"), "not issued by this server", name)
	}
	for _, one := range key.Algorithms() {
		for _, other := range key.Algorithms() {
			if one != other {
				refused(one+" under the kid of "+other, forged(jwt.GetSigningMethod(one), keys[other].ID, private(t, keys[one])))
			}
		}
		refused("C4 HS256 with the public key of "+one, forged(jwt.SigningMethodHS256, keys[one].ID, keys[one].PublicPEM))
	}
	refused("PS256 with the RSA key", forged(jwt.SigningMethodPS256, keys[key.RS256].ID, private(t, keys[key.RS256])))
	refused("RS512 with the RSA key", forged(jwt.SigningMethodRS512, keys[key.RS256].ID, private(t, keys[key.RS256])))
}

func TestSignaturesThatAreNone_C7(t *testing.T) {
	f := newFixture(t)
	ec := f.sign(t, key.ES256)
	ed := f.sign(t, key.EdDSA)
	unsigned := func(algorithm, kid string) string {
		token := jwt.NewWithClaims(jwt.GetSigningMethod(algorithm), f.claims(nil))
		token.Header["typ"], token.Header["kid"] = "at+jwt", kid
		text, err := token.SigningString()
		require.NoError(t, err)
		return text
	}
	ofEC, ofEd := unsigned(key.ES256, ec.ID), unsigned(key.EdDSA, ed.ID)
	digest := sha256.Sum256([]byte(ofEC))
	signer, isEC := private(t, ec).(*ecdsa.PrivateKey)
	require.True(t, isEC)
	inDER, err := ecdsa.SignASN1(rand.Reader, signer, digest[:])
	require.NoError(t, err)
	edwards, isEd := private(t, ed).(ed25519.PrivateKey)
	require.True(t, isEd)
	good := ed25519.Sign(edwards, []byte(ofEd))
	goodEC, err := jwt.SigningMethodES256.Sign(ofEC, signer)
	require.NoError(t, err)
	control := "Bearer " + ofEd + "." + base64.RawURLEncoding.EncodeToString(good)
	require.Equal(t, anna, f.resource(t, control).body, "the test's own signature is good")
	control = "Bearer " + ofEC + "." + base64.RawURLEncoding.EncodeToString(goodEC)
	require.Equal(t, anna, f.resource(t, control).body)
	for name, c := range map[string]struct {
		text      string
		signature []byte
	}{
		"ECDSA, r = s = 0":       {ofEC, make([]byte, 64)},
		"ECDSA in DER":           {ofEC, inDER},
		"ECDSA, a byte short":    {ofEC, goodEC[:63]},
		"ECDSA, a byte long":     {ofEC, append(goodEC[:64:64], 0)},
		"ECDSA, nothing":         {ofEC, nil},
		"Ed25519, all zero":      {ofEd, make([]byte, 64)},
		"Ed25519, a byte short":  {ofEd, good[:63]},
		"Ed25519, a byte long":   {ofEd, append(good[:64:64], 0)},
		"Ed25519 of another":     {ofEd, goodEC},
		"Ed25519, S not reduced": {ofEd, unreduced(good)},
	} {
		t.Run(name, func(t *testing.T) {
			got := f.resource(t, "Bearer "+c.text+"."+base64.RawURLEncoding.EncodeToString(c.signature))
			assert.Equal(t, http.StatusUnauthorized, got.status)
			assert.Contains(t, got.header.Get("WWW-Authenticate"), "not issued by this server")
		})
	}
}

// unreduced adds the order of the group to S, which RFC 8032 section 5.1.7 forbids: a second signature from one.
func unreduced(signature []byte) []byte {
	order := []byte{
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
	}
	changed := append([]byte{}, signature...)
	carry := 0
	for i := range 32 {
		sum := int(changed[32+i]) + int(order[i]) + carry
		changed[32+i], carry = byte(sum), sum>>8
	}
	return changed
}

func TestARetiredKeyEndsItsTokens_A37(t *testing.T) {
	f := newFixture(t)
	neighbour := f.neighbour(t)
	old, _ := f.bearer(t, clientID)
	oldKid, _ := f.signer(t)
	f.sign(t, key.ES256)
	fresh, _ := f.bearer(t, clientID)
	neighbour.clock.Store(f.clock.Load())
	for _, server := range []*fixture{f, neighbour} {
		require.Eventually(t, func() bool {
			return server.resource(t, old).body == anna && server.resource(t, fresh).body == anna
		}, time.Minute, time.Millisecond)
	}
	require.NoError(t, f.store.UpdateKeys(t.Context(), func([]store.Key) (store.KeyChange, error) {
		return store.KeyChange{Retire: []string{oldKid}, At: f.now()}, nil
	}))
	got := f.resource(t, old)
	assert.Equal(t, http.StatusUnauthorized, got.status, "on the very next request")
	assert.Contains(t, got.header.Get("WWW-Authenticate"), "not issued by this server")
	assert.Equal(t, anna, f.resource(t, fresh).body)
	assert.NotContains(t, f.jwks(t), oldKid)
	require.Eventually(t, func() bool {
		return neighbour.resource(t, old).status == http.StatusUnauthorized
	}, time.Minute, time.Millisecond, "and on the other server")
	assert.Equal(t, anna, neighbour.resource(t, fresh).body)
}

func TestTokensLiveThroughARotation_A37(t *testing.T) {
	f := newFixture(t)
	f.config.Keys = config.Keys{Algorithm: config.ES256, RotateEvery: 90 * 24 * time.Hour, PublishBefore: 24 * time.Hour}
	f.config.Lifetimes.AccessToken = store.MaxAccessTokenLife
	oldKid, _ := f.signer(t)
	rotate := func() {
		t.Helper()
		require.NoError(t, f.service.RotateKeys(t.Context(), f.now()))
	}
	rotate() // for another algorithm is configured
	require.Equal(t, 2, strings.Count(f.jwks(t), `"kid"`), "the next key is published")
	now, _ := f.signer(t)
	require.Equal(t, oldKid, now, "and does not sign yet")
	f.wait(24*time.Hour - time.Second)
	rotate()
	last, _ := f.bearer(t, clientID) // the last one of the old key
	f.wait(time.Second)
	rotate()
	now, _ = f.signer(t)
	assert.NotEqual(t, oldKid, now)
	first, _ := f.bearer(t, clientID)
	f.wait(24*time.Hour - 2*time.Second)
	rotate()
	assert.Equal(t, anna, f.resource(t, last).body, "the old key verifies as long as its last token lives")
	assert.Equal(t, anna, f.resource(t, first).body)
	f.wait(time.Hour)
	rotate()
	assert.NotContains(t, f.jwks(t), oldKid)
	assert.Equal(t, 1, strings.Count(f.jwks(t), `"kid"`))
	assert.Contains(t, f.log.String(), "a signing key was retired")
}
