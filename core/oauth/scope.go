// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"slices"
	"strings"
)

// Scope is a set of scope tokens: sorted, each once, so that two equal scopes have the same text.
type Scope []string

// ParseScope takes a space-separated scope apart (RFC 6749 section 3.3). Order and repetition mean nothing. A token
// with a character outside the grammar is invalid_scope.
func ParseScope(text string) (Scope, *Error) {
	tokens := strings.Fields(text)
	for _, token := range tokens {
		for i := range len(token) {
			if c := token[i]; c < 0x21 || c > 0x7e || c == '"' || c == '\\' {
				return nil, NewError(InvalidScope, "The scope has a character that RFC 6749 section 3.3 does not allow.")
			}
		}
	}
	slices.Sort(tokens)
	return Scope(slices.Compact(tokens)), nil
}

// String is the scope as the wire has it.
func (s Scope) String() string { return strings.Join(s, " ") }

// Covers tells whether every token of other is in s.
func (s Scope) Covers(other Scope) bool {
	for _, token := range other {
		if !slices.Contains(s, token) {
			return false
		}
	}
	return true
}

// Has tells whether token is in s.
func (s Scope) Has(token string) bool { return slices.Contains(s, token) }
