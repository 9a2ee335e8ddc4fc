// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/netip"

	"ndoap/core/directory"
	"ndoap/core/web"
)

// Event is the moment of Domino's request processing at which the host asks. The values mirror ndoap.h.
type Event int32

// The events.
const (
	RawRequest   Event = 1 // before authentication: machine routes, and bearer tokens on any URL
	Authenticate Event = 2 // the identity behind a bearer token is asked for again
	Authorized   Event = 3 // Domino has authenticated the user: user routes
	JudgeAgain   Event = 4 // a request with an accepted token is about to be served, and its Decision asked for this
	Unnamed      Event = 5 // the same, but the host has a user of its own and never asked whose request it is
)

// Request is one HTTP request as the host shows it. The filter implements it over DSAPI, coretest in memory. Values
// are those of the wire: nothing is decoded, cut or trusted yet.
type Request interface {
	Event() Event
	// Method is the request method in upper case; "UNKNOWN" when the host cannot say.
	Method() string
	// Target is the request target: a path with its query, or an absolute URL.
	Target() string
	// Header returns all values of a header, in order; the name in any case.
	Header(name string) []string
	// Variable returns all values, in order, of the headers that an application sees as one CGI variable: the name in any
	// case, with '-' or '_'.
	Variable(name string) []string
	// Authorization is the value of the header that carries an access token; empty when there is none.
	Authorization() string
	// BodySize is the size of the body in bytes.
	BodySize() int
	// Body returns a copy of the body. Callers check BodySize first.
	Body() []byte
	// User is the canonical name that Domino authenticated; empty before authentication and for Anonymous. ok is
	// false when there is a name that cannot be read.
	User() (name string, ok bool)
	// Peer is the client's address; the zero value when the host does not tell.
	Peer() netip.Addr
	// TLS tells whether the connection to this server is encrypted.
	TLS() bool
	// Directory is the host's directory of people, for the time of this call and on its thread; nil when it has none.
	Directory() directory.Directory
	// Again is what is to be judged at JudgeAgain, and Ticket what the Decision that asked for it gave along; empty when
	// the host could not keep it.
	Again() Again
	Ticket() string
	// Mapped is what the host leads the request to, at JudgeAgain.
	Mapped() Mapped
}

// Mapped is a file, or something else, that a host has found for a URL.
type Mapped struct {
	Path       string // as the host writes it; empty when it does not say
	Redirects  bool   // the path is another URL, to which the client is sent
	Unreadable bool   // there is a path that cannot be read
}

// Verdict is what the host is to do with a request. The values mirror ndoap.h.
type Verdict int32

// The verdicts.
const (
	NotOurs       Verdict = 0 // Domino goes on as if ndoap were not there
	Answer        Verdict = 1 // send Response
	Authenticated Verdict = 2 // the request is made by Identity
	Deny          Verdict = 3 // refuse the user; Domino words the refusal
)

// Decision is the answer to a Request.
type Decision struct {
	Verdict  Verdict
	Response web.Response // for Answer
	Identity Identity     // for Authenticated
	// Again, with Authenticated, asks the host to come back with JudgeAgain before it serves the request, and to bring
	// Ticket along. At the events before that, a host cannot tell the peer without harm to what the application will
	// see, and does not know yet what it will serve.
	Again  Again
	Ticket string
}

// Again is what is still to be judged of an accepted request: a set of the constants below, which mirror ndoap.h.
type Again int32

// What can be judged again.
const (
	AgainTransport Again = 1 // whether the token was safe on its way
	AgainResource  Again = 2 // whether its scopes open what the host has found for the URL
)

// Identity is who is behind an accepted access token.
type Identity struct {
	Name     string // canonical Notes name, UTF-8
	Scope    string // the token's scope
	ClientID string
	Subject  string // the token's sub
}

// answer is the decision to send a response.
func answer(response web.Response) Decision {
	return Decision{Verdict: Answer, Response: response}
}
