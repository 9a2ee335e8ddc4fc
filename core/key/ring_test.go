// SPDX-License-Identifier: Apache-2.0

package key

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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

func (d *drawer) AddKey(_ context.Context, added store.Key, _ ...store.AuditEvent) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.keys = append(d.keys, added)
	d.generation.Add(1)
	return nil
}

func newKey(t *testing.T, at time.Time) store.Key {
	t.Helper()
	made, err := Generate(RS256, at)
	require.NoError(t, err)
	return made
}

func TestGeneratedKeysSignAndVerify(t *testing.T) {
	digest := sha256.Sum256([]byte("token"))
	for algorithm, verify := range map[string]func(public crypto.PublicKey, signature []byte) bool{
		RS256: func(public crypto.PublicKey, signature []byte) bool {
			assert.Equal(t, 2048, public.(*rsa.PublicKey).N.BitLen())
			return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, digest[:], signature) == nil
		},
		ES256: func(public crypto.PublicKey, signature []byte) bool {
			return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest[:], signature)
		},
		EdDSA: func(public crypto.PublicKey, signature []byte) bool {
			return ed25519.Verify(public.(ed25519.PublicKey), []byte("token"), signature)
		},
	} {
		t.Run(algorithm, func(t *testing.T) {
			made, err := Generate(algorithm, noon)
			require.NoError(t, err)
			assert.Equal(t, noon, made.ActiveFrom)
			set, err := newSet([]store.Key{made})
			require.NoError(t, err)
			kid, alg, private, ok := set.Signer(noon)
			require.True(t, ok)
			assert.Equal(t, made.ID, kid)
			assert.Equal(t, algorithm, alg)
			var signature []byte
			if algorithm == EdDSA { // signs the message itself
				signature, err = private.Sign(rand.Reader, []byte("token"), crypto.Hash(0))
			} else {
				signature, err = private.Sign(rand.Reader, digest[:], crypto.SHA256)
			}
			require.NoError(t, err)
			alg, public, ok := set.Public(kid)
			require.True(t, ok)
			assert.Equal(t, algorithm, alg)
			assert.True(t, verify(public, signature))
		})
	}
	_, err := Generate("HS256", noon)
	require.ErrorContains(t, err, `there is no algorithm "HS256": choose RS256, ES256, EdDSA`)
}

// published reads the JWK Set as a client does.
func published(t *testing.T, records ...store.Key) []map[string]string {
	t.Helper()
	set, err := newSet(records)
	require.NoError(t, err)
	var found struct {
		Keys []map[string]string `json:"keys"`
	}
	require.NoError(t, json.Unmarshal(set.JWKS(), &found))
	return found.Keys
}

// One thumbprint in 64 begins with a hyphen; none of a thousand does by chance about once in seven millions.
func TestIDsOfGeneratedKeysAreNoOptions(t *testing.T) {
	for range 1000 {
		made, err := Generate(EdDSA, time.Now())
		require.NoError(t, err)
		require.NotEqual(t, byte('-'), made.ID[0])
	}
}

func TestThumbprintIsThatOfRFC7638(t *testing.T) {
	// Computed here by hand: the required members in lexicographic order, without white space (RFC 7638 section 3,
	// RFC 8037 section 2).
	for file, members := range map[string][]string{
		"spki-public.pem":    {"e", "kty", "n"},
		"ec-public.pem":      {"crv", "kty", "x", "y"},
		"ed25519-public.pem": {"crv", "kty", "x"},
	} {
		imported, err := Import(testdata(t, file), noon)
		require.NoError(t, err)
		jwk := published(t, imported)[0]
		var canonical []string
		for _, member := range members {
			canonical = append(canonical, fmt.Sprintf("%q:%q", member, jwk[member]))
		}
		sum := sha256.Sum256([]byte("{" + strings.Join(canonical, ",") + "}"))
		assert.Equal(t, base64.RawURLEncoding.EncodeToString(sum[:]), imported.ID)
	}
}

