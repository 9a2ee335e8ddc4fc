// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/token"
)

const annaBerg = "CN=Anna Berg/OU=Sales/O=Acme"

func TestGoodToken(t *testing.T) {
	f := newFixture(t, keyed())
	got, err := f.Verify(sign(header(nil), claims(object{"azp": "app", "jti": "1", "nbf": noon.Unix()})))
	require.NoError(t, err)
	assert.Equal(t, Verified{
		Provider: "acme", Issuer: idp, ID: "1", User: User{Claim: "sub", Value: annaBerg}, ClientID: "app", Scope: oauth.Scope{"domino"},
		IssuedAt: noon.Local(), ExpiresAt: noon.Add(time.Hour).Local(),
	}, got)
}

func TestTakenTokens(t *testing.T) {
	f := newFixture(t, keyed())
	part := func(members object) []byte { return must(json.Marshal(members)) }
	for name, text := range map[string]string{
		"C3 ES256 with the key on its curve":     compact(part(header(object{"alg": "ES256", "kid": "e"})), part(claims(nil)), signing.ec),
		"C3 EdDSA":                               compact(part(header(object{"alg": "EdDSA", "kid": "d"})), part(claims(nil)), signing.ed),
		"C9 Ed25519":                             compact(part(header(object{"alg": "Ed25519", "kid": "d"})), part(claims(nil)), signing.ed),
		"C17 no kid, one key of that algorithm":  sign(header(object{"kid": nil}), claims(nil)),
		"C19 keys in the header change nothing":  sign(header(object{"jku": "https://evil.example", "x5u": "https://evil.example", "x5c": []string{"x"}, "jwk": object{"kty": "oct", "k": "AA"}}), claims(nil)),
		"C22 a list of audiences with ours":      sign(header(nil), claims(object{"aud": []string{"account", "Domino"}})),
		"C23 times with fractions":               sign(header(nil), claims(object{"iat": float64(noon.Unix()) + 0.5, "exp": float64(noon.Unix()) + 60.5})),
		"C23 J14 within the leeway after exp":    sign(header(nil), claims(object{"iat": noon.Unix() - 3600, "exp": noon.Unix() - 59})),
		"C23 J14 within the leeway before iat":   sign(header(nil), claims(object{"iat": noon.Unix() + 60})),
		"C24 the longest life":                   sign(header(nil), claims(object{"exp": noon.Unix() + 86400})),
		"C25 typ in another case":                sign(header(object{"typ": "jwt"}), claims(nil)),
		"C25 typ of RFC 9068":                    sign(header(object{"typ": "application/AT+JWT"}), claims(nil)),
		"C25 no typ":                             sign(header(object{"typ": nil}), claims(nil)),
		"C26 an access token of old Keycloak":    sign(header(nil), claims(object{"typ": "Bearer", "nonce": "x"})),
		"a claim that is deep, but not too deep": sign(header(nil), claims(object{"x": object{"y": []any{object{"z": nil}}}})),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := f.Verify(text)
			require.NoError(t, err)
			assert.Equal(t, annaBerg, got.User.Value)
		})
	}
}

