// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/token"
)

// origin is a provider on this machine that publishes keys, and counts how often they are read.
type origin struct {
	*httptest.Server
	mu      sync.Mutex
	keys    string
	reads   int
	respond func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
}

func newOrigin(t *testing.T, start func(http.Handler) *httptest.Server) *origin {
	t.Helper()
	o := &origin{keys: published(jose.JSONWebKey{Key: &signing.rsa.PublicKey, KeyID: "r"})}
	o.Server = start(http.HandlerFunc(o.serve))
	t.Cleanup(o.Close)
	return o
}

func (o *origin) serve(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	respond := o.respond
	o.mu.Unlock()
	if respond != nil && respond(w, r) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(object{"issuer": o.URL, "jwks_uri": o.URL + "/keys"})
	case "/keys":
		o.reads++
		_, _ = w.Write([]byte(o.keys))
	default:
		http.NotFound(w, r)
	}
}

func (o *origin) publish(keys ...jose.JSONWebKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.keys = published(keys...)
}

func (o *origin) answer(respond func(w http.ResponseWriter, r *http.Request) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.respond = respond
}

func (o *origin) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reads
}

// down answers nothing but errors.
func down(w http.ResponseWriter, _ *http.Request) bool {
	http.Error(w, "down", http.StatusBadGateway)
	return true
}

func (o *origin) provider() config.Provider { return config.Provider{Name: "origin", URL: o.URL} }

// tokenOf is a token of an issuer, at the time of the fixture.
func (f *fixture) tokenOf(issuer, kid string, private crypto.PrivateKey) string {
	made := claims(object{"iss": issuer, "iat": f.now.Unix(), "exp": f.now.Add(time.Hour).Unix()})
	return compact(must(json.Marshal(header(object{"kid": kid}))), must(json.Marshal(made)), private)
}

func TestKeysOfAProvider(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	f := newFixture(t, o.provider())
	_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.NoError(t, err)
	assert.Contains(t, f.said(), "the keys of an identity provider were read")
	_, err = f.Verify(f.tokenOf(o.URL+"/", "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrForeignIssuer, "the slash that its document does not have")

	fresh := newFixture(t)
	fresh.configure(t, o.provider())
	_, err = fresh.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrUnavailable, "nothing was read yet, and nothing is read for a request")
	requireExplained(t, err)
}

func TestKeyRollover_B18_B20(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	f := newFixture(t, o.provider())
	require.Equal(t, 1, o.count())

	o.publish(jose.JSONWebKey{Key: &signing.rsa.PublicKey, KeyID: "r"}, jose.JSONWebKey{Key: &signing.other.PublicKey, KeyID: "new"})
	f.now = f.now.Add(time.Minute)
	f.refresh(t)
	require.Equal(t, 1, o.count(), "the keys are fresh, and nobody asks for another")

	_, err := f.Verify(f.tokenOf(o.URL, "new", signing.other))
	require.ErrorIs(t, err, ErrSignature)
	f.refresh(t)
	require.Equal(t, 2, o.count(), "a token has named a key that was not there")
	_, err = f.Verify(f.tokenOf(o.URL, "new", signing.other))
	require.NoError(t, err)

	f.now = f.now.Add(Interval)
	f.refresh(t)
	require.Equal(t, 2, o.count(), "and was found")

	o.publish(jose.JSONWebKey{Key: &signing.other.PublicKey, KeyID: "new"})
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.NoError(t, err, "not read again yet")
	f.now = f.now.Add(Fresh)
	f.refresh(t)
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, ErrSignature, "the key is gone")
}

func TestProviderThatTakesItsLastKeyBack_B20(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	f := newFixture(t, o.provider())
	set := func(document string) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.keys = document
	}
	set(`{"error": "maintenance"}`)
	f.now = f.now.Add(Fresh)
	f.refresh(t)
	_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.NoError(t, err, "that says nothing about its keys")

	set(`{"keys": []}`)
	f.now = f.now.Add(Interval)
	f.refresh(t)
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrUnavailable)
	requireExplained(t, err)
	assert.Contains(t, f.said(), "last_good_keys=false")
}

func TestFloodOfUnknownKeys_B18(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	f := newFixture(t, o.provider())
	for second := range 120 {
		for i := range 5 {
			_, err := f.Verify(f.tokenOf(o.URL, fmt.Sprint("random", second, i), signing.rsa))
			require.ErrorIs(t, err, ErrSignature)
		}
		f.now = f.now.Add(time.Second)
		f.refresh(t)
	}
	assert.Equal(t, 1+120/int(Interval/time.Second), o.count())
}

func TestProviderThatIsDown_B19(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	f := newFixture(t, o.provider())
	o.answer(down)
	for f.now.Sub(noon) < Stale-time.Hour {
		f.now = f.now.Add(time.Hour)
		f.refresh(t)
		_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
		require.NoError(t, err, "its last keys serve, %s", f.now)
	}
	assert.Equal(t, 1, strings.Count(f.said(), "cannot be read"), "said once")
	f.now = noon.Add(Stale)
	_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrUnavailable)
	requireExplained(t, err)

	o.answer(nil)
	f.now = f.now.Add(Interval)
	f.refresh(t)
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.NoError(t, err)
	assert.Equal(t, 2, strings.Count(f.said(), "were read"))
}

