// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// Cached answers with a document that is the same for everybody and that caches may keep as cacheControl says. Its
// ETag is made from its bytes, and a sender who has them gets 304 (RFC 9110 section 13.1.2).
func Cached(request *Request, contentType, cacheControl string, body []byte) Response {
	sum := sha256.Sum256(body)
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	response := Response{
		Status: http.StatusOK,
		Header: http.Header{
			"Cache-Control":          {cacheControl},
			"Content-Type":           {contentType},
			"Etag":                   {tag},
			"X-Content-Type-Options": {"nosniff"},
		},
		Body: body,
	}
	if names(request.Header("If-None-Match"), tag) {
		response.Status = http.StatusNotModified
		response.Body = nil
		response.Header.Del("Content-Type")
	}
	return response
}

// names tells whether If-None-Match names the tag; weak comparison is enough for it (RFC 9110 section 13.1.2).
func names(lines []string, tag string) bool {
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
