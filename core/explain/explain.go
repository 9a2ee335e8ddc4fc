// SPDX-License-Identifier: Apache-2.0

// Package explain has the words in which an administrator is told why an access token was refused: which rule it broke,
// what was expected and what was found, and what to do. The sender is told the kind of fault only.
package explain

import (
	"cmp"
	"errors"
	"strings"
)

// Rule names what was judged: a member of the token, such as "aud", or a step, such as "signature".
type Rule string

// The rules, in the order in which a request with a token meets them.
const (
	Authorization Rule = "authorization" // that the request has one token, where this server looks for it
	Place         Rule = "place"         // that tokens are taken there
	Form          Rule = "form"          // that it is a JWT, or an API key, at all
	Issuer        Rule = "iss"           // that somebody who is trusted issued it
	Keys          Rule = "keys"          // that the issuer's keys are at hand
	Active        Rule = "active"        // that the issuer says so, of a token that only it can read
	Header        Rule = "header"        // extensions that are not understood
	Type          Rule = "typ"           // that it is an access token, by its header
	Algorithm     Rule = "alg"           // that of its signature
	Key           Rule = "kid"           // that the issuer has the key it names
	Signature     Rule = "signature"     // that the key made it
	Tenant        Rule = "tid"           // whose users the issuer may speak for
	Kind          Rule = "kind"          // that it is an access token, by its claims
	Audience      Rule = "aud"           // that it is for this server
	IssuedAt      Rule = "iat"
	NotBefore     Rule = "nbf"
	Life          Rule = "life" // from iat to exp
	Expiry        Rule = "exp"
	Client        Rule = "client"
	Claims        Rule = "claims"    // that they are there and have the types they must have
	User          Rule = "user"      // that a claim says whose it is
	Standing      Rule = "standing"  // that it was not revoked, nor what it descends from
	Person        Rule = "person"    // that the Domino directory has its user
	Scope         Rule = "scope"     // that its scopes open what was asked for
	Transport     Rule = "transport" // that it came over HTTPS
	Login         Rule = "login"     // that Domino has no other login for the request
	Server        Rule = "server"    // that ndoap is in service

	// Unexplained stands where a refusal has no Failure, which is a defect.
	Unexplained Rule = "unexplained"
)

// Rules are all that a refusal can be told by, in their order.
func Rules() []Rule {
	return []Rule{
		Authorization, Place, Form, Issuer, Keys, Active, Header, Type, Algorithm, Key, Signature, Tenant, Kind, Audience, IssuedAt,
		NotBefore, Life, Expiry, Client, Claims, User, Standing, Person, Scope, Transport, Login, Server,
	}
}

// Credential is what kind of thing was sent as a token.
type Credential string

// The kinds.
const (
	OwnToken      Credential = "own token"         // an access token of this server
	ProviderToken Credential = "identity provider" // an access token of another issuer that is trusted
	LoginToken    Credential = "login token"       // of the login endpoint
	APIKey        Credential = "API key"
	Unknown       Credential = "none of these"
	Unjudged      Credential = "not looked at" // the request was refused whatever its token is
)

// Token is what an administrator is told of the token that was judged, beside the rules. It never is the token.
type Token struct {
	Credential Credential // empty counts as Unknown
	Provider   string     // the identity provider that was chosen, by its name in the configuration
	Issuer     string     // whose token it is, once that is trusted
	Proven     bool       // the signature is the issuer's, so that what follows is what the issuer says

	ClientID string
	Claim    string // that says whose the token is
	User     string // what it says
}

// Failure is the rule that a token broke. As an error it is the text for the log; errors.Is finds its kind and its cause.
type Failure struct {
	Kind     error // what the sender may know
	Rule     Rule
	Expected string // may be empty, when Found says it all
	Found    string
	Remedy   string // what the administrator may do; may be empty
	Cause    error  // another error that Found tells of; may be nil
	Token    Token  // which token it was, as far as that is known
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
	if f.Token.Provider != "" {
		text.WriteString(" (provider ")
		text.WriteString(f.Token.Provider)
		text.WriteString(")")
	}
	return text.String()
}

// About completes a Failure with the token that it is about; members that are known already stay. An error without a
// Failure comes back as it is.
func About(err error, token Token) error {
	failure, isFailure := errors.AsType[*Failure](err)
	if !isFailure {
		return err
	}
	known := &failure.Token
	known.Credential = cmp.Or(known.Credential, token.Credential)
	known.Provider = cmp.Or(known.Provider, token.Provider)
	known.Issuer = cmp.Or(known.Issuer, token.Issuer)
	known.Proven = known.Proven || token.Proven
	known.ClientID = cmp.Or(known.ClientID, token.ClientID)
	known.Claim = cmp.Or(known.Claim, token.Claim)
	known.User = cmp.Or(known.User, token.User)
	return err
}

// Unwrap gives the kind and the cause to errors.Is and errors.As.
func (f *Failure) Unwrap() []error {
	if f.Cause == nil {
		return []error{f.Kind}
	}
	return []error{f.Kind, f.Cause}
}
