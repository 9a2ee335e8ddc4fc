// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/key"
	"ndoap/store"
)

// signer signs tokens with the fixture's own key, so that a test can make any token that the server could have made.
func (f *fixture) signer(t *testing.T) (kid string, private any) {
	t.Helper()
	set, err := key.NewRing(f.store, f.store.Generation).Set(t.Context())
	require.NoError(t, err)
	kid, _, signing, ok := set.Signer(f.now())
	require.True(t, ok)
	return kid, signing
}

func (f *fixture) claims(changes map[string]any) jwt.MapClaims {
	claims := jwt.MapClaims{
		"iss": issuer, "sub": anna, "aud": "Domino", "scope": "domino", "client_id": clientID,
		"iat": f.now().Unix(), "exp": f.now().Add(time.Hour).Unix(), "jti": "x", "gid": "y",
	}
	for name, value := range changes {
		claims[name] = value
		if value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// forge signs claims under a header that is changed as given.
func (f *fixture) forge(t *testing.T, header map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	kid, private := f.signer(t)
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["typ"], token.Header["kid"] = "at+jwt", kid
	maps.Copy(token.Header, header)
	signed, err := token.SignedString(private)
	require.NoError(t, err)
	return signed
}

func TestForgedTokensControl(t *testing.T) {
	f := newFixture(t)
	assert.Equal(t, anna, f.resource(t, "Bearer "+f.forge(t, nil, f.claims(nil))).body, "a token made like ours is accepted")
	assert.Equal(t, anna, f.resource(t, "bEARER   "+f.forge(t, nil, f.claims(nil))).body, "B3: the scheme in any case")
	assert.Equal(t, anna, f.resource(t, "Bearer "+f.forge(t, map[string]any{"typ": "application/AT+JWT"}, f.claims(nil))).body)
	assert.Equal(t, anna, f.resource(t, "Bearer "+f.forge(t, nil, f.claims(map[string]any{"aud": []string{"else", "Domino"}}))).body)
}

func TestRefusedTokens(t *testing.T) {
	f := newFixture(t)
	good := f.forge(t, nil, f.claims(nil))
	parts := strings.Split(good, ".")
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	kid, _ := f.signer(t)
	sign := func(method jwt.SigningMethod, secret any) string {
		token := jwt.NewWithClaims(method, f.claims(nil))
		token.Header["typ"], token.Header["kid"] = "at+jwt", kid
		signed, signErr := token.SignedString(secret)
		require.NoError(t, signErr)
		return signed
	}
	keys, err := f.store.ListKeys(t.Context())
	require.NoError(t, err)
	hour := func(hours int) int64 { return f.now().Add(time.Duration(hours) * time.Hour).Unix() }
	for name, c := range map[string]struct{ token, says string }{
		"B2 malformed":                     {"abc", "not a JWT"},
		"C12 five parts":                   {good + ".a.b", "not a JWT"},
		"C13 padding":                      {good + "=", "not a JWT"},
		"C13 JSON serialization":           {`{"payload":"` + parts[1] + `"}`, "not a JWT"},
		"C13 a payload that is no JSON":    {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte("x")) + "." + parts[2], "not a JWT"},
		"B17 huge":                         {strings.Repeat("a", 20000) + ".b.c", "not a JWT"},
		"swapped payload":                  {parts[0] + "." + strings.Split(f.forge(t, nil, f.claims(map[string]any{"sub": "CN=Boss/O=Acme"})), ".")[1] + "." + parts[2], "not issued by this server"},
		"signature stripped":               {parts[0] + "." + parts[1] + ".", "not issued by this server"},
		"another key":                      {sign(jwt.SigningMethodRS256, stranger), "not issued by this server"},
		"C2 none":                          {sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), "not issued by this server"},
		"C4 public key as HS256 secret":    {sign(jwt.SigningMethodHS256, keys[0].PublicPEM), "not issued by this server"},
		"C3 PS256 with an RS256 key":       {sign(jwt.SigningMethodPS256, stranger), "not issued by this server"},
		"C16 unknown kid":                  {f.forge(t, map[string]any{"kid": "../../etc"}, f.claims(nil)), "not issued by this server"},
		"C17 no kid":                       {f.forge(t, map[string]any{"kid": nil}, f.claims(nil)), "not issued by this server"},
		"C15 critical extension":           {f.forge(t, map[string]any{"crit": []string{"b64"}}, f.claims(nil)), "not an access token"},
		"B6 an id_token":                   {f.forge(t, map[string]any{"typ": "JWT"}, f.claims(nil)), "not an access token"},
		"C25 no type":                      {f.forge(t, map[string]any{"typ": nil}, f.claims(nil)), "not an access token"},
		"C20 M20 foreign issuer":           {f.forge(t, nil, f.claims(map[string]any{"iss": "https://evil.example"})), "does not know"},
		"C20 issuer with a slash":          {f.forge(t, nil, f.claims(map[string]any{"iss": issuer + "/"})), "does not know"},
		"no issuer":                        {f.forge(t, nil, f.claims(map[string]any{"iss": nil})), "does not know"},
		"B4 expired":                       {f.forge(t, nil, f.claims(map[string]any{"exp": f.now().Unix()})), "expired"},
		"C23 no expiry":                    {f.forge(t, nil, f.claims(map[string]any{"exp": nil})), "not an access token"},
		"C23 expiry as text":               {f.forge(t, nil, f.claims(map[string]any{"exp": "tomorrow"})), "not a JWT"},
		"not yet valid":                    {f.forge(t, nil, f.claims(map[string]any{"nbf": hour(1)})), "not an access token"},
		"issued in the future":             {f.forge(t, nil, f.claims(map[string]any{"iat": hour(1)})), "not an access token"},
		"no iat":                           {f.forge(t, nil, f.claims(map[string]any{"iat": nil})), "not an access token"},
		"B5 no audience":                   {f.forge(t, nil, f.claims(map[string]any{"aud": nil})), "not an access token"},
		"C22 another audience":             {f.forge(t, nil, f.claims(map[string]any{"aud": "DominoX"})), "not an access token"},
		"C22 empty audience":               {f.forge(t, nil, f.claims(map[string]any{"aud": []string{}})), "not an access token"},
		"C21 no subject":                   {f.forge(t, nil, f.claims(map[string]any{"sub": nil})), "not an access token"},
		"B8 Anonymous":                     {f.forge(t, nil, f.claims(map[string]any{"sub": "Anonymous"})), "not an access token"},
		"B8 a wildcard":                    {f.forge(t, nil, f.claims(map[string]any{"sub": "*/O=Acme"})), "not an access token"},
		"B8 an abbreviated name":           {f.forge(t, nil, f.claims(map[string]any{"sub": "Anna Berg/Sales/Acme"})), "not an access token"},
		"no client":                        {f.forge(t, nil, f.claims(map[string]any{"client_id": nil})), "not an access token"},
		"no jti, which could be revoked":   {f.forge(t, nil, f.claims(map[string]any{"jti": nil})), "not an access token"},
		"no grant, which could be revoked": {f.forge(t, nil, f.claims(map[string]any{"gid": nil})), "not an access token"},
	} {
		t.Run(name, func(t *testing.T) {
			got := f.resource(t, "Bearer "+c.token)
			assert.Equal(t, http.StatusUnauthorized, got.status, got.body)
			assert.Equal(t, "invalid_token", got.text("error"))
			assert.Contains(t, got.text("error_description"), c.says)
			challenge := got.header.Get("Www-Authenticate")
			assert.True(t, strings.HasPrefix(challenge, `Bearer realm="`), challenge)
			assert.Contains(t, challenge, `error="invalid_token"`)
			assert.NotContains(t, challenge, got.text("request_id"), "the challenge is that of RFC 6750")
			f.explained(t, got)
		})
	}
}