func TestProviderThatHangs_B21(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	asked := make(chan struct{})
	release := make(chan struct{})
	o.answer(func(http.ResponseWriter, *http.Request) bool { close(asked); <-release; return false })
	f := newFixture(t)
	f.configure(t, o.provider(), keyed())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.Refresh(ctx, f.now)
	<-asked
	require.Eventually(t, func() bool { return f.view().providers[1].keys.Load() != nil }, time.Minute, time.Millisecond)
	f.requireGood(t)
	_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrUnavailable)
	requireExplained(t, err)

	f.now = f.now.Add(Interval)
	assert.False(t, f.begin(f.view().providers[0], f.now), "it is being asked")
	f.Refresh(ctx, f.now) // would close asked twice if the provider were asked again
	cancel()
	f.Wait()
	close(release)
	assert.NotContains(t, f.said(), "cannot be read", "that the server stops is nobody's fault")
}

func TestAProviderCannotSpeakForAnother_C20(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	lies := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/keys" {
			return false
		}
		_ = json.NewEncoder(w).Encode(object{"issuer": idp, "jwks_uri": o.URL + "/keys"})
		return true
	}
	o.answer(lies)
	f := newFixture(t, o.provider())
	for _, issuer := range []string{idp, o.URL} {
		_, err := f.Verify(f.tokenOf(issuer, "r", signing.rsa))
		require.Error(t, err, issuer)
	}
	assert.Contains(t, f.said(), `that of the issuer \"https://idp.example.com/realms/acme\"`)
	assert.Contains(t, f.said(), "write it as iss")

	written := o.provider()
	written.Issuers = []string{idp}
	f = newFixture(t, written)
	f.requireGood(t)
}

func TestKeyFile(t *testing.T) {
	f := newFixture(t)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(f.config.Directory, name), []byte(text), 0o600))
	}
	f.configure(t, config.Provider{Name: "file", Issuers: []string{idp}, KeyFile: "10-jwt.pubkey"})
	f.refresh(t)
	assert.Contains(t, f.said(), "keyFile: cannot open the file")

	write("10-jwt.pubkey", pemOf(&signing.other.PublicKey))
	f.now = f.now.Add(Interval)
	f.refresh(t)
	_, err := f.Verify(good())
	require.ErrorIs(t, err, ErrSignature)

	write("10-jwt.pubkey", keyed().Key) // a JWK Set, with the right key
	f.now = f.now.Add(Interval)
	f.refresh(t)
	f.requireGood(t)

	write("10-jwt.pubkey", strings.Repeat(" ", maxDocument+1))
	f.now = f.now.Add(Fresh)
	f.refresh(t)
	assert.Contains(t, f.said(), "is longer than")
	_, err = f.Verify(good())
	require.NoError(t, err, "the last keys serve")
}

func TestAnotherConfiguration(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	f := newFixture(t, o.provider())
	f.configure(t, o.provider(), keyed())
	_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.NoError(t, err, "a provider that did not change keeps its keys")
	f.refresh(t)
	assert.Equal(t, 1, o.count())
	f.requireGood(t)

	changed := o.provider()
	changed.Audiences = []string{"Other"}
	f.configure(t, changed)
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrUnusable, "what is expected of its tokens has changed, and its keys are the same")
	_, err = f.Verify(good())
	require.ErrorIs(t, err, token.ErrForeignIssuer, "one that was removed is gone at once")

	o.answer(down)
	f.configure(t, o.provider(), keyed())
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.NoError(t, err, "and are at hand, although they could not be read now")
	f.refresh(t)
	assert.Equal(t, 1, o.count())
	f.configure(t, o.provider())
	f.config.Providers[0].Active = false
	_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
	require.ErrorIs(t, err, token.ErrForeignIssuer, "one that is not active is not there")
}

// Settings that say which keys a provider has, or for what, make it begin anew.
func TestKeysOfAnotherSource_C20(t *testing.T) {
	for name, change := range map[string]func(p *config.Provider, o *origin){
		"another address":   func(p *config.Provider, _ *origin) { p.URL += "/" },
		"a written issuer":  func(p *config.Provider, o *origin) { p.Issuers = []string{o.URL} },
		"another algorithm": func(p *config.Provider, _ *origin) { p.Algorithms = []string{"RS256"} },
		"a file":            func(p *config.Provider, o *origin) { p.URL, p.KeyFile, p.Issuers = "", "x", []string{o.URL} },
		"a preset":          func(p *config.Provider, _ *origin) { p.Preset = config.Keycloak },
	} {
		o := newOrigin(t, httptest.NewServer)
		f := newFixture(t, o.provider())
		_, err := f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
		require.NoError(t, err, name)
		changed := o.provider()
		change(&changed, o)
		f.configure(t, changed)
		_, err = f.Verify(f.tokenOf(o.URL, "r", signing.rsa))
		require.ErrorIs(t, err, token.ErrUnavailable, name)
	}
}
