// SPDX-License-Identifier: Apache-2.0

// Package storetest holds every implementation of store.Store to the same behaviour.
package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// Opener opens an empty store for one test and arranges for it to be closed at its end.
type Opener func(t *testing.T) store.Store

// Run runs the suite. An implementation calls it from a test of its own.
func Run(t *testing.T, open Opener) {
	for _, part := range []map[string]func(*testing.T, store.Store){
		clientTests, keyTests, requestTests, codeTests, refreshTests, grantTests, revocationTests, lockoutTests, auditTests,
		apiKeyTests, explanationTests, lifeTests,
	} {
		for _, name := range sortedNames(part) {
			t.Run(name, func(t *testing.T) { part[name](t, open(t)) })
		}
	}
}

func sortedNames(tests map[string]func(*testing.T, store.Store)) []string {
	var names []string
	for name := range tests {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Times in the suite have microseconds, which every implementation keeps.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 123456000, time.UTC)

// errRefused is what closures of the tests return.
var errRefused = errors.New("refused by the test")

// awkward is text that a store must give back byte by byte.
var awkward = map[string]string{
	"nothing":        "",
	"umlauts":        "CN=J\u00fcrgen M\u00fcller/OU=K\u00f6ln/O=Acme",
	"beyond the BMP": "\U0001F511 \u65e5\u672c\u8a9e",
	"quotes":         `'; DROP TABLE clients; -- "\`,
	"a NUL":          "before\x00after",
	"white space":    " \t\r\n ",
	"not UTF-8":      "\xff\xfe\x80",
	"64 KB":          strings.Repeat("0123456789abcdef", 4096),
}

func newClient(id string) store.Client {
	return store.Client{
		ID: id, Name: "Client " + id, RedirectURIs: []string{"https://app.example/cb", "http://127.0.0.1/cb?x=1&y=<2>"},
		SecretHashes: []string{"hash-1", "hash-2"}, Scopes: []string{"openid", "domino"}, Trusted: true,
		JWKS: []byte(`{"keys":[]}`), JWKSURI: "https://app.example/jwks", GrantTypes: []string{store.ClientCredentials},
		Resources: []string{"https://api.example"}, IntrospectionAudiences: []string{"https://api.example", "urn:x:y"},
		AccessTokenLifetime: 90 * time.Second, RefreshTokenIdle: time.Hour, RefreshTokenAbsolute: 24 * time.Hour,
		CreatedAt: noon, ChangedAt: noon.Add(time.Hour),
	}
}

func newRequest(idHash, clientID string) store.AuthorizationRequest {
	return store.AuthorizationRequest{
		IDHash: idHash, BrowserHash: "browser", ClientID: clientID, RedirectURI: "https://app.example/cb",
		RedirectURIGiven: true, Scope: "openid domino", Resources: []string{"https://api.example", "urn:x:y"}, State: "xyz", StateGiven: true, CodeChallenge: "challenge",
		ConsentUser: "CN=Jane Doe/O=Acme", ConsentHash: "form", ExpiresAt: noon.Add(10 * time.Minute),
	}
}

func newCode(hash, clientID string) store.Code {
	return store.Code{
		Hash: hash, ClientID: clientID, User: "CN=Jane Doe/O=Acme", RedirectURI: "https://app.example/cb",
		RedirectURIGiven: true, Scope: "openid domino", CodeChallenge: "challenge", Resources: []string{"https://api.example"},
		AuthenticatedAt: noon, ExpiresAt: noon.Add(time.Minute),
	}
}

func newGrant(id, clientID string) store.Grant {
	return store.Grant{
		ID: id, Type: store.AuthorizationCode, ClientID: clientID, User: "CN=Jane Doe/O=Acme", Scope: "openid domino",
		Resources:       []string{"https://api.example"},
		AuthenticatedAt: noon, CreatedAt: noon.Add(time.Second), ExpiresAt: noon.Add(180 * 24 * time.Hour),
	}
}

func newToken(hash, grantID string) store.RefreshToken {
	return store.RefreshToken{Hash: hash, GrantID: grantID, IssuedAt: noon, ExpiresAt: noon.Add(30 * 24 * time.Hour)}
}

// addClient stores a client that other records can belong to.
func addClient(t *testing.T, s store.Store, id string) {
	t.Helper()
	require.NoError(t, s.AddClient(t.Context(), newClient(id)))
}

// addGrant stores a grant with one refresh token, in the one way there is: by redeeming a code, named "code-" and the
// grant's id.
func addGrant(t *testing.T, s store.Store, grant store.Grant, token store.RefreshToken) {
	t.Helper()
	require.NoError(t, s.AddCode(t.Context(), newCode("code-"+grant.ID, grant.ClientID)))
	require.NoError(t, s.RedeemCode(t.Context(), "code-"+grant.ID,
		func(store.Code) (store.Purchase, error) { return bought(grant, token), nil }))
}

// look returns a refresh token and its grant without changing them.
func look(t *testing.T, s store.Store, hash string) (token store.RefreshToken, grant store.Grant) {
	t.Helper()
	err := s.RotateRefreshToken(t.Context(), hash,
		func(found store.RefreshToken, of store.Grant) (store.Rotation, error) {
			token, grant = found, of
			return store.Rotation{}, errRefused
		})
	require.Equal(t, errRefused, err)
	return token, grant
}

// refuse is a redeem closure for codes that are not expected to be offered.
func refuse(store.Code) (store.Purchase, error) {
	return store.Purchase{}, errRefused
}

// bought is what a code buys in most tests.
func bought(grant store.Grant, token store.RefreshToken) store.Purchase {
	return store.Purchase{Grant: grant, RefreshToken: &token}
}
