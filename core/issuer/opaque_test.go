// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/oauth"
	"ndoap/core/token"
)

// opaque is a token that only the provider can read.
const opaque = "kU1~Mm-8_Zq3/Qd+1w=="

// informer is the introspection endpoint of a provider in the memory of the test, which tells of what it was asked.
type informer struct {
	mu      sync.Mutex
	claims  object // of every token; nil: none is active
	answers func(*http.Request) reply
	asked   []*http.Request
	forms   []string
}

// RoundTrip implements http.RoundTripper.
func (i *informer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body) // it is in memory
	i.mu.Lock()
	i.asked, i.forms = append(i.asked, r), append(i.forms, string(body))
	answers, said := i.answers, object{"active": false}
	if i.claims != nil {
		said = i.claims
	}
	i.mu.Unlock()
	got := reply{status: http.StatusOK, body: string(must(json.Marshal(said)))}
	if answers != nil {
		got = answers(r)
	}
	if got.err != nil && got.body == "" {
		return nil, got.err
	}
	content := io.MultiReader(strings.NewReader(got.body), iotest.ErrReader(cmp.Or(got.err, io.EOF)))
	return &http.Response{StatusCode: got.status, Header: http.Header{}, Body: io.NopCloser(content)}, nil
}

// reply is an answer, which may break off with an error, or the error that there is none.
type reply struct {
	status int
	body   string
	err    error
}

// says puts other claims in force; nil: no token is active.
func (i *informer) says(claims object) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.claims = claims
}

// replies puts something else in the place of answers; nil: nothing.
func (i *informer) replies(answers func(*http.Request) reply) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answers = answers
}

func (i *informer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.asked)
}

const (
	askedAt = "https://idp.example.com/introspect"
	secret  = "p:a/s s+w\u00f6rd"
)

// introspecting is a provider that is asked about its tokens and has no keys.
func introspecting(change ...func(*config.Provider)) config.Provider {
	p := config.Provider{Name: "acme", Issuers: []string{idp}, Introspection: &config.Introspection{
		URL: askedAt, ClientID: "domino: 1", ClientSecret: secret, Cache: config.MaxIntrospectionCache,
	}}
	for _, one := range change {
		one(&p)
	}
	return p
}

// answered is what a provider says of a good token, with changes.
func answered(changes object) object {
	return changed(claims(object{"active": true, "token_type": "Bearer", "client_id": "app", "jti": "1"}), changes)
}

// newInformed is a fixture with one such provider, which says that tokens are good.
func newInformed(t testing.TB, change ...func(*config.Provider)) (*fixture, *informer) {
	t.Helper()
	i := &informer{claims: answered(nil)}
	f := newFixture(t, introspecting(change...))
	f.transport = i
	return f, i
}

func TestWhatCanBeAnOpaqueToken(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"all characters there are":         {"azAZ09-._~+/", true},
		"padded":                           {"abc==", true},
		"two parts":                        {"ya29.abc", true},
		"five parts, encrypted":            {"a.b.c.d.e", true},
		"the longest":                      {strings.Repeat("a", 4<<10), true},
		"B1 C13 a JWT":                     {"a.b.c", false},
		"B1 three empty parts":             {"..", false},
		"B1 nothing":                       {"", false},
		"B1 padding only":                  {"==", false},
		"B1 padding inside":                {"a=b", false},
		"B1 a space":                       {"a b", false},
		"B1 a line end":                    {"a\nb", false},
		"B1 a quote":                       {`a"b`, false},
		"B1 a percent sign":                {"a%20b", false},
		"B1 a comma":                       {"a,b", false},
		"B1 not ASCII":                     {"\u00e4", false},
		"B17 too long":                     {strings.Repeat("a", 4<<10+1), false},
		"an API key of this server":        {"doap_abc", false},
		"one that only has it further on":  {"x-doap_abc", true},
		"one that begins in another case":  {"DOAP_abc", true},
		"B1 a control character":           {"a\x00b", false},
		"B1 a slash that is no ASCII":      {"a\u2215b", false},
		"B1 a character between the cases": {"a[b", false},
	} {
		assert.Equal(t, c.want, IsOpaque(c.text), name)
	}
}

