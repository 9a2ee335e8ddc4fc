// SPDX-License-Identifier: Apache-2.0

package key

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// drawer is a store of keys in memory that counts how often it is read.
type drawer struct {
	mutex      sync.Mutex
	keys       []store.Key
	fault      error
	reads      int
	generation atomic.Uint64
}

func (d *drawer) ListKeys(context.Context) ([]store.Key, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.reads++
	return d.keys, d.fault
}

func (d *drawer) AddKey(_ context.Context, added store.Key) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.keys = append(d.keys, added)
	d.generation.Add(1)
	return nil
}

func newKey(t *testing.T, at time.Time) store.Key {
	t.Helper()
	made, err := Generate(at)
	require.NoError(t, err)
	return made
}

func TestGeneratedKeySignsAndVerifies(t *testing.T) {
	keys := &drawer{}
	made := newKey(t, noon)
	require.NoError(t, keys.AddKey(t.Context(), made))
	set, err := NewRing(keys, keys.generation.Load).Set(t.Context())
	require.NoError(t, err)

	kid, alg, private, ok := set.Signer()
	require.True(t, ok)
	assert.Equal(t, made.ID, kid)
	assert.Equal(t, RS256, alg)
	digest := sha256.Sum256([]byte("token"))
	signature, err := private.Sign(rand.Reader, digest[:], crypto.SHA256)
	require.NoError(t, err)

	alg, public, ok := set.Public(kid)
	require.True(t, ok)
	assert.Equal(t, RS256, alg)
	require.NoError(t, rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, digest[:], signature))
	assert.Equal(t, 2048, public.(*rsa.PublicKey).N.BitLen())
}

func TestThumbprintIsThatOfRFC7638(t *testing.T) {
	// Computed here by hand: the required members in lexicographic order, without white space (RFC 7638 section 3).
	var jwk struct {
		N string `json:"n"`
		E string `json:"e"`
	}
	imported, err := Import(testdata(t, "spki-public.pem"), noon)
	require.NoError(t, err)
	set, err := newSet([]store.Key{imported})
	require.NoError(t, err)
	var published struct {
		Keys []json.RawMessage `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(set.JWKS(), &published))
	require.NoError(t, json.Unmarshal(published.Keys[0], &jwk))
	canonical := fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, jwk.E, jwk.N)
	sum := sha256.Sum256([]byte(canonical))
	assert.Equal(t, base64.RawURLEncoding.EncodeToString(sum[:]), imported.ID)
}

func TestNewestPrivateKeySigns(t *testing.T) {
	older, newer := newKey(t, noon), newKey(t, noon.Add(time.Hour))
	verifyOnly := newKey(t, noon.Add(2*time.Hour))
	verifyOnly.PrivatePEM = nil

	for name, records := range map[string][]store.Key{
		"newest first": {verifyOnly, newer, older},
		"oldest first": {older, newer, verifyOnly},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := newSet(records)
			require.NoError(t, err)
			kid, _, _, ok := set.Signer()
			require.True(t, ok)
			assert.Equal(t, newer.ID, kid)
			for _, record := range records {
				_, _, ok := set.Public(record.ID)
				assert.True(t, ok, "every key verifies")
			}
		})
	}

	onlyPublic, err := newSet([]store.Key{verifyOnly})
	require.NoError(t, err)
	_, _, _, ok := onlyPublic.Signer()
	assert.False(t, ok, "nothing to sign with")
	_, _, ok = onlyPublic.Public("unknown")
	assert.False(t, ok)
}

func TestJWKSHasPublicMembersOnly(t *testing.T) {
	older, newer := newKey(t, noon), newKey(t, noon.Add(time.Hour))
	set, err := newSet([]store.Key{older, newer})
	require.NoError(t, err)
	var published struct {
		Keys []map[string]string `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(set.JWKS(), &published))
	require.Len(t, published.Keys, 2)
	for i, kid := range []string{newer.ID, older.ID} {
		jwk := published.Keys[i]
		assert.Equal(t, kid, jwk["kid"])
		assert.Equal(t, "RSA", jwk["kty"])
		assert.Equal(t, "sig", jwk["use"])
		assert.Equal(t, RS256, jwk["alg"])
		assert.Equal(t, "AQAB", jwk["e"])
		assert.NotEmpty(t, jwk["n"])
		assert.Len(t, jwk, 6, "no other member, above all none of the private ones")
	}

	empty, err := newSet(nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"keys":[]}`, string(empty.JWKS()))
}

func TestRingReadsTheStoreOncePerGeneration(t *testing.T) {
	keys := &drawer{}
	require.NoError(t, keys.AddKey(t.Context(), newKey(t, noon)))
	ring := NewRing(keys, keys.generation.Load)

	var workers sync.WaitGroup
	for range 20 {
		workers.Go(func() {
			_, err := ring.Set(t.Context())
			assert.NoError(t, err)
		})
	}
	workers.Wait()
	assert.Equal(t, 1, keys.reads)

	second := newKey(t, noon.Add(time.Minute))
	require.NoError(t, keys.AddKey(t.Context(), second))
	set, err := ring.Set(t.Context())
	require.NoError(t, err)
	kid, _, _, _ := set.Signer()
	assert.Equal(t, second.ID, kid)
	assert.Equal(t, 2, keys.reads)
}

func TestRingFailsClosed(t *testing.T) {
	keys := &drawer{}
	require.NoError(t, keys.AddKey(t.Context(), newKey(t, noon)))
	ring := NewRing(keys, keys.generation.Load)
	_, err := ring.Set(t.Context())
	require.NoError(t, err)

	keys.fault = errors.Join(store.ErrUnavailable, errors.New("disk on fire"))
	keys.generation.Add(1)
	_, err = ring.Set(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)

	keys.fault = nil
	_, err = ring.Set(t.Context())
	require.NoError(t, err, "it recovers with the store")
}

func TestDamagedRecordsAreRefused(t *testing.T) {
	good, other := newKey(t, noon), newKey(t, noon)
	tests := map[string]struct {
		change func(*store.Key)
		says   string
	}{
		"other algorithm":         {func(k *store.Key) { k.Algorithm = "none" }, `its algorithm is "none"`},
		"kid of another key":      {func(k *store.Key) { k.ID = other.ID }, "has the thumbprint " + good.ID},
		"halves of two keys":      {func(k *store.Key) { k.PrivatePEM = other.PrivatePEM }, "do not belong together"},
		"private as public":       {func(k *store.Key) { k.PublicPEM = k.PrivatePEM }, "holds a PRIVATE KEY block"},
		"public as private":       {func(k *store.Key) { k.PrivatePEM = k.PublicPEM }, "do not belong together"},
		"public part is gone":     {func(k *store.Key) { k.PublicPEM = nil }, "public part: this is not a PEM file"},
		"private part is garbage": {func(k *store.Key) { k.PrivatePEM = []byte("x") }, "private part: this is not a PEM file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			changed := good
			test.change(&changed)
			_, err := newSet([]store.Key{changed})
			require.ErrorContains(t, err, "is damaged")
			require.ErrorContains(t, err, test.says)
		})
	}
}

func BenchmarkRingSet(b *testing.B) {
	keys := &drawer{}
	made, err := Generate(noon)
	require.NoError(b, err)
	require.NoError(b, keys.AddKey(b.Context(), made))
	ring := NewRing(keys, keys.generation.Load)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ring.Set(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
