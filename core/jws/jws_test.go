// SPDX-License-Identifier: Apache-2.0

package jws_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/jws"
)

const limit = 16 << 10

// compact is a JWS of these texts, with the signature "sig".
func compact(header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(claims)) + "." + encode([]byte("sig"))
}

func TestParse(t *testing.T) {
	text := compact(`{"alg":"RS256"}`, `{"iat":1700000000.5,"aud":["a","b"],"x":{"y":null}}`)
	got, err := jws.Parse(text, len(text))
	require.NoError(t, err)
	assert.Equal(t, jws.Parsed{
		Header:    map[string]any{"alg": "RS256"},
		Claims:    map[string]any{"iat": json.Number("1700000000.5"), "aud": []any{"a", "b"}, "x": map[string]any{"y": nil}},
		Signed:    text[:strings.LastIndexByte(text, '.')],
		Signature: []byte("sig"),
	}, got)
}

func TestParseRefuses(t *testing.T) {
	good := compact(`{}`, `{}`)
	for name, c := range map[string]struct{ text, says string }{
		"B17 one byte too long":              {compact(`{}`, `{"x":"`+strings.Repeat("x", limit)+`"}`), "more than 16384"},
		"B17 dots":                           {strings.Repeat(".", limit), "three parts"},
		"C12 five parts":                     {"a.b.c.d.e", "encrypted"},
		"C13 nothing":                        {"", "three parts"},
		"C13 padding":                        {strings.Replace(good, ".", "=.", 1), "three parts"},
		"C13 a line break":                   {strings.Replace(good, ".", ".\n", 1), "three parts"},
		"C13 another alphabet":               {strings.Replace(good, ".", "+/.", 1), "three parts"},
		"C13 bits left over":                 {"e31.e30.c2ln", "three parts"},
		"C13 JSON":                           {`{"payload":"e30","protected":"e30","signature":"c2ln"}`, "three parts"},
		"C14 a member twice":                 {compact(`{}`, `{"a":1,"a":1}`), `its claims: the member "a" occurs twice`},
		"C14 a member twice, escaped":        {compact(`{"\u0061":1,"a":1}`, `{}`), `its header: the member "a" occurs twice`},
		"C14 a member twice, further inside": {compact(`{}`, `{"x":[{"a":1,"a":1}]}`), "occurs twice"},
		"C14 not UTF-8":                      {compact(`{}`, "{\"a\":\"\xff\"}"), "not UTF-8"},
		"C14 a byte order mark":              {compact(`{}`, "\ufeff{}"), "not JSON"},
		"C14 a comment":                      {compact(`{}`, "{}//"), "something follows"},
		"C14 NaN":                            {compact(`{}`, `{"exp":NaN}`), "not JSON"},
		"C14 a leading zero":                 {compact(`{}`, `{"exp":01}`), "not JSON"},
		"C15 a header that is a list":        {compact(`[]`, `{}`), "not a JSON object"},
		"B17 deep":                           {compact(`{}`, `{"x":`+strings.Repeat("[", 17)+strings.Repeat("]", 17)+`}`), "too deep"},
		"B17 many values":                    {compact(`{}`, `{"x":[`+strings.Repeat("1,", 2000)+`1]}`), "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := jws.Parse(c.text, limit)
			require.ErrorContains(t, err, c.says)
		})
	}
}

// FuzzParse holds the parser to: no panic; what is accepted is spelled in the one way there is.
func FuzzParse(f *testing.F) {
	f.Add(compact(`{"alg":"none"}`, `{"a":{"b":[1,2,{"c":null}]}}`))
	f.Add(compact(`{"a":1,"a":2}`, `{}`))
	f.Add("..")
	f.Add("e30.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := jws.Parse(text, limit)
		if err != nil {
			return
		}
		assert.Equal(t, text, got.Signed+"."+base64.RawURLEncoding.EncodeToString(got.Signature))
		assert.NotNil(t, got.Header)
		assert.NotNil(t, got.Claims)
	})
}
