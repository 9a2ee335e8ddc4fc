// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/http"
	"slices"
	"strings"

	"ndoap/core/oauth"
	"ndoap/core/web"
)

// root is the path below which everything is ndoap's.
const root = "/doap"

// RouteKind says who a route is for, and so at which event it is answered.
type RouteKind int

// The kinds of routes.
const (
	// MachineRoute is answered at RawRequest, before Domino authenticates, so that HTTP Basic is the client's own.
	// Paths that no route has are of this kind too.
	MachineRoute RouteKind = iota
	// UserRoute is answered at Authorized, after Domino has authenticated the person.
	UserRoute
)

// endpoints are the handlers of all routes.
type endpoints struct {
	authorize, consent, token, jwks web.Handler
}

// route is one row of the table.
type route struct {
	kind    RouteKind
	methods []string
	handler web.Handler
}

// routes is the table of everything under /doap, by path.
type routes map[string]route

func newRoutes(e endpoints) routes {
	read := []string{http.MethodGet, http.MethodHead}
	return routes{
		"/doap/auth":    {UserRoute, []string{http.MethodGet, http.MethodPost}, e.authorize},
		"/doap/consent": {UserRoute, []string{http.MethodPost}, e.consent},
		"/doap/token":   {MachineRoute, []string{http.MethodPost}, e.token},
		"/doap/jwks":    {MachineRoute, read, e.jwks},
	}
}

// userPrefixes are the first segments under /doap that the shim sends through Domino's authentication, today's routes
// and those to come (ours.c has the same list).
var userPrefixes = []string{"auth", "consent", "device", "account", "admin", "logout"}

// kind tells how the host treats a path under /doap; it agrees with ndoap_route_of of the shim.
func (routes) kind(path string) RouteKind {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, root+"/"), "/")
	if slices.Contains(userPrefixes, segment) {
		return UserRoute
	}
	return MachineRoute
}

// serveRoute answers a request to a path under /doap, after the checks that hold for all of them.
func (s *Service) serveRoute(request Request, path, query string, kind RouteKind) Decision {
	user, readable := request.User()
	parsed := &web.Request{
		Method:   request.Method(),
		Path:     path,
		RawQuery: query,
		Header:   request.Header,
		User:     user,
		Peer:     request.Peer(),
		Secure:   request.TLS() || s.isForwardedTLS(request),
	}
	found, known := s.routes[path]
	switch {
	case !known || found.kind != kind:
		return s.fail(parsed, http.StatusNotFound, "Not found", "There is nothing at this address.")
	case !slices.Contains(found.methods, parsed.Method):
		decision := s.fail(parsed, http.StatusMethodNotAllowed, "Method not allowed",
			"This address takes "+strings.Join(found.methods, " and ")+" only.")
		decision.Response.Header.Set("Allow", strings.Join(found.methods, ", "))
		return decision
	case !s.isProtected(request):
		return s.fail(parsed, http.StatusBadRequest, "HTTPS is required",
			"This address answers over HTTPS only. Use the https:// form of the URL.")
	case len(request.Header("Transfer-Encoding")) > 0:
		return s.fail(parsed, http.StatusLengthRequired, "Length required", "Send the request with Content-Length, not chunked.")
	case request.BodySize() > s.config().Limits.BodyBytes:
		return s.fail(parsed, http.StatusRequestEntityTooLarge, "Request too large", "The body of the request is too large.")
	case !readable:
		s.log.Error("the name of a user cannot be translated from LMBCS: OSTranslate of the Notes API is missing or failed")
		return s.fail(parsed, http.StatusInternalServerError, "Your name cannot be read",
			"The server could not read the name that you are logged in with. Tell your administrator.")
	}
	parsed.Body = request.Body()
	return answer(forMethod(parsed.Method, found.handler.Serve(parsed)))
}

// fail answers with a page for people and JSON for programs.
func (s *Service) fail(request *web.Request, status int, heading, explanation string) Decision {
	return answer(forMethod(request.Method, failure(s.pages, request, status, heading, explanation)))
}

// pageMaker is what failure needs of page.Pages.
type pageMaker interface {
	Error(status int, heading, explanation string) web.Response
}

func failure(pages pageMaker, request *web.Request, status int, heading, explanation string) web.Response {
	if request.WantsPage() {
		return pages.Error(status, heading, explanation)
	}
	code := oauth.InvalidRequest
	switch status {
	case http.StatusInternalServerError:
		code = oauth.ServerError
	case http.StatusServiceUnavailable:
		code = oauth.TemporarilyUnavailable
	}
	refusal := oauth.NewError(code, "%s", explanation)
	refusal.Status = status
	return refusal.Response()
}