func TestMalformedAuthorization(t *testing.T) {
	f := newFixture(t)
	good := f.forge(t, nil, f.claims(nil))
	for name, headers := range map[string][]string{
		"B2 no token":          {"Bearer"},
		"B3 two headers":       {"Bearer " + good, "Bearer " + good},
		"B12 Bearer and Basic": {"Bearer " + good, "Basic eA=="},
	} {
		t.Run(name, func(t *testing.T) {
			got := f.resource(t, headers...)
			assert.Equal(t, http.StatusBadRequest, got.status)
			assert.Equal(t, "invalid_request", got.text("error"))
			assert.Contains(t, got.header.Get("Www-Authenticate"), "Bearer ")
			f.explained(t, got)
		})
	}
}

func TestTokenInQueryIsIgnored(t *testing.T) { // B3
	f := newFixture(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/db.nsf?access_token="+f.forge(t, nil, f.claims(nil)), http.NoBody)
	require.NoError(t, err)
	assert.Empty(t, send(t, request).body, "nobody")
}

func TestUnknownIssuerCanBePassedOn(t *testing.T) {
	f := newFixture(t)
	request := raw(core.RawRequest, "/db.nsf")
	request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(map[string]any{"iss": "https://idp.example"})))
	assert.Equal(t, core.Answer, f.service.Serve(request).Verdict)
	f.config.Bearer.UnknownIssuer = config.PassUnknownIssuer
	assert.Equal(t, core.NotOurs, f.service.Serve(request).Verdict)
	request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(map[string]any{"exp": 1})))
	assert.Equal(t, core.Answer, f.service.Serve(request).Verdict, "ours, but bad: never passed on")
	request.Headers.Set("Authorization", "Bearer garbage")
	assert.Equal(t, core.Answer, f.service.Serve(request).Verdict)
}

