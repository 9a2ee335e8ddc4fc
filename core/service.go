// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ndoap/core/apikey"
	"ndoap/core/bearer"
	"ndoap/core/config"
	"ndoap/core/issuer"
	"ndoap/core/key"
	"ndoap/core/logintoken"
	"ndoap/core/metadata"
	"ndoap/core/page"
	"ndoap/core/refusal"
	"ndoap/core/rule"
	"ndoap/core/standing"
	"ndoap/core/token"
	"ndoap/core/web"
	"ndoap/store"
)

// Deps are what a Service works with.
type Deps struct {
	Config func() *config.Config // the current configuration, never nil
	Store  store.Store
	Now    func() time.Time
	Log    *slog.Logger
	// DataDirectory is Domino's, below which paths of databases begin; empty when it is not known.
	DataDirectory string
	// Limiter bounds requests by address; nil: as configured.
	Limiter Limiter
}

// Service is ndoap at work: an authorization server under /doap and a resource server for every other URL.
type Service struct {
	config        func() *config.Config
	store         store.Store
	log           *slog.Logger
	dataDirectory string // Domino's

	routes  routes
	pages   *page.Pages
	limiter Limiter

	guard    *bearer.Guard
	refusals *refusal.Recorder
	issuers  *issuer.Table
	logins   *logintoken.Issuer
	apiKeys  *apikey.Register
}

// New wires a service.
func New(deps Deps) *Service {
	defences := newDefences(deps)
	if deps.Limiter == nil {
		deps.Limiter = defences.limiter
	}
	ring := key.NewRing(deps.Store, deps.Store.Generation)
	verifier := &token.Verifier{
		Config: deps.Config, Keys: ring, Now: deps.Now, Standing: standing.NewRegister(deps.Store, deps.Store.Generation),
	}
	logins := logintoken.New(deps.Config, deps.Now, deps.Log)
	issuers := &issuer.Table{Config: deps.Config, Now: deps.Now, Log: deps.Log, Local: logins}
	apiKeys := apikey.NewRegister(deps.Store, deps.Store.Generation)
	s := &Service{
		config: deps.Config, store: deps.Store, log: deps.Log, dataDirectory: deps.DataDirectory,
		pages:    page.New(func() config.Pages { return deps.Config().Pages }),
		limiter:  deps.Limiter,
		guard:    &bearer.Guard{Config: deps.Config, Verifier: verifier, Issuers: issuers, Keys: apiKeys, Log: deps.Log},
		refusals: refusal.NewRecorder(deps.Store, deps.Now, deps.Log),
		issuers:  issuers, logins: logins, apiKeys: apiKeys,
	}
	s.routes = newRoutes(deps.Config, s.endpoints(deps, defences, ring, verifier))
	return s
}

// Serve decides what becomes of a request.
func (s *Service) Serve(request Request) Decision {
	path, query := splitTarget(request.Target())
	under := s.owns(path)
	if !under && metadata.IsRootPlace(path) && request.Authorization() == "" {
		return Decision{Verdict: NotOurs}
	}
	if err := s.store.Check(); err != nil {
		s.log.Debug("the store is out of service", "err", err) // the store itself reports the fault once
		if !under {
			return s.refuse(request, outOfOrder(err), nil)
		}
		return outOfService(request, under, s.pages)
	}
	switch {
	case request.Event() == Authorized:
		return s.serveRoute(request, path, query, UserRoute)
	case request.Event() == JudgeAgain:
		return s.judgeAgain(request)
	case request.Event() == Unnamed:
		return s.refuseUnnamed(request)
	case under && request.Event() == RawRequest && s.routes.kind(path) == MachineRoute:
		return s.serveRoute(request, path, query, MachineRoute)
	case under:
		// A person logs in at user routes; a token that did would turn itself into a code and more tokens.
		return s.refuse(request, tokenAtLogin(path), nil)
	default:
		return s.serveBearer(request)
	}
}

// serveBearer judges a request with an access token to a URL of Domino.
func (s *Service) serveBearer(request Request) Decision {
	if len(request.Header("Authorization")) > 1 {
		return s.refuse(request, severalHeaders(len(request.Header("Authorization"))), nil)
	}
	asked := rule.Asked{Target: request.Target(), Methods: methods(request)}
	judgement := s.guard.Check(context.Background(), request.Authorization(), asked, request.Directory())
	switch {
	case judgement.Refusal != nil:
		return s.refuse(request, judgement.Refusal, judgement.Sufficient)
	case judgement.Passed:
		return Decision{Verdict: NotOurs}
	}
	verified := judgement.Verified
	again, ticket := s.again(request, *verified, asked.Methods)
	return Decision{
		Verdict: Authenticated,
		Identity: Identity{
			Name:     verified.User,
			Scope:    verified.Scope.String(),
			ClientID: verified.ClientID,
			Subject:  verified.User,
		},
		Again: again, Ticket: ticket,
	}
}

// splitTarget takes the path and the query out of a request target, which may be an absolute URL.
func splitTarget(target string) (path, query string) {
	if !strings.HasPrefix(target, "/") {
		if _, rest, found := strings.Cut(target, "://"); found {
			target = rest[strings.IndexAny(rest+"/", "/?#"):]
		}
	}
	target, _, _ = strings.Cut(target, "#")
	path, query, _ = strings.Cut(target, "?")
	return path, query
}

// owns tells whether a path is ours. It agrees with ndoap_route_of of the shim.
func (s *Service) owns(path string) bool {
	return isUnderRoot(path) || metadata.IsPlace(path) || s.config().Metadata.RootForms && metadata.IsRootPlace(path)
}

// isUnderRoot tells whether a path is below the one that is ours altogether.
func isUnderRoot(path string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

// forMethod takes the body from an answer to HEAD; the headers stay those of GET.
func forMethod(method string, response web.Response) web.Response {
	if method == http.MethodHead {
		response.Body = nil
	}
	return response
}
