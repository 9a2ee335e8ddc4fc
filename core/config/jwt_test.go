// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// withProviders parses a configuration with these members of jwt.
func withProviders(t *testing.T, members string) (Config, []Problem) {
	t.Helper()
	got, problems, err := Parse(files("{" + issuerLine + ",\n\"jwt\": {" + members + "}}"))
	require.NoError(t, err)
	return got, problems
}

func TestProviders(t *testing.T) {
	for name, c := range map[string]struct {
		members   string
		want      Provider
		issuers   []string
		discovery string
	}{
		"base URL": {
			`"a": {"active": true, "providerUrl": "https://someidp.your.domain"}`,
			Provider{URL: "https://someidp.your.domain"},
			[]string{"https://someidp.your.domain", "https://someidp.your.domain/"},
			"https://someidp.your.domain/.well-known/openid-configuration",
		},
		"Keycloak, its realm": {
			`"a": {"active": true, "preset": "keycloak", "providerUrl": "https://auth.example.com/auth/realms/master"}`,
			Provider{URL: "https://auth.example.com/auth/realms/master", Preset: Keycloak},
			[]string{"https://auth.example.com/auth/realms/master", "https://auth.example.com/auth/realms/master/"},
			"https://auth.example.com/auth/realms/master/.well-known/openid-configuration",
		},
		"Azure as KEEP has it": {
			`"a": {"active": true, "providerURL": "https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration",
			  "aud": "api://dominorest", "iss": "https://sts.windows.net/t/", "algorithm": "RS256"}`,
			Provider{
				URL:        "https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration",
				Audiences:  []string{"api://dominorest"},
				Issuers:    []string{"https://sts.windows.net/t/"},
				Algorithms: []string{"RS256"},
			},
			[]string{"https://sts.windows.net/t/"},
			"https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration",
		},
		"a key file": {
			`"a": {"active": true, "alg": "RS256", "iss": "The Demo Wizzard", "kid": "k", "keyFile": "10-jwt.pubkey",
			  "userIdentifier": "/user/dn", "userIdentifierInLdapFormat": true}`,
			Provider{
				Algorithms: []string{"RS256"}, Issuers: []string{"The Demo Wizzard"}, KeyID: "k", KeyFile: "10-jwt.pubkey",
				UserIdentifier: "/user/dn", UserIdentifierInLDAPFormat: true,
			},
			[]string{"The Demo Wizzard"},
			"",
		},
		"everything of ndoap's own": {
			`"a": {"active": true, "providerUrl": "http://127.0.0.1:8080/", "clients": ["x", "y"], "scopeClaims": "scp",
			  "typ": ["at+jwt", ""]}`,
			Provider{
				URL: "http://127.0.0.1:8080/", Clients: []string{"x", "y"}, ScopeClaims: []string{"scp"}, Types: []string{"at+jwt", ""},
			},
			[]string{"http://127.0.0.1:8080", "http://127.0.0.1:8080/"},
			"http://127.0.0.1:8080/.well-known/openid-configuration",
		},
		"Entra v1": {
			`"a": {"active": true, "preset": "entra-v1", "providerUrl": "https://login.microsoftonline.com/t", "aud": "api://x"}`,
			Provider{URL: "https://login.microsoftonline.com/t", Preset: EntraV1, Audiences: []string{"api://x"}},
			[]string{"https://sts.windows.net/t/"},
			"https://login.microsoftonline.com/t/.well-known/openid-configuration",
		},
		"Entra v2 without its version": {
			`"a": {"active": true, "preset": "entra-v2", "providerUrl": "https://login.microsoftonline.com/t", "aud": "x"}`,
			Provider{URL: "https://login.microsoftonline.com/t", Preset: EntraV2, Audiences: []string{"x"}},
			[]string{"https://login.microsoftonline.com/t/v2.0"},
			"https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration",
		},
		"AD FS": {
			`"a": {"active": true, "preset": "adfs", "providerUrl": "https://fs.example.com/adfs", "aud": "urn:domino"}`,
			Provider{URL: "https://fs.example.com/adfs", Preset: ADFS, Audiences: []string{"urn:domino"}},
			[]string{"http://fs.example.com/adfs/services/trust", "https://fs.example.com/adfs"},
			"https://fs.example.com/adfs/.well-known/openid-configuration",
		},
		"AD FS at another port": {
			`"a": {"active": true, "preset": "adfs", "providerUrl": "https://fs.example.com:444/adfs/", "aud": "urn:domino"}`,
			Provider{URL: "https://fs.example.com:444/adfs/", Preset: ADFS, Audiences: []string{"urn:domino"}},
			[]string{"http://fs.example.com/adfs/services/trust", "https://fs.example.com:444/adfs"},
			"https://fs.example.com:444/adfs/.well-known/openid-configuration",
		},
		"Keycloak, the address of its keys": {
			`"a": {"active": true, "providerUrl": "https://auth.example.com/auth/realms/master/protocol/openid-connect/certs"}`,
			Provider{URL: "https://auth.example.com/auth/realms/master/protocol/openid-connect/certs"},
			[]string{"https://auth.example.com/auth/realms/master", "https://auth.example.com/auth/realms/master/"},
			"https://auth.example.com/auth/realms/master/.well-known/openid-configuration",
		},
		"the algorithm as a document of HCL spells it": {
			`"a": {"active": true, "providerUrl": "https://x", "algoritm": "RS256"}`, //nolint:misspell // as a document has it
			Provider{URL: "https://x", Algorithms: []string{"RS256"}},
			[]string{"https://x", "https://x/"},
			"https://x/.well-known/openid-configuration",
		},
		"Auth0 ends with a slash": {
			`"a": {"active": true, "preset": "auth0", "providerUrl": "https://x.auth0.com"}`,
			Provider{URL: "https://x.auth0.com", Preset: Auth0},
			[]string{"https://x.auth0.com/"},
			"https://x.auth0.com/.well-known/openid-configuration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := withProviders(t, c.members)
			if c.want.UserIdentifier == "" {
				require.Len(t, problems, 1)
				assert.Contains(t, problems[0].String(), "has no userIdentifier")
				problems = nil
			}
			assert.Empty(t, problems)
			c.want.Name, c.want.Active = "a", true
			if c.want.Audiences == nil {
				c.want.Audiences = []string{"Domino"}
			}
			require.Equal(t, []Provider{c.want}, got.Providers)
			assert.Equal(t, c.issuers, got.Providers[0].ExpectedIssuers())
			assert.Equal(t, c.discovery, got.Providers[0].DiscoveryURL())

			written, err := json.Marshal(&got)
			require.NoError(t, err)
			again, _, err := Parse([]File{{Name: "10.json", Data: written}})
			require.NoError(t, err)
			assert.Equal(t, got.Providers, again.Providers, "what is shown reads as the same")
		})
	}
}

