// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
	"ndoap/store/sqlite"
)

const (
	issuer = "https://domino.example.com/doap"
	// secret differs from its form-urlencoded reading.
	secret = oauth.Secret("s3cret/with+odd:characters%20")
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// pairs are key pairs, made once: RSA keys take their time.
var pairs = func() (made struct {
	rsa, other *rsa.PrivateKey
	ec         *ecdsa.PrivateKey
	ed         ed25519.PrivateKey
},
) {
	made.rsa = must(rsa.GenerateKey(rand.Reader, 2048))
	made.other = must(rsa.GenerateKey(rand.Reader, 2048))
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

// keySet is a JWK Set of public keys, each with its kid.
func keySet(public map[string]crypto.PublicKey) []byte {
	set := jose.JSONWebKeySet{}
	for kid, key := range public {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key, KeyID: kid})
	}
	return must(json.Marshal(set))
}

// fixture is an Authenticator over a real store, with a clock that the test sets.
type fixture struct {
	*Authenticator
	config   config.Config
	now      time.Time
	failures *failures
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{config: config.Default(), now: noon, failures: &failures{locked: map[string]bool{}}}
	clock := func() time.Time { return f.now }
	database, err := sqlite.Create(filepath.Join(t.TempDir(), "doap.db"), sqlite.Options{Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })
	f.config.Issuer = issuer
	f.Authenticator = &Authenticator{
		Clients: database, Assertions: database, Failures: f.failures,
		Keys: NewRegisteredKeys(func(context.Context, string) ([]byte, error) {
			return nil, errors.New("nothing is fetched here")
		}, clock),
		Config: func() *config.Config { return &f.config },
		Now:    clock,
	}
	all := keySet(map[string]crypto.PublicKey{"r": &pairs.rsa.PublicKey, "e": &pairs.ec.PublicKey, "d": pairs.ed.Public()})
	for _, client := range []store.Client{
		{ID: "confidential", SecretHashes: []string{secret.Hash(), oauth.Secret("old").Hash()}},
		{ID: "odd%20id", SecretHashes: []string{secret.Hash()}},
		{ID: "public"},
		{ID: "keys", JWKS: all},
		{ID: "twins", JWKS: keySet(map[string]crypto.PublicKey{"r": &pairs.rsa.PublicKey, "o": &pairs.other.PublicKey})},
		{ID: "both", JWKS: all, SecretHashes: []string{secret.Hash()}},
		{ID: "off", SecretHashes: []string{secret.Hash()}, Disabled: true},
		{ID: "off-public", Disabled: true},
		{ID: "off-keys", JWKS: all, Disabled: true},
		{ID: "broken-keys", JWKS: []byte("{}")},
		{ID: "unreachable", JWKSURI: "https://keys.example/"},
	} {
		require.NoError(t, database.AddClient(t.Context(), client))
	}
	return f
}

// failures remembers what it was told.
type failures struct {
	locked    map[string]bool
	subjects  []string
	succeeded []string
}

func (f *failures) Locked(subject string, address netip.Addr) (time.Duration, bool) {
	return 5 * time.Minute, address == peer && f.locked[subject]
}

func (f *failures) Failed(_ context.Context, subject string, address netip.Addr) {
	if address == peer {
		f.subjects = append(f.subjects, subject)
	}
}

func (f *failures) Succeeded(subject string, address netip.Addr) {
	if address == peer {
		f.succeeded = append(f.succeeded, subject)
	}
}

var peer = netip.MustParseAddr("192.0.2.7")

// send authenticates a request with an Authorization header, when there is one, and a body.
func (f *fixture) send(t *testing.T, authorization, body string) (store.Client, *oauth.Error) {
	t.Helper()
	header := http.Header{}
	if authorization != "" {
		header.Set("Authorization", authorization)
	}
	form, protocolErr := oauth.ParseForm(body)
	require.Nil(t, protocolErr)
	return f.Authenticate(t.Context(), &web.Request{Header: header.Values, Peer: peer}, form, "/token")
}

// change is what an assertion has instead: members of the header, or with "claim " in front claims; nil takes one away.
type change = map[string]any

// signed is an assertion of the client "keys" as it should be, but for the changes.
func signed(method jwt.SigningMethod, private any, changes change) string {
	token := jwt.NewWithClaims(method, jwt.MapClaims{
		"iss": "keys", "sub": "keys", "aud": issuer, "jti": rand.Text(),
		"iat": noon.Unix(), "exp": noon.Add(time.Minute).Unix(),
	})
	token.Header["kid"] = map[string]any{"RS256": "r", "PS256": "r", "ES256": "e", "EdDSA": "d"}[method.Alg()]
	for name, value := range changes {
		members := token.Header
		if claim, isClaim := cutClaim(name); isClaim {
			members, name = token.Claims.(jwt.MapClaims), claim
		}
		members[name] = value
		if value == nil {
			delete(members, name)
		}
	}
	return must(token.SignedString(private))
}

func cutClaim(name string) (string, bool) {
	const prefix = "claim "
	if len(name) > len(prefix) && name[:len(prefix)] == prefix {
		return name[len(prefix):], true
	}
	return name, false
}
