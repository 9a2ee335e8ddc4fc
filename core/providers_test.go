// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/directory"
)

const provider = "https://idp.example.com"

// external is a fixture whose configuration names an identity provider, and the provider's private key.
func external(t testing.TB, change func(*config.Provider)) (*fixture, ed25519.PrivateKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	settings := config.Provider{
		Name: "acme", Active: true, Issuers: []string{provider}, Audiences: []string{"Domino"},
		Key: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: encoded})),
	}
	if change != nil {
		change(&settings)
	}
	f := newFixture(t)
	f.domino.Directory = people()
	f.config.Providers = []config.Provider{settings}
	f.service.RefreshProviders(t.Context(), f.now())
	f.service.Wait()
	return f, private
}

// issued is the Authorization value with a token of the provider.
func (f *fixture) issued(t testing.TB, private ed25519.PrivateKey, changes map[string]any) string {
	t.Helper()
	claims := f.claims(map[string]any{"iss": provider, "client_id": "app", "gid": nil})
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims).SignedString(private)
	require.NoError(t, err)
	return "Bearer " + signed
}

func TestTokenOfAnIdentityProvider(t *testing.T) {
	f, private := external(t, nil)
	request := raw(core.RawRequest, "/db.nsf")
	request.People = people()
	request.Headers.Set("Authorization", f.issued(t, private, nil))
	decision := f.service.Serve(request)
	assert.Equal(t, core.Authenticated, decision.Verdict)
	assert.Equal(t, core.Identity{Name: anna, Scope: "domino", ClientID: "acme:app", Subject: anna}, decision.Identity)
	assert.Equal(t, anna, f.resource(t, f.issued(t, private, nil)).body)
	assert.Equal(t, anna, f.resource(t, "Bearer "+f.forge(t, nil, f.claims(nil))).body, "this server's own are taken as before")
}

func TestRefusedTokensOfAnIdentityProvider(t *testing.T) {
	f, private := external(t, nil)
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		private ed25519.PrivateKey
		changes map[string]any
		status  int
		says    string // to the sender
		logs    string
	}{
		"B2 B7 another key":             {stranger, nil, 401, "The token was not signed with a key of its issuer.", "provider acme"},
		"B7 C20 our own name":           {private, map[string]any{"iss": issuer}, 401, "The token is not an access token for this server.", "typ: found"},
		"B2 expired":                    {private, map[string]any{"iat": f.now().Unix() - 7200, "exp": f.now().Unix() - 3600}, 401, "The token has expired.", "provider acme"},
		"B5 no audience":                {private, map[string]any{"aud": nil}, 401, "not an access token", "aud: found"},
		"B2 too little scope":           {private, map[string]any{"scope": "mail"}, 403, "The scopes of the token do not open this.", ""},
		"B2 no scope":                   {private, map[string]any{"scope": nil}, 403, "The scopes of the token do not open this.", ""},
		"B8 a name of one part":         {private, map[string]any{"sub": "Bo Ek"}, 401, "The token does not say in a usable way whose it is.", "nobody in the Domino directory"},
		"B8 a number as user":           {private, map[string]any{"sub": "8b6b8e2e-4e7a-4a55-8f6c-1c2f2a2b3c4d"}, 401, "usable way", "nobody in the Domino directory"},
		"B8 a subject of Auth0":         {private, map[string]any{"sub": "auth0|5f7c"}, 401, "usable way", "nobody in the Domino directory"},
		"B8 an e-mail address":          {private, map[string]any{"sub": "carl@acme.example"}, 401, "usable way", "nobody in the Domino directory"},
		"B8 Anonymous":                  {private, map[string]any{"sub": "Anonymous"}, 401, "usable way", "Anonymous"},
		"B8 a wildcard":                 {private, map[string]any{"sub": "CN=*/O=Acme"}, 401, "usable way", "U+002A"},
		"B8 a group of every domain":    {private, map[string]any{"sub": "CN=LocalDomainServers/O=Acme"}, 401, "usable way", "group"},
		"B8 a placeholder":              {private, map[string]any{"sub": "-Default-"}, 401, "usable way", "placeholder"},
		"B8 control characters":         {private, map[string]any{"sub": "CN=Anna\x00Berg/O=Acme"}, 401, "usable way", "U+0000"},
		"J11 a name within a name":      {private, map[string]any{"sub": "CN=CN=Admin/O=Org/O=Acme"}, 401, "usable way", "acme"},
		"J11 LDAP where Notes is said":  {private, map[string]any{"sub": "cn=Anna Berg,o=Acme"}, 401, "usable way", "acme"},
		"J12 a short name of choice":    {private, map[string]any{"preferred_username": "admin"}, 401, "usable way", "nobody in the Domino directory"},
		"J12 a name that people choose": {private, map[string]any{"preferred_username": "CN=Admin/O=Acme"}, 401, "usable way", "may have chosen it themselves"},
		"J12 an e-mail that is a name":  {private, map[string]any{"email": "CN=Admin/O=Acme", "email_verified": true}, 401, "usable way", "may have chosen it themselves"},
	} {
		t.Run(name, func(t *testing.T) {
			f.log.Reset()
			got := f.resource(t, f.issued(t, c.private, c.changes))
			assert.Equal(t, c.status, got.status)
			assert.Contains(t, got.text("error_description"), c.says)
			assert.NotContains(t, got.body, "acme", "the sender is told the kind of fault only")
			assert.Contains(t, got.header.Get("Www-Authenticate"), "Bearer ")
			assert.Contains(t, f.log.String(), c.logs)
			found := f.explained(t, got)
			if name != "B7 C20 our own name" {
				assert.Equal(t, "acme", found.Provider)
				assert.Equal(t, provider, found.Issuer)
			}
		})
	}
}

