// SPDX-License-Identifier: Apache-2.0

// Package web holds the parsed HTTP request that core's handlers read and the response they return. Both are plain
// values: a handler decides, it never writes to a client, so the host can send the answer by whichever callback its
// event allows.
package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Request is one request to a /doap route, taken apart once.
type Request struct {
	Method   string                // upper case, as on the wire
	Path     string                // without the query, percent-encoding untouched
	RawQuery string                // what follows the first '?', undecoded
	Header   func(string) []string // all values of a header, in order; the name in any case
	Body     []byte                // never longer than the configured limit

	// User is the canonical name (CN=.../O=...) that Domino authenticated, in UTF-8; empty for Anonymous and
	// wherever Domino has not authenticated yet (machine routes).
	User string

	Peer   netip.Addr // the client's address; the zero value when the host does not tell
	Secure bool       // the request came over TLS, here or at a trusted proxy
}

// HeaderValue returns the first value of a header, or an empty string.
func (r *Request) HeaderValue(name string) string {
	if values := r.Header(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Cookie returns the value of the first cookie of that name (RFC 6265 section 5.4), or an empty string.
func (r *Request) Cookie(name string) string {
	for _, line := range r.Header("Cookie") {
		for pair := range strings.SplitSeq(line, ";") {
			key, value, found := strings.Cut(strings.TrimSpace(pair), "=")
			if found && key == name {
				return value
			}
		}
	}
	return ""
}

// WantsPage tells whether the sender is a browser that should see a page instead of JSON: it names text/html in
// Accept and does not prefer JSON by naming it first.
func (r *Request) WantsPage() bool {
	accept := strings.ToLower(strings.Join(r.Header("Accept"), ","))
	page := strings.Index(accept, "text/html")
	if page < 0 {
		return false
	}
	asJSON := strings.Index(accept, "application/json")
	return asJSON < 0 || page < asJSON
}

// Response is a complete answer.
type Response struct {
	Status int
	Header http.Header // Content-Length is added by the host adapter
	Body   []byte
}

// NoStore marks a response as one that no cache may keep (RFC 6749 section 5.1).
func (r Response) NoStore() Response {
	r.Header.Set("Cache-Control", "no-store")
	r.Header.Set("Pragma", "no-cache")
	return r
}

// RetryAfter says after which time another try makes sense (RFC 9110 section 10.2.3): in whole seconds, never less than
// meant.
func (r Response) RetryAfter(wait time.Duration) Response {
	r.Header.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
	return r
}

// With adds a header to the response.
func (r Response) With(name, value string) Response {
	r.Header.Add(name, value)
	return r
}

// JSON answers with value as application/json. Values are this program's own structs and maps, so that a failure to
// encode is a defect; it answers 500.
func JSON(status int, value any) Response {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return JSON(http.StatusInternalServerError, map[string]string{"error": "server_error"})
	}
	return Response{
		Status: status,
		Header: http.Header{
			"Content-Type":           {"application/json"},
			"X-Content-Type-Options": {"nosniff"},
		},
		Body: body.Bytes(),
	}
}

// Redirect sends the browser to target with 303 after a POST and 302 after anything else, never with a status that
// repeats the body (RFC 9700 section 4.12).
func Redirect(request *Request, target string) Response {
	status := http.StatusFound
	if request.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	return Response{
		Status: status,
		Header: http.Header{
			"Location":        {target},
			"Cache-Control":   {"no-store"},
			"Pragma":          {"no-cache"},
			"Referrer-Policy": {"no-referrer"},
		},
	}
}

// Handler answers requests to one route.
type Handler interface {
	Serve(request *Request) Response
}
