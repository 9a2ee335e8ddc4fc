// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"strings"
)

// Step is a rule that held, and what was found.
type Step struct {
	Rule  Rule
	Found string
}

// Trace collects the rules that hold while a token is judged, for somebody who asks about one token. Nobody does on the
// server, where the Trace is nil: then its methods do nothing and allocate nothing.
type Trace struct {
	Steps []Step
	Token Token
	Scope []string // of a token that is good, whatever it opens
}

// traceKey is the key of a Trace in a context.
type traceKey struct{}

// Traced returns a context in which what holds is added to trace.
func Traced(ctx context.Context, trace *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// TraceOf returns the Trace of a context; nil when nobody asks.
func TraceOf(ctx context.Context) *Trace {
	trace, _ := ctx.Value(traceKey{}).(*Trace)
	return trace
}

// Held adds a rule that held, with the words of what was found. Put what is costly to word behind a test for nil.
func (t *Trace) Held(rule Rule, found ...string) {
	if t != nil {
		t.Steps = append(t.Steps, Step{Rule: rule, Found: strings.Join(found, " ")})
	}
}

// About notes which token it is, when that becomes known.
func (t *Trace) About(token Token) {
	if t != nil {
		t.Token = token
	}
}

// Scoped notes the scopes of a token that is good.
func (t *Trace) Scoped(scope []string) {
	if t != nil {
		t.Scope = scope
	}
}
