// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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
		{name: "A54 grant_type password", body: change("grant_type", "password"), status: 400, code: "unsupported_grant_type", says: "authorization_code or refresh_token"},
		{name: "no client", body: "grant_type=authorization_code", status: 401, code: "invalid_client", says: "client_id"},
		{name: "A49 unknown client", body: change("client_id", "nobody"), status: 401, code: "invalid_client", says: "is wrong"},
		{name: "A49 wrong secret", body: change("client_secret", "x"), status: 401, code: "invalid_client", says: "is wrong"},
		{name: "disabled client", body: change("client_id", "off"), status: 401, code: "invalid_client", says: "is wrong"},
		{name: "A50 confidential client without secret", body: change("client_secret", ""), status: 401, code: "invalid_client", says: "is wrong"},
		{name: "A50 public client with secret", body: change("client_id", "public"), status: 401, code: "invalid_client", says: "is wrong"},
		{name: "wrong secret by Basic", body: "grant_type=authorization_code&code=x", header: basic(clientID, "x"), status: 401, code: "invalid_client", says: "is wrong"},
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

func TestPKCE(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		name, verifier, code string
	}{
		{"RFC 7636 appendix B", verifier, ""},
		{"A21 missing verifier", "", "invalid_grant"},
		{"A21 M2 wrong verifier", strings.Repeat("a", 43), "invalid_grant"},
		{"the challenge itself", challenge, "invalid_grant"},
		{"a short verifier", "abc", "invalid_grant"},
		{"a long verifier", strings.Repeat("a", 129), "invalid_grant"},
		{"a verifier with odd characters", verifier[:42] + "+", "invalid_grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code := f.code(t, "modern", "code_challenge", challenge, "code_challenge_method", "S256")
			got := f.token(t, "client_id", "modern", "grant_type", "authorization_code", "code", code, "code_verifier", c.verifier)
			assert.Equal(t, c.code, got.text("error"))
			if c.code != "" {
				again := f.token(t, "client_id", "modern", "grant_type", "authorization_code", "code", code, "code_verifier", verifier)
				assert.Equal(t, "invalid_grant", again.text("error"), "the code is dead")
			}
		})
	}
}

func TestPublicClient(t *testing.T) {
	f := newFixture(t)
	code := oauth.NewSecret()
	require.NoError(t, f.store.AddCode(t.Context(), store.Code{
		Hash: code.Hash(), ClientID: "public", User: anna, RedirectURI: callback, Scope: "domino", CodeChallenge: challenge,
		AuthenticatedAt: f.now(), ExpiresAt: f.now().Add(time.Minute),
	}))
	got := f.token(t, "client_id", "public", "client_secret", "", "grant_type", "authorization_code", "code", code.Reveal(), "code_verifier", verifier)
	assert.Equal(t, http.StatusOK, got.status, got.body)
}

func TestRedirectURIMustBeRepeated_A7(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID, "redirect_uri", callback)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "authorization_code", "code", code).text("error"))
	code = f.code(t, clientID, "redirect_uri", callback)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", code, "redirect_uri", callback).status)
	code = f.code(t, clientID)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", code, "redirect_uri", callback).status)
}

func TestExpiredCode_A25(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	f.wait(59 * time.Second)
	early := f.code(t, clientID)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", code).status)
	f.wait(60 * time.Second)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "authorization_code", "code", early).text("error"))
}

func TestSecondRedemptionRevokes_A26_M6(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	first := f.token(t, "grant_type", "authorization_code", "code", code)
	require.Equal(t, http.StatusOK, first.status)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "authorization_code", "code", code).text("error"))
	again := f.token(t, "grant_type", "refresh_token", "refresh_token", first.text("refresh_token"))
	assert.Equal(t, "invalid_grant", again.text("error"), "what the code had bought is revoked")
}

func TestConcurrentRedemption_A29(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	var won, lost atomic.Int32
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() {
			switch f.token(t, "grant_type", "authorization_code", "code", code).status {
			case http.StatusOK:
				won.Add(1)
			case http.StatusBadRequest:
				lost.Add(1)
			}
		})
	}
	clients.Wait()
	assert.EqualValues(t, 1, won.Load())
	assert.EqualValues(t, 63, lost.Load())
}