func TestAuthenticateVerifiesAgain(t *testing.T) {
	f := newFixture(t)
	request := raw(core.Authenticate, "/db.nsf")
	request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(nil)))
	decision := f.service.Serve(request)
	assert.Equal(t, core.Authenticated, decision.Verdict)
	assert.Equal(t, core.Identity{Name: anna, Scope: "domino", ClientID: clientID, Subject: anna}, decision.Identity)
	request.Headers.Set("Authorization", "Bearer x")
	assert.Equal(t, core.Deny, f.service.Serve(request).Verdict, "no answer of our own is possible there")
}

func TestAnotherLoginBesideTheToken(t *testing.T) { // B11
	f := newFixture(t)
	request := raw(core.Unnamed, "/db.nsf")
	got := f.service.Serve(request)
	assert.Equal(t, core.Answer, got.Verdict)
	assert.Equal(t, http.StatusUnauthorized, got.Response.Status)
	assert.Contains(t, string(got.Response.Body), "without cookies")
	assert.Contains(t, f.log.String(), "Domino took the login")
}

func TestTokenCannotLogIn(t *testing.T) {
	f := newFixture(t)
	for _, event := range []core.Event{core.RawRequest, core.Authenticate} {
		request := raw(event, "/doap/auth?client_id="+clientID)
		request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(nil)))
		decision := f.service.Serve(request)
		assert.NotEqual(t, core.Authenticated, decision.Verdict)
		assert.NotEqual(t, core.NotOurs, decision.Verdict)
	}
}

func TestRemovedKeyRefuses(t *testing.T) {
	f := newFixture(t)
	token := f.forge(t, nil, f.claims(nil))
	other := newFixture(t)
	assert.Equal(t, http.StatusUnauthorized, other.resource(t, "Bearer "+token).status, "a server without that key")
	keys, err := f.store.ListKeys(t.Context())
	require.NoError(t, err)
	require.NoError(t, other.store.AddKey(t.Context(), store.Key{
		ID: keys[0].ID, Algorithm: keys[0].Algorithm, PublicPEM: keys[0].PublicPEM, CreatedAt: keys[0].CreatedAt,
	}))
	assert.Equal(t, anna, other.resource(t, "Bearer "+token).body, "and with its public half")
}
