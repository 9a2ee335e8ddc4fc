// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/store"
)

func TestLogoutKillsTheToken_B4(t *testing.T) {
	f := loginFixture(t)
	first, second := f.loginAs(t, "domino"), f.loginAs(t, "domino")
	assert.Equal(t, http.StatusOK, f.logout(t, first).status)
	refused := f.resource(t, "Bearer "+first)
	assert.Equal(t, http.StatusUnauthorized, refused.status, "at once")
	assert.Contains(t, refused.text("error_description"), "The token was revoked")
	assert.Contains(t, f.log.String(), "standing: found the token itself was revoked")
	assert.Equal(t, anna, f.resource(t, "Bearer "+second).body, "the other login goes on")
	assert.Equal(t, http.StatusUnauthorized, f.logout(t, first).status)
	f.wait(2*time.Hour + time.Minute + store.RevocationsKept)
	_, err := f.store.DeleteExpired(t.Context(), f.now())
	require.NoError(t, err)
	assert.Contains(t, f.resource(t, "Bearer "+first).text("error_description"), "expired", "and never comes back")
}

// Whoever shares the store and the key pair knows of the logout within a moment.
func TestLogoutReachesTheNeighbour_B4(t *testing.T) {
	f := loginFixture(t)
	f.useKeyPair(t, signingPair(t))
	neighbour := f.neighbour(t)
	neighbour.domino.Directory = withPasswords()
	neighbour.reconfigure(t, func(*config.Config) {})
	token := f.loginAs(t, "domino")
	require.Equal(t, anna, neighbour.resource(t, "Bearer "+token).body, "servers with the same key pair take each other's tokens")
	require.Equal(t, http.StatusOK, f.logout(t, token).status)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
	require.Eventually(t, func() bool {
		return neighbour.resource(t, "Bearer "+token).status == http.StatusUnauthorized
	}, time.Minute, 10*time.Millisecond)
}

// Without a key pair, a server's tokens are nobody else's, and end with it.
func TestTokensEndWithTheServer(t *testing.T) {
	f := loginFixture(t)
	token := f.loginAs(t, "domino")
	neighbour := f.neighbour(t)
	neighbour.domino.Directory = withPasswords()
	refused := neighbour.resource(t, "Bearer "+token)
	assert.Equal(t, http.StatusUnauthorized, refused.status)
	assert.Contains(t, refused.text("error_description"), "not signed with a key of its issuer")
	f.serve(t)
	f.domino.Directory = withPasswords()
	got := f.resource(t, "Bearer "+token)
	assert.Equal(t, http.StatusUnauthorized, got.status)
	found := f.explained(t, got)
	assert.Equal(t, []string{"login token", "kid"}, []string{found.Credential, found.Rule})
	assert.Contains(t, found.Remedy, "its key was in the memory of this server before it was started again")
}

// Tokens of a login that takes none, or has another issuer now, are not said to be a stranger's.
func TestWhyTheTokensOfALoginEnded(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*config.Config)
		says   string
	}{
		"it is off":               {func(c *config.Config) { c.DominoLogin.Disabled = true }, "which disableDominoLogin has turned off"},
		"it cannot be used":       {func(c *config.Config) { c.DominoLogin.UseKeyPair = true }, "which is out of service: JwtUsePubPrivKey needs"},
		"it has another issuer":   {func(c *config.Config) { c.DominoLogin.Issuer = "KEEP" }, "from before issuer or JwtIssuer was changed"},
		"the server has, as well": {func(c *config.Config) { c.Issuer = "https://other.example.com/doap" }, "from before issuer or JwtIssuer was changed"},
	} {
		t.Run(name, func(t *testing.T) {
			f := loginFixture(t)
			token := f.loginAs(t, "domino")
			f.reconfigure(t, c.change)
			got := f.resource(t, "Bearer "+token)
			require.Equal(t, http.StatusUnauthorized, got.status)
			found := f.explained(t, got)
			assert.Equal(t, []string{"login token", "iss"}, []string{found.Credential, found.Rule})
			assert.Contains(t, found.Remedy, c.says)
		})
	}
}

// With a key pair, another server may have issued the token, whose clock is ahead; without one, it was this server.
func TestEndedAccessOfTokensOfTheLogin_A45_A90(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*testing.T, *fixture)
		wait    time.Duration // until a new login is good
	}{
		"a key in memory": {func(*testing.T, *fixture) {}, time.Second},
		"a key pair": {func(t *testing.T, f *fixture) {
			t.Helper()
			f.useKeyPair(t, signingPair(t))
		}, time.Minute + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			f := loginFixture(t)
			c.prepare(t, f)
			first := f.loginAs(t, "domino")
			require.Equal(t, anna, f.resource(t, "Bearer "+first).body)
			_, err := f.store.RevokeUser(t.Context(), anna)
			require.NoError(t, err)
			f.wait(c.wait - time.Second)
			second := f.loginAs(t, "domino")
			f.wait(time.Second)
			for _, token := range []string{first, second} {
				assert.Equal(t, "The token was revoked.", f.resource(t, "Bearer "+token).text("error_description"))
			}
			assert.Equal(t, anna, f.resource(t, "Bearer "+f.loginAs(t, "domino")).body)
		})
	}
}