func TestRefreshGrace_A40_A47(t *testing.T) {
	f := newFixture(t)
	tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	first := tokens.text("refresh_token")
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }

	one := refresh(first)
	f.wait(9 * time.Second)
	two := refresh(first)
	require.Equal(t, http.StatusOK, two.status, "the answer was lost: "+two.body)
	assert.Equal(t, http.StatusOK, refresh(one.text("refresh_token")).status, "both tabs go on")
	assert.Equal(t, http.StatusOK, refresh(two.text("refresh_token")).status)
	require.Equal(t, http.StatusOK, refresh(first).status, "a second lost answer")
	last := two.text("refresh_token")
	assert.Equal(t, "invalid_grant", refresh(first).text("error"), "but not a third")
	assert.Equal(t, "invalid_grant", refresh(last).text("error"), "and that revokes the family")
}

func TestRefreshReuseAfterGraceRevokes_A40_M8(t *testing.T) {
	f := newFixture(t)
	tokens := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID))
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }
	next := refresh(tokens.text("refresh_token"))
	f.wait(11 * time.Second)
	assert.Equal(t, "invalid_grant", refresh(tokens.text("refresh_token")).text("error"))
	assert.Equal(t, "invalid_grant", refresh(next.text("refresh_token")).text("error"), "the family is revoked")
	assert.Contains(t, f.log.String(), "the grant is revoked")
}

// A thief who waits until the stolen token would have expired is noticed all the same.
func TestLateReuseRevokes_A40(t *testing.T) {
	f := newFixture(t)
	first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }
	f.wait(20 * 24 * time.Hour)
	second := refresh(first).text("refresh_token")
	f.wait(15 * 24 * time.Hour)
	assert.Equal(t, "invalid_grant", refresh(first).text("error"))
	assert.Equal(t, "invalid_grant", refresh(second).text("error"), "the family is revoked")
}

func TestClockThatIsSetBack_A44(t *testing.T) {
	f := newFixture(t)
	first := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	refresh := func(token string) answer { return f.token(t, "grant_type", "refresh_token", "refresh_token", token) }
	f.wait(time.Hour)
	require.Equal(t, http.StatusOK, refresh(first).status)
	f.wait(-30 * time.Second)
	require.Equal(t, http.StatusOK, refresh(first).status, "a little, as between two servers")
	f.wait(-2 * time.Hour)
	assert.Equal(t, "invalid_grant", refresh(first).text("error"), "much: no second grace")
}

func TestRefreshByAnotherClientRevokes_A41_M9(t *testing.T) {
	f := newFixture(t)
	token := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	stolen := f.token(t, "client_id", "other", "grant_type", "refresh_token", "refresh_token", token)
	assert.Equal(t, "invalid_grant", stolen.text("error"))
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"))
}

func TestRefreshScope_A42_M17(t *testing.T) {
	f := newFixture(t)
	f.config.Scopes["mail"] = f.config.Scopes["domino"]
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.Scopes = []string{"domino", "mail"}
		return nil
	}))
	token := f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID, "scope", "mail domino")).text("refresh_token")
	refresh := func(scope string) answer {
		got := f.token(t, "grant_type", "refresh_token", "refresh_token", token, "scope", scope)
		if got.status == http.StatusOK {
			token = got.text("refresh_token")
		}
		return got
	}
	assert.Equal(t, "mail", refresh("mail").text("scope"), "less")
	assert.Equal(t, "domino mail", refresh("").text("scope"), "the grant was not narrowed")
	assert.Equal(t, "invalid_scope", refresh("domino everything").text("error"), "more")
	assert.Equal(t, "invalid_scope", refresh("do\"mino").text("error"), "not a scope")
	assert.Equal(t, "domino mail", refresh("mail domino domino").text("scope"), "and the token was not spent by that")

	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.Scopes = []string{"mail"}
		return nil
	}))
	assert.Equal(t, "mail", refresh("").text("scope"), "A62: what the client has lost is not issued again")
	require.NoError(t, f.store.UpdateClient(t.Context(), clientID, func(c *store.Client) error {
		c.Scopes = []string{"else"}
		return nil
	}))
	assert.Equal(t, "invalid_grant", refresh("").text("error"))
}

func TestRefreshExpiry_A44(t *testing.T) {
	f := newFixture(t)
	start := func() string {
		return f.token(t, "grant_type", "authorization_code", "code", f.code(t, clientID)).text("refresh_token")
	}
	token := start()
	f.wait(30 * 24 * time.Hour)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"), "idle")
	token = start()
	for day := 0; day < 174; day += 29 {
		f.wait(29 * 24 * time.Hour)
		got := f.token(t, "grant_type", "refresh_token", "refresh_token", token)
		require.Equal(t, http.StatusOK, got.status, "day %d: %s", day, got.body)
		token = got.text("refresh_token")
	}
	f.wait(7 * 24 * time.Hour)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "refresh_token", "refresh_token", token).text("error"), "absolute")
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
