// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/fetch"
	"ndoap/core/jwk"
	"ndoap/store"
)

// publisher is a client's web server with its keys.
type publisher struct {
	keys    atomic.Pointer[[]byte]
	down    atomic.Bool
	fetches atomic.Int32
}

func (p *publisher) publish(keys map[string]crypto.PublicKey) {
	document := keySet(keys)
	p.keys.Store(&document)
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.fetches.Add(1)
	if p.down.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(*p.keys.Load())
}

// withPublisher has a client "published" whose keys are at a jwks_uri, on a TLS server that really is asked.
func withPublisher(t *testing.T) (*fixture, *publisher) {
	t.Helper()
	f, published := newFixture(t), &publisher{}
	server := httptest.NewTLSServer(published)
	t.Cleanup(server.Close)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority,
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	fetcher := &fetch.Fetcher{Policy: func() fetch.Policy {
		return fetch.Policy{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, CAFile: authority}
	}}
	f.Keys = NewRegisteredKeys(fetcher.Get, f.Now)
	require.NoError(t, f.Clients.AddClient(t.Context(), store.Client{ID: "published", JWKSURI: server.URL + "/jwks"}))
	return f, published
}

// works tells whether the published client gets in with a key.
func (f *fixture) works(t *testing.T, private crypto.Signer, kid string) bool {
	t.Helper()
	algorithm := "RS256"
	if private == crypto.Signer(pairs.ec) {
		algorithm = "ES256"
	}
	_, err := f.send(t, "", assertionBody(signed(methods[algorithm], private, change{
		"kid": kid, "claim iss": "published", "claim sub": "published", "claim iat": f.now.Unix(), "claim exp": f.now.Unix() + 60,
	})))
	return err == nil
}

func TestKeysAtJWKSURI_A48_A80(t *testing.T) {
	f, published := withPublisher(t)
	published.publish(map[string]crypto.PublicKey{"1": &pairs.rsa.PublicKey})
	assert.True(t, f.works(t, pairs.rsa, "1"))
	assert.False(t, f.works(t, pairs.other, "1"))
	assert.EqualValues(t, 1, published.fetches.Load(), "kept")

	// A new key works as soon as the client uses it, but not before the URL may be asked again.
	published.publish(map[string]crypto.PublicKey{"1": &pairs.rsa.PublicKey, "2": &pairs.ec.PublicKey})
	assert.False(t, f.works(t, pairs.ec, "2"))
	f.now = f.now.Add(fetch.Interval)
	assert.True(t, f.works(t, pairs.ec, "2"))
	assert.EqualValues(t, 2, published.fetches.Load())

	// A key that was taken away does not work for long.
	published.publish(map[string]crypto.PublicKey{"2": &pairs.ec.PublicKey})
	f.now = f.now.Add(fetch.Fresh)
	assert.False(t, f.works(t, pairs.rsa, "1"), "B20")
	assert.True(t, f.works(t, pairs.ec, "2"))

	// The client's web server may be down for a while.
	published.down.Store(true)
	f.now = f.now.Add(fetch.Stale - 1)
	assert.True(t, f.works(t, pairs.ec, "2"))
	f.now = f.now.Add(1)
	assert.False(t, f.works(t, pairs.ec, "2"), "B19: never for ever")
}

func TestUnknownKidsCauseNoFlood_B18(t *testing.T) {
	f, published := withPublisher(t)
	published.publish(map[string]crypto.PublicKey{"1": &pairs.rsa.PublicKey})
	for range 100 {
		assert.False(t, f.works(t, pairs.rsa, "x"))
	}
	assert.EqualValues(t, 1, published.fetches.Load())
	assert.True(t, f.works(t, pairs.rsa, "1"), "and nobody is locked out by it")
}

// An assertion that fails without a look at keys causes no fetch at all.
func TestBadAssertionsCauseNoFetch(t *testing.T) {
	f, published := withPublisher(t)
	for _, bad := range []change{{"claim aud": "https://other.example"}, {"claim exp": noon.Unix() - 60}, {"claim jti": nil}, {"alg": "none"}} {
		bad["claim iss"], bad["claim sub"] = "published", "published"
		_, err := f.send(t, "", assertionBody(signed(methods["RS256"], pairs.rsa, bad)))
		require.NotNil(t, err)
	}
	assert.Zero(t, published.fetches.Load())
}

func TestRegisteredKeysNeedNoFetch(t *testing.T) {
	keys := NewRegisteredKeys(func(context.Context, string) ([]byte, error) { return nil, errors.New("fetched") }, nil)
	inline := store.Client{JWKS: keySet(map[string]crypto.PublicKey{"1": &pairs.rsa.PublicKey}), JWKSURI: "https://keys.example/"}
	found, err := keys.Find(t.Context(), inline, "1", "PS256")
	require.NoError(t, err)
	assert.Equal(t, &pairs.rsa.PublicKey, found)
	_, err = keys.Find(t.Context(), inline, "2", "PS256")
	require.ErrorIs(t, err, jwk.ErrNoKey)
}
