// SPDX-License-Identifier: Apache-2.0

package standing

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

func TestRevoked_A45(t *testing.T) {
	current := &store.Standing{
		RevokedTokens: map[string]struct{}{"bad": {}},
		RevokedGrants: map[string]struct{}{"bad": {}},
		Clients:       map[string]bool{"good": true, "disabled": false},
	}
	for name, c := range map[string]struct {
		token Token
		want  error
	}{
		"counts":                     {own("good", "good", "good"), nil},
		"the token":                  {own("bad", "good", "good"), errToken},
		"the grant":                  {own("good", "bad", "good"), errGrant},
		"a client that is not there": {own("good", "good", "gone"), ErrClient},
		"a disabled client":          {own("good", "good", "disabled"), ErrDisabled},
		"no client":                  {own("good", "good", ""), ErrClient},
	} {
		assert.Equal(t, c.want, Revoked(current, c.token), name)
	}
	require.ErrorIs(t, Revoked(&store.Standing{}, own("a", "b", "c")), ErrClient, "when nothing is known, nothing counts")
}

// own is a token of this server.
func own(id, grant, client string) Token { return Token{ID: id, GrantID: grant, ClientID: client} }

func TestRevokedTokensOfOtherIssuers_B4(t *testing.T) {
	foreign := func(issuer, id string) Token { return Token{Foreign: true, Issuer: issuer, ID: id} }
	current := &store.Standing{
		RevokedTokens: map[string]struct{}{foreign("https://idp.example", "1").Key(): {}, "own": {}},
		Clients:       map[string]bool{"app": true},
	}
	for name, c := range map[string]struct {
		token Token
		want  error
	}{
		"the token":                        {foreign("https://idp.example", "1"), errToken},
		"another of its issuer":            {foreign("https://idp.example", "2"), nil},
		"the same id of another issuer":    {foreign("https://other.example", "1"), nil},
		"an id that completes an issuer":   {foreign("https://idp.exampl", "e1"), nil},
		"the id of one of this server's":   {foreign("https://idp.example", "own"), nil},
		"no id":                            {foreign("https://idp.example", ""), nil},
		"this server's, with the same id":  {own("1", "g", "app"), nil},
		"an issuer without a name, no iss": {foreign("", "1"), nil},
	} {
		assert.Equal(t, c.want, Revoked(current, c.token), name)
	}
	assert.Empty(t, foreign("https://idp.example", "").Key())
	assert.NotEqual(t, own("1", "", "").Key(), foreign("", "1").Key())
}

const anna = "CN=Anna Berg/O=Acme"

// revokedAnna is a source in which all access of Anna was ended, and under another spelling of her name before.
type revokedAnna struct{ at time.Time }

func (r revokedAnna) Standing(context.Context) (store.Standing, error) {
	return store.Standing{
		Clients:      map[string]bool{"app": true},
		RevokedUsers: map[string]time.Time{anna: r.at, "CN=ANNA BERG/O=ACME": r.at.Add(-time.Hour), "": r.at},
	}, nil
}

func TestRevokedUsers_A45_B4(t *testing.T) {
	at := time.Date(2026, 3, 14, 12, 0, 0, 300_000_000, time.UTC)
	current, err := NewRegister(revokedAnna{at}, func() uint64 { return 1 }).Current(t.Context())
	require.NoError(t, err)
	for name, c := range map[string]struct {
		user    string
		issued  time.Time
		revoked bool
	}{
		"issued before": {anna, at.Add(-time.Minute), true},
		"issued in that second, which is cut off": {anna, at.Truncate(time.Second), true},
		"issued at that moment":                   {anna, at, true},
		"issued in the next second":               {anna, at.Truncate(time.Second).Add(time.Second), false},
		"her name in another case":                {"cn=anna berg/o=acme", at.Add(-time.Minute), true},
		"a name that only looks like hers":        {"CN=Ann\u0430 Berg/O=Acme", at.Add(-time.Minute), false},
		"somebody else":                           {"CN=Max/O=Acme", at.Add(-time.Minute), false},
		"no user":                                 {"", at.Add(-time.Minute), false},
	} {
		for _, token := range []Token{
			{User: c.user, IssuedAt: c.issued, ID: "1", GrantID: "g", ClientID: "app"},
			{User: c.user, IssuedAt: c.issued, Foreign: true, Issuer: "https://idp.example"},
		} {
			err := Revoked(current, token)
			assert.Equal(t, c.revoked, errors.Is(err, errUser), "%s, foreign: %t: %v", name, token.Foreign, err)
			assert.Equal(t, c.revoked, err != nil)
		}
	}
}

// Whose clock is ahead gives the tokens of before a time of after: within what clocks may differ, that helps nobody.
func TestClocksThatAreAheadOutrunNoRevocation_A45_A90(t *testing.T) {
	at := time.Date(2026, 3, 14, 12, 0, 0, 300_000_000, time.UTC)
	current, err := NewRegister(revokedAnna{at}, func() uint64 { return 1 }).Current(t.Context())
	require.NoError(t, err)
	second := at.Truncate(time.Second)
	for name, c := range map[string]struct {
		issued  time.Time
		ahead   time.Duration
		revoked bool
	}{
		"this clock":                            {second.Add(time.Second), 0, false},
		"a clock that may be ahead":             {second.Add(time.Second), time.Minute, true},
		"as far as it may be":                   {second.Add(time.Minute), time.Minute, true},
		"further: issued since, whatever it is": {second.Add(time.Minute + time.Second), time.Minute, false},
	} {
		err := Revoked(current, Token{User: anna, IssuedAt: c.issued, Foreign: true, ClockAhead: c.ahead})
		assert.Equal(t, c.revoked, errors.Is(err, errUser), "%s: %v", name, err)
		if c.revoked {
			assert.ErrorContains(t, err, "by a clock that may be 1m0s ahead", name)
		}
	}
}

type broken struct{}

func (broken) Standing(context.Context) (store.Standing, error) {
	return store.Standing{Clients: map[string]bool{"c": true}}, store.ErrUnavailable
}

func TestRegisterFailsClosed(t *testing.T) {
	current, err := NewRegister(broken{}, func() uint64 { return 1 }).Current(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.Nil(t, current)
}
