// SPDX-License-Identifier: Apache-2.0

package client

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
)

var methods = map[string]jwt.SigningMethod{
	"RS256": jwt.SigningMethodRS256, "PS256": jwt.SigningMethodPS256, "ES256": jwt.SigningMethodES256, "EdDSA": jwt.SigningMethodEdDSA,
}

var privateOf = map[string]crypto.Signer{"RS256": pairs.rsa, "PS256": pairs.rsa, "ES256": pairs.ec, "EdDSA": pairs.ed}

func assertionBody(text string) string {
	return body("client_assertion_type", assertionType, "client_assertion", text)
}

func TestAssertion_A48_A52(t *testing.T) {
	f := newFixture(t)
	for name, test := range map[string]struct {
		algorithm string
		changes   change
	}{
		"RS256":                             {"RS256", nil},
		"PS256":                             {"PS256", nil},
		"ES256":                             {"ES256", nil},
		"EdDSA":                             {"EdDSA", nil},
		"without kid, one key fits":         {"ES256", change{"kid": nil}},
		"without typ":                       {"RS256", change{"typ": nil}},
		"typ in lower case":                 {"RS256", change{"typ": "jwt"}},
		"its own typ":                       {"RS256", change{"typ": "client-authentication+jwt"}},
		"its own typ, as a media type":      {"RS256", change{"typ": "application/client-authentication+jwt"}},
		"without iat":                       {"RS256", change{"claim iat": nil}},
		"nbf":                               {"RS256", change{"claim nbf": noon.Unix()}},
		"nbf of a clock that is ahead":      {"RS256", change{"claim nbf": noon.Add(leeway).Unix()}},
		"iat of a clock that is ahead":      {"RS256", change{"claim iat": noon.Add(leeway).Unix()}},
		"exp of a clock that is behind":     {"RS256", change{"claim exp": noon.Add(1-leeway).Unix() + 1, "claim iat": nil}},
		"five minutes":                      {"RS256", change{"claim exp": noon.Add(maxAssertionLife).Unix()}},
		"times with a fraction":             {"RS256", change{"claim exp": float64(noon.Unix()) + 60.5}},
		"C19 header members that give keys": {"RS256", change{"jku": "https://evil.example/", "x5u": "https://evil.example/", "jwk": map[string]any{}, "x5c": []string{"x"}}},
		"claims of no concern":              {"RS256", change{"claim client_id": "other", "claim scope": "domino", "claim azp": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			text := signed(methods[test.algorithm], privateOf[test.algorithm], test.changes)
			client, err := f.send(t, "", assertionBody(text))
			require.Nil(t, err)
			assert.Equal(t, "keys", client.ID)
		})
	}
	_, err := f.send(t, "", assertionBody(signed(methods["RS256"], pairs.rsa, nil))+"&client_id=keys")
	assert.Nil(t, err, "client_id beside it")
	assert.Empty(t, f.failures.subjects)
}