// A token that is no JWT does not say whose it is: the administrator is told which provider issues such tokens, and when.
func TestOpaqueTokenOfAnIdentityProvider_B2(t *testing.T) {
	f, _ := external(t, func(p *config.Provider) { p.Preset = config.Auth0 })
	for _, token := range []string{"ory_at_7kX2", "eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn"} {
		f.log.Reset()
		got := f.resource(t, "Bearer "+token)
		assert.Equal(t, http.StatusUnauthorized, got.status)
		assert.Equal(t, "The token is not a JWT.", got.text("error_description"))
		assert.Contains(t, f.log.String(), "the client must ask Auth0 for the audience of an API")
		assert.NotContains(t, f.log.String(), token)
	}
}

func TestNamesOfAnIdentityProvider_B8(t *testing.T) {
	for name, c := range map[string]struct {
		ldap      bool
		sub, want string
	}{
		"canonical":                {false, "cn=Anna Berg/ou=Sales/o=Acme", anna},
		"abbreviated":              {false, "Anna Berg/Sales/Acme", anna},
		"LDAP":                     {true, "cn=Anna Berg,ou=Sales,o=Acme", anna},
		"J11 LDAP, escaped letter": {true, `cn=Anna\20Berg,ou=Sales,o=Acme`, anna},
		"J11 LDAP, escaped comma":  {true, `cn=Berg\, Anna,o=Acme`, "CN=Berg, Anna/O=Acme"},
		"Japanese":                 {false, "CN=山田 太郎/OU=営業/O=Acme", "CN=山田 太郎/OU=営業/O=Acme"},
	} {
		t.Run(name, func(t *testing.T) {
			f, private := external(t, func(p *config.Provider) {
				p.UserIdentifier, p.UserIdentifierInLDAPFormat = "sub", c.ldap
			})
			assert.Equal(t, c.want, f.resource(t, f.issued(t, private, map[string]any{"sub": c.sub})).body)
		})
	}
}

// people is a directory with a person, two who share an address, and entries that are nobody's.
func people() *coretest.Directory {
	return &coretest.Directory{Entries: []directory.Person{
		{Name: anna, Kind: directory.KindPerson, ShortNames: []string{"aberg"}, InternetAddress: "anna@acme.example", Aliases: []string{"Anna Berg"}},
		{Name: "CN=Bo Ek/O=Acme", Kind: directory.KindPerson, InternetAddress: "shared@acme.example"},
		{Name: "CN=Bo Alm/O=Acme", Kind: directory.KindPerson, InternetAddress: "shared@acme.example"},
		{Name: "CN=Berg, Anna/O=Acme", Kind: directory.KindPerson},
		{Name: "CN=山田 太郎/OU=営業/O=Acme", Kind: directory.KindPerson},
		{Name: "CN=Admins", Kind: directory.KindGroup, Aliases: []string{"Admins"}},
		{Name: "CN=Hub/O=Acme", Kind: directory.KindServer},
	}}
}

func TestTheDirectoryTellsWhoseAToken_B8_B10(t *testing.T) {
	for name, c := range map[string]struct {
		claims map[string]any
		logs   string // empty: Anna's
	}{
		"canonical":                      {map[string]any{"sub": anna}, ""},
		"canonical, in another case":     {map[string]any{"sub": "cn=ANNA BERG/ou=sales/o=acme"}, ""},
		"abbreviated":                    {map[string]any{"sub": "Anna Berg/Sales/Acme"}, ""},
		"an address":                     {map[string]any{"email": "anna@acme.example", "email_verified": true}, ""},
		"a user principal name":          {map[string]any{"upn": "Anna@Acme.example"}, ""},
		"a short name":                   {map[string]any{"preferred_username": "aberg"}, ""},
		"a common name":                  {map[string]any{"sub": "Anna Berg"}, ""},
		"J12 an address not verified":    {map[string]any{"email": "anna@acme.example"}, "not verified"},
		"J12 a Notes name of choice":     {map[string]any{"preferred_username": anna}, "may have chosen it"},
		"J12 an address of two":          {map[string]any{"upn": "shared@acme.example"}, "several entries"},
		"B8 a last name only":            {map[string]any{"sub": "Berg"}, "nobody in the Domino directory"},
		"B8 a group":                     {map[string]any{"sub": "Admins"}, "is not a person's"},
		"B8 a server":                    {map[string]any{"sub": "CN=Hub/O=Acme"}, "is not a person's"},
		"B10 somebody who was removed":   {map[string]any{"sub": "CN=Carl Dahl/O=Acme"}, "nobody in the Domino directory"},
		"B10 somebody in another branch": {map[string]any{"sub": "CN=Anna Berg/O=Acme"}, "nobody in the Domino directory"},
	} {
		t.Run(name, func(t *testing.T) {
			f, private := external(t, nil)
			for _, event := range []core.Event{core.RawRequest, core.Authenticate} {
				request := raw(event, "/db.nsf")
				request.People = people()
				request.Headers.Set("Authorization", f.issued(t, private, c.claims))
				decision := f.service.Serve(request)
				assert.Equal(t, c.logs == "", decision.Verdict == core.Authenticated)
				if c.logs == "" {
					assert.Equal(t, anna, decision.Identity.Name)
				}
			}
			assert.Contains(t, f.log.String(), c.logs)
		})
	}
}

