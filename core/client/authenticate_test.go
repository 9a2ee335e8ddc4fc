// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func body(pairs ...string) string {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form.Encode()
}

var escaped = url.QueryEscape(secret.Reveal())

func TestAuthenticate_A48(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct{ authorization, body, id string }{
		"client_secret_basic, form-encoded":  {basic("confidential", escaped), "", "confidential"},
		"client_secret_basic, raw":           {basic("confidential", secret.Reveal()), "", "confidential"},
		"scheme in lower case":               {strings.Replace(basic("confidential", escaped), "Basic", "basic", 1), "", "confidential"},
		"the id form-encoded":                {basic("odd%2520id", escaped), "", "odd%20id"},
		"the id raw":                         {basic("odd%20id", secret.Reveal()), "", "odd%20id"},
		"client_secret_post":                 {"", body("client_id", "confidential", "client_secret", secret.Reveal()), "confidential"},
		"A51 the older of two secrets":       {"", body("client_id", "confidential", "client_secret", "old"), "confidential"},
		"the same client_id beside Basic":    {basic("confidential", escaped), body("client_id", "confidential"), "confidential"},
		"none":                               {"", body("client_id", "public"), "public"},
		"none, by Basic without a password":  {basic("public", ""), "", "public"},
		"none, with an empty secret":         {"", body("client_id", "public", "client_secret", ""), "public"},
		"empty client_secret beside Basic":   {basic("confidential", escaped), "client_secret=", "confidential"},
		"client_secret_basic, spaces behind": {basic("confidential", escaped) + " ", "", "confidential"},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := f.send(t, test.authorization, test.body)
			require.Nil(t, err)
			assert.Equal(t, test.id, client.ID)
		})
	}
	assert.Empty(t, f.failures.subjects)
	assert.Contains(t, f.failures.succeeded, "confidential")
	assert.NotContains(t, f.failures.succeeded, "public", "it has proven nothing")
}

func TestTwoMethods_A48(t *testing.T) {
	f := newFixture(t)
	withSecret := basic("confidential", escaped)
	for name, test := range map[string]struct{ authorization, body string }{
		"Basic and client_secret":               {withSecret, body("client_secret", secret.Reveal())},
		"Basic and client_assertion":            {withSecret, body("client_assertion", "x", "client_assertion_type", assertionType)},
		"Basic and client_assertion_type":       {withSecret, body("client_assertion_type", assertionType)},
		"client_secret and client_assertion":    {"", body("client_id", "confidential", "client_secret", "x", "client_assertion", "x", "client_assertion_type", assertionType)},
		"Basic and another client_id":           {withSecret, body("client_id", "public")},
		"client_id twice":                       {"", body("client_id", "public", "client_id", "public")},
		"client_secret twice":                   {"", body("client_id", "confidential", "client_secret", secret.Reveal(), "client_secret", "x")},
		"client_assertion twice":                {"", body("client_assertion", "x", "client_assertion", "y", "client_assertion_type", assertionType)},
		"client_assertion_type twice":           {"", body("client_assertion", "x", "client_assertion_type", assertionType, "client_assertion_type", "y")},
		"client_assertion without its type":     {"", body("client_assertion", "x")},
		"client_assertion_type by itself":       {"", body("client_assertion_type", assertionType)},
		"client_assertion empty, with its type": {"", body("client_assertion", "", "client_assertion_type", assertionType)},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := f.send(t, test.authorization, test.body)
			require.NotNil(t, err)
			assert.Equal(t, oauth.InvalidRequest, err.Code)
			assert.Empty(t, client)
		})
	}
	form, _ := oauth.ParseForm("")
	twice := http.Header{"Authorization": {withSecret, withSecret}}
	_, err := f.Authenticate(t.Context(), &web.Request{Header: twice.Values}, form, "/token")
	require.NotNil(t, err)
	assert.Equal(t, oauth.InvalidRequest, err.Code)
	assert.Empty(t, f.failures.subjects, "none of this is a guess")
}