func TestAssertionRefused_A52(t *testing.T) {
	f := newFixture(t)
	spki := must(x509.MarshalPKIXPublicKey(&pairs.rsa.PublicKey))
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})
	pkcs1 := x509.MarshalPKCS1PublicKey(&pairs.rsa.PublicKey)
	for name, test := range map[string]struct {
		method  jwt.SigningMethod
		private any
		changes change
	}{
		"M21 audience: another server":              {nil, nil, change{"claim aud": "https://other.example/doap"}},
		"M21 audience: a list with only us":         {nil, nil, change{"claim aud": []string{issuer}}},
		"M21 audience: a list with us":              {nil, nil, change{"claim aud": []string{issuer, "https://other.example"}}},
		"M21 audience: the endpoint":                {nil, nil, change{"claim aud": issuer + "/token"}},
		"M21 audience: with a slash":                {nil, nil, change{"claim aud": issuer + "/"}},
		"M21 audience: upper case":                  {nil, nil, change{"claim aud": strings.ToUpper(issuer)}},
		"M21 audience: a prefix":                    {nil, nil, change{"claim aud": issuer[:len(issuer)-1]}},
		"M21 audience: empty":                       {nil, nil, change{"claim aud": ""}},
		"M21 audience: missing":                     {nil, nil, change{"claim aud": nil}},
		"M21 audience: an object":                   {nil, nil, change{"claim aud": map[string]any{}}},
		"M21 audience: Domino":                      {nil, nil, change{"claim aud": "Domino"}},
		"iss of another":                            {nil, nil, change{"claim iss": "confidential"}},
		"no iss":                                    {nil, nil, change{"claim iss": nil}},
		"sub of another":                            {nil, nil, change{"claim sub": "both"}},
		"no sub":                                    {nil, nil, change{"claim sub": nil}},
		"sub that is a number":                      {nil, nil, change{"claim sub": 1}},
		"no exp":                                    {nil, nil, change{"claim exp": nil}},
		"expired":                                   {nil, nil, change{"claim exp": noon.Add(-leeway).Unix(), "claim iat": nil}},
		"good for too long":                         {nil, nil, change{"claim exp": noon.Add(maxAssertionLife+leeway).Unix() + 1}},
		"good for too long, without iat":            {nil, nil, change{"claim exp": noon.Add(maxAssertionLife+leeway).Unix() + 1, "claim iat": nil}},
		"made for too long, nearly over":            {nil, nil, change{"claim iat": noon.Add(-time.Hour).Unix()}},
		"not good yet":                              {nil, nil, change{"claim nbf": noon.Add(leeway).Unix() + 1}},
		"made in the future":                        {nil, nil, change{"claim iat": noon.Add(leeway).Unix() + 1}},
		"C23 exp is a string":                       {nil, nil, change{"claim exp": fmt.Sprint(noon.Unix() + 60)}},
		"C23 exp is 1e300":                          {nil, nil, change{"claim exp": 1e300}},
		"C23 exp is 2^63":                           {nil, nil, change{"claim exp": 9.223372036854775807e18}},
		"C23 exp is negative":                       {nil, nil, change{"claim exp": -1}},
		"C23 exp is null":                           {nil, nil, change{"claim exp": (*int)(nil)}},
		"C23 nbf is 1e300":                          {nil, nil, change{"claim nbf": 1e300}},
		"C23 nbf is negative":                       {nil, nil, change{"claim nbf": -1}},
		"C23 nbf is true":                           {nil, nil, change{"claim nbf": true}},
		"C23 iat is a list":                         {nil, nil, change{"claim iat": []int{1}}},
		"no jti":                                    {nil, nil, change{"claim jti": nil}},
		"empty jti":                                 {nil, nil, change{"claim jti": ""}},
		"long jti":                                  {nil, nil, change{"claim jti": strings.Repeat("j", maxAssertionID+1)}},
		"jti that is a number":                      {nil, nil, change{"claim jti": 1}},
		"C6 C26 an access token's typ":              {nil, nil, change{"typ": "at+jwt"}},
		"C26 an id token's typ":                     {nil, nil, change{"typ": "id_token+jwt"}},
		"C26 a DPoP proof":                          {nil, nil, change{"typ": "dpop+jwt"}},
		"typ that is no string":                     {nil, nil, change{"typ": 1}},
		"C15 crit":                                  {nil, nil, change{"crit": []string{"exp"}}},
		"C15 b64 is critical":                       {nil, nil, change{"crit": []string{"b64"}, "b64": false}},
		"C16 unknown kid":                           {nil, nil, change{"kid": "x"}},
		"C16 kid that is a path":                    {nil, nil, change{"kid": "../../../dev/null"}},
		"C16 kid that is SQL":                       {nil, nil, change{"kid": "r' OR '1'='1"}},
		"C16 kid with NUL":                          {nil, nil, change{"kid": "r\x00"}},
		"kid that is a number":                      {nil, nil, change{"kid": 1}},
		"C3 kid of another kind of key":             {nil, nil, change{"kid": "e"}},
		"C17 without kid, several keys fit":         {nil, nil, change{"kid": nil, "claim iss": "twins", "claim sub": "twins"}},
		"another key, right kid":                    {jwt.SigningMethodRS256, pairs.other, nil},
		"another client's key":                      {nil, nil, change{"kid": "o", "claim iss": "twins", "claim sub": "twins"}},
		"C1 C2 C6 alg none":                         {jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, change{"kid": "r"}},
		"C2 alg None":                               {nil, nil, change{"alg": "None"}},
		"C2 alg empty":                              {nil, nil, change{"alg": ""}},
		"C2 alg missing":                            {nil, nil, change{"alg": nil}},
		"C2 alg a list":                             {nil, nil, change{"alg": []string{"RS256"}}},
		"C1 alg RS512":                              {jwt.SigningMethodRS512, pairs.rsa, change{"kid": "r"}},
		"C3 alg says PS256, signed RS256":           {nil, nil, change{"alg": "PS256"}},
		"C3 alg says ES256, signed RS256":           {nil, nil, change{"alg": "ES256"}},
		"C5 alg HS256 with the secret":              {jwt.SigningMethodHS256, []byte(secret), change{"kid": nil, "claim iss": "confidential", "claim sub": "confidential"}},
		"C4 the public key as a secret: PEM":        {jwt.SigningMethodHS256, publicPEM, change{"kid": "r"}},
		"C4 the public key as a secret: PEM, cut":   {jwt.SigningMethodHS256, []byte(strings.TrimSpace(string(publicPEM))), change{"kid": "r"}},
		"C4 the public key as a secret: SPKI":       {jwt.SigningMethodHS256, spki, change{"kid": "r"}},
		"C4 the public key as a secret: PKCS#1":     {jwt.SigningMethodHS256, pkcs1, change{"kid": "r"}},
		"C4 the public key as a secret: alg RS256":  {jwt.SigningMethodHS256, publicPEM, change{"kid": "r", "alg": "RS256"}},
		"C4 the public key as a secret: no kid":     {jwt.SigningMethodHS256, spki, nil},
		"a person's name (M19)":                     {nil, nil, change{"claim iss": "CN=Admin/O=Acme", "claim sub": "CN=Admin/O=Acme"}},
		"a client that has no keys":                 {nil, nil, change{"claim iss": "confidential", "claim sub": "confidential"}},
		"too long":                                  {nil, nil, change{"claim note": strings.Repeat("x", maxAssertion)}},
		"C19 jwk brings its own key, right kid":     {jwt.SigningMethodRS256, pairs.other, change{"jwk": map[string]any{"kty": "RSA"}}},
		"audience of the revocation endpoint (M21)": {nil, nil, change{"claim aud": issuer + "/revoke"}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.method == nil {
				test.method, test.private = jwt.SigningMethodRS256, pairs.rsa
			}
			client, err := f.send(t, "", assertionBody(signed(test.method, test.private, test.changes)))
			require.NotNil(t, err)
			assert.Empty(t, client)
			assert.Equal(t, oauth.InvalidClient, err.Code)
			assert.Equal(t, http.StatusUnauthorized, err.Status)
			assert.Equal(t, unauthorized, err.Description)
		})
	}
}

