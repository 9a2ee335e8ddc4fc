// SPDX-License-Identifier: Apache-2.0

package logintoken

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
)

const anna = "CN=Anna Berg/OU=Sales/O=Acme"

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// fixture is an issuer with a clock and a configuration that the test sets.
type fixture struct {
	*Issuer
	config *config.Config
	now    time.Time
	log    strings.Builder
}

func newFixture() *fixture {
	configured := config.Default()
	configured.Issuer = "https://domino.example.com/doap"
	f := &fixture{config: &configured, now: noon}
	f.Issuer = New(func() *config.Config { return f.config }, func() time.Time { return f.now },
		slog.New(slog.NewTextHandler(&f.log, nil)))
	return f
}

// change gives the fixture another configuration, as a file that was written does.
func (f *fixture) change(change func(*config.Config)) {
	changed := *f.config
	change(&changed)
	f.config = &changed
}

// verified is a token as the issuer's own keys verify it.
func (f *fixture) verified(t *testing.T, signed oauth.Secret) (*jwt.Token, error) {
	t.Helper()
	set, _, ok := f.Keys()
	require.True(t, ok)
	return jwt.Parse(signed.Reveal(), func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		return set.Find(kid, token.Method.Alg())
	}, jwt.WithTimeFunc(func() time.Time { return f.now }))
}

func TestIssue(t *testing.T) {
	f := newFixture()
	require.NoError(t, f.Ready())
	signed, claims, err := f.Issue(anna, "anna@acme.example", oauth.Scope{"$DATA", "MAIL"}, f.now)
	require.NoError(t, err)
	token, err := f.verified(t, signed)
	require.NoError(t, err)
	assert.Equal(t, "at+jwt", token.Header["typ"])
	assert.Equal(t, "EdDSA", token.Header["alg"], "C5: no shared secret")
	assert.Equal(t, jwt.MapClaims{
		"iss": "https://domino.example.com/doap/login", "sub": anna, "CN": anna, "aud": "Domino", "client_id": Client,
		"scope": "$DATA MAIL", "scopes": "$DATA MAIL", "email": "anna@acme.example",
		"iat": float64(noon.Unix()), "exp": float64(noon.Unix() + 7200), "jti": claims.ID,
	}, token.Claims)
	assert.Len(t, claims.ID, 43)

	again, _, err := f.Issue(anna, "", nil, f.now)
	require.NoError(t, err)
	token, err = f.verified(t, again)
	require.NoError(t, err)
	assert.NotContains(t, token.Claims, "email")
	assert.NotEqual(t, claims.ID, token.Claims.(jwt.MapClaims)["jti"])

	f.change(func(c *config.Config) { c.DominoLogin.Issuer, c.DominoLogin.Lifetime = "DominoKeep", 30*24*time.Hour })
	_, claims, err = f.Issue(anna, "", nil, f.now)
	require.NoError(t, err)
	assert.Equal(t, "DominoKeep", claims.Issuer)
	assert.Equal(t, noon.Add(24*time.Hour).Unix(), claims.ExpiresAt, "C24: a day, whatever is configured")
	f.change(func(c *config.Config) { c.Bearer.MaxLifetime = 10 * time.Minute })
	_, claims, err = f.Issue(anna, "", nil, f.now)
	require.NoError(t, err)
	assert.Equal(t, noon.Add(10*time.Minute).Unix(), claims.ExpiresAt)
}

// The key of one start is that of no other.
func TestTheKeyEndsWithTheServer(t *testing.T) {
	first, second := newFixture(), newFixture()
	signed, _, err := first.Issue(anna, "", nil, noon)
	require.NoError(t, err)
	_, err = first.verified(t, signed)
	require.NoError(t, err)
	_, err = second.verified(t, signed)
	require.Error(t, err)
	own, _, _ := first.Keys()
	_, err = own.Find("another", "EdDSA")
	require.Error(t, err, "a kid of somebody else")
}

func TestRulesForTokens(t *testing.T) {
	f := newFixture()
	rules := f.Provider(f.config)
	assert.Equal(t, config.Provider{
		Name: "urn:ndoap:login", Active: true, Issuers: []string{"https://domino.example.com/doap/login"}, Audiences: []string{"Domino"},
		Algorithms: []string{"EdDSA"}, Types: []string{"at+jwt"}, UserIdentifier: "sub",
	}, rules)
	for name, c := range map[string]struct {
		change func(*config.DominoLogin)
		active bool
	}{
		"off":                         {func(l *config.DominoLogin) { l.Disabled = true }, false},
		"off, with a key pair":        {func(l *config.DominoLogin) { *l = pairOf("a", "b"); l.Disabled = true }, true},
		"a key pair":                  {func(l *config.DominoLogin) { *l = pairOf("a", "b") }, true},
		"a key pair in no known form": {func(l *config.DominoLogin) { *l = pairOf("a", "b"); l.UsePEM = false }, false},
		"the issuer of other tokens":  {func(l *config.DominoLogin) { l.Issuer = f.config.Issuer }, false},
	} {
		changed := *f.config
		c.change(&changed.DominoLogin)
		assert.Equal(t, c.active, f.Provider(&changed).Active, name)
	}
}

// pairOf are the settings of a key pair in files.
func pairOf(private, public string) config.DominoLogin {
	return config.DominoLogin{
		UseKeyPair: true, UsePEM: true, PrivateKeyFile: private, PublicKeyFile: public, Lifetime: time.Hour,
	}
}