func TestNewestPrivateKeySigns(t *testing.T) {
	older, newer := newKey(t, noon), newKey(t, noon.Add(time.Hour))
	verifyOnly := newKey(t, noon.Add(time.Hour/2))
	verifyOnly.PrivatePEM = nil

	for name, records := range map[string][]store.Key{
		"newest first": {verifyOnly, newer, older},
		"oldest first": {older, newer, verifyOnly},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := newSet(records)
			require.NoError(t, err)
			kid, _, _, ok := set.Signer(noon.Add(time.Hour))
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
	_, _, _, ok := onlyPublic.Signer(noon.Add(24 * time.Hour))
	assert.False(t, ok, "nothing to sign with")
	_, _, ok = onlyPublic.Public("unknown")
	assert.False(t, ok)
}

func TestTheSignerIsTheOneOfTheTime_A37(t *testing.T) {
	first, second := newKey(t, noon), newKey(t, noon)
	second.ActiveFrom = noon.Add(24 * time.Hour)
	set, err := newSet([]store.Key{second, first})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		at     time.Time
		signer string
	}{
		"while the next one waits": {noon.Add(time.Hour), first.ID},
		"just before it begins":    {second.ActiveFrom.Add(-1), first.ID},
		"when it begins":           {second.ActiveFrom, second.ID},
		"later":                    {second.ActiveFrom.Add(time.Hour), second.ID},
		"a clock that is set back": {noon.Add(-365 * 24 * time.Hour), first.ID},
		"a clock without a date":   {time.Time{}, first.ID},
		"a clock set forth":        {noon.Add(100 * 365 * 24 * time.Hour), second.ID},
	} {
		t.Run(name, func(t *testing.T) {
			kid, _, private, ok := set.Signer(c.at)
			require.True(t, ok)
			require.NotNil(t, private)
			assert.Equal(t, c.signer, kid)
		})
	}
}

func TestJWKSHasPublicMembersOnly_A37(t *testing.T) {
	var records []store.Key
	for i, algorithm := range Algorithms() {
		made, err := Generate(algorithm, noon.Add(time.Duration(-i)*time.Hour))
		require.NoError(t, err)
		records = append(records, made)
	}
	found := published(t, records...)
	want := []map[string]string{
		{"kty": "RSA", "alg": RS256, "e": "AQAB", "n": found[0]["n"]},
		{"kty": "EC", "alg": ES256, "crv": "P-256", "x": found[1]["x"], "y": found[1]["y"]},
		{"kty": "OKP", "alg": EdDSA, "crv": "Ed25519", "x": found[2]["x"]},
	}
	for i, record := range records {
		want[i]["kid"], want[i]["use"] = record.ID, "sig"
		for member, value := range want[i] {
			assert.NotEmpty(t, value, member)
		}
	}
	assert.Equal(t, want, found, "no other member, above all none of the private ones")
	assert.NotEqual(t, found[0]["kid"], found[1]["kid"])

	empty, err := newSet(nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"keys":[]}`, string(empty.JWKS()))
}

func TestJWKSShowsTheNextKeyAndNoRetiredOne_A37(t *testing.T) {
	next, current, old := newKey(t, noon), newKey(t, noon), newKey(t, noon)
	next.ActiveFrom = noon.Add(time.Hour)
	old.ActiveFrom, old.RetiredAt, old.PrivatePEM = noon.Add(-time.Hour), noon, nil
	found := published(t, old, current, next)
	require.Len(t, found, 2)
	assert.Equal(t, next.ID, found[0]["kid"])
	assert.Equal(t, current.ID, found[1]["kid"])
	set, err := newSet([]store.Key{old, current, next})
	require.NoError(t, err)
	_, _, ok := set.Public(old.ID)
	assert.False(t, ok, "what it signed is no longer good")
	_, _, ok = set.Public(next.ID)
	assert.True(t, ok, "a server whose clock is ahead may have signed with it")

	old.PrivatePEM = newKey(t, noon).PrivatePEM
	old.RetiredAt = noon.Add(time.Hour)
	set, err = newSet([]store.Key{old})
	require.NoError(t, err)
	_, _, _, ok = set.Signer(noon)
	assert.False(t, ok, "whatever else its record says")
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
	kid, _, _, _ := set.Signer(noon.Add(time.Hour))
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

func TestDamagedRecordsAreRefused_C3(t *testing.T) {
	good, other := newKey(t, noon), newKey(t, noon)
	tests := map[string]struct {
		change func(*store.Key)
		says   string
	}{
		"no algorithm":            {func(k *store.Key) { k.Algorithm = "none" }, `its algorithm is "none"`},
		"of another algorithm":    {func(k *store.Key) { k.Algorithm = ES256 }, `its algorithm is "ES256", expected RS256`},
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
	made, err := Generate(RS256, noon)
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