// TestAssertionForm_C13_C14 sends what is no JWT in the one accepted form, each signed well.
func TestAssertionForm_C13_C14(t *testing.T) {
	f := newFixture(t)
	sign := func(header, claims string) string {
		content := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
		signature := must(jwt.SigningMethodRS256.Sign(content, pairs.rsa))
		return content + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	header := `{"alg":"RS256","kid":"r"}`
	claims := fmt.Sprintf(`{"iss":"keys","sub":"keys","aud":"%s","exp":%d,"jti":"%%s"}`, issuer, noon.Unix()+60)
	once := func(id string) string { return fmt.Sprintf(claims, id) }
	good := sign(header, once("good"))
	parts := strings.Split(good, ".")
	lined := sign(header, once("line"))
	_, err := f.send(t, "", assertionBody(good))
	require.Nil(t, err)
	for name, text := range map[string]string{
		"C12 five parts":                    good + ".a.b",
		"four parts":                        good + ".a",
		"two parts":                         parts[0] + "." + parts[1],
		"no signature":                      parts[0] + "." + parts[1] + ".",
		"one part":                          "a",
		"C13 padding":                       parts[0] + "==." + parts[1] + "." + parts[2],
		"C13 a line break in the signature": lined[:len(lined)-9] + "\n" + lined[len(lined)-9:],
		"C13 a space behind":                sign(header, once("space")) + " ",
		"C13 plus and slash":                strings.NewReplacer("-", "+", "_", "/").Replace(good[:len(good)-342]) + strings.Repeat("+/", 171),
		"C13 JSON serialization":            `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"C13 stray bits at the end":         good[:len(good)-1] + string(good[len(good)-1]+1),
		"C14 a claim twice":                 sign(header, strings.Replace(once("twice"), "{", `{"aud":"https://other.example",`, 1)),
		"C14 a header member twice":         sign(strings.Replace(header, "{", `{"alg":"none",`, 1), once("header")),
		"C14 a byte order mark":             sign(header, "\ufeff"+once("bom")),
		"C14 not UTF-8":                     sign(header, strings.Replace(once("utf"), "utf", "\xff", 1)),
		"C14 something behind":              sign(header, once("behind")+"{}"),
		"C14 a comment":                     sign(header, "/**/"+once("comment")),
		"C14 cut off":                       sign(header, once("cut")[:40]),
		"C14 a trailing comma":              sign(header, strings.Replace(once("comma"), "}", ",}", 1)),
		"C15 the header is a list":          sign("["+header+"]", once("list")),
		"C15 the header is null":            sign("null", once("null")),
		"the claims are a text":             sign(header, `"text"`),
		"C14 names in another case":         sign(header, strings.Replace(once("case"), `"aud"`, `"AUD"`, 1)),
		"C14 exp with a leading zero":       sign(header, strings.Replace(once("zero"), `"exp":`, `"exp":0`, 1)),
		"C14 NaN":                           sign(header, strings.Replace(once("nan"), `"exp":`, `"nbf":NaN,"exp":`, 1)),
		"claims of one, signature of one":   parts[0] + "." + strings.Split(sign(header, once("swapped")), ".")[1] + "." + parts[2],
	} {
		t.Run(name, func(t *testing.T) {
			client, err := f.send(t, "", assertionBody(text))
			require.NotNil(t, err)
			assert.Empty(t, client)
			assert.Equal(t, oauth.InvalidClient, err.Code)
			assert.Equal(t, unauthorized, err.Description)
		})
	}
}

// TestAssertionAudience_A52_M21: the compatibility switch adds the URL of the endpoint that is called, and nothing else.
func TestAssertionAudience_A52_M21(t *testing.T) {
	f := newFixture(t)
	f.config.Clients.AssertionAudience = config.AudienceEndpoint
	for audience, accepted := range map[string]bool{
		issuer: true, issuer + "/token": true,
		issuer + "/revoke": false, issuer + "/token/": false, "https://other.example/doap/token": false, "/token": false,
	} {
		_, err := f.send(t, "", assertionBody(signed(methods["RS256"], pairs.rsa, change{"claim aud": audience})))
		assert.Equal(t, accepted, err == nil, audience)
	}
	_, err := f.send(t, "", assertionBody(signed(methods["RS256"], pairs.rsa, change{"claim aud": []string{issuer + "/token"}})))
	assert.NotNil(t, err, "a list")
}

// TestAssertionIsUsedOnce_A52_C27: for as long as it is good, and until then only by success.
func TestAssertionIsUsedOnce_A52_C27_A28(t *testing.T) {
	f := newFixture(t)
	text := signed(methods["RS256"], pairs.rsa, change{"claim jti": "one"})
	forged := signed(methods["RS256"], pairs.other, change{"claim jti": "one"})
	_, err := f.send(t, "", assertionBody(forged))
	require.NotNil(t, err)
	_, err = f.send(t, "", assertionBody(text))
	require.Nil(t, err, "a failure uses nothing up")
	f.now = f.now.Add(time.Minute + leeway - time.Second)
	_, err = f.send(t, "", assertionBody(text))
	require.NotNil(t, err)
	require.ErrorContains(t, err.Cause, "used before")
	_, err = f.send(t, "", assertionBody(signed(methods["RS256"], pairs.rsa, change{
		"claim jti": "one", "claim iss": "both", "claim sub": "both", "claim exp": f.now.Unix() + 60, "claim iat": nil,
	})))
	require.Nil(t, err, "another client may choose the same jti")
	f.now = f.now.Add(time.Second)
	_, err = f.send(t, "", assertionBody(text))
	require.NotNil(t, err)
	require.ErrorContains(t, err.Cause, "expired", "it need not be remembered any longer")
}

func TestAssertionIsUsedOnceByMany_C27(t *testing.T) {
	f := newFixture(t)
	f.Failures = nil // the fixture's own is not for several goroutines
	text := assertionBody(signed(methods["ES256"], pairs.ec, nil))
	var accepted atomic.Int32
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := f.send(t, "", text); err == nil {
				accepted.Add(1)
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 1, accepted.Load())
}

func FuzzClientAssertion(f *testing.F) {
	now := noon
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		f.Add(signed(methods[algorithm], privateOf[algorithm], nil))
	}
	f.Add(signed(methods["RS256"], pairs.rsa, change{"claim aud": []string{issuer}, "crit": []string{"x"}}))
	f.Add(signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil))
	f.Add("..")
	f.Add("e30.e30.")
	f.Add("bnVsbA.bnVsbA.AA")
	f.Fuzz(func(t *testing.T, text string) {
		read, err := readAssertion(text)
		if err != nil {
			assert.Nil(t, read)
			return
		}
		assert.LessOrEqual(t, len(text), maxAssertion)
		assert.Contains(t, methods, read.algorithm)
		if read.check("keys", []string{issuer}, now) != nil {
			return
		}
		assert.Equal(t, "keys", read.subject)
		assert.Equal(t, issuer, read.audience)
		assert.NotEmpty(t, read.id)
		assert.WithinRange(t, read.expires, now.Add(-leeway), now.Add(maxAssertionLife+leeway))
	})
}
