// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"crypto"
	"encoding/json"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/token"
)

// withoutIssuer is a provider as KEEP's files have it: a key, and nothing that says whose it is.
func withoutIssuer(keys ...jose.JSONWebKey) config.Provider {
	return config.Provider{Name: "oicd", Key: published(keys...)}
}

// TestProviderWithoutIssuer has it beside one with an iss. Both have a key that is called r.
func TestProviderWithoutIssuer_B7_C20(t *testing.T) {
	own := jose.JSONWebKey{Key: &signing.other.PublicKey, KeyID: "r"}
	f := newFixture(t, withoutIssuer(own), keyed())
	f.config.Issuer = "https://domino.example.com/doap"
	f.config.Withheld = []string{"https://off.example.com"}
	for name, c := range map[string]struct {
		iss      any
		kid      string
		private  crypto.PrivateKey
		provider string // empty: refused
		says     string
	}{
		"any issuer":                      {"The Demo Wizzard", "r", signing.other, "oicd", ""},
		"any other":                       {"https://auth.example.com/", "r", signing.other, "oicd", ""},
		"a provider with an iss, its key": {idp, "r", signing.rsa, "acme", ""},
		"B7 J1 a provider with an iss, the other's key": {idp, "r", signing.other, "", "provider acme"},
		"B7 J1 any issuer, the key of one with an iss":  {"The Demo Wizzard", "r", signing.rsa, "", "provider oicd"},
		"B7 J2 any issuer, the kid of one with an iss":  {"The Demo Wizzard", "e", signing.ec, "", "no such key"},
		"J5 an issuer in another case, by its own key":  {"https://IDP.example.com/realms/acme", "r", signing.rsa, "", "provider oicd"},
		"J5 an issuer that is longer, by its own key":   {idp + "/x", "r", signing.rsa, "", "provider oicd"},
		"J5 an issuer with a slash is nearly another's": {idp + "/", "r", signing.other, "", "in the slash at its end"},
		"C20 this server":                                 {"https://domino.example.com/doap", "r", signing.other, "", "does not know"},
		"C20 this server's login":                         {"https://domino.example.com/doap/login", "r", signing.other, "", "does not know"},
		"C20 a provider that is off":                      {"https://off.example.com", "r", signing.other, "", "does not know"},
		"C20 no issuer":                                   {nil, "r", signing.other, "", "does not know"},
		"C20 an empty issuer":                             {"", "r", signing.other, "", "does not know"},
		"C20 an issuer that is no text":                   {[]string{"The Demo Wizzard"}, "r", signing.other, "", "does not know"},
		"C20 an issuer that only begins like this server": {"https://domino.example.com/doapx", "r", signing.other, "oicd", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := f.Verify(compact(must(json.Marshal(header(object{"kid": c.kid, "alg": algorithmOf(c.private)}))),
				must(json.Marshal(claims(object{"iss": c.iss}))), c.private))
			if c.provider != "" {
				require.NoError(t, err)
				assert.Equal(t, c.provider, got.Provider)
				return
			}
			require.ErrorContains(t, err, c.says)
			assert.Zero(t, got)
		})
	}
}

func algorithmOf(private crypto.PrivateKey) string {
	if private == crypto.PrivateKey(signing.ec) {
		return "ES256"
	}
	return "RS256"
}

// A key that says whose it is proves nothing for others. Microsoft signs for all tenants with one.
func TestKeyWithIssuerOfAProviderWithout_B7_C20_J6(t *testing.T) {
	for name, c := range map[string]struct {
		keyIssuer string
		says      string
	}{
		"its issuer":         {"https://login.microsoftonline.com/t1/v2.0", ""},
		"another issuer":     {"https://login.microsoftonline.com/t2/v2.0", "whose key it is"},
		"J6 for all tenants": {"https://login.microsoftonline.com/{tenantid}/v2.0", "whose key it is"},
	} {
		t.Run(name, func(t *testing.T) {
			set := object{"keys": []any{keyOf(&signing.rsa.PublicKey, "r", object{"issuer": c.keyIssuer})}}
			f := newFixture(t, config.Provider{Name: "oicd", Key: string(must(json.Marshal(set)))})
			_, err := f.Verify(sign(header(nil), claims(object{"iss": "https://login.microsoftonline.com/t1/v2.0", "tid": "t1"})))
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, ErrSignature, "so that it is not passed on either")
			assert.ErrorContains(t, err, c.says)
		})
	}
}

func TestProviderWithoutIssuerComesAndGoes(t *testing.T) {
	text := sign(header(nil), claims(object{"iss": "The Demo Wizzard"}))
	f := newFixture(t, keyed())
	_, err := f.Verify(text)
	require.ErrorIs(t, err, token.ErrForeignIssuer)
	f.configure(t, keyed(), withoutIssuer(jose.JSONWebKey{Key: &signing.rsa.PublicKey, KeyID: "r"}))
	f.refresh(t)
	_, err = f.Verify(text)
	require.NoError(t, err)
	f.config.Providers[1].Active = false
	f.configure(t, keyed())
	_, err = f.Verify(text)
	require.ErrorIs(t, err, token.ErrForeignIssuer)
}
