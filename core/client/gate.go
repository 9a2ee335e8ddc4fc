// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"net/netip"
	"time"

	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// Gate stands before one machine endpoint: it lets clients in that have proven who they are and that do not come too
// often.
type Gate struct {
	*Authenticator
	Endpoint string  // the path below the issuer, such as "/token"
	Class    string  // of the rate limit
	Limiter  Limiter // nil: no limits
}

// Limiter bounds the requests of one client.
type Limiter interface {
	// AllowClient counts a request of a client that has authenticated. When there were too many, it tells after which
	// time the next one will be let in.
	AllowClient(class string, registered store.Client, address netip.Addr) (retryAfter time.Duration, ok bool)
}

// Admit returns the client of a request, or why it is not let in: not authenticated, or 429.
func (g *Gate) Admit(ctx context.Context, request *web.Request, form oauth.Form) (store.Client, *oauth.Error) {
	registered, problem := g.Authenticate(ctx, request, form, g.Endpoint)
	if problem != nil || g.Limiter == nil {
		return registered, problem
	}
	if wait, ok := g.Limiter.AllowClient(g.Class, registered, request.Peer); !ok {
		return store.Client{}, oauth.TooMany(wait, "There were too many requests from this client. Wait before the next one.")
	}
	return registered, nil
}

// Refusal words an error of a machine endpoint. HTTP demands a challenge in every 401 (RFC 9110 section 15.5.2).
func Refusal(problem *oauth.Error) web.Response {
	response := problem.Response()
	if problem.Code == oauth.InvalidClient {
		response.Header.Set("Www-Authenticate", `Basic realm="OAuth clients", charset="UTF-8"`)
	}
	return response
}
