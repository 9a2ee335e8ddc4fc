// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"ndoap/core/account"
	"ndoap/core/apikey"
	"ndoap/core/authorize"
	"ndoap/core/bearer"
	"ndoap/core/client"
	"ndoap/core/config"
	"ndoap/core/fetch"
	"ndoap/core/grant"
	"ndoap/core/introspect"
	"ndoap/core/issuer"
	"ndoap/core/jwks"
	"ndoap/core/key"
	"ndoap/core/limit"
	"ndoap/core/login"
	"ndoap/core/logintoken"
	"ndoap/core/metadata"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/refusal"
	"ndoap/core/revoke"
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
	config func() *config.Config
	store  store.Store
	log    *slog.Logger
	pages  *page.Pages
	guard  *bearer.Guard
	routes routes

	dataDirectory string // Domino's

	issuers *issuer.Table
	logins  *logintoken.Issuer
	apiKeys *apikey.Register

	limiter  Limiter
	refusals *refusal.Recorder
}

// New wires a service.
func New(deps Deps) *Service {
	defences := newDefences(deps)
	if deps.Limiter == nil {
		deps.Limiter = defences.limiter
	}
	ring := key.NewRing(deps.Store, deps.Store.Generation)
	register := standing.NewRegister(deps.Store, deps.Store.Generation)
	verifier := &token.Verifier{Config: deps.Config, Keys: ring, Now: deps.Now, Standing: register}
	logins := logintoken.New(deps.Config, deps.Now, deps.Log)
	strangers := &fetch.Fetcher{Policy: func() fetch.Policy {
		settings := deps.Config().Fetch
		return fetch.Policy{AllowedNetworks: settings.AllowedNetworks, CAFile: settings.CAFile}
	}}
	authenticator := &client.Authenticator{
		Clients: deps.Store, Assertions: deps.Store, Config: deps.Config, Now: deps.Now,
		Keys: client.NewRegisteredKeys(strangers.Get, deps.Now), Failures: defences.lockouts,
	}
	gate := func(endpoint, class string) *client.Gate {
		return &client.Gate{Authenticator: authenticator, Endpoint: endpoint, Class: class, Limiter: defences.limiter}
	}
	pages := page.New(func() config.Pages { return deps.Config().Pages })
	s := &Service{
		config:  deps.Config,
		store:   deps.Store,
		log:     deps.Log,
		pages:   pages,
		limiter: deps.Limiter,

		dataDirectory: deps.DataDirectory,

		issuers: &issuer.Table{Config: deps.Config, Now: deps.Now, Log: deps.Log, Local: logins},
		logins:  logins,

		refusals: refusal.NewRecorder(deps.Store, deps.Now, deps.Log),
	}
	s.apiKeys = apikey.NewRegister(deps.Store, deps.Store.Generation)
	s.guard = &bearer.Guard{Config: deps.Config, Verifier: verifier, Issuers: s.issuers, Keys: s.apiKeys, Log: deps.Log}
	authorization := &authorize.Handler{
		Config: deps.Config, Store: deps.Store, Pages: pages, Now: deps.Now, Log: deps.Log, Limit: defences.limiter.AllowUser,
		Recorder: defences.recorder,
	}
	own := &account.Handler{
		Config: deps.Config, Store: deps.Store, Pages: pages, Now: deps.Now, Log: deps.Log, Limit: defences.limiter.AllowUser,
		Recorder: defences.recorder,
	}
	s.routes = newRoutes(deps.Config, endpoints{
		account:   own,
		apiKeys:   (*account.KeysHandler)(own),
		authorize: authorization,
		consent:   (*authorize.ConsentHandler)(authorization),
		token: &grant.Handler{
			Config: deps.Config, Gate: gate("/token", limit.Token), Store: deps.Store, Now: deps.Now, Log: deps.Log,
			Tokens: &token.Issuer{Config: deps.Config, Keys: ring, Now: deps.Now}, Recorder: defences.recorder,
		},
		revoke: &revoke.Handler{
			Gate: gate("/revoke", limit.Token), Store: deps.Store, Verifier: verifier, Recorder: defences.recorder,
			Now: deps.Now, Log: deps.Log,
		},
		introspect: &introspect.Handler{
			Config: deps.Config, Gate: gate("/introspect", limit.Introspection), Store: deps.Store, Verifier: verifier,
			Recorder: defences.recorder, Now: deps.Now, Log: deps.Log,
		},
		login: &login.Handler{
			Config: deps.Config, Tokens: logins, Failures: defences.lockouts.People(), Audits: deps.Store,
			Recorder: defences.recorder, Now: deps.Now, Log: deps.Log,
		},
		logout: &login.LogoutHandler{Issuers: s.issuers, Standing: verifier, Revocations: deps.Store, Now: deps.Now, Log: deps.Log},
		jwks: &jwks.Handler{Ring: ring, Report: func(cause *oauth.Error) {
			cause = cause.ReportedIf(errors.Is(cause, store.ErrUnavailable))
			deps.Log.Log(context.Background(), cause.LogLevel(), "signing keys", "err", cause)
		}},
	})
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

// isProtected tells whether what the request carries was safe on its way: TLS to this server, TLS to a trusted proxy
// that says so, or the loopback interface.
func (s *Service) isProtected(request Request) bool {
	current := s.config().TLS
	if request.TLS() || !current.Required || s.isForwardedTLS(request) {
		return true
	}
	peer := request.Peer().Unmap()
	// A trusted proxy on this machine that does not say https is no reason to trust what it forwards.
	forwarded := trusts(current.TrustedProxies, peer) && len(request.Header("X-Forwarded-Proto")) > 0
	return peer.IsLoopback() && !forwarded
}

func trusts(proxies []netip.Prefix, peer netip.Addr) bool {
	for _, prefix := range proxies {
		if prefix.Contains(peer) {
			return true
		}
	}
	return false
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

// isForwardedTLS tells whether a trusted proxy says that the client's connection to it is encrypted.
func (s *Service) isForwardedTLS(request Request) bool {
	peer := request.Peer().Unmap()
	protocols := request.Header("X-Forwarded-Proto")
	return peer.IsValid() && trusts(s.config().TLS.TrustedProxies, peer) &&
		len(protocols) == 1 && strings.EqualFold(strings.TrimSpace(protocols[0]), "https")
}
