// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"errors"

	"ndoap/core/account"
	"ndoap/core/authorize"
	"ndoap/core/client"
	"ndoap/core/fetch"
	"ndoap/core/grant"
	"ndoap/core/introspect"
	"ndoap/core/jwks"
	"ndoap/core/key"
	"ndoap/core/limit"
	"ndoap/core/login"
	"ndoap/core/oauth"
	"ndoap/core/revoke"
	"ndoap/core/token"
	"ndoap/core/web"
	"ndoap/store"
)

// endpoints are the handlers of all routes.
type endpoints struct {
	authorize, consent, token, revoke, introspect, jwks web.Handler
	account, apiKeys, logout                            web.Handler
	login                                               askingHandler
}

// endpoints makes the handlers of a service. ring signs what they issue, verifier judges what was issued here.
func (s *Service) endpoints(deps Deps, defences defences, ring *key.Ring, verifier *token.Verifier) endpoints {
	gate := gates(deps, defences)
	authorization := &authorize.Handler{
		Config: deps.Config, Store: deps.Store, Pages: s.pages, Now: deps.Now, Log: deps.Log, Limit: defences.limiter.AllowUser,
		Recorder: defences.recorder,
	}
	own := &account.Handler{
		Config: deps.Config, Store: deps.Store, Pages: s.pages, Now: deps.Now, Log: deps.Log, Limit: defences.limiter.AllowUser,
		Recorder: defences.recorder,
	}
	return endpoints{
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
			Config: deps.Config, Tokens: s.logins, Failures: defences.lockouts.People(), Audits: deps.Store,
			Recorder: defences.recorder, Now: deps.Now, Log: deps.Log,
		},
		logout: &login.LogoutHandler{
			Issuers: s.issuers, Standing: verifier, Revocations: deps.Store, Refusals: s.refusals, Now: deps.Now, Log: deps.Log,
		},
		jwks: &jwks.Handler{Ring: ring, Report: func(cause *oauth.Error) {
			cause = cause.ReportedIf(errors.Is(cause, store.ErrUnavailable))
			deps.Log.Log(context.Background(), cause.LogLevel(), "signing keys", "err", cause)
		}},
	}
}

// gates makes what lets clients in to an endpoint, which is of a class of limits. All of them know the same clients.
func gates(deps Deps, defences defences) func(endpoint, class string) *client.Gate {
	strangers := &fetch.Fetcher{Policy: func() fetch.Policy {
		settings := deps.Config().Fetch
		return fetch.Policy{AllowedNetworks: settings.AllowedNetworks, CAFile: settings.CAFile}
	}}
	authenticator := &client.Authenticator{
		Clients: deps.Store, Assertions: deps.Store, Config: deps.Config, Now: deps.Now,
		Keys: client.NewRegisteredKeys(strangers.Get, deps.Now), Failures: defences.lockouts,
	}
	return func(endpoint, class string) *client.Gate {
		return &client.Gate{Authenticator: authenticator, Endpoint: endpoint, Class: class, Limiter: defences.limiter}
	}
}
