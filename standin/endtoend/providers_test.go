// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/idp"
)

const (
	keysWereRead    = "the keys of an identity provider were read"
	keysWereNotRead = "the keys of an identity provider cannot be read"
)

// outside are people as an identity provider has them: with names and passwords of its own, and their Notes names.
var (
	aliceOutside = idp.Person{Name: "alice", Password: "another-pw", Email: "alice@acme.example", CN: alice.canonical}
	taroOutside  = idp.Person{Name: "taro", Password: "another-pw", Email: "taro@acme.example", CN: taro.canonical}
	ghostOutside = idp.Person{Name: "ghost", Password: "another-pw", Email: "ghost@acme.example", CN: "CN=Ghost/O=Acme"}
)

// keycloakPath is what addresses begin with: on two systems as before Keycloak 17, on two as since then.
func keycloakPath() string {
	if tested.Name == "shipped" || tested.Name == "win32" {
		return "/auth"
	}
	return ""
}

// keycloakURL is how the configuration names a realm: as the documents tell, by its base or by its discovery document, and by
// the address of its keys.
func keycloakURL(issuer string) string {
	switch tested.Name {
	case "shipped":
		return issuer + "/.well-known/openid-configuration"
	case "win64":
		return issuer + "/protocol/openid-connect/certs"
	}
	return issuer
}

// startTrusting starts a server that trusts an issuer, and waits until it has its keys.
func startTrusting(t *testing.T, issuer string) *server {
	t.Helper()
	s := start(t, options{config: map[string]any{
		"jwt": map[string]any{"some-name": map[string]any{"active": true, "providerUrl": issuer}},
	}})
	s.says(t, keysWereRead)
	return s
}

// says waits until the console says something that ndoap found out by itself, which it says with the next request.
func (s *server) says(t *testing.T, text string) {
	t.Helper()
	require.Eventually(t, func() bool {
		do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/jwks", ""))
		return slices.ContainsFunc(s.printed(), func(line string) bool { return strings.Contains(line, text) })
	}, patience, tick)
}

// opens demands that a token opens a database as somebody.
func (s *server) opens(t *testing.T, token string, who person) {
	t.Helper()
	got := s.read(t, "/sales.nsf/api/data/documents", token)
	require.Equal(t, http.StatusOK, got.status, "%s %s", got.body, got.header.Get("Www-Authenticate"))
	require.Equal(t, who.canonical, got.header.Get("X-Standin-User"))
	require.Contains(t, got.body, who.canonical, "the ACL was checked with the name")
}

// keepsOpening sends requests with a token, one every tick, until what it returns is called, which demands that each of them
// opened the database.
func (s *server) keepsOpening(t *testing.T, token string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var ended sync.WaitGroup
	opened, refused := 0, []string(nil)
	ended.Go(func() {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for ctx.Err() == nil {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+"/sales.nsf/api/data/documents", http.NoBody)
			if err != nil {
				refused = append(refused, err.Error())
				return
			}
			request.Header.Set("Authorization", "Bearer "+token)
			response, err := http.DefaultClient.Do(request)
			switch {
			case ctx.Err() != nil:
			case err != nil:
				refused = append(refused, err.Error())
			case response.StatusCode == http.StatusOK:
				opened++
			default:
				refused = append(refused, response.Status+" "+response.Header.Get("Www-Authenticate"))
			}
			if err == nil {
				_ = response.Body.Close()
			}
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
	})
	t.Cleanup(cancel)
	return func() {
		t.Helper()
		cancel()
		ended.Wait()
		assert.Empty(t, refused)
		assert.Positive(t, opened)
	}
}

// refuses demands that a token opens nothing.
func (s *server) refuses(t *testing.T, token string, status int, code string) {
	t.Helper()
	got := s.read(t, "/sales.nsf/api/data/documents", token)
	require.Equal(t, status, got.status, got.body)
	require.Equal(t, code, got.text("error"), got.body)
}