func TestAMistakeInOneProviderLeavesTheRest(t *testing.T) {
	const good = `"good": {"active": true, "providerUrl": "https://good.example.com", "userIdentifier": "CN"},` + "\n"
	for name, c := range map[string]struct{ member, says string }{
		"no object":              {`"bad": true`, `jwt.bad is true, expected an object`},
		"a name for paths":       {`"../bad": {"active": true}`, `jwt.../bad is not a name for a provider`},
		"a name for API keys":    {`"URN": {"active": true}`, `jwt.URN is not a name for a provider`},
		"active as text":         {`"bad": {"active": "true"}`, `jwt.bad.active is "true", expected true or false`},
		"a preset of nobody":     {`"bad": {"active": true, "preset": "azure"}`, `jwt.bad.preset is "azure", expected a preset: "entra-v1"`},
		"no URL":                 {`"bad": {"active": true, "providerUrl": "idp.example.com"}`, `jwt.bad.providerUrl is "idp.example.com", expected the https URL`},
		"http":                   {`"bad": {"active": true, "providerUrl": "http://idp.example.com"}`, `jwt.bad.providerUrl`},
		"a user in the URL":      {`"bad": {"active": true, "providerUrl": "https://a@idp.example.com"}`, `jwt.bad.providerUrl`},
		"C5 a shared secret":     {`"bad": {"active": true, "algorithm": "HS256"}`, `jwt.bad.algorithm is "HS256", expected one or several of "RS256"`},
		"C2 none":                {`"bad": {"active": true, "alg": "none"}`, `jwt.bad.alg is "none"`},
		"an audience twice":      {`"bad": {"active": true, "aud": ["a", "a"]}`, `jwt.bad.aud is a list, expected one or several audiences`},
		"C22 no audience":        {`"bad": {"active": true, "aud": []}`, `jwt.bad.aud is a list`},
		"C22 an empty audience":  {`"bad": {"active": true, "aud": ""}`, `jwt.bad.aud is ""`},
		"a key that is none":     {`"bad": {"active": true, "key": "10-jwt.pubkey"}`, `jwt.bad.key is "10-jwt.pubkey", expected a public key in PEM form`},
		"a pointer that is none": {`"bad": {"active": true, "userIdentifier": "/a~2"}`, `jwt.bad.userIdentifier`},
		"no keys":                {`"bad": {"active": true}`, `jwt.bad needs exactly one of providerUrl, keyFile and key`},
		"keys from two places":   {`"bad": {"active": true, "providerUrl": "https://x", "keyFile": "y"}`, `exactly one of`},
		"J6 Entra, any issuer":   {`"bad": {"active": true, "preset": "entra-v2", "aud": "x", "keyFile": "x"}`, `jwt.bad has a key but no iss: write the iss of your tenant`},
		"kid for many keys":      {`"bad": {"active": true, "providerUrl": "https://x", "kid": "y"}`, `jwt.bad has a kid`},
		"Entra without audience": {`"bad": {"active": true, "preset": "entra-v2", "providerUrl": "https://login.microsoftonline.com/t"}`, `jwt.bad has no aud`},
		"J6 tenant of everybody": {`"bad": {"active": true, "preset": "entra-v2", "aud": "x", "providerUrl": "https://login.microsoftonline.com/common/v2.0"}`, `jwt.bad is Entra ID for all tenants`},
		"Okta for itself":        {`"bad": {"active": true, "preset": "okta", "providerUrl": "https://x.okta.com"}`, `use a custom authorization server`},
		"Okta without preset":    {`"bad": {"active": true, "providerUrl": "https://X.okta.com/.well-known/openid-configuration"}`, `use a custom authorization server`},
		"our own issuer":         {`"bad": {"active": true, "keyFile": "x", "iss": "https://domino.example.com/doap"}`, `which is that of this server itself`},
		"another's issuer":       {`"bad": {"active": true, "keyFile": "x", "iss": ["y", "https://good.example.com"]}`, `which is also that of jwt.good`},
		"said twice":             {`"bad": {"active": true, "alg": "RS256", "algorithm": "RS256"}`, `jwt.bad.algorithm says again what alg says`},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := withProviders(t, good+c.member)
			require.Len(t, got.Providers, 1)
			assert.Equal(t, "good", got.Providers[0].Name)
			require.Len(t, problems, 1)
			assert.Equal(t, slog.LevelError, problems[0].Level)
			assert.True(t, problems[0].Contained)
			assert.Contains(t, problems[0].String(), "10.json, line 3: ")
			assert.Contains(t, problems[0].String(), c.says)
			assert.Contains(t, problems[0].String(), "this provider is off until that is mended")
		})
	}
}

