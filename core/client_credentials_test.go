// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/store"
)

// robot registers a client that acts for itself.
func (f *fixture) robot(t testing.TB, id string, scopes ...string) {
	t.Helper()
	require.NoError(t, f.store.AddClient(t.Context(), store.Client{
		ID: id, Name: "Robot", SecretHashes: []string{oauth.Secret(clientSecret).Hash()}, Scopes: scopes,
		GrantTypes: []string{store.ClientCredentials},
	}))
}

func (f *fixture) actForItself(t testing.TB, id string, more ...string) answer {
	t.Helper()
	return f.token(t, append([]string{"client_id", id, "grant_type", "client_credentials"}, more...)...)
}

func TestClientCredentials_A57_A55(t *testing.T) {
	f := newFixture(t)
	f.config.Scopes["mail"] = config.Scope{Description: "Mail"}
	f.robot(t, "robot", "mail", "domino", "gone")
	got := f.actForItself(t, "robot")
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	assert.Equal(t, "no-cache", got.header.Get("Pragma"))
	assert.Equal(t, "application/json", got.header.Get("Content-Type"))
	assert.Equal(t, map[string]any{
		"access_token": got.text("access_token"), "token_type": "Bearer", "expires_in": float64(3600), "scope": "domino mail",
	}, got.fields, "all scopes that the client has and that exist; no refresh token")
	claims := payload(t, got.text("access_token"))
	gid, jti := claims["gid"].(string), claims["jti"].(string)
	assert.Equal(t, map[string]any{
		"iss": issuer, "sub": "urn:ndoap:client:robot", "aud": "Domino", "client_id": "robot", "scope": "domino mail",
		"scopes": "domino mail", "iat": float64(f.now().Unix()), "exp": float64(f.now().Add(time.Hour).Unix()),
		"jti": jti, "gid": gid,
	}, claims, "no CN, no auth_time")
	grant, err := f.store.Grant(t.Context(), gid)
	require.NoError(t, err)
	assert.Equal(t, store.ClientCredentials, grant.Type)
	assert.Empty(t, grant.User)
	assert.WithinDuration(t, f.now().Add(time.Hour), grant.ExpiresAt, 0, "it ends with its one token")
	assert.Equal(t, "mail", f.actForItself(t, "robot", "scope", "mail").text("scope"))
}

// A client's own token is no person, at Domino and to those who introspect.
func TestApplicationIsNoUser_A57_B9_M19(t *testing.T) {
	f := newFixture(t)
	f.robot(t, anna, "domino")
	token := f.actForItself(t, anna).text("access_token")
	assert.Equal(t, "urn:ndoap:client:"+anna, payload(t, token)["sub"], "a client that is called like a person")
	got := f.resource(t, "Bearer "+token)
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Equal(t, "invalid_token", got.text("error"))
	assert.Equal(t, "The token stands for an application, not for a user.", got.text("error_description"))
	asked := f.introspect(t, anna, token)
	assert.Equal(t, true, asked.fields["active"])
	assert.NotContains(t, asked.fields, "username")
	assert.Equal(t, "urn:ndoap:client:"+anna, asked.text("sub"))

	for name, claims := range map[string]map[string]any{
		"another client's subject": {"sub": "urn:ndoap:client:other"},
		"the bare prefix":          {"sub": "urn:ndoap:client:"},
		"the client's id":          {"sub": clientID},
	} {
		forged := f.resource(t, "Bearer "+f.forge(t, nil, f.claims(claims)))
		assert.Contains(t, forged.text("error_description"), "not an access token", name)
	}
}

func TestClientCredentialsRefused_A54_A57_A61(t *testing.T) {
	f := newFixture(t)
	f.robot(t, "robot", "domino")
	f.robot(t, "no-scopes")
	require.NoError(t, f.store.AddClient(t.Context(), store.Client{
		ID: "public-robot", Name: "No secret", Scopes: []string{"domino"}, GrantTypes: []string{store.ClientCredentials},
	}))
	for name, c := range map[string]struct {
		form []string
		code string
	}{
		"not registered for it":       {[]string{"client_id", "modern"}, "unauthorized_client"},
		"a public client":             {[]string{"client_id", "public-robot", "client_secret", ""}, "unauthorized_client"},
		"a wrong secret":              {[]string{"client_id", "robot", "client_secret", "x"}, "invalid_client"},
		"A61 an unknown scope":        {[]string{"client_id", "robot", "scope", "domino admin"}, "invalid_scope"},
		"A61 not a scope":             {[]string{"client_id", "robot", "scope", "a\"b"}, "invalid_scope"},
		"A62 no scope of its own":     {[]string{"client_id", "no-scopes"}, "invalid_scope"},
		"A54 a code, not registered":  {[]string{"client_id", "robot", "grant_type", "authorization_code", "code", "x"}, "unauthorized_client"},
		"A54 refresh, not registered": {[]string{"client_id", "robot", "grant_type", "refresh_token", "refresh_token", "x"}, "unauthorized_client"},
	} {
		got := f.token(t, append([]string{"grant_type", "client_credentials"}, c.form...)...)
		assert.Equal(t, c.code, got.text("error"), name)
		assert.Empty(t, got.text("access_token"), name)
	}
}

// Revoking the one token that such a grant has ends the grant.
func TestRevokeClientsOwnToken_A75_A57(t *testing.T) {
	f := newFixture(t)
	f.robot(t, "robot", "domino")
	token := f.actForItself(t, "robot").text("access_token")
	assert.Equal(t, http.StatusOK, f.revoke(t, "robot", token).status)
	assert.JSONEq(t, inactive, f.introspect(t, "robot", token).body)
	grant, err := f.store.Grant(t.Context(), payload(t, token)["gid"].(string))
	require.NoError(t, err)
	assert.False(t, grant.RevokedAt.IsZero())
}

// golang.org/x/oauth2 gets tokens with either way of sending the secret.
func TestClientCredentialsWithOAuth2Library_A57(t *testing.T) {
	f := newFixture(t)
	f.config.Resources = []string{"https://api.example.com"}
	f.robot(t, "robot", "domino")
	require.NoError(t, f.store.UpdateClient(t.Context(), "robot", func(c *store.Client) error {
		c.Resources = f.config.Resources
		return nil
	}))
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleAutoDetect, oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		library := clientcredentials.Config{
			ClientID: "robot", ClientSecret: clientSecret, TokenURL: f.server.URL + "/doap/token", Scopes: []string{"domino"},
			EndpointParams: url.Values{"resource": {"https://api.example.com"}}, AuthStyle: style,
		}
		token, err := library.Token(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "Bearer", token.Type())
		assert.Empty(t, token.RefreshToken)
		assert.Equal(t, "https://api.example.com", payload(t, token.AccessToken)["aud"])
	}
}
