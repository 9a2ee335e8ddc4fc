// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
)

func TestRulesOfAProvider(t *testing.T) {
	with := func(change func(*config.Provider)) config.Provider { return keyed(change) }
	for name, c := range map[string]struct {
		provider config.Provider
		header   object
		claims   object
		says     string // empty: taken
	}{
		"C1 its algorithms":               {with(func(p *config.Provider) { p.Algorithms = []string{"ES256"} }), nil, nil, `alg: found "RS256", expected one of ["ES256"]`},
		"C25 its types":                   {with(func(p *config.Provider) { p.Types = []string{"at+jwt"} }), object{"typ": "application/at+jwt"}, nil, ""},
		"C25 not its type":                {with(func(p *config.Provider) { p.Types = []string{"at+jwt"} }), nil, nil, "not the type"},
		"C25 no type is not its type":     {with(func(p *config.Provider) { p.Types = []string{"at+jwt"} }), object{"typ": nil}, nil, "not the type"},
		"C22 its audiences":               {with(func(p *config.Provider) { p.Audiences = []string{"api://a", "b"} }), nil, object{"aud": "b"}, ""},
		"C22 not its audience":            {with(func(p *config.Provider) { p.Audiences = []string{"api://a", "b"} }), nil, nil, `expected one of ["api://a" "b"]`},
		"its client by azp":               {with(func(p *config.Provider) { p.Clients = []string{"x"} }), nil, object{"azp": "x"}, ""},
		"its client by cid":               {with(func(p *config.Provider) { p.Clients = []string{"x"} }), nil, object{"cid": "x"}, ""},
		"its client by appid":             {with(func(p *config.Provider) { p.Clients = []string{"x"} }), nil, object{"appid": "x"}, ""},
		"J8 another client":               {with(func(p *config.Provider) { p.Clients = []string{"x"} }), nil, object{"azp": "y"}, `issued to the client ["y"]`},
		"J8 its client and another":       {with(func(p *config.Provider) { p.Clients = []string{"x"} }), nil, object{"azp": "x", "client_id": "y"}, `issued to the client ["x" "y"]`},
		"no client":                       {with(func(p *config.Provider) { p.Clients = []string{"x"} }), nil, nil, `issued to the client []`},
		"C17 no kid, two keys":            {with(func(p *config.Provider) { p.Key = twoKeys }), object{"kid": nil}, nil, "several keys"},
		"a PEM key for any kid":           {with(func(p *config.Provider) { p.Key = pemOf(&signing.rsa.PublicKey) }), object{"kid": "x"}, nil, ""},
		"a PEM key with its kid":          {with(func(p *config.Provider) { p.Key, p.KeyID = pemOf(&signing.rsa.PublicKey), "x" }), object{"kid": "x"}, nil, ""},
		"C16 a PEM key, another kid":      {with(func(p *config.Provider) { p.Key, p.KeyID = pemOf(&signing.rsa.PublicKey), "x" }), object{"kid": "y"}, nil, "no such key"},
		"J6 tenant of Entra ID":           {entra(""), nil, object{"iss": entraIssuer, "tid": "t1"}, ""},
		"J6 no tenant":                    {entra(""), nil, object{"iss": entraIssuer}, "tid: found no tid"},
		"J6 another tenant":               {entra(""), nil, object{"iss": entraIssuer, "tid": "t2"}, `tid: found "t2", expected "t1"`},
		"J6 a key of all tenants":         {entra("https://login.microsoftonline.com/{tenantid}/v2.0"), nil, object{"iss": entraIssuer, "tid": "t1"}, ""},
		"J6 a key of the tenant":          {entra("https://login.microsoftonline.com/t1/v2.0"), nil, object{"iss": entraIssuer, "tid": "t1"}, ""},
		"B7 J6 a key of another tenant":   {entra("https://login.microsoftonline.com/t2/v2.0"), nil, object{"iss": entraIssuer, "tid": "t1"}, `the tenant "t2"`},
		"an e-mail that is configured":    {with(func(p *config.Provider) { p.UserIdentifier = "email" }), nil, object{"email": "a@b"}, ""},
		"a user name that is configured":  {with(func(p *config.Provider) { p.UserIdentifier = "upn" }), nil, object{"upn": "a@b", "email_verified": false}, ""},
		"J12 that is not verified, still": {with(func(p *config.Provider) { p.UserIdentifier = "email" }), nil, object{"email": "a@b", "email_verified": false}, "not verified"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newFixture(t, c.provider).Verify(sign(header(c.header), claims(c.claims)))
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
			requireExplained(t, err)
		})
	}
}

var twoKeys = published(jose.JSONWebKey{Key: &signing.rsa.PublicKey, KeyID: "r"}, jose.JSONWebKey{Key: &signing.other.PublicKey, KeyID: "s"})

const entraIssuer = "https://sts.windows.net/t1/"