// TestRefusedClientsLookAlike_A49_A50: one answer, whoever does not get in and why.
func TestRefusedClientsLookAlike_A49_A50(t *testing.T) {
	f := newFixture(t)
	good := secret.Reveal()
	withAssertion := func(id string, more ...string) string {
		return body(append(more, "client_assertion_type", assertionType, "client_assertion",
			signed(methods["RS256"], pairs.rsa, change{"claim iss": id, "claim sub": id}))...)
	}
	for name, test := range map[string]struct{ authorization, body, subject string }{
		"wrong secret by Basic":             {basic("confidential", "x"), "", "confidential"},
		"wrong secret in the body":          {"", body("client_id", "confidential", "client_secret", "x"), "confidential"},
		"the hash of the secret":            {"", body("client_id", "confidential", "client_secret", secret.Hash()), "confidential"},
		"unknown client by Basic":           {basic("nobody", "x"), "", "unknown"},
		"unknown client in the body":        {"", body("client_id", "nobody", "client_secret", "x"), "unknown"},
		"unknown public client":             {"", body("client_id", "nobody"), "unknown"},
		"unknown client with an assertion":  {"", withAssertion("nobody"), "unknown"},
		"A50 confidential, nothing sent":    {"", body("client_id", "confidential"), "confidential"},
		"A50 confidential, empty secret":    {basic("confidential", ""), "", "confidential"},
		"A50 confidential with assertion":   {"", withAssertion("confidential"), "confidential"},
		"A50 public with a secret":          {"", body("client_id", "public", "client_secret", "x"), "public"},
		"A50 public with a secret by Basic": {basic("public", "x"), "", "public"},
		"A50 public with an assertion":      {"", withAssertion("public"), "public"},
		"A50 keys, nothing sent":            {"", body("client_id", "keys"), "keys"},
		"A50 keys with a secret":            {basic("keys", good), "", "keys"},
		"keys and secrets, with the secret": {basic("both", good), "", "both"},
		"disabled, right secret":            {basic("off", good), "", "off"},
		"disabled, public":                  {"", body("client_id", "off-public"), "off-public"},
		"disabled, right assertion":         {"", withAssertion("off-keys"), "off-keys"},
		"keys that cannot be read":          {"", withAssertion("broken-keys"), "broken-keys"},
		"keys that cannot be fetched":       {"", withAssertion("unreachable"), "unreachable"},
		"M19 a person's name":               {"", body("client_id", "CN=Admin/O=Acme", "client_secret", "x"), "unknown"},
		"an assertion for another client":   {"", withAssertion("keys", "client_id", "confidential"), ""},
		"an assertion that is none":         {"", body("client_assertion", "x", "client_assertion_type", assertionType), ""},
	} {
		t.Run(name, func(t *testing.T) {
			f.failures.subjects = nil
			client, err := f.send(t, test.authorization, test.body)
			require.NotNil(t, err)
			assert.Empty(t, client)
			assert.Equal(t, oauth.InvalidClient, err.Code)
			assert.Equal(t, http.StatusUnauthorized, err.Status)
			assert.Equal(t, unauthorized, err.Description)
			require.Error(t, err.Cause, "the log says why")
			assert.NotContains(t, err.Error(), "nobody", "what is not registered is not logged")
			if test.subject == "" {
				assert.Empty(t, f.failures.subjects)
				return
			}
			require.Len(t, f.failures.subjects, 1)
			assert.True(t, strings.HasPrefix(f.failures.subjects[0], test.subject), f.failures.subjects)
		})
	}
}

