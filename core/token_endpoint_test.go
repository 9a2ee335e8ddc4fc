// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/store"
)

func basic(id, secret string) http.Header {
	return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))}}
}

// Every error of RFC 6749 section 5.2. A code is spent only by a client that has proven who it is (A28).
func TestTokenErrors_A28(t *testing.T) {
	f := newFixture(t)
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {clientID}, "client_secret": {clientSecret}}
	withCode := func() url.Values {
		copied := url.Values{"code": {f.code(t, clientID)}}
		for name, values := range form {
			copied[name] = values
		}
		return copied
	}
	change := func(pairs ...string) string {
		changed := withCode()
		for i := 0; i < len(pairs); i += 2 {
			changed.Set(pairs[i], pairs[i+1])
		}
		return changed.Encode()
	}
	for _, c := range []struct {
		name   string
		body   string
		header http.Header
		status int
		code   string
		says   string
		spends bool
	}{
		{name: "A53 not a form", body: "{}", header: http.Header{"Content-Type": {"application/json"}}, status: 400, code: "invalid_request", says: "x-www-form-urlencoded"},
		{name: "A53 no content type", body: change(), header: http.Header{"Content-Type": {""}}, status: 400, code: "invalid_request", says: "x-www-form-urlencoded"},
		{name: "broken percent-encoding", body: "grant_type=%zz", status: 400, code: "invalid_request", says: "percent-encoded"},
		{name: "not UTF-8", body: "grant_type=%ff", status: 400, code: "invalid_request", says: "UTF-8"},
		{name: "too many parameters", body: strings.Repeat("a=b&", 200), status: 400, code: "invalid_request", says: "more than 100"},
		{name: "A16 M37 repeated parameter", body: change() + "&code=x", status: 400, code: "invalid_request", says: "code occurs more than once"},
		{name: "A54 grant_type missing", body: "client_id=x", status: 400, code: "invalid_request", says: "grant_type is missing"},
		{name: "A54 grant_type password", body: change("grant_type", "password"), status: 400, code: "unsupported_grant_type", says: "authorization_code, client_credentials, refresh_token"},
		{name: "no client", body: "grant_type=authorization_code", status: 401, code: "invalid_client", says: "client_id"},
		{name: "A49 unknown client", body: change("client_id", "nobody"), status: 401, code: "invalid_client", says: "Client authentication failed"},
		{name: "A49 wrong secret", body: change("client_secret", "x"), status: 401, code: "invalid_client", says: "Client authentication failed"},
		{name: "disabled client", body: change("client_id", "off"), status: 401, code: "invalid_client", says: "Client authentication failed"},
		{name: "A50 confidential client without secret", body: change("client_secret", ""), status: 401, code: "invalid_client", says: "Client authentication failed"},
		{name: "A50 public client with secret", body: change("client_id", "public"), status: 401, code: "invalid_client", says: "Client authentication failed"},
		{name: "wrong secret by Basic", body: "grant_type=authorization_code&code=x", header: basic(clientID, "x"), status: 401, code: "invalid_client", says: "Client authentication failed"},
		{name: "Basic that is not base64", body: "grant_type=authorization_code&code=x", header: http.Header{"Authorization": {"Basic !"}}, status: 401, code: "invalid_client", says: "cannot be read"},
		{name: "Basic without a colon", body: "grant_type=authorization_code", header: http.Header{"Authorization": {"Basic eA=="}}, status: 401, code: "invalid_client", says: "cannot be read"},
		{name: "another scheme", body: "grant_type=authorization_code", header: http.Header{"Authorization": {"Bearer x"}}, status: 401, code: "invalid_client", says: "HTTP Basic"},
		{name: "A48 two methods", body: change(), header: basic(clientID, clientSecret), status: 400, code: "invalid_request", says: "Two ways"},
		{name: "A48 another client_id in the body", body: "grant_type=authorization_code&client_id=other", header: basic(clientID, clientSecret), status: 400, code: "invalid_request", says: "not the one"},
		{name: "two Authorization headers", body: change(), header: http.Header{"Authorization": {"Basic a", "Basic b"}}, status: 400, code: "invalid_request", says: "more than one"},
		{name: "code missing", body: form.Encode(), status: 400, code: "invalid_request", says: "code is missing"},
		{name: "code unknown", body: change("code", "x"), status: 400, code: "invalid_grant", says: "unknown"},
		{name: "A27 M3 another client's code", body: change("client_id", "other"), status: 400, code: "invalid_grant", says: "another client", spends: true},
		{name: "A7 another redirect_uri", body: change("redirect_uri", callback+"/"), status: 400, code: "invalid_grant", says: "redirect_uri", spends: true},
		{name: "A22 M4 a verifier without a challenge", body: change("code_verifier", verifier), status: 400, code: "invalid_grant", says: "no code_challenge", spends: true},
		{name: "refresh token missing", body: change("grant_type", "refresh_token"), status: 400, code: "invalid_request", says: "refresh_token is missing"},
		{name: "refresh token unknown", body: change("grant_type", "refresh_token", "refresh_token", "x"), status: 400, code: "invalid_grant", says: "unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := f.post(t, c.body, c.header)
			assert.Equal(t, c.status, got.status, got.body)
			assert.Equal(t, c.code, got.text("error"))
			assert.Contains(t, got.text("error_description"), c.says)
			assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
			if c.status == http.StatusUnauthorized {
				assert.Contains(t, got.header.Get("Www-Authenticate"), "Basic ") // RFC 6749 section 5.2
			}
			sent, err := url.ParseQuery(c.body)
			if err != nil || len(sent.Get("code")) < 40 {
				return
			}
			honest := f.token(t, "grant_type", "authorization_code", "code", sent.Get("code"))
			if c.spends {
				assert.Equal(t, "invalid_grant", honest.text("error"), "the code is dead")
			} else {
				assert.Equal(t, http.StatusOK, honest.status, "the code is still good: "+honest.body)
			}
		})
	}
}

func TestBasicCredentials_A48(t *testing.T) {
	f := newFixture(t)
	encoded := basic(url.QueryEscape(clientID), url.QueryEscape(clientSecret))
	for name, header := range map[string]http.Header{"percent-encoded": encoded, "as they are": basic(clientID, clientSecret)} {
		t.Run(name, func(t *testing.T) {
			body := "grant_type=authorization_code&client_id=" + clientID + "&code=" + f.code(t, clientID)
			assert.Equal(t, http.StatusOK, f.post(t, body, header).status)
		})
	}
}

func TestRemovedAndDisabledClients(t *testing.T) {
	f := newFixture(t)
	token := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error { c.Disabled = true; return nil }))
	assert.Equal(t, "invalid_client", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"))
	require.NoError(t, f.store.RemoveClient(t.Context(), clientID))
	assert.Equal(t, "invalid_client", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"))
}

func TestTwoSecrets_A51(t *testing.T) {
	f := newFixture(t)
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.SecretHashes = append(c.SecretHashes, oauth.Secret("second").Hash())
		return nil
	}))
	for _, secret := range []string{clientSecret, "second"} {
		got := f.token(t, "client_secret", secret, "grant_type", "authorization_code", "code", f.code(t, clientID))
		assert.Equal(t, http.StatusOK, got.status)
	}
}