func TestNotesAboutProviders(t *testing.T) {
	for name, c := range map[string]struct {
		text, says string
		level      slog.Level
	}{
		"unknown member":     {`"jwt": {"a": {"active": true, "providerUrl": "https://x", "userIdentifier": "CN", "audience": "y"}}`, "jwt.a.audience is not a setting", slog.LevelWarn},
		"no active":          {`"jwt": {"a": {"providerUrl": "https://x"}}`, `jwt.a has no "active", so that it is off`, slog.LevelWarn},
		"another's member":   {`"jwt": {"a": {"active": true, "providerUrl": "https://x", "userIdentifier": "CN", "adminui": {"active": true}}}`, "jwt.a.adminui is for the admin UI", slog.LevelInfo},
		"minutes":            {`"maxJwtDuration": 90`, `maxJwtDuration counts minutes, which makes 90m`, slog.LevelWarn},
		"its older name":     {`"JwtMaxDuration": 1440`, `maxJwtDuration counts minutes, which makes 1d`, slog.LevelWarn},
		"Keycloak, no realm": {`"jwt": {` + "\n" + `"a": {"active": true, "preset": "keycloak", "userIdentifier": "CN", "providerUrl": "https://x/auth"}}`, "10.json, line 2: jwt.a has a providerUrl without a realm, where Keycloak has no keys: write https://HOST/realms/REALM", slog.LevelWarn},
		"any user":           {`"jwt": {` + "\n" + `"a": {"active": true, "providerUrl": "https://x"}}`, "10.json, line 2: jwt.a has no userIdentifier, so that the first claim of keep.user.attr.dominoDn, CN, upn, preferred_username, email, sub that a token has says whose it is", slog.LevelWarn},
		"any issuer":         {`"jwt": {` + "\n" + `"a": {"active": true, "keyFile": "x", "userIdentifier": "CN"}}`, "10.json, line 2: jwt.a has a key but no iss, so that it takes tokens of any issuer that is not in this configuration, if its key signed them: write the iss of its tokens", slog.LevelWarn},
		"nothing to pass":    {`"bearer": {"unknownIssuer": "pass"}, "jwt": {"a": {"active": true, "keyFile": "x", "userIdentifier": "CN"}}`, `write the iss of its tokens; until then bearer.unknownIssuer "pass" leaves Domino no token with an iss`, slog.LevelWarn},
		"no look at expiry":  {`"disableJwtExpiryCheck": true`, "disableJwtExpiryCheck lets expired tokens", slog.LevelWarn},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems, err := Parse(files("{" + issuerLine + ", " + c.text + "}"))
			require.NoError(t, err)
			require.Len(t, problems, 1)
			assert.Equal(t, c.level, problems[0].Level)
			assert.Contains(t, problems[0].String(), c.says)
		})
	}
	got, problems, err := Parse(files("{" + issuerLine + `, "maxJwtDuration": 90, "JwtMaxDuration": 1}`))
	require.NoError(t, err)
	assert.Equal(t, 90*time.Minute, got.Bearer.MaxLifetime)
	require.Len(t, problems, 2)
	assert.Contains(t, problems[1].String(), "10.json, line 1: JwtMaxDuration says again what maxJwtDuration says, and is ignored")
}

