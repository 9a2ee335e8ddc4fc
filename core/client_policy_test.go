// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// A client that is registered without refresh_token gets none, and its grant ends with its access token.
func TestRefreshTokensByPolicy_A38(t *testing.T) {
	f := newFixture(t)
	f.change(t, func(c *store.Client) { c.GrantTypes = []string{store.AuthorizationCode} })
	got := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.NotContains(t, got.fields, "refresh_token")
	grant, err := f.store.Grant(t.Context(), payload(t, got.text("access_token"))["gid"].(string))
	require.NoError(t, err)
	assert.WithinDuration(t, f.now().Add(time.Hour), grant.ExpiresAt, 0)

	f.change(t, func(c *store.Client) { c.GrantTypes = nil })
	got = f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	refresh := got.text("refresh_token")
	require.NotEmpty(t, refresh)
	f.change(t, func(c *store.Client) { c.GrantTypes = []string{store.AuthorizationCode} })
	assert.Equal(t, "unauthorized_client", f.token(t, "grant_type", "refresh_token", "refresh_token", refresh).text("error"))
	f.change(t, func(c *store.Client) { c.GrantTypes = nil })
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "refresh_token", "refresh_token", refresh).status, "it was not spent")
}

// A client that loses authorization_code between code and token gets no token.
func TestCodeOfAClientThatMayNoLonger_A54(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	f.change(t, func(c *store.Client) { c.GrantTypes = []string{store.ClientCredentials} })
	assert.Equal(t, "unauthorized_client", f.token(t, "grant_type", "authorization_code", "code", code).text("error"))
}

func TestLifetimes_A65(t *testing.T) {
	for name, c := range map[string]struct {
		configured, client time.Duration
		expected           time.Duration
	}{
		"as configured":         {30 * time.Minute, 0, 30 * time.Minute},
		"the client's is less":  {30 * time.Minute, 5 * time.Minute, 5 * time.Minute},
		"the client's is more":  {30 * time.Minute, time.Hour, 30 * time.Minute},
		"never more than a day": {72 * time.Hour, 0, 24 * time.Hour},
		"nor with the client's": {72 * time.Hour, 48 * time.Hour, 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.config.Lifetimes.AccessToken = c.configured
			f.change(t, func(client *store.Client) { client.AccessTokenLifetime = c.client })
			got := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
			assert.EqualValues(t, c.expected.Seconds(), got.fields["expires_in"])
			claims := payload(t, got.text("access_token"))
			assert.EqualValues(t, f.now().Add(c.expected).Unix(), claims["exp"])
			f.wait(c.expected - time.Second)
			assert.Equal(t, anna, f.resource(t, "Bearer "+got.text("access_token")).body)
			f.wait(time.Second)
			assert.Equal(t, "The token has expired.", f.resource(t, "Bearer "+got.text("access_token")).text("error_description"))
		})
	}
}

// The work of issuing takes nothing off the life of a token.
func TestLifetimeIsWhole_A55(t *testing.T) {
	f := newFixture(t)
	f.robot(t, "robot", "domino")
	code := f.code(t, clientID)
	f.tick = time.Millisecond
	for _, got := range []answer{f.token(t, "grant_type", "authorization_code", "code", code), f.actForItself(t, "robot")} {
		assert.EqualValues(t, 3600, got.fields["expires_in"])
		claims := payload(t, got.text("access_token"))
		assert.InDelta(t, 3600, claims["exp"].(float64)-claims["iat"].(float64), 0)
	}
}

