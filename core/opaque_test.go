// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/standing"
)

// informer is the introspection endpoint of an identity provider.
type informer struct {
	asked atomic.Int64
	says  atomic.Pointer[map[string]any] // of every token; nil: it fails
}

func (i *informer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	i.asked.Add(1)
	said := i.says.Load()
	if said == nil {
		http.Error(w, "maintenance", http.StatusServiceUnavailable)
		return
	}
	_ = json.NewEncoder(w).Encode(*said) // what is missing is noticed
}

// opaque is an Authorization value with a token that only the provider can read.
const opaque = "Bearer vF0RFZmCV2ZpY1r-yX9xZ8q"

// introspected is a fixture whose provider has keys and is asked about other tokens.
func introspected(t *testing.T) (*fixture, *informer, string) {
	t.Helper()
	i := &informer{}
	endpoint := httptest.NewServer(i)
	t.Cleanup(endpoint.Close)
	f, private := external(t, func(p *config.Provider) {
		p.Introspection = &config.Introspection{
			URL: endpoint.URL, ClientID: "domino", ClientSecret: "secret", Cache: config.MaxIntrospectionCache,
		}
	})
	t.Cleanup(f.service.Wait)
	i.answer(f, nil)
	return f, i, f.issued(t, private, nil)
}

// answer has the provider say that tokens are Anna's, with changes.
func (i *informer) answer(f *fixture, changes map[string]any) {
	said := f.claims(map[string]any{
		"active": true, "token_type": "Bearer", "iss": provider, "client_id": "app", "jti": "jti-1", "gid": nil,
	})
	for name, value := range changes {
		said[name] = value
	}
	claims := map[string]any(said)
	i.says.Store(&claims)
}

func TestOpaqueTokenOfAnIdentityProvider_B10(t *testing.T) {
	f, i, _ := introspected(t)
	request := raw(core.RawRequest, "/db.nsf")
	request.People = people()
	request.Headers.Set("Authorization", opaque)
	decision := f.service.Serve(request)
	assert.Equal(t, core.Authenticated, decision.Verdict)
	assert.Equal(t, core.Identity{Name: anna, Scope: "domino", ClientID: "acme:app", Subject: anna}, decision.Identity)
	assert.Equal(t, anna, f.resource(t, opaque).body)
	assert.EqualValues(t, 1, i.asked.Load())

	_, err := f.store.RevokeUser(t.Context(), anna)
	require.NoError(t, err)
	got := f.resource(t, opaque)
	assert.Equal(t, "The token was revoked.", got.text("error_description"), "what is remembered of it opens nothing")
	assert.EqualValues(t, 1, i.asked.Load())
}

func TestOneOpaqueTokenIsRevoked_B4(t *testing.T) {
	f, _, _ := introspected(t)
	require.Equal(t, anna, f.resource(t, opaque).body)
	of := standing.Token{ID: "jti-1", Foreign: true, Issuer: provider}
	require.NoError(t, f.store.RevokeToken(t.Context(), of.Key(), f.now().Add(time.Hour)))
	assert.Equal(t, "The token was revoked.", f.resource(t, opaque).text("error_description"))
}

func TestRefusedOpaqueTokens(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]any
		status  int
		says    string // to the sender
		logs    string
	}{
		"B4 not active":                 {map[string]any{"active": false}, 401, "The token is not active.", "provider acme"},
		"B5 another audience":           {map[string]any{"aud": "Other"}, 401, "The token is not an access token for this server.", "provider acme"},
		"B2 too little scope":           {map[string]any{"scope": "mail"}, 403, "The scopes of the token do not open this.", ""},
		"B8 nobody":                     {map[string]any{"sub": "CN=Carl Dahl/O=Acme"}, 401, "The token does not say in a usable way whose it is.", "nobody in the Domino directory"},
		"J12 a username that is a name": {map[string]any{"username": anna}, 401, "The token does not say in a usable way whose it is.", "may have chosen it themselves"},
		"B19 an answer that is none":    {map[string]any{"active": "true"}, 401, "The token cannot be verified at the moment.", "cannot be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			f, i, _ := introspected(t)
			f.config.Bearer.UnknownIssuer = config.PassUnknownIssuer // which is not for tokens of providers
			i.answer(f, c.changes)
			got := f.resource(t, opaque)
			assert.Equal(t, c.status, got.status)
			assert.Equal(t, c.says, got.text("error_description"))
			assert.NotContains(t, got.body, "acme", "the sender is told the kind of fault only")
			assert.Contains(t, got.header.Get("Www-Authenticate"), "Bearer ")
			assert.Contains(t, f.log.String(), c.logs)
			assert.NotContains(t, f.log.String(), opaque[len("Bearer "):])
		})
	}
}

// Whatever becomes of the provider, all other tokens and requests are judged as ever.
func TestAProviderThatFailsIsItsOwnMatter_B19_B21(t *testing.T) {
	f, i, foreign := introspected(t)
	i.says.Store(nil)
	for range 3 {
		got := f.resource(t, opaque)
		assert.Equal(t, http.StatusUnauthorized, got.status)
		assert.Equal(t, "The token cannot be verified at the moment.", got.text("error_description"))
	}
	assert.EqualValues(t, 1, i.asked.Load(), "it is left alone for a while")
	assert.Equal(t, anna, f.resource(t, foreign).body)
	assert.Equal(t, anna, f.resource(t, "Bearer "+f.forge(t, nil, f.claims(nil))).body)
	i.answer(f, nil)
	f.wait(5 * time.Second)
	assert.Equal(t, anna, f.resource(t, opaque).body)
}

// Nobody is asked about what can be no opaque token, or when nobody is to be asked.
func TestWhatIsNoOpaqueToken_B1(t *testing.T) {
	f, i, _ := introspected(t)
	for text, says := range map[string]string{
		"doap_0123456789": "The token was not issued by this server.", "a.b.c": "The token is not a JWT.", `"x"`: "The token is not a JWT.",
		"a,b": "The token is not a JWT.",
	} {
		got := f.resource(t, "Bearer "+text)
		assert.Equal(t, http.StatusUnauthorized, got.status)
		assert.Equal(t, says, got.text("error_description"), text)
	}
	assert.Zero(t, i.asked.Load())
	f.config.Providers = nil
	f.config = func() *config.Config { other := *f.config; return &other }()
	assert.Equal(t, "The token is not a JWT.", f.resource(t, opaque).text("error_description"))
	assert.Zero(t, i.asked.Load())
}
