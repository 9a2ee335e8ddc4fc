// SPDX-License-Identifier: Apache-2.0

package config

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const keyPair = `"JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtPrivateKeyFile": "a.pem", "JwtPublicKeyFile": "b.pem"`

// The settings of KEEP's documents, as they are written there.
func TestLoginOfKeep(t *testing.T) {
	got, problems, err := Parse(files("{" + issuerLine + `, "JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtIssuer": "DominoKeep",
		"JwtPrivateKeyFile": "path-to-private.key.pem", "JwtPublicKeyFile": "path-to-.public.key.pem", "JwtAlgorithm": "RSA"}`))
	require.NoError(t, err)
	assert.Empty(t, problems)
	_, fault := got.LoginFault()
	require.NoError(t, fault)
	assert.Equal(t, "DominoKeep", got.LoginIssuer())
	assert.Equal(t, []string{"RS256"}, got.DominoLogin.Algorithms())
	assert.Equal(t, 2*time.Hour, got.LoginLifetime())

	got, problems, err = Parse(files("{" + issuerLine + `, "disableDominoLogin": true}`))
	require.NoError(t, err)
	assert.Empty(t, problems)
	assert.False(t, got.DominoLogin.IssuesOrTakes())
	assert.Equal(t, "https://domino.example.com/doap/login", got.LoginIssuer())
	got.DominoLogin.UseKeyPair = true
	assert.True(t, got.DominoLogin.IssuesOrTakes(), "tokens of servers with the same key pair")
}

// A contradiction puts the login out of service, with its place, and nothing else.
func TestLoginsThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct{ text, says string }{
		"no PEM files": {
			`"JwtUsePubPrivKey": true, "JwtPrivateKeyFile": "a.pem", "JwtPublicKeyFile": "b.pem"`,
			`JwtUsePubPrivKey needs "JwtUsePemFile": true, because key pairs are known in PEM files only`,
		},
		"no private key":     {`"JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtPublicKeyFile": "b"`, "JwtUsePubPrivKey needs both"},
		"no public key":      {`"JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtPrivateKeyFile": "a"`, "JwtUsePubPrivKey needs both"},
		"C5 a shared secret": {keyPair + `, "JwtAlgorithm": "HS256"`, `JwtAlgorithm is "HS256", expected "RSA"`},
		"C2 none":            {keyPair + `, "JwtAlgorithm": "none"`, `JwtAlgorithm is "none"`},
		"our own issuer":     {`"JwtIssuer": "https://domino.example.com/doap"`, "JwtIssuer is the issuer of this server's other tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems, err := Parse(files("{"+issuerLine+"}", "{\n"+c.text+"}"))
			require.NoError(t, err)
			require.Len(t, problems, 1)
			assert.True(t, problems[0].Contained)
			assert.Equal(t, slog.LevelError, problems[0].Level)
			assert.Contains(t, problems[0].String(), "20.json, line 2: "+c.says)
			assert.Contains(t, problems[0].String(), "the login is out of service until that is mended")
			_, fault := got.LoginFault()
			require.Error(t, fault)
		})
	}
}

func TestNotesAboutTheLogin(t *testing.T) {
	for name, c := range map[string]struct {
		text, says string
		lasts      time.Duration
	}{
		"seconds":               {`"JwtDuration": 7200`, `JwtDuration counts seconds, which makes 2h; some documents of KEEP count minutes`, 2 * time.Hour},
		"C24 longer than a day": {`"JwtDuration": "7d"`, "JwtDuration (7d) is longer than such a token may live (1d): it is cut", day},
		"C24 longer than all may": {
			`"JwtDuration": "3h", "maxJwtDuration": "1h"`, "JwtDuration (3h) is longer than such a token may live (1h)", time.Hour,
		},
		"PEM without a key pair":         {`"JwtUsePemFile": true`, `JwtUsePemFile has no effect without "JwtUsePubPrivKey": true`, 2 * time.Hour},
		"a private key without a pair":   {`"JwtPrivateKeyFile": "a"`, `JwtPrivateKeyFile has no effect`, 2 * time.Hour},
		"a public key without a pair":    {`"JwtPublicKeyFile": "a"`, `JwtPublicKeyFile has no effect`, 2 * time.Hour},
		"an algorithm without a pair":    {`"JwtAlgorithm": "RSA"`, `JwtAlgorithm has no effect`, 2 * time.Hour},
		"C24 as short as others must be": {`"maxJwtDuration": 5`, "maxJwtDuration counts minutes", 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems, err := Parse(files("{" + issuerLine + ", " + c.text + "}"))
			require.NoError(t, err)
			require.Len(t, problems, 1)
			assert.Equal(t, slog.LevelWarn, problems[0].Level)
			assert.Contains(t, problems[0].String(), c.says)
			assert.Equal(t, c.lasts, got.LoginLifetime())
		})
	}
}

