// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/explain"
	"ndoap/store"
)

// explained is the explanation of an answer that refused a request. Every refusal must have one that says something, and
// the sender must be told nothing of it but the request id.
func (f *fixture) explained(t *testing.T, got answer) store.Explanation {
	t.Helper()
	id := got.header.Get("Request-Id")
	require.Regexp(t, `^[a-z2-7]{16}$`, id)
	require.Equal(t, id, got.text("request_id"))
	f.service.FlushRefusals(t.Context())
	found, err := f.store.Explanation(t.Context(), id)
	require.NoError(t, err)
	require.Contains(t, explain.Rules(), explain.Rule(found.Rule))
	require.NotEmpty(t, found.Found)
	require.NotEmpty(t, found.Credential)
	assert.Equal(t, got.status, found.Status)
	assert.Equal(t, got.text("error"), found.Error)
	assert.Equal(t, got.text("error_description"), found.Reason)
	sent := got.body + fmt.Sprint(got.header)
	for _, secret := range []string{found.Found, found.Expected, found.Remedy, found.Provider} {
		if secret != "" {
			assert.NotContains(t, sent, secret, "the sender is told the kind of fault only")
		}
	}
	assert.Len(t, got.fields, 3, "error, error_description, request_id: %s", got.body)
	return found
}

func TestWhatARefusedRequestLeaves(t *testing.T) {
	f := newFixture(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+"/db.nsf/view?OpenView&password=geheim", http.NoBody)
	require.NoError(t, err)
	token := f.forge(t, nil, f.claims(map[string]any{"exp": f.now().Unix() - 1}))
	request.Header.Set("Authorization", "Bearer "+token)
	got := send(t, request)
	found := f.explained(t, got)
	assert.WithinDuration(t, f.now(), found.At, time.Second)
	found.ID, found.At, found.RequestID, found.Remedy, found.Expected, found.Found = 0, time.Time{}, "", "", "", ""
	assert.Equal(t, store.Explanation{
		Method: "POST", Path: "/db.nsf/view", Address: "192.0.2.1", Credential: "own token", Issuer: issuer, ClientID: clientID, Claim: "sub",
		User: anna, Status: 401, Error: "invalid_token", Reason: "The token has expired.", Rule: "exp",
	}, found)
	assert.Contains(t, f.log.String(), "request_id="+got.text("request_id"), "the console has the id, too")
	for _, secret := range []string{token, "geheim", strings.Split(token, ".")[2]} {
		assert.NotContains(t, f.log.String(), secret)
	}
}

// Domino takes an exclamation mark for a question mark: what follows either is the query, which may hold a password.
func TestTheQueryIsToldNowhere_B16(t *testing.T) {
	f := newFixture(t)
	for target, path := range map[string]string{
		"/names.nsf!Login&Username=aberg&Password=geheim":     "/names.nsf",
		"/names.nsf!Login&Password=geheim?x":                  "/names.nsf",
		"/names.nsf?Login&Password=geheim!x":                  "/names.nsf",
		"https://host.example/db.nsf/v!OpenView&token=geheim": "/db.nsf/v",
		"/doap/account/x!token=geheim":                        "/doap/account/x",
	} {
		request := raw(core.RawRequest, target)
		request.Headers.Set("Authorization", "Bearer x")
		found := f.explained(t, answerOf(t, f.service.Serve(request)))
		assert.Equal(t, path, found.Path, target)
		for _, told := range []string{found.Found, found.Expected, found.Remedy, f.log.String()} {
			assert.NotContains(t, told, "geheim", target)
		}
	}
}

