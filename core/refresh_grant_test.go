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

func TestRefreshGrace_A40_A47(t *testing.T) {
	f := newFixture(t)
	tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	first := tokens.text("refresh_token")
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }

	one := refresh(first)
	f.wait(9 * time.Second)
	two := refresh(first)
	require.Equal(t, http.StatusOK, two.status, "the answer was lost: "+two.body)
	assert.Equal(t, http.StatusOK, refresh(one.text("refresh_token")).status, "both tabs go on")
	assert.Equal(t, http.StatusOK, refresh(two.text("refresh_token")).status)
	require.Equal(t, http.StatusOK, refresh(first).status, "a second lost answer")
	last := two.text("refresh_token")
	assert.Equal(t, "invalid_grant", refresh(first).text("error"), "but not a third")
	assert.Equal(t, "invalid_grant", refresh(last).text("error"), "and that revokes the family")
}

func TestRefreshReuseAfterGraceRevokes_A40_M8(t *testing.T) {
	f := newFixture(t)
	tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }
	next := refresh(tokens.text("refresh_token"))
	f.wait(11 * time.Second)
	assert.Equal(t, "invalid_grant", refresh(tokens.text("refresh_token")).text("error"))
	assert.Equal(t, "invalid_grant", refresh(next.text("refresh_token")).text("error"), "the family is revoked")
	assert.Contains(t, f.log.String(), "the grant is revoked")
}

// A thief who waits until the stolen token would have expired is noticed all the same.
func TestLateReuseRevokes_A40(t *testing.T) {
	f := newFixture(t)
	first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }
	f.wait(20 * 24 * time.Hour)
	second := refresh(first).text("refresh_token")
	f.wait(15 * 24 * time.Hour)
	assert.Equal(t, "invalid_grant", refresh(first).text("error"))
	assert.Equal(t, "invalid_grant", refresh(second).text("error"), "the family is revoked")
}

func TestClockThatIsSetBack_A44(t *testing.T) {
	f := newFixture(t)
	first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }
	f.wait(time.Hour)
	require.Equal(t, http.StatusOK, refresh(first).status)
	f.wait(-30 * time.Second)
	require.Equal(t, http.StatusOK, refresh(first).status, "a little, as between two servers")
	f.wait(-2 * time.Hour)
	assert.Equal(t, "invalid_grant", refresh(first).text("error"), "much: no second grace")
}

func TestRefreshByAnotherClientRevokes_A41_M9(t *testing.T) {
	f := newFixture(t)
	token := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	stolen := f.token(t, "client_id", "other", "grant_type", "refresh_token", "refresh_token", token)
	assert.Equal(t, "invalid_grant", stolen.text("error"))
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"))
}

func TestRefreshScope_A42_M17(t *testing.T) {
	f := newFixture(t)
	f.config.Scopes["mail"] = f.config.Scopes["domino"]
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.Scopes = []string{"domino", "mail"}
		return nil
	}))
	token := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID, "scope", "mail domino")).text("refresh_token")
	refresh := func(scope string) answer {
		got := f.token(t, "grant_type", "refresh_token", "refresh_token", token, "scope", scope)
		if got.status == http.StatusOK {
			token = got.text("refresh_token")
		}
		return got
	}
	assert.Equal(t, "mail", refresh("mail").text("scope"), "less")
	assert.Equal(t, "domino mail", refresh("").text("scope"), "the grant was not narrowed")
	assert.Equal(t, "invalid_scope", refresh("domino everything").text("error"), "more")
	assert.Equal(t, "invalid_scope", refresh("do\"mino").text("error"), "not a scope")
	assert.Equal(t, "domino mail", refresh("mail domino domino").text("scope"), "and the token was not spent by that")

	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.Scopes = []string{"mail"}
		return nil
	}))
	assert.Equal(t, "mail", refresh("").text("scope"), "A62: what the client has lost is not issued again")
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.Scopes = []string{"else"}
		return nil
	}))
	assert.Equal(t, "invalid_grant", refresh("").text("error"))
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.Scopes = []string{"domino", "mail"}
		return nil
	}))
	delete(f.config.Scopes, "mail")
	assert.Equal(t, "domino", refresh("").text("scope"), "A62: nor is what the configuration has lost")
}

func TestRefreshExpiry_A44(t *testing.T) {
	f := newFixture(t)
	start := func() string {
		return f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	}
	token := start()
	f.wait(30 * 24 * time.Hour)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"), "idle")
	token = start()
	for day := 0; day < 174; day += 29 {
		f.wait(29 * 24 * time.Hour)
		got := f.token(t, "grant_type", "refresh_token", "refresh_token", token)
		require.Equal(t, http.StatusOK, got.status, "day %d: %s", day, got.body)
		token = got.text("refresh_token")
	}
	f.wait(7 * 24 * time.Hour)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"), "absolute")
}