// entra is a provider whose key says whose it is.
func entra(keyIssuer string) config.Provider {
	key := object{}
	must(0, json.Unmarshal(must(json.Marshal(jose.JSONWebKey{Key: &signing.rsa.PublicKey, KeyID: "r"})), &key))
	if keyIssuer != "" {
		key["issuer"] = keyIssuer
	}
	return config.Provider{
		Name: "entra", Preset: config.EntraV1, Issuers: []string{entraIssuer}, Key: string(must(json.Marshal(object{"keys": []any{key}}))),
	}
}

func TestUserClaims(t *testing.T) {
	pinned := func(name string) func(*config.Provider) {
		return func(p *config.Provider) { p.UserIdentifier = name }
	}
	nothing := func(*config.Provider) {}
	for name, c := range map[string]struct {
		change func(*config.Provider)
		claims object
		want   User
		says   string
	}{
		"sub, when nothing else":       {nothing, nil, User{Claim: "sub", Value: annaBerg}, ""},
		"dominoDn before all":          {nothing, object{"keep.user.attr.dominoDn": "D", "CN": "C", "upn": "U"}, User{Claim: "keep.user.attr.dominoDn", Value: "D"}, ""},
		"CN before upn":                {nothing, object{"CN": "C", "upn": "U"}, User{Claim: "CN", Value: "C"}, ""},
		"upn before preferred":         {nothing, object{"preferred_username": "P", "upn": "U"}, User{Claim: "upn", Value: "U"}, ""},
		"preferred_username, email":    {nothing, object{"preferred_username": "P", "email": "E"}, User{Claim: "preferred_username", Value: "P"}, ""},
		"a verified email before sub":  {nothing, object{"email": "E", "email_verified": true}, User{Claim: "email", Value: "E"}, ""},
		"the configured one only":      {pinned("dn"), object{"dn": "X", "CN": "C"}, User{Claim: "dn", Value: "X", Pinned: true}, ""},
		"the configured one is absent": {pinned("dn"), object{"CN": "C"}, User{}, "no claim dn, which userIdentifier names"},
		"by pointer":                   {pinned("/user/names/1/a~1b~0c"), object{"user": object{"names": []any{0, object{"a/b~c": "X"}}}}, User{Claim: "/user/names/1/a~1b~0c", Value: "X", Pinned: true}, ""},
		"pointer into a list, beyond":  {pinned("/names/2"), object{"names": []any{"a", "b"}}, User{}, "no claim"},
		"pointer into a list, signed":  {pinned("/names/+1"), object{"names": []any{"a", "b"}}, User{}, "no claim"},
		"pointer through a text":       {pinned("/sub/x"), nil, User{}, "no claim"},
		"a name with a slash":          {pinned("/urn:x"), object{"/urn:x": "X"}, User{Claim: "/urn:x", Value: "X", Pinned: true}, ""},
		"in the form of LDAP": {
			func(p *config.Provider) { p.UserIdentifier, p.UserIdentifierInLDAPFormat = "dn", true },
			object{"dn": "cn=A,o=B"},
			User{Claim: "dn", Value: "cn=A,o=B", LDAP: true, Pinned: true},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newFixture(t, keyed(c.change)).Verify(sign(header(nil), claims(c.claims)))
			if c.says != "" {
				require.ErrorIs(t, err, ErrUser)
				require.ErrorContains(t, err, c.says)
				requireExplained(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want, got.User)
		})
	}
}

func TestScopeClaims(t *testing.T) {
	for name, c := range map[string]struct {
		pinned []string
		claims object
		want   oauth.Scope
	}{
		"none":                             {nil, object{"scope": nil}, nil},
		"text":                             {nil, object{"scope": "MAIL $DATA"}, oauth.Scope{"$DATA", "MAIL"}},
		"KEEP's scopes":                    {nil, object{"scope": nil, "scopes": "MAIL"}, oauth.Scope{"MAIL"}},
		"scp as list":                      {nil, object{"scope": nil, "scp": []string{"a", "b"}}, oauth.Scope{"a", "b"}},
		"an empty list":                    {nil, object{"scope": nil, "scp": []string{}}, nil},
		"J10 they disagree: what all have": {nil, object{"scope": "a b", "scopes": "b c", "scp": []string{"b", "a"}}, oauth.Scope{"b"}},
		"J10 they disagree altogether":     {nil, object{"scope": "domino", "scp": "mail"}, oauth.Scope{}},
		"J10 the configured one only":      {[]string{"scp"}, object{"scope": "domino", "scp": "mail"}, oauth.Scope{"mail"}},
		"the configured one is absent":     {[]string{"scp"}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, keyed(func(p *config.Provider) { p.ScopeClaims = c.pinned }))
			got, err := f.Verify(sign(header(nil), claims(c.claims)))
			require.NoError(t, err)
			assert.Equal(t, c.want.String(), got.Scope.String())
			assert.Len(t, got.Scope, len(c.want))
		})
	}
}