func TestOpaqueToken(t *testing.T) {
	f, i := newInformed(t)
	require.True(t, f.TakesOpaque(opaque))
	got, err := f.VerifyOpaque(t.Context(), opaque)
	require.NoError(t, err)
	assert.Equal(t, Verified{
		Provider: "acme", Issuer: idp, ID: "1", User: User{Claim: "sub", Value: annaBerg}, ClientID: "app", Scope: oauth.Scope{"domino"},
		IssuedAt: noon.Local(), ExpiresAt: noon.Add(time.Hour).Local(),
	}, got)

	require.Equal(t, 1, i.count())
	request := i.asked[0]
	assert.Equal(t, http.MethodPost, request.Method)
	assert.Equal(t, askedAt, request.URL.String())
	assert.Equal(t, "token=kU1~Mm-8_Zq3%2FQd%2B1w%3D%3D&token_type_hint=access_token", i.forms[0])
	assert.Equal(t, "application/x-www-form-urlencoded", request.Header.Get("Content-Type"))
	assert.Equal(t, "application/json", request.Header.Get("Accept"))
	client, password, isBasic := request.BasicAuth()
	require.True(t, isBasic)
	assert.Equal(t, []string{"domino%3A+1", "p%3Aa%2Fs+s%2Bw%C3%B6rd"}, []string{client, password}, "as RFC 6749 section 2.3.1 has it")
	assert.NotContains(t, f.said(), opaque)
}

func TestTakenAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		changes object
		provide func(*config.Provider)
		user    User
	}{
		"without iss":                              {object{"iss": nil}, nil, User{Claim: "sub", Value: annaBerg}},
		"token_type in lower case":                 {object{"token_type": "bearer"}, nil, User{Claim: "sub", Value: annaBerg}},
		"Keycloak, of old":                         {object{"token_type": nil, "typ": "Bearer"}, nil, User{Claim: "sub", Value: annaBerg}},
		"Ory Hydra":                                {object{"token_use": "access_token"}, nil, User{Claim: "sub", Value: annaBerg}},
		"token_use alone":                          {object{"token_type": nil, "token_use": "access_token"}, nil, User{Claim: "sub", Value: annaBerg}},
		"username before sub":                      {object{"username": "anna"}, nil, User{Claim: "username", Value: "anna"}},
		"what KEEP looks for before username":      {object{"username": "anna", "CN": annaBerg}, nil, User{Claim: "CN", Value: annaBerg}},
		"the claim of the configuration":           {object{"ext": object{"dn": annaBerg}}, func(p *config.Provider) { p.UserIdentifier = "/ext/dn" }, User{Claim: "/ext/dn", Value: annaBerg, Pinned: true}},
		"a provider of which no issuer is known":   {object{"iss": nil}, func(p *config.Provider) { p.Issuers = nil }, User{Claim: "sub", Value: annaBerg}},
		"one of several audiences":                 {object{"aud": []string{"account", "Domino"}}, nil, User{Claim: "sub", Value: annaBerg}},
		"B7 J10 client that the provider may have": {nil, func(p *config.Provider) { p.Clients = []string{"app"} }, User{Claim: "sub", Value: annaBerg}},
	} {
		t.Run(name, func(t *testing.T) {
			f, i := newInformed(t, func(p *config.Provider) {
				if c.provide != nil {
					c.provide(p)
				}
			})
			i.says(answered(c.changes))
			got, err := f.VerifyOpaque(t.Context(), opaque)
			require.NoError(t, err)
			assert.Equal(t, c.user, got.User)
			assert.Equal(t, append(f.config.Providers[0].Issuers, "")[0], got.Issuer, "whoever says nothing speaks for itself")
		})
	}
}

