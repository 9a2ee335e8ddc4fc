// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/http"
	"net/netip"
	"time"

	"ndoap/core/oauth"
	"ndoap/core/web"
)

// Limiter bounds the requests of one address. Which classes there are is a matter of the routes.
type Limiter interface {
	// Allow counts a request. When there were too many, it tells after which time the next one will be let in.
	Allow(class string, address netip.Addr) (retryAfter time.Duration, ok bool)
}

// limited refuses a request to a route that its address has asked for too often (RFC 6585 section 4).
func (s *Service) limited(class string, request *web.Request) (Decision, bool) {
	if class == "" {
		return Decision{}, false
	}
	wait, ok := s.limiter.Allow(class, request.Peer)
	if ok {
		return Decision{}, false
	}
	refusal := oauth.TooMany(wait, "There were too many requests from this address. Wait before the next one.").Response()
	if request.WantsPage() {
		refusal = s.pages.Error(http.StatusTooManyRequests, "Too many requests",
			"There were too many requests from your address. Wait a little and try again.").RetryAfter(wait)
	}
	return answer(forMethod(request.Method, refusal)), true
}