// Refusals that are no matter of a token's claims; those are in the tables of TestRefusedTokens and
// TestRefusedTokensOfAnIdentityProvider.
func TestOtherRefusalsAreExplained(t *testing.T) {
	f := newFixture(t)
	good := "Bearer " + f.forge(t, nil, f.claims(nil))
	narrow := "Bearer " + f.forge(t, nil, f.claims(map[string]any{"scope": "mail"}))
	for name, c := range map[string]struct {
		request *coretest.Request
		headers []string
		rule    explain.Rule
		found   string
		from    string
		kind    string
	}{
		"two tokens":       {raw(core.RawRequest, "/db.nsf"), []string{good, good}, explain.Authorization, "2 Authorization headers", "192.0.2.7", "not looked at"},
		"no token":         {raw(core.RawRequest, "/db.nsf"), []string{"Bearer"}, explain.Authorization, "nothing behind it", "192.0.2.7", "not looked at"},
		"another scheme":   {raw(core.RawRequest, "/db.nsf"), []string{"DPoP x"}, explain.Authorization, `the scheme "DPoP"`, "192.0.2.7", "not looked at"},
		"a token at /doap": {raw(core.RawRequest, "/doap/auth"), []string{good}, explain.Place, "a token at /doap/auth", "192.0.2.7", "not looked at"},
		"too little scope": {raw(core.RawRequest, "/db.nsf"), []string{narrow}, explain.Scope, `no rule of the scope "mail" opens`, "192.0.2.7", "own token"},
		"without TLS":      {plain(raw(core.JudgeAgain, "/db.nsf")), []string{good}, explain.Transport, "without TLS from 192.0.2.7", "192.0.2.7", "not looked at"},
		"mapped elsewhere": {
			remembered(raw(core.JudgeAgain, "/db.nsf"), `{"user": "`+anna+`", "scope": "mail", "methods": ["GET"], "token": {"Credential": "own token"}}`),
			[]string{good},
			explain.Scope, `no rule of the scope "mail" opens`, "192.0.2.7", "own token",
		},
		"not remembered": {
			remembered(raw(core.JudgeAgain, "/db.nsf"), ""), []string{good}, explain.Scope, "too much had to be remembered", "192.0.2.7", "not looked at",
		},
		"another login": {named(raw(core.Unnamed, "/db.nsf"), "CN=Bo Ek/O=Acme"), []string{good}, explain.Login, "CN=Bo Ek/O=Acme", "192.0.2.7", "not looked at"},
		"no sender":     {sentFrom(raw(core.RawRequest, "/db.nsf"), netip.Addr{}), []string{"Bearer x"}, explain.Form, "1 bytes with 0 dots", "", "none of these"},
	} {
		t.Run(name, func(t *testing.T) {
			c.request.Headers["Authorization"] = c.headers
			found := f.explained(t, answerOf(t, f.service.Serve(c.request)))
			assert.Equal(t, string(c.rule), found.Rule)
			assert.Contains(t, found.Found, c.found)
			assert.Equal(t, c.from, found.Address)
			assert.Equal(t, c.kind, found.Credential)
			assert.NotEmpty(t, found.Remedy)
		})
	}
}

// A tab behind the scheme is a separator, and what follows it is no part of the scheme that is told.
func TestNothingBehindTheSchemeIsTold_B16(t *testing.T) {
	f := newFixture(t)
	const secret = "doap_hPqTn9sV3kYw5RzXc7Lm1JbD4fGt8QeU2oAyKiN6WxS"
	for _, scheme := range []string{"DPoP\t", "Bearer\t", "DPoP \t ", "Bearer \t", "\tDPoP\t"} {
		request := raw(core.RawRequest, "/db.nsf")
		request.Headers.Set("Authorization", scheme+secret)
		found := f.explained(t, answerOf(t, f.service.Serve(request)))
		for _, told := range []string{found.Found, found.Expected, found.Remedy, f.log.String()} {
			assert.NotContains(t, told, secret[:12], "%q", scheme)
		}
	}
	request := raw(core.RawRequest, "/db.nsf")
	request.Headers.Set("Authorization", "Bearer\t"+f.forge(t, nil, f.claims(nil)))
	assert.Equal(t, core.Authenticated, f.service.Serve(request).Verdict)
}