func TestRefusedTokens(t *testing.T) {
	f := newFixture(t, keyed(), config.Provider{
		Name: "other", Issuers: []string{"https://other.example"},
		Key: published(jose.JSONWebKey{Key: &signing.other.PublicKey, KeyID: "r"}, jose.JSONWebKey{Key: &signing.rsa.PublicKey, KeyID: "2"}),
	})
	part := func(members object) []byte { return must(json.Marshal(members)) }
	as := func(changes object) string { return sign(header(nil), claims(changes)) }
	under := func(changes object) string { return sign(header(changes), claims(nil)) }
	raw := func(header, claims string) string { return compact([]byte(header), []byte(claims), signing.rsa) }
	rawClaims := func(text string) string { return raw(`{"alg":"RS256","kid":"r"}`, text) }
	parts := strings.Split(good(), ".")
	pss := func() string {
		signed := base64.RawURLEncoding.EncodeToString(part(header(object{"alg": "PS256"}))) + "." + parts[1]
		return signed + "." + base64.RawURLEncoding.EncodeToString(must(jwt.SigningMethodPS256.Sign(signed, signing.rsa)))
	}
	unixNoon := fmt.Sprint(noon.Unix())
	tail := `"iss":"` + idp + `","sub":"` + annaBerg + `","aud":"Domino","scope":"domino","iat":` + unixNoon + `}`

	for name, c := range map[string]struct {
		text string
		err  error
		says string
	}{
		"B7 J1 signed with another issuer's key":     {compact(part(header(nil)), part(claims(nil)), signing.other), ErrSignature, "verification error"},
		"B7 J2 the kid of another issuer's key":      {compact(part(header(object{"kid": "2"})), part(claims(nil)), signing.rsa), ErrSignature, "no such key"},
		"B7 J1 another issuer's name":                {as(object{"iss": "https://other.example"}), ErrSignature, "provider other"},
		"C20 J5 issuer with a slash":                 {as(object{"iss": idp + "/"}), token.ErrForeignIssuer, "acme/"},
		"C20 J5 issuer in another case":              {as(object{"iss": strings.ToUpper(idp)}), token.ErrForeignIssuer, ""},
		"C20 J5 issuer that only begins so":          {as(object{"iss": idp + "2"}), token.ErrForeignIssuer, ""},
		"C20 no issuer":                              {as(object{"iss": nil}), token.ErrForeignIssuer, ""},
		"C20 issuer as list":                         {as(object{"iss": []string{idp}}), token.ErrForeignIssuer, ""},
		"C1 algorithm that its key is not for":       {pss(), ErrSignature, "no such key"},
		"C2 none":                                    {parts0(header(object{"alg": "none"})) + "." + parts[1] + ".", ErrSignature, `alg: found "none"`},
		"C2 nOnE":                                    {parts0(header(object{"alg": "nOnE"})) + "." + parts[1] + ".", ErrSignature, `alg: found "nOnE"`},
		"C2 empty algorithm":                         {under(object{"alg": ""}), ErrSignature, `alg: found ""`},
		"C2 no algorithm":                            {under(object{"alg": nil}), ErrSignature, "alg: found no alg"},
		"C2 algorithm as list":                       {under(object{"alg": []string{"RS256"}}), ErrSignature, `alg: found "[RS256]"`},
		"C3 an EC key named for RS256":               {under(object{"kid": "e"}), ErrSignature, "no such key"},
		"C3 ES384 with a key of P-256":               {under(object{"alg": "ES384", "kid": "e"}), ErrSignature, "no such key"},
		"C4 J4 the public key as HMAC secret, SPKI":  {compact(part(header(object{"alg": "HS256"})), part(claims(nil)), []byte(pemOf(&signing.rsa.PublicKey))), ErrSignature, `alg: found "HS256"`},
		"C4 the JWK Set as HMAC secret":              {compact(part(header(object{"alg": "HS256"})), part(claims(nil)), []byte(keyed().Key)), ErrSignature, `alg: found "HS256"`},
		"C4 J4 an HMAC that says RS256":              {compact(part(header(nil)), part(claims(nil)), []byte(pemOf(&signing.rsa.PublicKey))), ErrSignature, "verification error"},
		"C7 signature of zeros, ES256":               {parts0(header(object{"alg": "ES256", "kid": "e"})) + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)), ErrSignature, "verification error"},
		"C7 signature in DER, ES256":                 {parts0(header(object{"alg": "ES256", "kid": "e"})) + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(append([]byte{0x30, 0x44}, make([]byte, 68)...)), ErrSignature, ""},
		"C7 short signature":                         {parts[0] + "." + parts[1] + "." + parts[2][:200], ErrSignature, "verification error"},
		"C10 J3 signature stripped":                  {parts[0] + "." + parts[1] + ".", ErrSignature, "verification error"},
		"C10 J3 claims swapped under a signature":    {parts[0] + "." + strings.Split(as(object{"scope": "all"}), ".")[1] + "." + parts[2], ErrSignature, "verification error"},
		"C10 J3 header swapped under a signature":    {parts0(header(object{"typ": "at+jwt"})) + "." + parts[1] + "." + parts[2], ErrSignature, "verification error"},
		"C10 nested":                                 {rawNested(good()), token.ErrMalformed, "not a JSON object"},
		"C11 C12 five parts":                         {good() + ".x.y", token.ErrMalformed, "encrypted"},
		"C13 two parts":                              {parts[0] + "." + parts[1], token.ErrMalformed, ""},
		"C13 padding":                                {parts[0] + "." + parts[1] + "." + parts[2] + "=", token.ErrMalformed, ""},
		"C13 the alphabet of plain base64":           {parts[0] + "." + parts[1] + "." + strings.Repeat("+", 342), token.ErrMalformed, ""},
		"C13 line break":                             {parts[0] + ".\n" + parts[1] + "." + parts[2], token.ErrMalformed, ""},
		"C13 stray bits":                             {parts[0] + "." + parts[1] + "." + parts[2][:341] + "B", token.ErrMalformed, ""},
		"C13 JSON serialization":                     {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, token.ErrMalformed, ""},
		"C14 J13 claim that occurs twice":            {rawClaims(`{"exp":1,"exp":` + fmt.Sprint(noon.Unix()+60) + `,` + tail), token.ErrMalformed, "occurs twice"},
		"C14 claim that occurs twice, escaped":       {rawClaims(`{"\u0065xp":1,"exp":` + fmt.Sprint(noon.Unix()+60) + `,` + tail), token.ErrMalformed, "occurs twice"},
		"C14 nested member that occurs twice":        {rawClaims(`{"x":[{"a":1,"a":2}],` + tail), token.ErrMalformed, "occurs twice"},
		"C14 algorithm that occurs twice":            {raw(`{"alg":"none","alg":"RS256","kid":"r"}`, `{`+tail), token.ErrMalformed, "its header: the member"},
		"C14 byte order mark":                        {rawClaims("\xef\xbb\xbf{" + tail), token.ErrMalformed, ""},
		"C14 no UTF-8":                               {rawClaims("{\"x\":\"\xff\"," + tail), token.ErrMalformed, "UTF-8"},
		"C14 comment":                                {rawClaims("{/* */" + tail), token.ErrMalformed, ""},
		"C14 NaN":                                    {rawClaims(`{"exp":NaN,` + tail), token.ErrMalformed, ""},
		"C14 leading zero":                           {rawClaims(`{"exp":0` + unixNoon + `,` + tail), token.ErrMalformed, ""},
		"C14 something behind":                       {rawClaims(`{` + tail + `{}`), token.ErrMalformed, "follows"},
		"C15 header that is a list":                  {raw(`["RS256"]`, `{`+tail), token.ErrMalformed, "its header"},
		"C15 critical extension":                     {under(object{"crit": []string{"exp"}}), token.ErrUnusable, "header: found the member crit"},
		"C15 b64":                                    {under(object{"b64": false}), token.ErrUnusable, "header: found the member b64"},
		"C30 compressed":                             {under(object{"zip": "DEF"}), token.ErrUnusable, "header: found the member zip"},
		"C16 kid that is a path":                     {under(object{"kid": "../../r"}), ErrSignature, "no such key"},
		"C16 kid that is SQL":                        {under(object{"kid": "r' OR '1'='1"}), ErrSignature, "no such key"},
		"C16 kid that is a formula":                  {under(object{"kid": `r") | @All`}), ErrSignature, "no such key"},
		"C16 kid with NUL":                           {under(object{"kid": "r\x00"}), ErrSignature, "no such key"},
		"C16 kid that is a number":                   {under(object{"kid": 7}), token.ErrUnusable, "kid is not a string"},
		"C16 endless kid":                            {under(object{"kid": strings.Repeat("r", 5000)}), ErrSignature, "no such key"},
		"B5 C22 no audience":                         {as(object{"aud": nil}), token.ErrUnusable, "aud: found []"},
		"C22 audience of another":                    {as(object{"aud": "account"}), token.ErrUnusable, `expected one of ["Domino"]`},
		"C22 J9 audience that only begins so":        {as(object{"aud": "Domino2"}), token.ErrUnusable, ""},
		"C22 J9 audience in another case":            {as(object{"aud": "domino"}), token.ErrUnusable, ""},
		"C22 empty list of audiences":                {as(object{"aud": []string{}}), token.ErrUnusable, ""},
		"C22 audience as object":                     {as(object{"aud": object{"Domino": true}}), token.ErrUnusable, "aud is neither"},
		"C22 audience null":                          {rawClaims(strings.Replace("{"+tail, `"Domino"`, "null", 1)), token.ErrUnusable, "aud is neither"},
		"C22 list with something else":               {as(object{"aud": []any{"Domino", 1}}), token.ErrUnusable, "not a string"},
		"C23 no expiry":                              {as(object{"exp": nil}), token.ErrUnusable, "exp: found no exp"},
		"C23 no iat":                                 {as(object{"iat": nil}), token.ErrUnusable, "iat: found no iat"},
		"C23 expiry as text":                         {as(object{"exp": "2000000000"}), token.ErrUnusable, "exp is not a time"},
		"C23 expiry 1e300":                           {rawClaims(`{"exp":1e300,` + tail), token.ErrUnusable, "exp is not a time"},
		"C23 expiry 1e400":                           {rawClaims(`{"exp":1e400,` + tail), token.ErrUnusable, "exp is not a time"},
		"C23 expiry 2^63":                            {rawClaims(`{"exp":9223372036854775808,` + tail), token.ErrUnusable, "exp is not a time"},
		"C23 expiry before 1970":                     {as(object{"exp": -1}), token.ErrUnusable, "exp is not a time"},
		"C23 nbf as text":                            {as(object{"nbf": "1"}), token.ErrUnusable, "nbf is not a time"},
		"C23 J14 expired, at the edge of the leeway": {as(object{"iat": noon.Unix() - 3600, "exp": noon.Unix() - 60}), token.ErrExpired, "found 2026-06-01T11:59:00Z, expected a time after now, 2026-06-01T12:00:00Z"},
		"C23 issued in the future":                   {as(object{"iat": noon.Unix() + 61}), token.ErrUnusable, "not valid yet"},
		"C23 not valid yet":                          {as(object{"nbf": noon.Unix() + 61}), token.ErrUnusable, "not valid yet"},
		"C23 expires before it is issued":            {as(object{"iat": noon.Unix() + 30, "exp": noon.Unix() + 30}), token.ErrUnusable, "exp is not after iat"},
		"C24 lives too long":                         {as(object{"exp": noon.Unix() + 86401}), token.ErrUnusable, "longer than maxJwtDuration"},
		"C25 typ of a logout token":                  {under(object{"typ": "logout+jwt"}), token.ErrUnusable, "not the type"},
		"C25 typ of a DPoP proof":                    {under(object{"typ": "dpop+jwt"}), token.ErrUnusable, "not the type"},
		"C6 C25 typ that nobody knows":               {under(object{"typ": "id+jwt"}), token.ErrUnusable, "not the type"},
		"C25 typ that is a number":                   {under(object{"typ": 1}), token.ErrUnusable, `typ: found "1"`},
		"B6 C26 J7 an ID token":                      {as(object{"at_hash": "x", "nonce": "y"}), token.ErrUnusable, "at_hash"},
		"B6 C26 an ID token, c_hash":                 {as(object{"c_hash": "x"}), token.ErrUnusable, "c_hash"},
		"B6 C26 an ID token, s_hash":                 {as(object{"s_hash": "x"}), token.ErrUnusable, "s_hash"},
		"C10 a token within a token":                 {sign(header(object{"cty": "JWT"}), claims(nil)), token.ErrUnusable, "the member cty"},
		"B6 C26 an ID token with a nonce only":       {as(object{"nonce": "y"}), token.ErrUnusable, "nonce"},
		"B6 C26 an ID token of Keycloak":             {as(object{"typ": "ID"}), token.ErrUnusable, `claim typ "ID"`},
		"B6 C26 a refresh token of Keycloak":         {as(object{"typ": "Refresh"}), token.ErrUnusable, `claim typ "Refresh"`},
		"B6 C26 a claim typ that is a number":        {as(object{"typ": 1}), token.ErrUnusable, "claim typ"},
		"B6 C26 a logout token":                      {as(object{"events": object{}}), token.ErrUnusable, "events"},
		"B4 bound to a key":                          {as(object{"cnf": object{"jkt": "x"}}), token.ErrUnusable, "cnf"},
		"B9 an application of Entra ID":              {as(object{"idtyp": "app"}), token.ErrUnusable, "application"},
		"C28 client id that breaks lines":            {as(object{"azp": "a\r\nX-DOAP-Scope: all"}), token.ErrUnusable, "printable"},
		"client id that is a number":                 {as(object{"azp": 1}), token.ErrUnusable, "azp is not a string"},
		"jti that is a number":                       {as(object{"jti": 1}), token.ErrUnusable, "jti"},
		"scope that is an object":                    {as(object{"scope": object{}}), token.ErrUnusable, "scope is neither"},
		"scope with a quote":                         {as(object{"scope": `do"mino`}), token.ErrUnusable, "found scope"},
		"C21 no user":                                {as(object{"sub": nil}), ErrUser, "none of the claims"},
		"C21 empty user":                             {as(object{"sub": ""}), ErrUser, "sub is not a string"},
		"C21 user that is a number":                  {as(object{"sub": 1}), ErrUser, "sub is not a string"},
		"C21 the first claim counts, even if unfit":  {as(object{"CN": 1}), ErrUser, "CN is not a string"},
		"J12 unverified e-mail":                      {as(object{"email": "anna@acme.example", "email_verified": false}), ErrUser, "not verified"},
		"J12 e-mail that nobody says is verified":    {as(object{"email": "anna@acme.example"}), ErrUser, "not verified"},
		"J12 e-mail that is verified by a text":      {as(object{"email": "anna@acme.example", "email_verified": "true"}), ErrUser, "not verified"},
		"J12 a user name that is an e-mail":          {as(object{"preferred_username": "anna@acme.example", "email_verified": false}), ErrUser, "not verified"},
		"M a client of a person's name":              {as(object{"client_id": annaBerg}), token.ErrApplication, "is the client"},
		"M a client of a person's name, in azp":      {as(object{"client_id": "app", "azp": "anna", "sub": "anna"}), token.ErrApplication, "is the client"},
		"B17 too long":                               {good() + strings.Repeat("A", 16<<10), token.ErrMalformed, "bytes"},
		"B17 one megabyte":                           {strings.Repeat("A", 1<<20), token.ErrMalformed, "bytes"},
		"B17 many dots":                              {strings.Repeat(".", 16<<10), token.ErrMalformed, ""},
		"B17 J15 too deep":                           {rawClaims(`{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `,` + tail), token.ErrMalformed, "too deep"},
		"B17 too many claims":                        {rawClaims(`{"x":[` + strings.Repeat("0,", 2500) + `0],` + tail), token.ErrMalformed, "too large"},
		"B2 nothing":                                 {"", token.ErrMalformed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := f.Verify(c.text)
			require.ErrorIs(t, err, c.err)
			requireExplained(t, err)
			assert.Contains(t, err.Error(), c.says)
			assert.Zero(t, got)
		})
	}
	f.requireGood(t)
}

// parts0 is the first part of a token.
func parts0(header object) string {
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(header)))
}

// rawNested is a token whose claims are a token.
func rawNested(inner string) string {
	return compact(must(json.Marshal(header(nil))), []byte(`"`+inner+`"`), signing.rsa)
}

func TestLifetimeAndExpiryAreTheAdministrators_C24(t *testing.T) {
	f := newFixture(t, keyed())
	expired := sign(header(nil), claims(object{"iat": noon.Unix() - 7200, "exp": noon.Unix() - 3600}))
	_, err := f.Verify(expired)
	require.ErrorIs(t, err, token.ErrExpired)
	f.config.Bearer.IgnoreExpiry = true
	_, err = f.Verify(expired)
	require.NoError(t, err)
	_, err = f.Verify(sign(header(nil), claims(object{"exp": nil})))
	require.ErrorIs(t, err, token.ErrUnusable, "it must still be there")
	f.config.Bearer.MaxLifetime = 30 * time.Minute
	_, err = f.Verify(good())
	assert.ErrorContains(t, err, "longer than maxJwtDuration allows (30m0s)")
}

// TestEveryAlgorithm proves that each algorithm that can be configured can be verified, and only with it.
func TestEveryAlgorithm_C1_C3(t *testing.T) {
	for _, algorithm := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
		f := newFixture(t, keyed(func(p *config.Provider) {
			p.Key, p.Algorithms = pemOf(&signing.rsa.PublicKey), []string{algorithm}
		}))
		for _, other := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
			signed := parts0(header(object{"alg": other})) + "." + strings.Split(good(), ".")[1]
			signature := must(jwt.GetSigningMethod(other).Sign(signed, crypto.PrivateKey((*rsa.PrivateKey)(signing.rsa))))
			_, err := f.Verify(signed + "." + base64.RawURLEncoding.EncodeToString(signature))
			assert.Equal(t, algorithm == other, err == nil, "%s with a key for %s: %v", other, algorithm, err)
		}
	}
}

// TestCostDoesNotGrowWithProviders_B18 counts allocations, which time on a shared machine does not change.
func TestCostDoesNotGrowWithProviders_B18(t *testing.T) {
	text := good()
	allocations := func(count int) float64 {
		f := newFixture(t, crowd(count)...)
		f.requireGood(t)
		return testing.AllocsPerRun(50, func() { _, _ = f.Verify(text) })
	}
	assert.InDelta(t, allocations(1), allocations(100), 1)
}

// crowd is one provider whose tokens are sent, after others.
func crowd(count int) []config.Provider {
	var providers []config.Provider
	for i := range count - 1 {
		providers = append(providers, config.Provider{
			Name: fmt.Sprint("p", i), Issuers: []string{fmt.Sprintf("https://idp%d.example.com", i)}, Key: pemOf(&signing.other.PublicKey),
		})
	}
	return append(providers, keyed())
}

// BenchmarkVerify verifies the same token with one provider and with a hundred in turn, and reports the ratio.
func BenchmarkVerify(b *testing.B) {
	text := good()
	alone, crowded := newFixture(b, crowd(1)...), newFixture(b, crowd(100)...)
	var spent [2]time.Duration
	for b.Loop() {
		for i, f := range []*fixture{alone, crowded} {
			start := time.Now()
			if _, err := f.Verify(text); err != nil {
				b.Fatal(err)
			}
			spent[i] += time.Since(start)
		}
	}
	b.ReportMetric(float64(spent[0])/float64(b.N), "ns-with-1")
	b.ReportMetric(float64(spent[1])/float64(b.N), "ns-with-100")
	b.ReportMetric(float64(spent[1])/float64(spent[0]), "ratio-100:1")
}

// FuzzVerify holds the verification to: no panic, nothing is taken that the provider did not sign, and every refusal is
// explained.
func FuzzVerify(f *testing.F) {
	f.Add(good())
	f.Add(sign(header(object{"kid": nil}), claims(object{"scp": []string{"a"}})))
	f.Add(parts0(header(object{"alg": "none"})) + "." + parts0(claims(nil)) + ".")
	f.Add("a.b.c")
	table := newFixture(f, keyed())
	valid := good()
	f.Fuzz(func(t *testing.T, text string) {
		got, err := table.Verify(text)
		if err == nil {
			assert.Equal(t, annaBerg, got.User.Value)
			return
		}
		requireExplained(t, err)
		assert.NotEqual(t, valid, text)
		assert.Zero(t, got)
	})
}