// What would leave the login on, or its tokens good for another time than was meant, puts the login out of service, and
// nothing else.
func TestSettingsOfTheLoginThatAreRefused(t *testing.T) {
	for text, says := range map[string]string{
		`"disableDominoLogin": "true"`:  "true or false, without quotes",
		`"JwtDuration": 0`:              "or a whole number of seconds",
		`"JwtDuration": -1`:             "or a whole number of seconds",
		`"JwtDuration": 1.5`:            "or a whole number of seconds",
		`"JwtDuration": "7200"`:         "or a whole number of seconds",
		`"JwtDuration": 99999999999`:    "or a whole number of seconds",
		`"JwtUsePubPrivKey": 1`:         "true or false",
		`"JwtUsePemFile": "yes"`:        "true or false",
		`"JwtIssuer": "a\nb"`:           "one line",
		`"JwtPrivateKeyFile": ["a"]`:    "the name of a file",
		`"JwtPublicKeyFile": true`:      "the name of a file",
		`"JwtAlgorithm": ["RSA", "EC"]`: `"RSA", "RS256"`,
	} {
		t.Run(text, func(t *testing.T) {
			key := strings.Split(text, `"`)[1]
			got, problems, err := Parse(files("{"+issuerLine+"}", "{\n"+text+"}"))
			require.NoError(t, err)
			require.Len(t, problems, 1)
			assert.True(t, problems[0].Contained)
			assert.Equal(t, slog.LevelError, problems[0].Level)
			assert.Contains(t, problems[0].String(), "20.json, line 2: "+key+" is ")
			assert.Contains(t, problems[0].String(), says)
			assert.Contains(t, problems[0].String(), "the login is out of service until that is mended")
			broken, fault := got.LoginFault()
			require.Error(t, fault)
			assert.Equal(t, key, broken)
			assert.Equal(t, "https://domino.example.com/doap", got.Issuer, "the rest holds")
		})
	}
	_, _, err := Parse(files("{" + issuerLine + `, "limits": {"loginPerAddress":0}}`))
	assert.ErrorContains(t, err, "a whole number from 1")
}

func TestEveryAlgorithmOfAKeyPair(t *testing.T) {
	for name, algorithms := range map[string][]string{
		"": {"RS256", "ES256", "ES384", "ES512", "EdDSA"}, "RSA": {"RS256"}, "RS256": {"RS256"}, "EC": {"ES256", "ES384", "ES512"},
		"ES256": {"ES256"}, "ES384": {"ES384"}, "ES512": {"ES512"}, "EdDSA": {"EdDSA"}, "HS256": nil, "rsa": nil,
	} {
		login := DominoLogin{Algorithm: name}
		assert.Equal(t, algorithms, login.Algorithms(), name)
	}
}

// Nobody else may have the login's issuer, or he could log in as everybody.
func TestTheIssuerOfTheLoginIsNoProviders_C20(t *testing.T) {
	for name, c := range map[string]struct {
		more, member string
		off          bool
	}{
		"the issuer of the login":          {"", `"iss": "https://domino.example.com/doap/login", "keyFile": "x"`, true},
		"the same, by its URL":             {"", `"providerUrl": "https://domino.example.com/doap/login"`, true},
		"the same, although it has a name": {`"JwtIssuer": "DominoKeep", `, `"iss": "https://domino.example.com/doap/login", "keyFile": "x"`, true},
		"the same, although it is off":     {`"disableDominoLogin": true, `, `"iss": "https://domino.example.com/doap/login", "keyFile": "x"`, true},
		"JwtIssuer":                        {`"JwtIssuer": "DominoKeep", `, `"iss": ["y", "DominoKeep"], "keyFile": "x"`, true},
		"JwtIssuer of a key pair only":     {`"JwtIssuer": "DominoKeep", "disableDominoLogin": true, ` + keyPair + ", ", `"iss": "DominoKeep", "keyFile": "x"`, true},
		"JwtIssuer of no login":            {`"JwtIssuer": "DominoKeep", "disableDominoLogin": true, `, `"iss": "DominoKeep", "keyFile": "x", "userIdentifier": "sub"`, false},
		"a name of its own":                {"", `"iss": "DominoKeep", "keyFile": "x", "userIdentifier": "sub"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems, err := Parse(files("{" + issuerLine + ", " + c.more + "\n" + `"jwt": {"other": {"active": true, ` + c.member + "}}}"))
			require.NoError(t, err)
			if !c.off {
				assert.Empty(t, problems)
				assert.Len(t, got.Providers, 1)
				return
			}
			assert.Empty(t, got.Providers)
			require.Len(t, problems, 1)
			assert.True(t, problems[0].Contained)
			assert.Contains(t, problems[0].String(), "10.json, line 2: jwt.other has the issuer")
			assert.Contains(t, problems[0].String(), "that of the login of this server")
		})
	}
	for _, name := range []string{"urn", "URN"} { // urn:ndoap:login would be its client ndoap:login
		_, problems := withProviders(t, `"`+name+`": {"active": true, "iss": "x", "keyFile": "y"}`)
		require.Len(t, problems, 1)
		assert.Contains(t, problems[0].String(), "is not a name for a provider")
	}
}

func TestKnows(t *testing.T) {
	got, _, err := Parse(files("{" + issuerLine + `, "databases": {"crm": "crm.nsf"}, "scopes": {"read": {"description": "x"}}}`))
	require.NoError(t, err)
	for scope, known := range map[string]bool{
		"domino": true, "MAIL": true, "$DATA": true, "crm": true, "read": true, "mail": false, "$data": false, "hr": false, "": false,
	} {
		assert.Equal(t, known, got.Knows(scope), scope)
	}
}