func TestRefusedAnswers(t *testing.T) {
	clients := func(p *config.Provider) { p.Clients = []string{"another"} }
	unnamed := func(p *config.Provider) { p.Issuers = nil }
	for name, c := range map[string]struct {
		changes object
		provide func(*config.Provider)
		kind    error
		says    string
	}{
		"B4 not active":                        {object{"active": false}, nil, ErrInactive, "expired, was revoked"},
		"B7 C20 another issuer":                {object{"iss": "https://evil.example"}, nil, token.ErrUnusable, `iss: found "https://evil.example"`},
		"B7 an issuer that is no text":         {object{"iss": 1}, nil, token.ErrUnusable, "iss: found"},
		"B7 an empty issuer":                   {object{"iss": ""}, nil, token.ErrUnusable, `iss: found ""`},
		"B7 an issuer nobody configured":       {nil, unnamed, token.ErrUnusable, "write it as iss"},
		"B5 C22 another audience":              {object{"aud": "account"}, nil, token.ErrUnusable, "aud"},
		"B5 C22 no audience":                   {object{"aud": nil}, nil, token.ErrUnusable, "aud"},
		"B2 C23 no exp":                        {object{"exp": nil}, nil, token.ErrUnusable, "exp"},
		"B2 C23 no iat":                        {object{"iat": nil}, nil, token.ErrUnusable, "iat"},
		"B2 C23 expired, though active":        {object{"iat": noon.Unix() - 7200, "exp": noon.Unix() - 3600}, nil, token.ErrExpired, ""},
		"C24 it lives too long":                {object{"exp": noon.Unix() + 86401}, nil, token.ErrUnusable, "maxJwtDuration"},
		"B4 bound to a key":                    {object{"cnf": object{"jkt": "x"}}, nil, token.ErrUnusable, "cnf"},
		"B4 of DPoP":                           {object{"token_type": "DPoP"}, nil, token.ErrUnusable, `token_type "DPoP"`},
		"C26 a refresh token, by token_type":   {object{"token_type": nil}, nil, token.ErrUnusable, "expected token_type Bearer"},
		"C26 a refresh token, by token_use":    {object{"token_use": "refresh_token"}, nil, token.ErrUnusable, "expected token_type Bearer"},
		"C26 a refresh token, by typ":          {object{"typ": "Refresh"}, nil, token.ErrUnusable, "typ"},
		"C26 a type that is no text":           {object{"token_type": true}, nil, token.ErrUnusable, "expected token_type Bearer"},
		"B7 J10 another client":                {nil, clients, token.ErrUnusable, "another"},
		"B7 J10 no client":                     {object{"client_id": nil}, clients, token.ErrUnusable, "another"},
		"J12 a client as user":                 {object{"sub": "app"}, nil, token.ErrApplication, ""},
		"B8 no user":                           {object{"sub": nil}, nil, ErrUser, "username"},
		"B8 a username that is no text":        {object{"username": 1}, nil, ErrUser, "username"},
		"B4 a tenant where there are tenants":  {object{"tid": "x"}, func(p *config.Provider) { p.Preset = config.EntraV2 }, token.ErrUnusable, "tid"},
		"J12 an address that was not verified": {object{"username": "a@acme.example", "email_verified": false}, nil, ErrUser, "not verified"},
	} {
		t.Run(name, func(t *testing.T) {
			f, i := newInformed(t, func(p *config.Provider) {
				if c.provide != nil {
					c.provide(p)
				}
			})
			i.says(answered(c.changes))
			_, err := f.VerifyOpaque(t.Context(), opaque)
			require.ErrorIs(t, err, c.kind)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "(provider acme)")
			assert.NoError(t, f.view().asked.asker.failure, "the provider is asked on")
		})
	}
}

func TestWithoutIntrospectionNobodyIsAsked_B1(t *testing.T) {
	f := newFixture(t, keyed())
	assert.False(t, f.TakesOpaque(opaque))
	_, err := f.VerifyOpaque(t.Context(), opaque)
	require.ErrorIs(t, err, token.ErrMalformed)

	f, i := newInformed(t)
	for _, text := range []string{good(), "doap_x", "a b", ""} {
		assert.False(t, f.TakesOpaque(text))
		_, err = f.VerifyOpaque(t.Context(), text)
		require.ErrorIs(t, err, token.ErrMalformed)
	}
	assert.Zero(t, i.count())
	f.configure(t, func() config.Provider { p := introspecting(); p.Introspection = nil; p.Key = keyed().Key; return p }())
	assert.False(t, f.TakesOpaque(opaque), "it was taken out of the configuration")
}

// A provider without keys issues no JWTs, whatever names it as iss.
func TestJWTsOfAProviderWithoutKeys_B7(t *testing.T) {
	f, i := newInformed(t)
	_, err := f.Verify(good())
	require.ErrorIs(t, err, token.ErrUnusable)
	require.ErrorContains(t, err, "keys: found a JWT, expected a token that is none; give the provider keys")
	assert.Zero(t, i.count())
	assert.NotContains(t, f.said(), "cannot be read", "nobody looks for its keys")
}

// A provider with keys has its JWTs verified as ever, and its other tokens asked about.
func TestBesideKeys(t *testing.T) {
	f := newFixture(t, keyed(func(p *config.Provider) { p.Introspection = introspecting().Introspection }))
	i := &informer{claims: answered(nil)}
	f.transport = i
	f.requireGood(t)
	assert.Zero(t, i.count())
	_, err := f.VerifyOpaque(t.Context(), opaque)
	require.NoError(t, err)
	assert.Equal(t, 1, i.count())
}

// The endpoint that the discovery document names is asked, over TCP.
func TestEndpointOfTheDiscoveryDocument(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	asked := 0
	o.answer(func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			_, _ = w.Write(must(json.Marshal(object{
				"issuer": o.URL, "jwks_uri": o.URL + "/keys", "introspection_endpoint": o.URL + "/introspect",
			})))
		case "/introspect":
			asked++
			_, _ = w.Write(must(json.Marshal(answered(object{"iss": o.URL}))))
		default:
			return false
		}
		return true
	})
	p := o.provider()
	p.Introspection = &config.Introspection{ClientID: "domino", ClientSecret: "x", Cache: time.Minute}
	f := newFixture(t, p)
	got, err := f.VerifyOpaque(t.Context(), opaque)
	require.NoError(t, err)
	assert.Equal(t, o.URL, got.Issuer)
	assert.Equal(t, 1, asked)
	failure, isFailure := errors.AsType[*explain.Failure](unavailable(errLate))
	require.True(t, isFailure)
	assert.Equal(t, explain.Active, failure.Rule)
}
