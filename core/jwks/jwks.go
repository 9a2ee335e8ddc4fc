// SPDX-License-Identifier: Apache-2.0

// Package jwks answers /doap/jwks: the public keys that verify ndoap's tokens, as a JWK Set (RFC 7517 section 5).
package jwks

import (
	"context"

	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/core/web"
)

// cacheControl lets resource servers keep the set for five minutes. They ask again at once when they meet a kid that
// they do not know, so that this does not hold up a new key.
const cacheControl = "public, max-age=300"

// Handler publishes the keys of a ring.
type Handler struct {
	Ring interface {
		Set(ctx context.Context) (*key.Set, error)
	}
	// Report is told why the keys could not be read; the sender is not.
	Report func(cause *oauth.Error)
}

// Serve answers GET and HEAD. The content type is application/json and not application/jwk-set+json (RFC 7517
// section 8.5), because many clients refuse or fail to parse anything else.
func (h *Handler) Serve(request *web.Request) web.Response {
	set, err := h.Ring.Set(context.Background())
	if err != nil {
		fault := oauth.NewError(oauth.TemporarilyUnavailable, "The keys cannot be read at the moment.").Because(err)
		h.Report(fault)
		return fault.Response()
	}
	return web.Cached(request, "application/json", cacheControl, set.JWKS())
}

// Describe implements oauth.Described.
func (h *Handler) Describe(document *oauth.Metadata, url string) { document.JWKSURI = url }

var _ oauth.Described = (*Handler)(nil)
