// SPDX-License-Identifier: Apache-2.0

// Package explain has the words in which an administrator is told why an access token was refused: which rule it broke,
// what was expected and what was found, and what to do. The sender is told the kind of fault only.
package explain

import "strings"

// Rule names what was judged: a member of the token, such as "aud", or a step, such as "signature".
type Rule string

// The rules, in the order in which a token meets them.
const (
	Form      Rule = "form"      // that it is a JWT, or an API key, at all
	Issuer    Rule = "iss"       // that somebody who is trusted issued it
	Keys      Rule = "keys"      // that the issuer's keys are at hand
	Active    Rule = "active"    // that the issuer says so, of a token that only it can read
	Header    Rule = "header"    // extensions that are not understood
	Type      Rule = "typ"       // that it is an access token, by its header
	Algorithm Rule = "alg"       // that of its signature
	Key       Rule = "kid"       // that the issuer has the key it names
	Signature Rule = "signature" // that the key made it
	Tenant    Rule = "tid"       // whose users the issuer may speak for
	Kind      Rule = "kind"      // that it is an access token, by its claims
	Audience  Rule = "aud"       // that it is for this server
	IssuedAt  Rule = "iat"
	NotBefore Rule = "nbf"
	Expiry    Rule = "exp"
	Life      Rule = "life" // from iat to exp
	Client    Rule = "client"
	Claims    Rule = "claims"   // that they have the types they must have
	User      Rule = "user"     // that a claim says whose it is
	Standing  Rule = "standing" // that it was not revoked, nor what it descends from
	Person    Rule = "person"   // that the Domino directory has its user
	Scope     Rule = "scope"    // that its scopes open what was asked for
)

// Failure is the rule that a token broke. As an error it is the text for the log; errors.Is finds its kind and its cause.
type Failure struct {
	Kind     error // what the sender may know
	Rule     Rule
	Expected string // may be empty, when Found says it all
	Found    string
	Remedy   string // what the administrator may do; may be empty
	Cause    error  // another error that Found tells of; may be nil
}

// Error implements error.
func (f *Failure) Error() string {
	var text strings.Builder
	text.WriteString(f.Kind.Error())
	text.WriteString(": ")
	text.WriteString(string(f.Rule))
	text.WriteString(": found ")
	text.WriteString(f.Found)
	if f.Expected != "" {
		text.WriteString(", expected ")
		text.WriteString(f.Expected)
	}
	if f.Remedy != "" {
		text.WriteString("; ")
		text.WriteString(f.Remedy)
	}
	return text.String()
}

// Unwrap gives the kind and the cause to errors.Is and errors.As.
func (f *Failure) Unwrap() []error {
	if f.Cause == nil {
		return []error{f.Kind}
	}
	return []error{f.Kind, f.Cause}
}
