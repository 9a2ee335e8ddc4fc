// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"ndoap/core"
)

// The tutorial of DOAP: an authorization request without redirect_uri and PKCE, credentials in the body.
func TestTutorialClient_A39_A55(t *testing.T) {
	f := newFixture(t)
	got := f.authorize(t, url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "scope": {"domino"}, "state": {"xyz"},
	})
	assert.Equal(t, "xyz", got.Get("state"))

	tokens := f.token(t, "grant_type", "authorization_code", "code", got.Get("code"))
	require.Equal(t, http.StatusOK, tokens.status, tokens.body)
	assert.Equal(t, "application/json", tokens.header.Get("Content-Type"))
	assert.Equal(t, "no-store", tokens.header.Get("Cache-Control")) // A55
	assert.Equal(t, "no-cache", tokens.header.Get("Pragma"))
	assert.Equal(t, "bearer", tokens.text("token_type"), "as DOAP spelled it")
	assert.InDelta(t, 3600, tokens.fields["expires_in"], 0)
	assert.Equal(t, "domino", tokens.text("scope"))

	opened := f.resource(t, "Bearer "+tokens.text("access_token"))
	assert.Equal(t, http.StatusOK, opened.status)
	assert.Equal(t, anna, opened.body, "the request is Anna's")

	refreshed := f.token(t, "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	require.Equal(t, http.StatusOK, refreshed.status, refreshed.body)
	assert.NotEqual(t, tokens.text("refresh_token"), refreshed.text("refresh_token"), "it rotates (A39)")
	assert.NotEqual(t, tokens.text("access_token"), refreshed.text("access_token"))
	assert.Equal(t, anna, f.resource(t, "Bearer "+refreshed.text("access_token")).body)
}

// RFC 9068 section 2.2, and what KEEP and Domino REST API demand of a token.
func TestAccessTokenClaims(t *testing.T) {
	f := newFixture(t)
	tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	claims := payload(t, tokens.text("access_token"))
	now := f.now().Unix()
	assert.InDelta(t, now, claims["iat"], 0)
	assert.InDelta(t, now+3600, claims["exp"], 0)
	assert.InDelta(t, now, claims["auth_time"], 0)
	assert.NotEmpty(t, claims["jti"])
	assert.NotEmpty(t, claims["gid"])
	for name, want := range map[string]string{
		"iss": issuer, "sub": anna, "CN": anna, "aud": "Domino", "scope": "domino", "scopes": "domino", "client_id": clientID,
	} {
		assert.Equal(t, want, claims[name], name)
	}
}

// An independent client with both authentication styles, PKCE and a redirect_uri: the first try must succeed, because
// a second one would find the code spent.
func TestXOAuth2(t *testing.T) {
	for name, style := range map[string]oauth2.AuthStyle{
		"Basic": oauth2.AuthStyleInHeader, "body": oauth2.AuthStyleInParams, "auto detection": oauth2.AuthStyleAutoDetect,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			client := oauth2.Config{
				ClientID: "modern", ClientSecret: clientSecret, RedirectURL: callback, Scopes: []string{"domino"},
				Endpoint: oauth2.Endpoint{AuthURL: f.server.URL + "/doap/auth", TokenURL: f.server.URL + "/doap/token", AuthStyle: style},
			}
			ours := oauth2.GenerateVerifier()
			link, err := url.Parse(client.AuthCodeURL("a b+c%25&=ü", oauth2.S256ChallengeOption(ours)))
			require.NoError(t, err)
			got := f.authorize(t, link.Query())
			assert.Equal(t, "a b+c%25&=ü", got.Get("state"), "A17")
			tokens, err := client.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(ours))
			require.NoError(t, err)
			assert.Equal(t, "Bearer", tokens.TokenType)

			f.wait(2 * time.Hour)
			expired := *tokens
			expired.Expiry = time.Now().Add(-time.Hour)
			again, err := client.TokenSource(t.Context(), &expired).Token()
			require.NoError(t, err)
			assert.NotEqual(t, tokens.RefreshToken, again.RefreshToken)
		})
	}
}

func TestCodesTokensAndSecretsAreNotLogged_A30_B16(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	tokens := f.token(t, "grant_type", "authorization_code", "code", code)
	f.token(t, "grant_type", "authorization_code", "code", code)
	f.token(t, "client_secret", "wrong-secret", "grant_type", "authorization_code", "code", code)
	f.token(t, "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	f.resource(t, "Bearer "+tokens.text("access_token")+"x")
	// Swapped by mistake: the secret arrives as client_id.
	f.token(t, "client_id", clientSecret, "client_secret", clientID, "grant_type", "authorization_code", "code", code)
	f.post(t, "grant_type=authorization_code&code=x", basic(clientSecret, clientID))
	request := raw(core.Authorized, "/doap/auth?response_type=code&client_id="+url.QueryEscape(clientSecret))
	request.UserName = anna
	assert.Equal(t, http.StatusBadRequest, f.service.Serve(request).Response.Status)
	logged := f.log.String()
	require.NotEmpty(t, logged)
	for name, secret := range map[string]string{
		"code": code, "client secret": clientSecret, "wrong secret": "wrong-secret", "access token": tokens.text("access_token"),
		"refresh token": tokens.text("refresh_token"), "signature": strings.Split(tokens.text("access_token"), ".")[2],
	} {
		assert.NotContains(t, logged, secret, name)
	}
}