// Without a directory nobody can tell a person's name from that of a server, a group or somebody who has left.
func TestNoDirectoryNoIdentityProvider_B8_B10(t *testing.T) {
	f, private := external(t, nil)
	f.domino.Directory = nil
	got := f.resource(t, f.issued(t, private, nil))
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Contains(t, got.text("error_description"), "cannot be verified at the moment")
	assert.Contains(t, f.log.String(), "the Domino directory cannot be asked")
	assert.Equal(t, anna, f.resource(t, "Bearer "+f.forge(t, nil, f.claims(nil))).body, "this server's own have names that Domino gave")
}

func TestTheDirectoryIsAskedOnceAMinute(t *testing.T) {
	f, private := external(t, nil)
	known := people()
	verdict := func(claims map[string]any) core.Verdict {
		request := raw(core.RawRequest, "/db.nsf")
		request.People = known
		request.Headers.Set("Authorization", f.issued(t, private, claims))
		return f.service.Serve(request).Verdict
	}
	for range 3 {
		require.Equal(t, core.Authenticated, verdict(nil))
	}
	require.Equal(t, 1, known.Asked)
	known.Entries = nil
	f.wait(time.Minute)
	require.Equal(t, core.Answer, verdict(nil), "she was removed")
	known.Failure = errors.New("names.nsf is being compacted")
	f.wait(time.Minute)
	require.Equal(t, core.Answer, verdict(nil))
	assert.Contains(t, f.log.String(), "cannot be verified at the moment")
	assert.Contains(t, f.log.String(), "being compacted")
	assert.Equal(t, core.Authenticated, func() core.Verdict {
		request := raw(core.RawRequest, "/db.nsf")
		request.People = known
		request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(nil)))
		return f.service.Serve(request).Verdict
	}(), "this server's own tokens have names that Domino gave")
}

func TestKnownIssuersAreNeverPassedOn(t *testing.T) {
	f, private := external(t, nil)
	f.config.Bearer.UnknownIssuer = config.PassUnknownIssuer
	request := raw(core.RawRequest, "/db.nsf")
	request.Headers.Set("Authorization", f.issued(t, private, map[string]any{"aud": "Other"}))
	assert.Equal(t, core.Answer, f.service.Serve(request).Verdict)
	request.Headers.Set("Authorization", f.issued(t, private, map[string]any{"iss": "https://third.example"}))
	assert.Equal(t, core.NotOurs, f.service.Serve(request).Verdict)
}

// With a provider that has the issuers that are nobody's, no issuer is unknown.
func TestProviderWithoutIssuerLeavesNothingToPass(t *testing.T) {
	f, private := external(t, func(p *config.Provider) { p.Issuers = nil })
	f.config.Bearer.UnknownIssuer = config.PassUnknownIssuer
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		private ed25519.PrivateKey
		iss     any
		verdict core.Verdict
	}{
		"its key":                  {private, "The Demo Wizzard", core.Authenticated},
		"another key":              {stranger, "The Demo Wizzard", core.Answer},
		"no issuer":                {private, nil, core.NotOurs},
		"C20 this server's issuer": {private, issuer, core.Answer},
	} {
		t.Run(name, func(t *testing.T) {
			request := raw(core.RawRequest, "/db.nsf")
			request.People = people()
			request.Headers.Set("Authorization", f.issued(t, c.private, map[string]any{"iss": c.iss}))
			assert.Equal(t, c.verdict, f.service.Serve(request).Verdict)
		})
	}
}

func TestNamesThatPeopleChooseAreNoneInLDAPEither_J12(t *testing.T) {
	f, private := external(t, func(p *config.Provider) { p.UserIdentifierInLDAPFormat = true })
	got := f.resource(t, f.issued(t, private, map[string]any{"preferred_username": "cn=Admin,o=Acme"}))
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Contains(t, f.log.String(), "may have chosen it themselves")
}

func TestKeysThatWereNotReadRefuse_B19(t *testing.T) {
	f, private := external(t, nil)
	f.wait(25 * time.Hour)
	got := f.resource(t, f.issued(t, private, nil))
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Contains(t, got.text("error_description"), "cannot be verified at the moment")
	assert.Contains(t, f.log.String(), "were last read at")
}
