// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"errors"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/token"
)

// known is a provider of a preset whose key is at hand, so that its tokens can be looked at without its documents.
func known(preset config.Preset, issuer string, change func(*config.Provider)) config.Provider {
	return keyed(func(p *config.Provider) {
		p.Preset, p.Issuers, p.UserIdentifier = preset, []string{issuer}, "CN"
		if change != nil {
			change(p)
		}
	})
}

const (
	trustOfADFS = "http://fs.acme.example/adfs/services/trust"
	entraV2     = "https://login.microsoftonline.com/" + tenant + "/v2.0"
	realm       = "https://auth.example.com/realms/acme"
	okta        = "https://acme.okta.com/oauth2/default"
	auth0       = "https://acme.auth0.com/"
	domino145   = "https://oidc.acme.example/auth/protocol/oidc"
)

// TestPeculiarTokens has what tokens of a product have, or lack, that those of others do not.
func TestPeculiarTokens(t *testing.T) {
	by := func(claim string) func(*config.Provider) {
		return func(p *config.Provider) { p.UserIdentifier = claim }
	}
	for name, c := range map[string]struct {
		provider config.Provider
		claims   object
		says     string // empty: taken
		scope    string
	}{
		"AD FS, a time as text":            {known(config.ADFS, trustOfADFS, nil), object{"auth_time": "2026-06-01T11:59:00.000Z", "apptype": "Public"}, "", "domino"},
		"AD FS, no upn without a rule":     {known(config.ADFS, trustOfADFS, by("upn")), object{"upn": nil, "unique_name": "ACME\\anna"}, "found no claim upn, which userIdentifier names", ""},
		"AD FS, no claim of a user at all": {known(config.ADFS, trustOfADFS, by("")), object{"sub": nil, "CN": nil}, "none of the claims", ""},
		"AD FS, no resource was asked for": {known(config.ADFS, trustOfADFS, nil), object{"aud": "urn:microsoft:userinfo"}, `aud: found ["urn:microsoft:userinfo"]`, ""},

		"Entra ID, uti instead of jti":            {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "jti": nil, "uti": "4qAqGHX5"}, "", "domino"},
		"Entra ID, 90 minutes":                    {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "exp": noon.Unix() + 90*60 - 1}, "", "domino"},
		"Entra ID, 28 hours":                      {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "exp": noon.Unix() + 28*3600}, "longer than maxJwtDuration", ""},
		"Entra ID, too many groups":               {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "_claim_names": object{"groups": "src1"}, "_claim_sources": object{"src1": object{"endpoint": "https://graph.windows.net/x"}}}, "", "domino"},
		"Entra ID, a claim that is elsewhere":     {known(config.EntraV2, entraV2, by("groups")), object{"tid": tenant, "_claim_names": object{"groups": "src1"}}, "found no claim groups", ""},
		"Entra ID, scp has lost its prefix":       {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "scope": nil, "scp": "domino MAIL"}, "", "MAIL domino"},
		"Entra ID, scp with its prefix":           {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "scope": nil, "scp": "api://x/domino"}, "", "api://x/domino"},
		"Entra ID, an application has roles only": {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "scope": nil, "roles": []string{"domino"}}, "", ""},
		"B9 Entra ID, an application":             {known(config.EntraV2, entraV2, nil), object{"tid": tenant, "idtyp": "app"}, "application", ""},
		"Entra ID, a name that can change":        {known(config.EntraV2, entraV2, by("")), object{"tid": tenant, "CN": nil, "preferred_username": "anna@acme.example"}, "which can change and proves nobody", ""},
		"Entra ID, that name, configured":         {known(config.EntraV2, entraV2, by("preferred_username")), object{"tid": tenant, "preferred_username": "anna@acme.example"}, "", "domino"},
		"Entra ID, one subject for each client":   {known(config.EntraV2, entraV2, by("oid")), object{"tid": tenant, "sub": "pairwise", "oid": "stable"}, "", "domino"},

		"Keycloak, its own typ":            {known(config.Keycloak, realm, nil), object{"typ": "Bearer", "sid": "x", "azp": "web"}, "", "domino"},
		"Keycloak, no audience mapper":     {known(config.Keycloak, realm, nil), object{"typ": "Bearer", "aud": "account"}, `aud: found ["account"], expected one of ["Domino"]`, ""},
		"Keycloak, no audience":            {known(config.Keycloak, realm, nil), object{"typ": "Bearer", "aud": nil}, `aud: found []`, ""},
		"Keycloak, a nested user":          {known(config.Keycloak, realm, by("/domino/name")), object{"domino": object{"name": annaBerg}}, "", "domino"},
		"Keycloak, roles as scopes":        {known(config.Keycloak, realm, rolesAreScopes), object{"realm_access": object{"roles": []string{"offline_access", "MAIL", "view domino", "営業"}}}, "", "MAIL offline_access"},
		"Keycloak, roles that are no list": {known(config.Keycloak, realm, rolesAreScopes), object{"realm_access": object{"roles": object{}}}, "is neither a string nor a list", ""},
		"Keycloak, no roles":               {known(config.Keycloak, realm, rolesAreScopes), nil, "", ""},

		"IBM Verify, nothing but a client":   {known(config.IBMVerify, "https://acme.verify.ibm.com/oidc/endpoint/default", by("")), object{"client_id": "x", "sub": "x", "CN": nil}, "is the client", ""},
		"Tivoli, a static key and its kid":   {keyed(func(p *config.Provider) { p.Key, p.KeyID = pemOf(&signing.rsa.PublicKey), "r" }), nil, "", "domino"},
		"Okta, a list of scopes":             {known(config.Okta, okta, nil), object{"scope": nil, "scp": []string{"openid", "domino"}, "cid": "0oa", "uid": "00u"}, "", "domino openid"},
		"Okta, its own client":               {known(config.Okta, okta, func(p *config.Provider) { p.Clients = []string{"0oa"} }), object{"cid": "0ob"}, "issued to the client", ""},
		"Auth0, a subject with a bar":        {known(config.Auth0, auth0, by("sub")), object{"sub": "auth0|5f7c"}, "", "domino"},
		"Auth0, its default profile":         {known(config.Auth0, auth0, clientX), object{"azp": "x", "aud": []string{"Domino", auth0 + "userinfo"}}, "", "domino"},
		"Auth0, its profile of RFC 9068":     {known(config.Auth0, auth0, clientX), object{"client_id": "x", "jti": "1", "aud": []string{"Domino", auth0 + "userinfo"}}, "", "domino"},
		"Auth0, permissions are no scopes":   {known(config.Auth0, auth0, nil), object{"scope": "openid", "permissions": []string{"domino"}}, "", "openid"},
		"Domino 14.5, one client's audience": {known(config.Domino145, domino145, audiences), object{"aud": "web"}, "", "domino"},
		"Domino 14.5, another client's":      {known(config.Domino145, domino145, audiences), object{"aud": "nomad"}, "", "domino"},
		"Domino 14.5, a client too many":     {known(config.Domino145, domino145, audiences), object{"aud": "verse"}, `expected one of ["web" "nomad"]`, ""},
		"Domino REST API, scopes":            {known(config.DominoRESTAPI, "DominoKeep", nil), object{"scope": nil, "scopes": "MAIL $DATA", "aud": []string{"Domino"}}, "", "$DATA MAIL"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newFixture(t, c.provider).Verify(sign(header(nil), changed(claims(object{"iss": c.provider.Issuers[0], "CN": annaBerg}), c.claims)))
			if c.says != "" {
				require.ErrorContains(t, err, c.says)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.scope, got.Scope.String())
		})
	}
}

