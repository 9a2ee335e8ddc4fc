// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/store"
)

// signer is a client that authenticates by private_key_jwt, with its private key.
type signer struct {
	*fixture
	private *ecdsa.PrivateKey
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	s := &signer{fixture: newFixture(t)}
	var err error
	s.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	set, err := json.Marshal(map[string]any{"keys": []any{publicJWK(t, s.private.Public())}})
	require.NoError(t, err)
	require.NoError(t, s.store.AddClient(t.Context(), store.Client{
		ID: "signer", Name: "Signer", Scopes: []string{"domino"}, Trusted: true, RedirectURIs: []string{callback}, JWKS: set,
	}))
	return s
}

// assertion signs claims; a later pair replaces an earlier one.
func (s *signer) assertion(t *testing.T, claims ...any) string {
	t.Helper()
	all := jwt.MapClaims{
		"iss": "signer", "sub": "signer", "aud": issuer, "jti": rand.Text(), "exp": s.now().Add(time.Minute).Unix(),
	}
	for i := 0; i < len(claims); i += 2 {
		all[claims[i].(string)] = claims[i+1]
	}
	text, err := jwt.NewWithClaims(jwt.SigningMethodES256, all).SignedString(s.private)
	require.NoError(t, err)
	return text
}

// redeem sends a token request with an assertion.
func (s *signer) redeem(t *testing.T, code, assertion string) answer {
	t.Helper()
	return s.post(t, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
	}.Encode(), nil)
}

// Whatever is wrong with an assertion, the code is there for the client that has the key.
func TestBadAssertionLeavesTheCode_A28_A52_M21(t *testing.T) {
	s := newSigner(t)
	code := s.code(t, "signer", "code_challenge", challenge, "code_challenge_method", "S256")
	for name, assertion := range map[string]string{
		"M21 for another server": s.assertion(t, "aud", "https://other.example/doap"),
		"M21 for several":        s.assertion(t, "aud", []string{issuer, "https://other.example/doap"}),
		"M21 for the endpoint":   s.assertion(t, "aud", issuer+"/token"),
		"M19 of another client":  s.assertion(t, "iss", "modern", "sub", "modern"),
		"expired":                s.assertion(t, "exp", s.now().Add(-time.Minute).Unix()),
		"not signed":             s.assertion(t)[:100] + ".",
	} {
		got := s.redeem(t, code, assertion)
		assert.Equal(t, http.StatusUnauthorized, got.status, name)
		assert.Equal(t, "invalid_client", got.text("error"), name)
		assert.NotEmpty(t, got.header.Get("Www-Authenticate"), name)
	}
	good := s.assertion(t)
	got := s.redeem(t, code, good)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.NotEmpty(t, got.text("access_token"))
	got = s.redeem(t, s.code(t, "signer", "code_challenge", challenge, "code_challenge_method", "S256"), good)
	assert.Equal(t, "invalid_client", got.text("error"), "an assertion is good once")
	assert.NotContains(t, s.log.String(), good, "nor is it logged")
}

// An older client that names the endpoint needs the administrator's word.
func TestAssertionForTheEndpoint_A52(t *testing.T) {
	s := newSigner(t)
	s.config.Clients.AssertionAudience = config.AudienceEndpoint
	code := s.code(t, "signer", "code_challenge", challenge, "code_challenge_method", "S256")
	assert.Equal(t, "invalid_client", s.redeem(t, code, s.assertion(t, "aud", issuer+"/revoke")).text("error"))
	got := s.redeem(t, code, s.assertion(t, "aud", issuer+"/token"))
	assert.Equal(t, http.StatusOK, got.status, got.body)
}
