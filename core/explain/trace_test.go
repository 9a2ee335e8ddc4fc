// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/explain"
)

func TestTrace(t *testing.T) {
	trace := &explain.Trace{}
	found := explain.TraceOf(explain.Traced(t.Context(), trace))
	require.Same(t, trace, found)
	found.Held(explain.Form, "a JWT of", "3", "bytes")
	found.Held(explain.Issuer, "x")
	found.About(explain.Token{Provider: "acme"})
	found.Scoped([]string{"a"})
	assert.Equal(t, &explain.Trace{
		Steps: []explain.Step{{explain.Form, "a JWT of 3 bytes"}, {explain.Issuer, "x"}}, Token: explain.Token{Provider: "acme"}, Scope: []string{"a"},
	}, trace)
}

// On the server nobody asks, and requests pay nothing.
func TestNoTraceCostsNothing(t *testing.T) {
	ctx := context.Background()
	texts := []string{"a", "b"}
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		trace := explain.TraceOf(ctx)
		trace.Held(explain.Audience, texts...)
		trace.Held(explain.User, texts[0], texts[1])
		trace.About(explain.Token{Provider: texts[0]})
		trace.Scoped(texts)
	}))
	assert.Nil(t, explain.TraceOf(ctx))
}

func TestAbout(t *testing.T) {
	assert.Equal(t, io.EOF, explain.About(io.EOF, explain.Token{Provider: "x"}))
	failure := &explain.Failure{Kind: errors.New("kind"), Rule: explain.Audience, Found: "y", Token: explain.Token{ClientID: "known"}}
	assert.Equal(t, error(failure), explain.About(failure, explain.Token{
		Credential: explain.ProviderToken, Provider: "acme", Issuer: "iss", Proven: true, ClientID: "other", Claim: "sub", User: "u",
	}))
	assert.Equal(t, explain.Token{
		Credential: explain.ProviderToken, Provider: "acme", Issuer: "iss", Proven: true, ClientID: "known", Claim: "sub", User: "u",
	}, failure.Token)
	assert.EqualError(t, failure, "kind: aud: found y (provider acme)")
	_ = explain.About(failure, explain.Token{})
	assert.True(t, failure.Token.Proven, "nothing that is known is forgotten")
}

// The manual says of each rule what it means and what to do, and of no rule that does not exist.
func TestEveryRuleIsInTheManual(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate.md"))
	require.NoError(t, err)
	seen := map[explain.Rule]bool{}
	for _, rule := range explain.Rules() {
		assert.True(t, strings.Contains(string(text), "\n| `"+string(rule)+"` | "), "%s", rule)
		assert.False(t, seen[rule])
		seen[rule] = true
	}
	_, section, _ := strings.Cut(string(text), "\n## A token is refused\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `([a-z]+)` \\|").FindAllStringSubmatch(section, -1)
	assert.Len(t, rows, len(seen))
	for _, row := range rows {
		assert.True(t, seen[explain.Rule(row[1])], row[1])
	}
}
