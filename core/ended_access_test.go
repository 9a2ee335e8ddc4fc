// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/standing"
	"ndoap/store"
)

// beside is a neighbour that trusts the same provider and has the same people.
func (f *fixture) beside(t *testing.T) *fixture {
	t.Helper()
	other := f.neighbour(t)
	other.domino.Directory = people()
	other.service.RefreshProviders(t.Context(), other.now())
	other.service.Wait()
	return other
}

// What an administrator ends, ends with the next request of this server, and within a second with others over the same
// store, although the tokens are those of an identity provider, which has no grant here.
func TestEndedAccessOfTokensOfIdentityProviders_A45_B4(t *testing.T) {
	for name, c := range map[string]struct {
		end func(t *testing.T, f *fixture)
	}{
		"the user": {func(t *testing.T, f *fixture) {
			t.Helper()
			ended, err := f.store.RevokeUser(t.Context(), anna)
			require.NoError(t, err)
			assert.Zero(t, ended, "she has no grant")
		}},
		"the user, spelled in another case": {func(t *testing.T, f *fixture) {
			t.Helper()
			_, err := f.store.RevokeUser(t.Context(), "CN=ANNA BERG/OU=sales/O=acme")
			require.NoError(t, err)
		}},
		"the token": {func(t *testing.T, f *fixture) {
			t.Helper()
			of := standing.Token{ID: "jti-1", Foreign: true, Issuer: provider}
			require.NoError(t, f.store.RevokeToken(t.Context(), of.Key(), f.now().Add(time.Hour)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			f, private := external(t, nil)
			other := f.beside(t)
			token := f.issued(t, private, map[string]any{"jti": "jti-1"})
			bo := f.issued(t, private, map[string]any{"jti": "jti-2", "sub": "CN=Bo Ek/O=Acme"})
			require.Equal(t, anna, f.resource(t, token).body)
			require.Equal(t, anna, other.resource(t, token).body)
			c.end(t, f)
			got := f.resource(t, token)
			assert.Equal(t, http.StatusUnauthorized, got.status)
			assert.Equal(t, "The token was revoked.", got.text("error_description"))
			assert.NotContains(t, got.body, "acme")
			assert.Contains(t, f.log.String(), "provider acme")
			require.Eventually(t, func() bool { return other.resource(t, token).status == http.StatusUnauthorized },
				time.Minute, time.Millisecond)
			assert.Equal(t, "The token was revoked.", other.resource(t, token).text("error_description"))
			assert.Equal(t, "CN=Bo Ek/O=Acme", f.resource(t, bo).body, "somebody else's")
			assert.Equal(t, "CN=Bo Ek/O=Acme", other.resource(t, bo).body)
		})
	}
}

// The person is judged by the name of the directory, not by what a token calls her.
func TestEndedAccessIsThatOfThePerson_B10(t *testing.T) {
	f, private := external(t, nil)
	byAddress := map[string]any{"email": "anna@acme.example", "email_verified": true}
	token := f.issued(t, private, byAddress)
	require.Equal(t, anna, f.resource(t, token).body)
	_, err := f.store.RevokeUser(t.Context(), anna)
	require.NoError(t, err)
	assert.Equal(t, "The token was revoked.", f.resource(t, token).text("error_description"))

	f.wait(30 * time.Second)
	byAddress["iat"] = f.now().Unix()
	got := f.resource(t, f.issued(t, private, byAddress))
	assert.Equal(t, "The token was revoked.", got.text("error_description"), "it may be of before, if the provider's clock is ahead")
	f.wait(32 * time.Second)
	byAddress["iat"] = f.now().Unix()
	assert.Equal(t, anna, f.resource(t, f.issued(t, private, byAddress)).body, "who may log in again, may come again")
}

// A token that has the name of before was issued to whoever had that name when it was revoked.
func TestEndedAccessOutlastsARename_B10(t *testing.T) {
	f, private := external(t, nil)
	token := f.issued(t, private, nil)
	require.Equal(t, anna, f.resource(t, token).body)
	_, err := f.store.RevokeUser(t.Context(), anna)
	require.NoError(t, err)
	f.wait(62 * time.Second)
	later := f.issued(t, private, map[string]any{"iat": f.now().Unix()})

	const smith = "CN=Anna Smith/OU=Sales/O=Acme"
	renamed := people()
	renamed.Entries[0].Name, renamed.Entries[0].Aliases = smith, []string{anna}
	f.domino.Directory = renamed
	f.wait(2 * time.Minute) // what the directory said is remembered for one
	assert.Equal(t, "The token was revoked.", f.resource(t, token).text("error_description"))
	assert.Equal(t, smith, f.resource(t, later).body, "what was issued since is good")
}

// maxJwtDuration allows tokens of a year; none of them outlives the knowledge that its user was revoked.
func TestEndedAccessIsKnownAsLongAsTokensCount_A45(t *testing.T) {
	f, private := external(t, nil)
	const longest = 366 * 24 * time.Hour
	f.config.Bearer = config.Bearer{UnknownIssuer: config.RefuseUnknownIssuer, MaxLifetime: longest}
	token := f.issued(t, private, map[string]any{"iat": f.now().Unix(), "exp": f.now().Add(longest).Unix()})
	f.wait(time.Minute)
	_, err := f.store.RevokeUser(t.Context(), anna)
	require.NoError(t, err)
	refused := func() answer {
		f.service.RefreshProviders(t.Context(), f.now())
		f.service.Wait()
		_, err := f.store.DeleteExpired(t.Context(), f.now())
		require.NoError(t, err)
		require.NoError(t, f.store.RevokeGrant(t.Context(), f.aGrant(t))) // whereupon it is read again what was revoked
		got := f.resource(t, token)
		require.Equal(t, http.StatusUnauthorized, got.status)
		return got
	}
	f.wait(longest - time.Minute)
	assert.Equal(t, "The token was revoked.", refused().text("error_description"))
	f.wait(2 * time.Minute)
	assert.Equal(t, "The token has expired.", refused().text("error_description"))

	f.config.Bearer.IgnoreExpiry = true
	assert.Equal(t, "The token was revoked.", refused().text("error_description"))
	f.wait(store.UserRevocationsKept - longest)
	assert.Equal(t, "The token has expired.", refused().text("error_description"), "nothing knows any more whether it was revoked")
	assert.Contains(t, f.log.String(), "for which it is known what was revoked")
}

// aGrant stores a grant and returns its id.
func (f *fixture) aGrant(t *testing.T) string {
	t.Helper()
	f.wait(time.Microsecond)
	id := f.now().String()
	require.NoError(t, f.store.AddGrant(t.Context(), store.Grant{
		ID: id, Type: store.ClientCredentials, ClientID: "other", CreatedAt: f.now(), ExpiresAt: f.now().Add(time.Hour),
	}))
	return id
}
