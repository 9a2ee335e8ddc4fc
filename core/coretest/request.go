// SPDX-License-Identifier: Apache-2.0

// Package coretest stands in for the host in tests of core: an in-memory Request, and an http.Handler that plays
// Domino around a Service, so that real OAuth clients can be pointed at it.
package coretest

import (
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"ndoap/core"
	"ndoap/core/directory"
)

// Request is a core.Request made of values. The zero value of each member is what a host without it would show.
type Request struct {
	At             core.Event
	Verb           string // GET when empty
	URL            string
	Headers        http.Header
	Content        []byte
	UserName       string
	UnreadableUser bool
	From           netip.Addr
	Encrypted      bool
	People         directory.Directory
	Wanted         core.Again
	Kept           string // the ticket
	Found          core.Mapped
}

var _ core.Request = (*Request)(nil)

// Event implements core.Request.
func (r *Request) Event() core.Event { return r.At }

// Method implements core.Request.
func (r *Request) Method() string {
	if r.Verb == "" {
		return http.MethodGet
	}
	return r.Verb
}

// Target implements core.Request.
func (r *Request) Target() string { return r.URL }

// Header implements core.Request.
func (r *Request) Header(name string) []string { return r.Headers.Values(name) }

// Variable implements core.Request. Headers of one variable come in the order of their names.
func (r *Request) Variable(name string) []string {
	variable := func(header string) string { return strings.ToUpper(strings.ReplaceAll(header, "-", "_")) }
	var values []string
	for _, header := range slices.Sorted(maps.Keys(r.Headers)) {
		if variable(header) == variable(name) {
			values = append(values, r.Headers[header]...)
		}
	}
	return values
}

// Authorization implements core.Request.
func (r *Request) Authorization() string { return r.Headers.Get("Authorization") }

// BodySize implements core.Request.
func (r *Request) BodySize() int { return len(r.Content) }

// Body implements core.Request.
func (r *Request) Body() []byte { return slices.Clone(r.Content) }

// User implements core.Request.
func (r *Request) User() (string, bool) { return r.UserName, !r.UnreadableUser }

// Peer implements core.Request.
func (r *Request) Peer() netip.Addr { return r.From }

// TLS implements core.Request.
func (r *Request) TLS() bool { return r.Encrypted }

// Directory implements core.Request.
func (r *Request) Directory() directory.Directory { return r.People }

// Again implements core.Request.
func (r *Request) Again() core.Again { return r.Wanted }

// Ticket implements core.Request.
func (r *Request) Ticket() string { return r.Kept }

// Mapped implements core.Request.
func (r *Request) Mapped() core.Mapped { return r.Found }