// Domino words the refusal at that event, so that the sender has no id; the list has it all the same.
func TestADenialIsExplained(t *testing.T) {
	f := newFixture(t)
	request := raw(core.Authenticate, "/db.nsf")
	request.Headers.Set("Authorization", "Bearer x")
	require.Equal(t, core.Deny, f.service.Serve(request).Verdict)
	f.service.FlushRefusals(t.Context())
	found, err := f.store.ListExplanations(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, string(explain.Form), found[0].Rule)
	assert.Zero(t, found[0].Status)
	assert.Empty(t, found[0].Error+found[0].Reason)
}

// brokenStore is a store that is out of service.
type brokenStore struct{ store.Store }

func (brokenStore) Check() error {
	return fmt.Errorf("doap.db: %w: %w", fs.ErrPermission, store.ErrUnavailable)
}

func TestOutOfServiceIsExplained(t *testing.T) {
	f := newFixture(t)
	service := core.New(core.Deps{
		Config: func() *config.Config { return f.config }, Store: brokenStore{f.store}, Now: f.now, Log: f.logger(),
	})
	request := raw(core.RawRequest, "/db.nsf")
	request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(nil)))
	got := answerOf(t, service.Serve(request))
	service.FlushRefusals(t.Context())
	found := f.explained(t, got)
	assert.Equal(t, string(explain.Server), found.Rule)
	assert.Contains(t, found.Found, "doap.db")
	assert.NotContains(t, f.log.String(), "level=INFO", "the store has said so already")

	got = answerOf(t, core.OutOfService(request))
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Regexp(t, `^[a-z2-7]{16}$`, got.header.Get("Request-Id"))
}

func TestRefusalsDoNotWaitForTheStore(t *testing.T) {
	f := newFixture(t)
	f.resource(t, "Bearer x")
	found, err := f.store.ListExplanations(t.Context(), 0)
	require.NoError(t, err)
	assert.Empty(t, found)
	for range 1000 {
		f.service.Serve(func() *coretest.Request {
			request := raw(core.RawRequest, "/db.nsf")
			request.Headers.Set("Authorization", "Bearer x")
			return request
		}())
	}
	f.service.FlushRefusals(t.Context())
	found, err = f.store.ListExplanations(t.Context(), 0)
	require.NoError(t, err)
	assert.Less(t, len(found), 200, "B17 a flood does not fill the store")
	assert.NotEmpty(t, found)
}

func TestHeadHasTheRequestIDInItsHeader(t *testing.T) {
	f := newFixture(t)
	request := raw(core.RawRequest, "/db.nsf")
	request.Verb = http.MethodHead
	request.Headers.Set("Authorization", "Bearer x")
	decision := f.service.Serve(request)
	assert.Empty(t, decision.Response.Body)
	assert.NotEmpty(t, decision.Response.Header.Get("Request-Id"))
}

// answerOf is a decision as the sender gets it.
func answerOf(t *testing.T, decision core.Decision) answer {
	t.Helper()
	require.Equal(t, core.Answer, decision.Verdict)
	got := answer{status: decision.Response.Status, header: decision.Response.Header, body: string(decision.Response.Body)}
	require.NoError(t, json.Unmarshal(decision.Response.Body, &got.fields))
	return got
}

func plain(request *coretest.Request) *coretest.Request {
	request.Encrypted = false
	request.Wanted = core.AgainTransport
	return request
}

func named(request *coretest.Request, user string) *coretest.Request {
	request.UserName = user
	return request
}

func sentFrom(request *coretest.Request, peer netip.Addr) *coretest.Request {
	request.From = peer
	return request
}

// remembered is a request with a token of little scope that Domino is about to serve from another database.
func remembered(request *coretest.Request, ticket string) *coretest.Request {
	request.Wanted, request.Kept, request.Found = core.AgainResource, ticket, core.Mapped{Path: "names.nsf"}
	return request
}