func TestRefreshLifetimesOfAClient_A44_A65(t *testing.T) {
	f := newFixture(t)
	f.change(t, func(c *store.Client) {
		c.RefreshTokenIdle, c.RefreshTokenAbsolute = time.Hour, 150*time.Minute
	})
	start := func() answer { return f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)) }
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }
	idle := start().text("refresh_token")
	f.wait(time.Hour)
	assert.Equal(t, "invalid_grant", refresh(idle).text("error"), "idle")

	token := start()
	for range 3 {
		f.wait(45 * time.Minute)
		token = refresh(token.text("refresh_token"))
		require.Equal(t, http.StatusOK, token.status, token.body)
	}
	assert.EqualValues(t, 15*60, token.fields["expires_in"], "no access token outlives its grant")
	asked := f.introspect(t, clientID, token.text("refresh_token"))
	assert.EqualValues(t, f.now().Add(15*time.Minute).Unix(), asked.fields["exp"], "nor does a refresh token")
	f.wait(15 * time.Minute)
	assert.Equal(t, "invalid_grant", refresh(token.text("refresh_token")).text("error"), "absolute")

	f.change(t, func(c *store.Client) { c.RefreshTokenIdle, c.RefreshTokenAbsolute = 1e6*time.Hour, 1e6*time.Hour })
	token = start()
	f.wait(f.config.Lifetimes.RefreshTokenIdle)
	assert.Equal(t, "invalid_grant", refresh(token.text("refresh_token")).text("error"), "never longer than configured")
}

// Of a token nothing but its hash is kept, and a changed one is unknown.
func TestRefreshTokenIntegrity_A46(t *testing.T) {
	f := newFixture(t)
	token := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	assert.Len(t, token, 43, "256 bits")
	for name, changed := range map[string]string{
		"first character": "A" + token[1:], "shorter": token[:42], "longer": token + "A", "with a space": token + " ",
	} {
		if changed == token {
			continue
		}
		got := f.token(t, "grant_type", "refresh_token", "refresh_token", changed)
		assert.Equal(t, "invalid_grant", got.text("error"), name)
	}
	assert.NotContains(t, f.databaseText(t), token)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "refresh_token", "refresh_token", token).status)
}

// Each use gives a new token, which is always in the answer, for clients with and without a secret.
func TestRotation_A39(t *testing.T) {
	f := newFixture(t)
	for id, credentials := range map[string][]string{clientID: nil, "public": {"client_id", "public", "client_secret", ""}} {
		code := []string{"grant_type", "authorization_code", "code", f.publicCode(t), "code_verifier", verifier}
		if id == clientID {
			code = []string{"grant_type", "authorization_code", "code", f.code(t, clientID)}
		}
		token := f.token(t, append(code, credentials...)...).text("refresh_token")
		seen := map[string]bool{token: true}
		for range 3 {
			got := f.token(t, append([]string{"grant_type", "refresh_token", "refresh_token", token}, credentials...)...)
			require.Equal(t, http.StatusOK, got.status, got.body)
			token = got.text("refresh_token")
			require.NotEmpty(t, token)
			require.False(t, seen[token], "a new one each time")
			seen[token] = true
		}
	}
}

// Clocks of other servers may be a minute ahead; codes and expiries have no leeway (A90).
func TestSkewedClocks_A90(t *testing.T) {
	f := newFixture(t)
	at := func(d time.Duration) int64 { return f.now().Add(d).Unix() }
	for name, c := range map[string]struct {
		claims   map[string]any
		accepted bool
	}{
		"issued a little ahead":   {map[string]any{"iat": at(59 * time.Second)}, true},
		"issued 5 minutes ahead":  {map[string]any{"iat": at(5 * time.Minute)}, false},
		"issued 5 minutes ago":    {map[string]any{"iat": at(-5 * time.Minute)}, true},
		"expired a second ago":    {map[string]any{"exp": at(-time.Second)}, false},
		"expired 5 minutes ago":   {map[string]any{"exp": at(-5 * time.Minute)}, false},
		"good for 5 minutes more": {map[string]any{"exp": at(5 * time.Minute)}, true},
		"good in 5 minutes":       {map[string]any{"nbf": at(5 * time.Minute)}, false},
	} {
		got := f.resource(t, "Bearer "+f.forge(t, nil, f.claims(c.claims)))
		assert.Equal(t, c.accepted, got.body == anna, "%s: %s", name, got.body)
	}
	late := f.code(t, clientID)
	f.wait(5 * time.Minute)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "authorization_code", "code", late).text("error"))
	early := f.code(t, clientID)
	f.wait(-5 * time.Minute)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", early).status,
		"a server that is behind the one that issued the code")
}
