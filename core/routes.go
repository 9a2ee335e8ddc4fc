// SPDX-License-Identifier: Apache-2.0

package core

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"ndoap/core/config"
	"ndoap/core/directory"
	"ndoap/core/limit"
	"ndoap/core/metadata"
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

// askingHandler answers requests to a route with the help of the host's directory, which is nil when it has none, and is
// good until the answer is returned.
type askingHandler interface {
	Serve(request *web.Request, people directory.Directory) web.Response
}

// route is one row of the table.
type route struct {
	kind    RouteKind
	methods []string
	handler web.Handler
	asking  askingHandler // instead of handler
	// exists tells whether the route is there under a configuration; nil: always.
	exists func(*config.Config) bool
	// shared lets scripts of any web page read the answers (CORS, Fetch Standard section 3.3); the browser keeps the
	// user's cookies and login out of it. Pages, and what only servers ask for, never are.
	shared bool
	// plain is what may be asked for over plain HTTP: a document without secrets, at a place where the host cannot
	// tell over what it was asked for.
	plain bool
	// limit is the class of the rate limit by address; none if empty.
	limit string
}

// routes is the table of everything that is ndoap's, by path.
type routes map[string]route

func newRoutes(current func() *config.Config, e endpoints) routes {
	read := []string{http.MethodGet, http.MethodHead}
	post := []string{http.MethodPost}
	table := routes{
		"/doap/auth": {
			kind: UserRoute, methods: []string{http.MethodGet, http.MethodPost}, handler: e.authorize,
			limit: limit.Authorization,
		},
		"/doap/consent": {kind: UserRoute, methods: post, handler: e.consent, limit: limit.Authorization},
		"/doap/account": {kind: UserRoute, methods: read, handler: e.account, limit: limit.Authorization},
		"/doap/account/keys": {
			kind: UserRoute, methods: slices.Concat(read, post), handler: e.apiKeys, limit: limit.Authorization,
		},
		"/doap/token":      {methods: post, handler: e.token, shared: true, limit: limit.Token},
		"/doap/revoke":     {methods: post, handler: e.revoke, shared: true, limit: limit.Token},
		"/doap/introspect": {methods: post, handler: e.introspect, limit: limit.Introspection},
		"/doap/jwks":       {methods: read, handler: e.jwks, shared: true},
		"/doap/login": {
			methods: post, asking: e.login, limit: limit.Login,
			exists: func(c *config.Config) bool { return !c.DominoLogin.Disabled },
		},
		"/doap/login/logout": {
			methods: post, handler: e.logout, limit: limit.Login,
			exists: func(c *config.Config) bool { return c.DominoLogin.IssuesOrTakes() },
		},
	}
	document := &metadata.Handler{Config: current, Endpoints: table.described()}
	for _, place := range slices.Concat(metadata.Places, metadata.RootPlaces) {
		table[place] = route{methods: read, handler: document, shared: true, plain: true}
	}
	return table
}

// described are the handlers that the metadata tells of, always in the same order.
func (r routes) described() []metadata.Endpoint {
	var endpoints []metadata.Endpoint
	for _, path := range slices.Sorted(maps.Keys(r)) {
		if handler, tells := r[path].handler.(oauth.Described); tells {
			endpoints = append(endpoints, metadata.Endpoint{Path: path, Handler: handler})
		}
	}
	return endpoints
}

// userPrefixes are the first segments under /doap that the shim sends through Domino's authentication, today's routes
// and those to come (ours.c has the same list).
var userPrefixes = []string{"auth", "consent", "device", "account", "admin", "logout"}

// kind tells how the host treats a path of ours; it agrees with ndoap_route_of of the shim.
func (routes) kind(path string) RouteKind {
	segment, _, _ := strings.Cut(strings.TrimPrefix(path, root+"/"), "/")
	if slices.Contains(userPrefixes, segment) {
		return UserRoute
	}
	return MachineRoute
}

// serveRoute answers a request to a path of ours.
func (s *Service) serveRoute(request Request, path, query string, kind RouteKind) Decision {
	user, readable := request.User()
	parsed := &web.Request{
		Method:   request.Method(),
		Path:     path,
		RawQuery: query,
		Header:   request.Header,
		User:     user,
		Peer:     s.sender(request),
		Secure:   request.TLS() || s.isForwardedTLS(request),
	}
	found, known := s.routes[path]
	if !known || found.kind != kind || found.exists != nil && !found.exists(s.config()) {
		return s.fail(parsed, http.StatusNotFound, "Not found", "There is nothing at this address.")
	}
	var decision Decision
	switch {
	case found.shared && parsed.Method == http.MethodOptions:
		decision = answer(preflight(found.methods))
	case !readable:
		s.log.Error("the name of a user cannot be translated from LMBCS: OSTranslate of the Notes API is missing or failed")
		decision = s.fail(parsed, http.StatusInternalServerError, "Your name cannot be read",
			"The server could not read the name that you are logged in with. Tell your administrator.")
	default:
		decision = s.serveKnown(request, parsed, found)
	}
	if found.shared {
		decision.Response.Header.Set("Access-Control-Allow-Origin", "*")
	}
	return decision
}

// serveKnown makes the checks that hold for all routes, and lets the handler answer.
func (s *Service) serveKnown(request Request, parsed *web.Request, found route) Decision {
	switch {
	case !slices.Contains(found.methods, parsed.Method):
		decision := s.fail(parsed, http.StatusMethodNotAllowed, "Method not allowed",
			"This address takes "+strings.Join(found.methods, " and ")+" only.")
		decision.Response.Header.Set("Allow", strings.Join(found.methods, ", "))
		return decision
	case !found.plain && !s.isProtected(request):
		return s.fail(parsed, http.StatusBadRequest, "HTTPS is required",
			"This address answers over HTTPS only. Use the https:// form of the URL.")
	case len(request.Header("Transfer-Encoding")) > 0:
		return s.fail(parsed, http.StatusLengthRequired, "Length required", "Send the request with Content-Length, not chunked.")
	case request.BodySize() > s.config().Limits.BodyBytes:
		return s.fail(parsed, http.StatusRequestEntityTooLarge, "Request too large", "The body of the request is too large.")
	}
	if refused, many := s.limited(found.limit, parsed); many {
		return refused
	}
	parsed.Body = request.Body()
	if found.asking != nil {
		return answer(forMethod(parsed.Method, found.asking.Serve(parsed, request.Directory())))
	}
	return answer(forMethod(parsed.Method, found.handler.Serve(parsed)))
}

// preflight answers a browser that asks what a script may send (Fetch Standard section 3.3.3).
func preflight(methods []string) web.Response {
	return web.Response{
		Status: http.StatusNoContent,
		Header: http.Header{
			"Access-Control-Allow-Methods": {strings.Join(methods, ", ")},
			"Access-Control-Allow-Headers": {"Authorization, Content-Type, MCP-Protocol-Version, DPoP"},
			"Access-Control-Max-Age":       {"3600"},
		},
	}
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
