// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/http"

	"ndoap/core/bearer"
	"ndoap/core/config"
	"ndoap/core/metadata"
	"ndoap/core/page"
	"ndoap/core/refusal"
	"ndoap/core/web"
	"ndoap/store"
)

// OutOfService decides requests while ndoap has no usable configuration or store: /doap answers 503, access tokens
// are refused, and nothing else reaches this code. The reason is the log's; the sender learns that it is not his.
func OutOfService(request Request) Decision {
	path, _ := splitTarget(request.Target())
	if metadata.IsRootPlace(path) && request.Authorization() == "" {
		return Decision{Verdict: NotOurs} // as without metadata.rootForms, which nobody can look up now
	}
	defaults := config.Default().Pages
	return outOfService(request, isUnderRoot(path) || metadata.IsPlace(path), page.New(func() config.Pages { return defaults }))
}

func outOfService(request Request, under bool, pages pageMaker) Decision {
	switch {
	case request.Event() == Authenticate:
		return Decision{Verdict: Deny}
	case under:
		parsed := &web.Request{Method: request.Method(), Header: request.Header}
		response := failure(pages, parsed, http.StatusServiceUnavailable, "Temporarily out of service",
			"Logging in to applications does not work at the moment. Try again in a few minutes.")
		response.Header.Set("Retry-After", "30")
		return answer(forMethod(request.Method(), response))
	default:
		// Nobody can record why: the console says it.
		refused := outOfOrder(store.ErrUnavailable).Under(refusal.NewID())
		return answer(forMethod(request.Method(), bearer.Response(refused, nil)))
	}
}
