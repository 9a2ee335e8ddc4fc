// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const asked = `"introspection": {"clientId": "domino", "clientSecretFile": "idp.secret"}`

func TestIntrospection(t *testing.T) {
	for name, c := range map[string]struct {
		members string
		want    Introspection
	}{
		"beside keys, by discovery": {`"providerUrl": "https://idp.example.com", ` + asked, Introspection{
			ClientID: "domino", ClientSecretFile: "idp.secret", Cache: time.Minute,
		}},
		"beside a key file": {`"iss": "x", "keyFile": "x", "introspection": {"url": "https://idp.example.com/i", "clientId": "domino",
			"clientSecretFile": "idp.secret", "cache": "1s"}`, Introspection{
			URL: "https://idp.example.com/i", ClientID: "domino", ClientSecretFile: "idp.secret", Cache: time.Second,
		}},
		"alone, on this machine": {`"introspection": {"url": "http://127.0.0.1:8080/i", "clientId": "domino",
			"clientSecretFile": "idp.secret"}`, Introspection{
			URL: "http://127.0.0.1:8080/i", ClientID: "domino", ClientSecretFile: "idp.secret", Cache: time.Minute,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := withProviders(t, `"a": {"active": true, "userIdentifier": "CN", `+c.members+`}`)
			require.Empty(t, problems)
			require.Len(t, got.Providers, 1)
			assert.Equal(t, &c.want, got.Providers[0].Introspection)
			assert.Equal(t, !strings.HasPrefix(name, "alone"), got.Providers[0].HasKeys())
			written, err := json.Marshal(&got)
			require.NoError(t, err)
			again, _, err := Parse([]File{{Name: "10.json", Data: written}})
			require.NoError(t, err)
			assert.Equal(t, got.Providers, again.Providers, "what is shown reads as the same")
		})
	}
}

func TestMistakesInIntrospectionPutTheProviderOff(t *testing.T) {
	inside := func(members string) string {
		return `"providerUrl": "https://idp.example.com", "introspection": {` + "\n" + members + "}"
	}
	const whole = `"clientId": "domino", "clientSecretFile": "x"`
	for name, c := range map[string]struct {
		members string
		line    int
		says    string
	}{
		"no object":              {`"providerUrl": "https://idp.example.com", "introspection": true`, 3, `jwt.bad.introspection is true, expected an object`},
		"an http URL":            {inside(whole + `, "url": "http://idp.example.com/i"`), 4, `jwt.bad.introspection.url is "http://idp.example.com/i", expected the https URL of`},
		"a number as client":     {inside(`"clientId": 1, "clientSecretFile": "x"`), 4, `jwt.bad.introspection.clientId is 1, expected the id`},
		"no client":              {inside(`"clientSecretFile": "x"`), 3, `jwt.bad has an introspection without clientId`},
		"no secret":              {inside(`"clientId": "domino"`), 3, `jwt.bad needs exactly one of introspection.clientSecretFile and`},
		"an empty file name":     {inside(`"clientId": "domino", "clientSecretFile": ""`), 4, `jwt.bad.introspection.clientSecretFile is ""`},
		"kept too long":          {inside(whole + `, "cache": "61s"`), 4, `jwt.bad.introspection.cache is "61s", expected a duration from "1s" to "1m"`},
		"not kept":               {inside(whole + `, "cache": "0s"`), 4, `jwt.bad.introspection.cache is "0s"`},
		"a number of seconds":    {inside(whole + `, "cache": 30`), 4, `jwt.bad.introspection.cache is 30`},
		"no place to ask at":     {asked, 3, `jwt.bad has an introspection without url`},
		"a key file and no URL":  {`"iss": "x", "keyFile": "x", ` + asked, 3, `jwt.bad has an introspection without url`},
		"Entra ID":               {`"preset": "entra-v2", "aud": "x", "providerUrl": "https://login.microsoftonline.com/t", ` + asked, 3, `which Entra ID does not offer`},
		"keys from two places":   {`"providerUrl": "https://x", "keyFile": "y", ` + asked, 3, `exactly one of providerUrl`},
		"one beside another one": {`"providerUrl": "https://idp.example.com", ` + asked, 3, `jwt.bad has an introspection, as jwt.good has`},
	} {
		t.Run(name, func(t *testing.T) {
			good := `"good": {"active": true, "userIdentifier": "CN", "providerUrl": "https://good.example.com"` + map[bool]string{true: ", " + asked}[strings.HasPrefix(name, "one beside")] + "},\n"
			got, problems := withProviders(t, good+`"bad": {"active": true, "userIdentifier": "CN", `+c.members+`}`)
			require.Len(t, problems, 1)
			assert.Equal(t, slog.LevelError, problems[0].Level)
			assert.True(t, problems[0].Contained)
			assert.Contains(t, problems[0].String(), fmt.Sprintf("10.json, line %d: ", c.line))
			assert.Contains(t, problems[0].String(), c.says)
			assert.Contains(t, problems[0].String(), "this provider is off until that is mended")
			require.Len(t, got.Providers, 1)
			assert.Equal(t, "good", got.Providers[0].Name)
		})
	}
}

func TestOneActiveProviderIsAskedAboutTokens(t *testing.T) {
	const first, second = `"a": {"active": %t, "providerUrl": "https://a.example", ` + asked + `}`, `"b": {"active": true, "providerUrl": "https://b.example", ` + asked + `}`
	for isActive, want := range map[bool]string{true: "a", false: "b"} {
		got, _ := withProviders(t, fmt.Sprintf(first, isActive)+", "+second)
		var active []string
		for _, p := range got.Providers {
			if p.Active {
				active = append(active, p.Name)
			}
		}
		assert.Equal(t, []string{want}, active)
	}
}

func TestNotesAboutIntrospection(t *testing.T) {
	got, problems := withProviders(t, `"a": {"active": true, "userIdentifier": "CN", "providerUrl": "https://x",
		"introspection": {"clientId": "domino", "clientSecret": "pa55/word", "clientid": "y"}}`)
	require.Len(t, problems, 2)
	assert.Equal(t, []slog.Level{slog.LevelWarn, slog.LevelWarn}, []slog.Level{problems[0].Level, problems[1].Level})
	assert.Contains(t, problems[0].String(), "10.json, line 3: jwt.a.introspection.clientSecret is for all to see")
	assert.Contains(t, problems[0].String(), "name that in clientSecretFile")
	assert.Contains(t, problems[1].String(), "jwt.a.introspection.clientid is not a setting and is ignored; did you mean clientId?")
	require.Len(t, got.Providers, 1)
	assert.Equal(t, "pa55/word", got.Providers[0].Introspection.ClientSecret.Reveal())

	written, err := json.Marshal(&got)
	require.NoError(t, err)
	assert.Contains(t, string(written), `"clientSecret":"redacted"`)
	assert.NotContains(t, string(written)+fmt.Sprintf("%+v", got)+fmt.Sprintf("%+v", *got.Providers[0].Introspection), "pa55")

	for _, wrong := range []string{`["pa55/word"]`, `"pa55\nword"`} {
		_, problems = withProviders(t, `"a": {"active": true, "providerUrl": "https://x", "introspection": {"clientId": "domino", "clientSecret": `+wrong+`}}`)
		require.Len(t, problems, 1)
		assert.Contains(t, problems[0].String(), "jwt.a.introspection.clientSecret is not what is expected")
		assert.NotContains(t, problems[0].String(), "pa55", "not even when it is wrong")
	}
}