func TestUnreadableCredentials_A48(t *testing.T) {
	f := newFixture(t)
	for name, authorization := range map[string]string{
		"no base64": "Basic %", "no colon": "Basic " + base64.StdEncoding.EncodeToString([]byte("confidential")),
		"no id": basic("", "x"), "nothing": "Basic", "Bearer": "Bearer abc", "url-safe base64": "Basic Pz8_Og==",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.send(t, authorization, "")
			require.NotNil(t, err)
			assert.Equal(t, oauth.InvalidClient, err.Code)
		})
	}
	_, err := f.send(t, "", body("client_assertion", "x", "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"))
	require.NotNil(t, err)
	assert.Equal(t, oauth.InvalidClient, err.Code)
	assert.Contains(t, err.Description, "jwt-bearer")
	_, err = f.send(t, "", "")
	require.NotNil(t, err)
	assert.Equal(t, oauth.InvalidClient, err.Code)
	assert.Contains(t, err.Description, "missing")
}

func TestLockedClientsWait_A60(t *testing.T) {
	f := newFixture(t)
	_, err := f.send(t, basic("nobody", "x"), "")
	require.NotNil(t, err)
	require.Len(t, f.failures.subjects, 1)
	f.failures.locked = map[string]bool{"confidential": true, "keys": true, f.failures.subjects[0]: true}
	for name, request := range map[string][2]string{
		"right secret": {basic("confidential", escaped), ""},
		"wrong secret": {basic("confidential", "x"), ""},
		"assertion":    {"", assertionBody(signed(methods["RS256"], pairs.rsa, nil))},
		"unknown":      {basic("nobody", "x"), ""},
	} {
		client, err := f.send(t, request[0], request[1])
		require.NotNil(t, err, name)
		assert.Empty(t, client, name)
		assert.Equal(t, http.StatusTooManyRequests, err.Status, name)
		assert.Equal(t, 5*time.Minute, err.RetryAfter, name)
	}
	assert.Len(t, f.failures.subjects, 1, "whoever must wait is not counted again")
	_, err = f.send(t, basic("odd%2520id", escaped), "")
	assert.Nil(t, err, "others need not wait")
}

// brokenStore is a store that is out of order.
type brokenStore struct{ store.Clients }

func (brokenStore) Client(context.Context, string) (store.Client, error) {
	return store.Client{}, store.ErrUnavailable
}

func (brokenStore) UseOnce(context.Context, string, time.Time) error { return store.ErrUnavailable }

func TestStoreOutOfOrder(t *testing.T) {
	f := newFixture(t)
	f.Assertions = brokenStore{}
	_, err := f.send(t, "", assertionBody(signed(methods["RS256"], pairs.rsa, nil)))
	require.NotNil(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, err.Status, "whether it was used cannot be known: it is not accepted")
	f.Clients = brokenStore{}
	_, err = f.send(t, basic("confidential", escaped), "")
	require.NotNil(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, err.Status)
	assert.True(t, err.Reported)
	assert.True(t, errors.Is(err, store.ErrUnavailable))
	assert.Empty(t, f.failures.subjects)
}

func FuzzBasicCredentials(f *testing.F) {
	for _, seed := range []string{
		"confidential:" + escaped, "confidential:" + secret.Reveal(), "odd%2520id:x", "%:%", "::", ":", "", "a", "a%00:b", "a:%zz",
		"\xff:\xff", "confidential:" + strings.Repeat("%25", 1000), "public:", "a+b:c+d",
	} {
		f.Add(base64.StdEncoding.EncodeToString([]byte(seed)))
	}
	f.Add("%%%")
	f.Fuzz(func(t *testing.T, encoded string) {
		candidates := basicCredentials(encoded)
		assert.LessOrEqual(t, len(candidates), 2)
		decoded, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			assert.Empty(t, candidates)
		}
		for _, candidate := range candidates {
			text := candidate.id + ":" + candidate.secret.Reveal()
			unescapedID, _, _ := strings.Cut(string(decoded), ":")
			unescaped, err := url.QueryUnescape(unescapedID)
			assert.True(t, text == string(decoded) || err == nil && candidate.id == unescaped, "nothing but the two readings")
		}
	})
}