// A mistake in what concerns all providers closes them, and what it concerns beside them; nothing is guessed, and all else
// holds.
func TestAMistakeForAllProvidersLeavesTheRest(t *testing.T) {
	const provider = `"jwt": {"a": {"active": true, "keyFile": "x", "iss": "https://a.example", "userIdentifier": "CN"}}`
	for name, c := range map[string]struct {
		text, says        string
		providers, passed int
		login             bool
	}{
		"the longest life":            {provider + `, "maxJwtDuration": 0`, "maxJwtDuration is 0, expected a duration", 0, 1, false},
		"the longest life, a text":    {provider + `, "maxJwtDuration": "5"`, `maxJwtDuration is "5", expected a duration from "1s" to "366d", or a whole number of minutes; no identity provider is used and the login is out of service`, 0, 1, false},
		"its older name":              {provider + `, "JwtMaxDuration": "x"`, "maxJwtDuration is", 0, 1, false},
		"providers that are no names": {`"jwt": ["a"]`, "jwt is a list, expected names, each with the settings of an identity provider; no identity provider is used", 0, 0, true},
		"expiry":                      {provider + `, "disableJwtExpiryCheck": "true"`, `disableJwtExpiryCheck is "true", expected true or false, without quotes; it counts as false`, 1, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems, err := Parse(files("{"+issuerLine+`, "bearer": {"unknownIssuer": "pass"}}`, "{\n"+c.text+"}"))
			require.NoError(t, err)
			require.Len(t, problems, 1)
			assert.True(t, problems[0].Contained)
			assert.Contains(t, problems[0].String(), "20.json, line 2: "+c.says)
			assert.Len(t, got.Providers, c.providers)
			assert.Equal(t, c.providers == 0 && c.passed == 1, got.IsWithheld("https://a.example"))
			assert.Equal(t, c.passed == 1, got.Bearer.UnknownIssuer == PassUnknownIssuer)
			assert.False(t, got.Bearer.IgnoreExpiry)
			_, fault := got.LoginFault()
			assert.Equal(t, c.login, fault == nil)
		})
	}
}
