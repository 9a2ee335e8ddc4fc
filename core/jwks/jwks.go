// SPDX-License-Identifier: Apache-2.0

// Package jwks answers /doap/jwks: the public keys that verify ndoap's tokens, as a JWK Set (RFC 7517 section 5).
package jwks

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

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
// section 8.5), because many clients refuse or fail to parse anything else. The keys are public, so that a browser
// may read them from any origin.
func (h *Handler) Serve(request *web.Request) web.Response {
	set, err := h.Ring.Set(context.Background())
	if err != nil {
		fault := oauth.NewError(oauth.TemporarilyUnavailable, "The keys cannot be read at the moment.").Because(err)
		h.Report(fault)
		return fault.Response().With("Access-Control-Allow-Origin", "*")
	}
	body := set.JWKS()
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	response := web.Response{
		Status: http.StatusOK,
		Header: http.Header{
			"Access-Control-Allow-Origin": {"*"},
			"Cache-Control":               {cacheControl},
			"Content-Type":                {"application/json"},
			"Etag":                        {tag},
			"X-Content-Type-Options":      {"nosniff"},
		},
		Body: body,
	}
	if known(request.Header("If-None-Match"), tag) {
		response.Status = http.StatusNotModified
		response.Body = nil
		response.Header.Del("Content-Type")
		return response
	}
	if request.Method == http.MethodHead {
		response.Body = nil
	}
	return response
}

// known tells whether If-None-Match names the tag; weak comparison is enough for it (RFC 9110 section 13.1.2).
func known(lines []string, tag string) bool {
	for _, line := range lines {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimSpace(candidate)
			if candidate == "*" || strings.TrimPrefix(candidate, "W/") == tag {
				return true
			}
		}
	}
	return false
}
