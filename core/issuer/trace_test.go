// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/explain"
	"ndoap/core/jws"
)

// TestOnlyWhoAsksPaysForATrace: what is told to somebody who asks about one token costs other requests nothing. What a
// token costs without it are its parts, the signature, and the lists of its claims.
func TestOnlyWhoAsksPaysForATrace(t *testing.T) {
	f := newFixture(t, keyed())
	text := good()
	f.requireGood(t)
	read := must(jws.Parse(text, maxToken))
	parts := testing.AllocsPerRun(50, func() { _, _ = jws.Parse(text, maxToken) })
	signature := testing.AllocsPerRun(50, func() {
		_ = jwt.SigningMethodRS256.Verify(read.Signed, read.Signature, &signing.rsa.PublicKey)
	})
	alone := testing.AllocsPerRun(50, func() { _, _ = f.Table.Verify(t.Context(), text) })
	assert.LessOrEqual(t, alone-parts-signature, 7.0)
	trace := &explain.Trace{}
	_, err := f.Table.Verify(explain.Traced(t.Context(), trace), text)
	require.NoError(t, err)
	assert.Greater(t, len(trace.Steps), 8)
}

func TestWhatHeldIsTold(t *testing.T) {
	f := newFixture(t, keyed())
	told := func(text string) (rules []explain.Rule, trace *explain.Trace) {
		trace = &explain.Trace{}
		_, _ = f.Table.Verify(explain.Traced(t.Context(), trace), text)
		for _, step := range trace.Steps {
			rules = append(rules, step.Rule)
			assert.NotContains(t, step.Found, strings.Split(text, ".")[2], "no part of the token is told")
		}
		return rules, trace
	}
	all := []explain.Rule{
		explain.Form, explain.Issuer, explain.Keys, explain.Type, explain.Algorithm, explain.Key, explain.Signature, explain.Kind, explain.Audience,
		explain.IssuedAt, explain.Life, explain.Expiry, explain.Client, explain.Claims, explain.User,
	}
	rules, trace := told(sign(header(nil), claims(object{"azp": "app"})))
	assert.Equal(t, all, rules)
	assert.Equal(t, explain.Token{
		Credential: explain.ProviderToken, Provider: "acme", Issuer: idp, Proven: true, ClientID: "app", Claim: "sub", User: annaBerg,
	}, trace.Token)
	assert.Equal(t, []explain.Step{{Rule: explain.Issuer, Found: idp + ": provider acme"}, {Rule: explain.Keys, Found: "3 of the issuer, read at 2026-06-01T12:00:00Z"}}, trace.Steps[1:3])
	rules, _ = told(sign(header(nil), claims(object{"aud": "x"})))
	assert.Equal(t, all[:8], rules, "what comes after the rule that failed is not told as if it held")
	rules, trace = told(compact(must(json.Marshal(header(nil))), must(json.Marshal(claims(nil))), signing.other))
	assert.Equal(t, all[:6], rules)
	assert.False(t, trace.Token.Proven)
	assert.Empty(t, trace.Token.User, "nobody has proven whose it is")
	rules, _ = told("garbage.x.y")
	assert.Empty(t, rules)
}
