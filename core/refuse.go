// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ndoap/core/audit"
	"ndoap/core/bearer"
	"ndoap/core/explain"
	"ndoap/core/oauth"
	"ndoap/core/refusal"
	"ndoap/store"
)

// refuseUnprotected refuses a token that was good but came unprotected, now that the peer is known (RFC 6750 section 5.3).
func (s *Service) refuseUnprotected(request Request) Decision {
	why := unjudged(explain.Transport, "a connection without TLS from "+audit.Address(request.Peer()), "TLS, to this server or to a trusted proxy",
		"let the client use the https:// form of the URL; where a proxy ends TLS, name it in tls.trustedProxies and let it send X-Forwarded-Proto")
	return s.refuse(request, oauth.NewError(oauth.InvalidRequest, "Access tokens must be sent over HTTPS.").Because(why), nil)
}

// refuseUnnamed refuses a request whose token was accepted but whose user is somebody else: the host kept a session, or
// Anonymous, and the token's scope and subject would stand beside the wrong name.
func (s *Service) refuseUnnamed(request Request) Decision {
	s.log.Warn("a request came with an access token and another login, and Domino took the login; it was refused")
	user, _ := request.User()
	why := unjudged(explain.Login, fmt.Sprintf("the login of %q, which Domino took", user), "the access token alone",
		"let the client send its token without cookies, and see whether another filter of the server logs people in")
	refused := oauth.NewError(oauth.InvalidToken, "The server took another login for this request. Send the token without cookies.")
	return s.refuse(request, refused.Because(why), nil)
}

// errRequest is the kind of refusals that the token has no part in.
var errRequest = errors.New("the request cannot be served with an access token")

// unjudged says why a request is refused whatever its token is.
func unjudged(rule explain.Rule, found, expected, remedy string) *explain.Failure {
	return &explain.Failure{
		Kind: errRequest, Rule: rule, Found: found, Expected: expected, Remedy: remedy, Token: explain.Token{Credential: explain.Unjudged},
	}
}

// severalHeaders refuses a request that has more than one token, or a token and a password: it is unclear which counts.
func severalHeaders(count int) *oauth.Error {
	why := unjudged(explain.Authorization, fmt.Sprintf("%d Authorization headers", count), "exactly one",
		"let the client, or the proxy before this server, send one of them only")
	return oauth.NewError(oauth.InvalidRequest, "The request has more than one Authorization header.").Because(why)
}

// tokenAtLogin refuses a token where people log in.
func tokenAtLogin(path string) *oauth.Error {
	why := unjudged(explain.Place, "a token at "+toldPath(path), "a person who logs in", "let the client open this address in the browser of its user, without a token")
	return oauth.NewError(oauth.InsufficientScope, "An access token cannot be used to log in.").Because(why)
}

// outOfOrder refuses a token that cannot be looked at. 401 and not 503: whatever sends the token must not take the
// resource for open or the token for good.
func outOfOrder(cause error) *oauth.Error {
	why := unjudged(explain.Server, "ndoap was out of service: "+cause.Error(), "a server that can verify tokens",
		"the console says what is wrong, and when it works again")
	return oauth.NewError(oauth.InvalidToken, "The token cannot be verified at the moment.").Because(why).ReportedIf(true)
}

// refuse words a refusal where the event allows an answer of our own, and denies where it does not. The sender is told
// what refused says and a request id; by that id administrators find out why.
func (s *Service) refuse(request Request, refused *oauth.Error, sufficient oauth.Scope) Decision {
	refused = refused.Under(refusal.NewID())
	why := failureOf(refused)
	s.log.Log(context.Background(), refused.LogLevel(), "bearer token refused", "request_id", refused.RequestID, "code", refused.Code, "err", why)
	told := store.Explanation{
		RequestID: refused.RequestID, Method: request.Method(), Path: toldPath(request.Target()), Address: audit.Address(s.sender(request)),
		Status: refused.Status, Error: string(refused.Code), Reason: refused.Description,
	}
	if request.Event() == Authenticate {
		told.Status, told.Error, told.Reason = 0, "", ""
	}
	s.refusals.Record(told, why)
	if request.Event() == Authenticate {
		return Decision{Verdict: Deny}
	}
	return answer(forMethod(request.Method(), bearer.Response(refused, sufficient)))
}

// toldPath is what administrators are told of a request target: the path. Domino takes ! for ?, and what follows either is
// a query, which may hold a password.
func toldPath(target string) string {
	path, _ := splitTarget(target)
	path, _, _ = strings.Cut(path, "!")
	return path
}

// failureOf is the rule that a refused request broke.
func failureOf(refused *oauth.Error) *explain.Failure {
	if failure, told := errors.AsType[*explain.Failure](refused); told {
		return failure
	}
	return &explain.Failure{Kind: errRequest, Rule: explain.Unexplained, Found: refused.Error()}
}