func rolesAreScopes(p *config.Provider) { p.ScopeClaims = []string{"/realm_access/roles"} }
func clientX(p *config.Provider)        { p.Clients = []string{"x"} }
func audiences(p *config.Provider)      { p.Audiences = []string{"web", "nomad"} }

// TestPeculiarDocuments has discovery documents and key sets that differ from what OpenID Connect Discovery says.
func TestPeculiarDocuments(t *testing.T) {
	public := &signing.rsa.PublicKey
	keys := func(changes object) object { return object{"keys": []any{keyOf(public, "r", changes)}} }
	const common = "https://login.microsoftonline.com/common"
	forAll := web{
		common + "/v2.0/.well-known/openid-configuration": {"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0", "jwks_uri": common + "/discovery/v2.0/keys"},
		common + "/discovery/v2.0/keys": {"keys": []any{
			keyOf(public, "r", object{"issuer": "https://login.microsoftonline.com/{tenantid}/v2.0"}),
			keyOf(&signing.ec.PublicKey, "e", object{"issuer": "https://login.microsoftonline.com/another/v2.0", "alg": "ES256"}),
		}},
	}
	entra := config.Provider{Preset: config.EntraV2, URL: common + "/v2.0", Issuers: []string{entraV2}, UserIdentifier: "CN"}
	for name, c := range map[string]struct {
		provider config.Provider
		web      web
		claims   object
		says     string // by the console or about the token; empty: taken
	}{
		"J6 Entra ID for all tenants, one of ours":  {entra, forAll, object{"iss": entraV2, "tid": tenant}, ""},
		"J6 Entra ID for all tenants, another":      {entra, forAll, object{"iss": "https://login.microsoftonline.com/another/v2.0", "tid": "another"}, "does not know"},
		"J6 Entra ID for all tenants, the template": {entra, forAll, object{"iss": "https://login.microsoftonline.com/{tenantid}/v2.0", "tid": "{tenantid}"}, "does not know"},
		"J6 Entra ID for all tenants, another tid":  {entra, forAll, object{"iss": entraV2, "tid": "another"}, `tid: found "another"`},
		"Keycloak, the document of RFC 8414": {
			config.Provider{Preset: config.Keycloak, URL: "https://auth.example.com/.well-known/oauth-authorization-server/realms/acme", Issuers: []string{realm}},
			web{
				"https://auth.example.com/.well-known/oauth-authorization-server/realms/acme": {"issuer": realm, "jwks_uri": realm + "/certs"},
				realm + "/certs": keys(nil),
			},
			object{"iss": realm},
			"",
		},
		"Keycloak, another host name in iss": {
			config.Provider{Preset: config.Keycloak, URL: "https://keycloak.internal/realms/acme", Issuers: []string{realm}},
			web{
				"https://keycloak.internal/realms/acme/.well-known/openid-configuration": {"issuer": realm, "jwks_uri": "https://keycloak.internal/certs"},
				"https://keycloak.internal/certs":                                        keys(nil),
			},
			object{"iss": realm},
			"",
		},
		"Keycloak, another host name that nobody wrote": {
			config.Provider{Preset: config.Keycloak, URL: "https://keycloak.internal/realms/acme"},
			web{"https://keycloak.internal/realms/acme/.well-known/openid-configuration": {"issuer": realm, "jwks_uri": "https://keycloak.internal/certs"}},
			object{"iss": realm},
			"if that is right, write it as iss",
		},
		"AD FS, an identifier that was changed": {
			config.Provider{Preset: config.ADFS, URL: "https://fs.acme.example/adfs", Audiences: []string{"Domino"}},
			web{
				"https://fs.acme.example/adfs/.well-known/openid-configuration": {
					"issuer": "https://fs.acme.example/adfs", "access_token_issuer": "http://sts.acme.example/adfs/services/trust",
					"jwks_uri": "https://fs.acme.example/adfs/discovery/keys",
				},
				"https://fs.acme.example/adfs/discovery/keys": keys(nil),
			},
			object{"iss": "http://sts.acme.example/adfs/services/trust"},
			`access tokens have the issuer \"http://sts.acme.example/adfs/services/trust\"`,
		},
		"AD FS, an identifier that was changed, by a word of the administrator": {
			config.Provider{
				Preset: config.ADFS, URL: "https://fs.acme.example/adfs", Audiences: []string{"Domino"},
				Issuers: []string{"http://sts.acme.example/adfs/services/trust"},
			},
			web{
				"https://fs.acme.example/adfs/.well-known/openid-configuration": {
					"issuer": "https://fs.acme.example/adfs", "access_token_issuer": "http://sts.acme.example/adfs/services/trust",
					"jwks_uri": "https://fs.acme.example/adfs/discovery/keys",
				},
				"https://fs.acme.example/adfs/discovery/keys": keys(nil),
			},
			object{"iss": "http://sts.acme.example/adfs/services/trust"},
			"",
		},
		"Okta, a host of the company's": {
			config.Provider{Preset: config.Okta, URL: "https://id.acme.example/oauth2/default"},
			web{
				"https://id.acme.example/oauth2/default/.well-known/openid-configuration": {"issuer": "https://id.acme.example/oauth2/default", "jwks_uri": "https://id.acme.example/oauth2/default/v1/keys"},
				"https://id.acme.example/oauth2/default/v1/keys":                          keys(object{"alg": "RS256"}),
			},
			object{"iss": "https://id.acme.example/oauth2/default"},
			"",
		},
		"Okta, an issuer that follows the request": {
			config.Provider{Preset: config.Okta, URL: "https://id.acme.example/oauth2/default", Issuers: []string{"https://id.acme.example/oauth2/default", okta}},
			web{
				"https://id.acme.example/oauth2/default/.well-known/openid-configuration": {"issuer": "https://id.acme.example/oauth2/default", "jwks_uri": okta + "/v1/keys"},
				okta + "/v1/keys": keys(object{"alg": "RS256"}),
			},
			object{"iss": okta},
			"",
		},
		"IBM Verify, its newer address": {
			config.Provider{Preset: config.IBMVerify, URL: "https://acme.verify.ibm.com/oauth2"},
			web{
				"https://acme.verify.ibm.com/oauth2/.well-known/openid-configuration": {"issuer": "https://acme.verify.ibm.com/oauth2", "jwks_uri": "https://acme.verify.ibm.com/oauth2/jwks"},
				"https://acme.verify.ibm.com/oauth2/jwks":                             keys(nil),
			},
			object{"iss": "https://acme.verify.ibm.com/oauth2"},
			"",
		},
		"Domino REST API, by its document": {
			config.Provider{Preset: config.DominoRESTAPI, URL: "https://domino.acme.example:8880"},
			web{
				"https://domino.acme.example:8880/.well-known/openid-configuration": {"issuer": "https://domino.acme.example:8880", "jwks_uri": "https://domino.acme.example:8880/.well-known/jwks.json"},
				"https://domino.acme.example:8880/.well-known/jwks.json":            keys(object{"alg": "RS256"}),
			},
			object{"iss": "https://domino.acme.example:8880", "aud": []string{"Domino"}},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.transport = c.web
			c.provider.Name = "idp"
			f.configure(t, c.provider)
			f.refresh(t)
			_, err := f.Verify(sign(header(nil), changed(claims(object{"CN": annaBerg}), c.claims)))
			if c.says == "" {
				require.NoError(t, err, f.said())
				return
			}
			require.Error(t, err)
			assert.Contains(t, f.said()+err.Error(), c.says)
		})
	}
}

