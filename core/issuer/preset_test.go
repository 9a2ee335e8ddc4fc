// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"crypto"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/token"
)

// web answers for providers at their real addresses.
type web map[string]object

// RoundTrip implements http.RoundTripper.
func (w web) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := &http.Response{Request: r, StatusCode: http.StatusNotFound, Body: http.NoBody, Header: http.Header{}}
	if document, there := w[r.URL.String()]; there {
		answer.StatusCode = http.StatusOK
		if place, moved := document[""].(string); moved { // to there
			answer.StatusCode, answer.Header = http.StatusFound, http.Header{"Location": {place}}
		}
		answer.Body = io.NopCloser(strings.NewReader(string(must(json.Marshal(document)))))
	}
	return answer, nil
}

// keyOf is a key as JSON, with changes.
func keyOf(public crypto.PublicKey, kid string, changes object) object {
	key := object{}
	must(0, json.Unmarshal(must(json.Marshal(jose.JSONWebKey{Key: public, KeyID: kid})), &key))
	return changed(key, changes)
}

const tenant = "7f1b4c52-08a5-4d9c-9d5b-2f9b2f4a9a11"

// TestPresets has each provider's documents and tokens in their own shape: what they call things, what they leave out,
// and what they add.
func TestPresets(t *testing.T) {
	type shape struct {
		provider config.Provider
		web      web
		header   object // beside alg
		claims   object
		client   string
		scope    oauth.Scope
		user     User
	}
	public := &signing.rsa.PublicKey
	entraKey := keyOf(public, "r", object{"use": "sig", "x5t": "eA", "x5c": []string{"MII"}}) // without alg
	for name, c := range map[string]shape{
		"Entra ID v1": {
			config.Provider{
				Preset: config.EntraV1, URL: "https://login.microsoftonline.com/" + tenant, Audiences: []string{"api://domino"},
				UserIdentifier: "extension_dominoName",
			},
			web{
				"https://login.microsoftonline.com/" + tenant + "/.well-known/openid-configuration": {
					"issuer": "https://sts.windows.net/" + tenant + "/", "jwks_uri": "https://login.microsoftonline.com/common/discovery/keys",
				},
				"https://login.microsoftonline.com/common/discovery/keys": {"keys": []any{entraKey}},
			},
			object{"typ": "JWT", "kid": "r", "x5t": "r"},
			object{
				"iss": "https://sts.windows.net/" + tenant + "/", "aud": "api://domino", "tid": tenant, "ver": "1.0", "appid": "app-guid",
				"appidacr": "1", "scp": "domino", "unique_name": "anna@acme.example", "upn": "anna@acme.example",
				"extension_dominoName": annaBerg, "sub": "pairwise",
			},
			"app-guid",
			oauth.Scope{"domino"},
			User{Claim: "extension_dominoName", Value: annaBerg, Pinned: true},
		},
		"Entra ID v2, keys with their issuer": {
			config.Provider{
				Preset: config.EntraV2, URL: "https://login.microsoftonline.com/" + tenant + "/v2.0", Audiences: []string{"api-guid"},
				UserIdentifier: "dominoName",
			},
			web{
				"https://login.microsoftonline.com/" + tenant + "/v2.0/.well-known/openid-configuration": {
					"issuer":   "https://login.microsoftonline.com/" + tenant + "/v2.0",
					"jwks_uri": "https://login.microsoftonline.com/" + tenant + "/discovery/v2.0/keys",
				},
				"https://login.microsoftonline.com/" + tenant + "/discovery/v2.0/keys": {"keys": []any{
					changed(keyOf(public, "r", nil), object{"issuer": "https://login.microsoftonline.com/" + tenant + "/v2.0"}),
					changed(keyOf(&signing.other.PublicKey, "consumers", nil), object{"issuer": "https://login.microsoftonline.com/9188040d/v2.0"}),
				}},
			},
			object{"typ": "JWT", "kid": "r"},
			object{
				"iss": "https://login.microsoftonline.com/" + tenant + "/v2.0", "aud": "api-guid", "tid": tenant, "ver": "2.0",
				"azp": "client-guid", "azpacr": "1", "scp": "domino other", "scope": nil, "preferred_username": "anna@acme.example",
				"dominoName": annaBerg, "oid": "x", "sub": "pairwise",
			},
			"client-guid",
			oauth.Scope{"domino", "other"},
			User{Claim: "dominoName", Value: annaBerg, Pinned: true},
		},
		"AD FS, the issuer of access tokens": {
			config.Provider{Preset: config.ADFS, URL: "https://fs.acme.example/adfs", Audiences: []string{"urn:domino"}, UserIdentifier: "CN"},
			web{
				"https://fs.acme.example/adfs/.well-known/openid-configuration": {
					"issuer": "https://fs.acme.example/adfs", "access_token_issuer": "http://fs.acme.example/adfs/services/trust",
					"jwks_uri": "https://fs.acme.example/adfs/discovery/keys",
				},
				"https://fs.acme.example/adfs/discovery/keys": {"keys": []any{keyOf(public, "r", object{"use": "sig", "alg": "RS256"})}},
			},
			object{"typ": "JWT", "kid": "r", "x5t": "r"},
			object{
				"iss": "http://fs.acme.example/adfs/services/trust", "aud": "urn:domino", "appid": "app", "apptype": "Confidential",
				"scp": "domino", "auth_time": "2026-06-01T11:59:00.000Z", "CN": annaBerg, "sub": nil, "scope": nil,
			},
			"app",
			oauth.Scope{"domino"},
			User{Claim: "CN", Value: annaBerg, Pinned: true},
		},
		"Keycloak, with a key for encryption": {
			config.Provider{Preset: config.Keycloak, URL: "https://auth.example.com/realms/acme"},
			web{
				"https://auth.example.com/realms/acme/.well-known/openid-configuration": {
					"issuer": "https://auth.example.com/realms/acme", "jwks_uri": "https://auth.example.com/realms/acme/protocol/openid-connect/certs",
				},
				"https://auth.example.com/realms/acme/protocol/openid-connect/certs": {"keys": []any{
					keyOf(&signing.other.PublicKey, "enc", object{"use": "enc", "alg": "RSA-OAEP", "x5c": []string{"MII"}}),
					keyOf(public, "r", object{"use": "sig", "alg": "RS256", "x5c": []string{"MII"}}),
				}},
			},
			object{"typ": "JWT", "kid": "r"},
			object{
				"iss": "https://auth.example.com/realms/acme", "typ": "Bearer", "aud": []string{"Domino", "account"}, "azp": "web",
				"scope": "profile email domino", "preferred_username": "anna", "email": "anna@acme.example", "email_verified": true,
				"CN": annaBerg, "sid": "x", "acr": "1", "realm_access": object{"roles": []string{"a"}}, "sub": "uuid",
			},
			"web",
			oauth.Scope{"domino", "email", "profile"},
			User{Claim: "CN", Value: annaBerg},
		},
		"Keycloak below /auth": {
			config.Provider{Preset: config.Keycloak, URL: "https://auth.example.com/auth/realms/master/.well-known/openid-configuration", UserIdentifier: "dn", UserIdentifierInLDAPFormat: true},
			web{
				"https://auth.example.com/auth/realms/master/.well-known/openid-configuration": {
					"issuer": "https://auth.example.com/auth/realms/master", "jwks_uri": "https://auth.example.com/auth/realms/master/certs",
				},
				"https://auth.example.com/auth/realms/master/certs": {"keys": []any{keyOf(public, "r", object{"alg": "RS256"})}},
			},
			object{"typ": "JWT", "kid": "r"},
			object{"iss": "https://auth.example.com/auth/realms/master", "typ": "Bearer", "azp": "web", "dn": "cn=John Doe,o=SomeOrg"},
			"web",
			oauth.Scope{"domino"},
			User{Claim: "dn", Value: "cn=John Doe,o=SomeOrg", LDAP: true, Pinned: true},
		},
		"Okta, scp as a list": {
			config.Provider{Preset: config.Okta, URL: "https://acme.okta.com/oauth2/default", Audiences: []string{"api://default"}, UserIdentifier: "domino"},
			web{
				"https://acme.okta.com/oauth2/default/.well-known/openid-configuration": {
					"issuer": "https://acme.okta.com/oauth2/default", "jwks_uri": "https://acme.okta.com/oauth2/default/v1/keys",
				},
				"https://acme.okta.com/oauth2/default/v1/keys": {"keys": []any{keyOf(public, "r", object{"alg": "RS256", "use": "sig"})}},
			},
			object{"typ": nil, "kid": "r"},
			object{
				"ver": 1, "iss": "https://acme.okta.com/oauth2/default", "aud": "api://default", "cid": "0oa", "uid": "00u",
				"scp": []string{"openid", "domino"}, "scope": nil, "sub": "anna@acme.example", "domino": annaBerg,
			},
			"0oa",
			oauth.Scope{"domino", "openid"},
			User{Claim: "domino", Value: annaBerg, Pinned: true},
		},
		"Auth0, the slash and the list": {
			config.Provider{Preset: config.Auth0, URL: "https://acme.auth0.com", UserIdentifier: "https://acme.example/notesName"},
			web{
				"https://acme.auth0.com/.well-known/openid-configuration": {
					"issuer": "https://acme.auth0.com/", "jwks_uri": "https://acme.auth0.com/.well-known/jwks.json",
				},
				"https://acme.auth0.com/.well-known/jwks.json": {"keys": []any{keyOf(public, "r", object{"alg": "RS256", "x5c": []string{"MII"}})}},
			},
			object{"typ": "at+jwt", "kid": "r"},
			object{
				"iss": "https://acme.auth0.com/", "aud": []string{"Domino", "https://acme.auth0.com/userinfo"}, "client_id": "cl",
				"azp": nil, "scope": "openid domino", "sub": "auth0|5f7c", "permissions": []string{}, "https://acme.example/notesName": annaBerg,
			},
			"cl",
			oauth.Scope{"domino", "openid"},
			User{Claim: "https://acme.example/notesName", Value: annaBerg, Pinned: true},
		},
		"IBM Verify": {
			config.Provider{Preset: config.IBMVerify, URL: "https://acme.verify.ibm.com/oidc/endpoint/default", UserIdentifier: "/ext/notesName"},
			web{
				"https://acme.verify.ibm.com/oidc/endpoint/default/.well-known/openid-configuration": {
					"issuer": "https://acme.verify.ibm.com/oidc/endpoint/default", "jwks_uri": "https://acme.verify.ibm.com/oidc/endpoint/default/jwks",
				},
				"https://acme.verify.ibm.com/oidc/endpoint/default/jwks": {"keys": []any{keyOf(public, "r", nil)}},
			},
			object{"typ": nil, "kid": "r"},
			object{"iss": "https://acme.verify.ibm.com/oidc/endpoint/default", "client_id": "x", "ext": object{"notesName": annaBerg}},
			"x",
			oauth.Scope{"domino"},
			User{Claim: "/ext/notesName", Value: annaBerg, Pinned: true},
		},
		"Domino 14.5": {
			config.Provider{Preset: config.Domino145, URL: "https://oidc.acme.example/auth/protocol/oidc", Audiences: []string{"https://www.acme.example"}, UserIdentifier: "sub"},
			web{
				"https://oidc.acme.example/auth/protocol/oidc/.well-known/openid-configuration": {
					"issuer": "https://oidc.acme.example/auth/protocol/oidc", "jwks_uri": "https://oidc.acme.example/auth/protocol/oidc/keys",
				},
				"https://oidc.acme.example/auth/protocol/oidc/keys": {"keys": []any{keyOf(public, "r", object{"use": "sig"})}},
			},
			object{"kid": "r"},
			object{"iss": "https://oidc.acme.example/auth/protocol/oidc", "aud": "https://www.acme.example", "azp": "web", "email": "anna@acme.example"},
			"web",
			oauth.Scope{"domino"},
			User{Claim: "sub", Value: annaBerg, Pinned: true},
		},
		"Domino REST API": {
			config.Provider{Preset: config.DominoRESTAPI, Issuers: []string{"DominoKeep"}, Key: pemOf(public)},
			web{},
			object{"typ": "JWT", "kid": nil},
			object{"iss": "DominoKeep", "aud": []string{"Domino"}, "CN": annaBerg, "scope": "MAIL $DATA", "email": "anna@acme.example"},
			"",
			oauth.Scope{"$DATA", "MAIL"},
			User{Claim: "CN", Value: annaBerg},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.provider.Name = "idp"
			f := newFixture(t)
			f.transport = c.web
			f.configure(t, c.provider)
			f.refresh(t)
			require.NotContains(t, f.said(), "cannot be read")
			got, err := f.Verify(sign(header(c.header), claims(c.claims)))
			require.NoError(t, err)
			assert.Equal(t, c.client, got.ClientID)
			assert.Equal(t, c.scope, got.Scope)
			assert.Equal(t, c.user, got.User)

			elsewhere := claims(c.claims)
			elsewhere["iss"] = "https://evil.example/"
			_, err = f.Verify(sign(header(c.header), elsewhere))
			require.ErrorIs(t, err, token.ErrForeignIssuer)
			elsewhere = claims(c.claims)
			elsewhere["aud"] = "https://another.example"
			_, err = f.Verify(sign(header(c.header), elsewhere))
			require.ErrorIs(t, err, token.ErrUnusable)
		})
	}
}