// Keycloak as HCL's documents tell administrators to set it up for KEEP and Domino REST API, down to the name of the
// provider. Its keys change while requests run, and one is taken back.
func TestKeycloak_B20(t *testing.T) {
	t.Parallel() // keys are read again after half a minute
	limited, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	k, err := idp.StartKeycloak(limited, keycloakPath())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, k.Stop()) })
	realm, err := k.AddRealm(t.Context(), "acme", []string{"domino"}, aliceOutside, taroOutside, ghostOutside)
	require.NoError(t, err)
	login := func(r *idp.Realm, who idp.Person, scope string) string {
		tokens, err := r.Login(t.Context(), who, scope)
		require.NoError(t, err)
		return tokens.AccessToken
	}
	s := startTrusting(t, keycloakURL(realm.Issuer))

	token := login(realm, aliceOutside, "openid domino")
	s.opens(t, token, alice)
	s.opens(t, login(realm, taroOutside, "openid domino"), taro)
	s.refuses(t, login(realm, ghostOutside, "openid domino"), http.StatusUnauthorized, "invalid_token")
	s.refuses(t, login(realm, aliceOutside, "openid"), http.StatusForbidden, "insufficient_scope")
	other, err := k.AddRealm(t.Context(), "other", []string{"domino"}, aliceOutside)
	require.NoError(t, err)
	s.refuses(t, login(other, aliceOutside, "openid domino"), http.StatusUnauthorized, "invalid_token")

	stop := s.keepsOpening(t, token)
	require.NoError(t, realm.AddKey(t.Context()))
	rotated := login(realm, aliceOutside, "openid domino")
	require.NotEqual(t, header(t, token)["kid"], header(t, rotated)["kid"])
	require.Eventually(t, func() bool {
		return s.read(t, "/sales.nsf/api/data/documents", rotated).status == http.StatusOK
	}, patience, tick)
	stop() // tokens of the old key went on
	stop = s.keepsOpening(t, rotated)
	s.opens(t, rotated, alice)

	require.NoError(t, realm.DropOldKeys(t.Context()))
	require.Eventually(t, func() bool {
		s.refuses(t, unknownKey(t, realm.Issuer), http.StatusUnauthorized, "invalid_token")
		return s.read(t, "/sales.nsf/api/data/documents", token).status == http.StatusUnauthorized
	}, patience, tick)
	stop() // and those of the new key
	s.opens(t, rotated, alice)
	s.refuses(t, token, http.StatusUnauthorized, "invalid_token")
}

// keySet is a JWK Set with one private key.
func keySet(t *testing.T, private any, kid string) json.RawMessage {
	t.Helper()
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private, KeyID: kid, Use: "sig"}}})
	require.NoError(t, err)
	return set
}

// node-oidc-provider with keys, types and audiences that Keycloak does not have. While its keys cannot be read the last
// good ones count, and no others.
func TestNodeOIDCProvider(t *testing.T) {
	t.Parallel() // keys are read again after half a minute
	onCurve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	shape := idp.Shape{
		Keys: keySet(t, onCurve, "one"), Algorithm: "ES256", Type: "at+jwt", Audience: []string{"other", "Domino"},
		Scopes: []string{"domino"}, CN: map[string]string{taroOutside.Name: taroOutside.CN},
	}
	n, err := idp.StartNode(t.Context(), shape)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Stop()) })
	login := func() string {
		tokens, err := n.Login(t.Context(), taroOutside, "openid domino")
		require.NoError(t, err)
		return tokens.AccessToken
	}
	s := startTrusting(t, n.Issuer)
	first := login()
	s.opens(t, first, taro)

	shape.Audience = "other"
	require.NoError(t, n.Become(t.Context(), shape))
	s.refuses(t, login(), http.StatusUnauthorized, "invalid_token")

	shape.Keys, shape.Algorithm, shape.Type, shape.Audience = keySet(t, edwards, "two"), "EdDSA", "JWT", "Domino"
	require.NoError(t, n.Become(t.Context(), shape))
	n.Answer("/jwks", http.NotFoundHandler())
	second := login()
	s.refuses(t, second, http.StatusUnauthorized, "invalid_token") // and asks for the keys
	s.says(t, keysWereNotRead)
	s.opens(t, first, taro)
	s.refuses(t, second, http.StatusUnauthorized, "invalid_token")

	n.Answer("/jwks", nil)
	require.Eventually(t, func() bool {
		return s.read(t, "/sales.nsf/api/data/documents", second).status == http.StatusOK
	}, patience, tick)
	s.opens(t, second, taro)
	s.refuses(t, first, http.StatusUnauthorized, "invalid_token") // its key is gone

	doapctl(t, s.data, "user", "revoke", taro.canonical, "--yes")
	require.Eventually(t, func() bool {
		return s.read(t, "/sales.nsf/api/data/documents", second).text("error_description") == "The token was revoked."
	}, patience, tick)
}
