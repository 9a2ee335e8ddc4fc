// SPDX-License-Identifier: Apache-2.0

package login_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/audit"
	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/login"
	"ndoap/core/token"
	"ndoap/store"
)

func TestLogout(t *testing.T) {
	f := newFixture(t)
	bearer := f.as(t, "aberg", "anna-pw").text("bearer")
	other := f.as(t, "aberg", "anna-pw").text("bearer")
	verified, err := f.logout.Issuers.Verify(t.Context(), bearer)
	require.NoError(t, err)
	f.now = f.now.Add(time.Hour + 2*time.Minute + 3*time.Second)
	got := f.out(t, "Bearer "+bearer)
	assert.Equal(t, http.StatusOK, got.Status)
	assert.JSONEq(t, `{"status":200,"message":"CN=Anna Berg/OU=Sales/O=Acme logged out (0 days, 1 hours, 2 minutes, 3 seconds)"}`, string(got.Body))
	require.ErrorIs(t, f.logout.Standing.CheckStanding(t.Context(), verified.StandingOf(anna), explain.Token{}), token.ErrRevoked)
	again := f.out(t, "Bearer "+bearer)
	assert.Equal(t, http.StatusUnauthorized, again.Status, "it is good no longer")
	assert.Equal(t, explain.Standing, f.explained(t, again))
	assert.Equal(t, http.StatusOK, f.out(t, "bearer  "+other).Status, "another login of hers was not concerned")
	events := f.events(t, store.AuditLogout)
	require.Len(t, events, 2)
	assert.Equal(t, anna, events[1].User)
	assert.Equal(t, store.AuditSuccess, events[1].Outcome)
	assert.Equal(t, audit.TokenHash(verified.ID), events[1].TokenHash)
	assert.Equal(t, "192.0.2.7", events[1].Address)
}

func TestTokensThatAreNotLoggedOut(t *testing.T) {
	f := newFixture(t)
	good := f.as(t, "aberg", "anna-pw").text("bearer")
	for name, c := range map[string]struct {
		authorization []string
		rule          explain.Rule
	}{
		"none": {nil, explain.Authorization}, "an empty one": {[]string{""}, explain.Authorization}, "no token": {[]string{"Bearer"}, explain.Form},
		"Basic": {[]string{"Basic YWJlcmc6YW5uYS1wdw=="}, explain.Authorization}, "DPoP": {[]string{"DPoP " + good}, explain.Authorization},
		"no JWT": {[]string{"Bearer x"}, explain.Form}, "forged": {[]string{"Bearer " + good[:len(good)-8] + "AAAAAAAA"}, explain.Signature},
		"of an unknown issuer": {[]string{"Bearer e30.e30.e30"}, explain.Place},
	} {
		got := f.out(t, c.authorization...)
		assert.Equal(t, c.rule, f.explained(t, got), name)
		assert.Equal(t, http.StatusUnauthorized, got.Status, name)
		assert.Equal(t, 401.0, got.fields["status"], name)
		assert.Contains(t, got.text("message"), "not one of a login here", name)
		assert.Equal(t, `Bearer realm="Domino"`, got.Header.Get("Www-Authenticate"), name)
	}
	assert.Equal(t, http.StatusBadRequest, f.out(t, "Bearer "+good, "Bearer "+good).Status, "two tokens")
	assert.Empty(t, f.events(t, store.AuditLogout))

	f.now = f.now.Add(2*time.Hour + time.Minute)
	got := f.out(t, "Bearer "+good)
	assert.Equal(t, http.StatusUnauthorized, got.Status, "expired")
	assert.Equal(t, explain.Expiry, f.explained(t, got))
}

// explained is the rule by which an administrator is told, under the request id in the answer, why a token was refused.
func (f *fixture) explained(t *testing.T, got answer) explain.Rule {
	t.Helper()
	id := got.Header.Get("Request-Id")
	require.Regexp(t, `^[a-z2-7]{16}$`, id)
	f.logout.Refusals.Flush(t.Context())
	found, err := f.store.Explanation(t.Context(), id)
	require.NoError(t, err)
	assert.NotEmpty(t, found.Found)
	assert.NotContains(t, string(got.Body), found.Found, "the sender is told nothing of it")
	assert.Equal(t, http.StatusUnauthorized, found.Status)
	assert.Equal(t, got.text("message"), found.Reason)
	assert.Contains(t, f.log.String(), "request_id="+id)
	return explain.Rule(found.Rule)
}

func TestBodiesThatLogNobodyOut(t *testing.T) {
	f := newFixture(t)
	good := f.as(t, "aberg", "anna-pw").text("bearer")
	for _, body := range []string{
		"", "{}", `{"logout":"yes"}`, `{"logout":true}`, `{"logout":"Yes","x":"y"}`, `{"logout":"Yes","logout":"Yes"}`, `{"Logout":"Yes"}`, `"Yes"`,
	} {
		got := read(t, f.logout.Serve(request(body, "Authorization", "Bearer "+good)))
		assert.Equal(t, http.StatusBadRequest, got.Status, body)
		assert.Equal(t, 400.0, got.fields["status"], body)
	}
	form := request(`{"logout":"Yes"}`)
	form.Header = func(name string) []string {
		return map[string][]string{"Content-Type": {"text/plain"}, "Authorization": {"Bearer " + good}}[name]
	}
	assert.Equal(t, http.StatusBadRequest, f.logout.Serve(form).Status, "what a page elsewhere can send")
	assert.Equal(t, http.StatusOK, f.out(t, "Bearer "+good).Status, "it is still good")
}

func TestTroubleAtTheLogout_B19(t *testing.T) {
	f := newFixture(t)
	good := f.as(t, "aberg", "anna-pw").text("bearer")
	f.logout.Revocations = brokenRevocations{}
	got := f.out(t, "Bearer "+good)
	assert.Equal(t, http.StatusServiceUnavailable, got.Status, "it was not ended, and nobody says so")
	assert.Equal(t, "5", got.Header.Get("Retry-After"))

	changed := *f.config
	changed.DominoLogin = config.DominoLogin{UseKeyPair: true, UsePEM: true, PrivateKeyFile: "x", PublicKeyFile: "y"}
	f.config = &changed
	assert.Equal(t, http.StatusServiceUnavailable, f.out(t, "Bearer "+good).Status, "the keys have not been read")

	f = newFixture(t)
	good = f.as(t, "aberg", "anna-pw").text("bearer")
	require.NoError(t, f.store.Close())
	assert.Equal(t, http.StatusServiceUnavailable, f.out(t, "Bearer "+good).Status)
}

type brokenRevocations struct{ store.Revocations }

func (brokenRevocations) RevokeToken(context.Context, string, time.Time, ...store.AuditEvent) error {
	return store.ErrUnavailable
}

func TestSince(t *testing.T) {
	assert.Equal(t, "1 days, 1 hours, 1 minutes, 1 seconds", login.Since(25*time.Hour+61*time.Second))
	assert.Equal(t, "0 days, 0 hours, 0 minutes, 0 seconds", login.Since(-time.Second))
}