// A key of Entra ID says no algorithm; it is for RS256 then, and for nothing else.
func TestKeyWithoutAlgorithm_C3(t *testing.T) {
	f := newFixture(t, known(config.EntraV2, entraV2, nil))
	good := claims(object{"iss": entraV2, "tid": tenant, "CN": annaBerg})
	_, err := f.Verify(sign(header(nil), good))
	require.NoError(t, err)
	made := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.MapClaims(good))
	made.Header["kid"] = "r"
	_, err = f.Verify(must(made.SignedString(signing.rsa)))
	require.ErrorIs(t, err, ErrSignature)
}

// Some providers issue tokens that are no JWTs when they are asked in the wrong way. The token does not tell whose it is.
func TestOpaqueTokens(t *testing.T) {
	fault := errors.Join(token.ErrMalformed)
	f := newFixture(t, keyed())
	require.Equal(t, fault, f.ExplainOpaque(fault), "no provider here does that")
	f.configure(t, keyed(),
		config.Provider{Name: "zero", Preset: config.Auth0, URL: "https://acme.auth0.com", Audiences: []string{"https://domino.acme.example"}},
		config.Provider{Name: "ibm", Preset: config.IBMVerify, URL: "https://acme.verify.ibm.com/oidc/endpoint/default"})
	explained := f.ExplainOpaque(fault)
	require.ErrorIs(t, explained, token.ErrMalformed)
	assert.ErrorContains(t, explained, `provider zero, the client must ask Auth0 for the audience of an API, one of ["https://domino.acme.example"]`)
	assert.ErrorContains(t, explained, "provider ibm, set the access token format of the application in IBM Verify to JWT")
}
