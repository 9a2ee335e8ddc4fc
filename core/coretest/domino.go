// SPDX-License-Identifier: Apache-2.0

package coretest

import (
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"ndoap/core"
	"ndoap/core/directory"
)

// Domino plays the host around a Service over real HTTP, with the least that OAuth clients need: Basic authentication
// of people at user routes, and one resource that says whose request it is. Requests count as coming over TLS.
type Domino struct {
	Serve  func(core.Request) core.Decision
	People map[string]Person // by login name
	// Directory is what requests bring along; nil when the host has none.
	Directory directory.Directory
}

// Person is somebody who can log in.
type Person struct {
	Name     string // canonical
	Password string
}

// userRoutes are the first segments under /doap that Domino authenticates before ndoap sees them.
var userRoutes = []string{"auth", "consent", "device", "account", "admin", "logout"}

// isWellKnown tells whether the shim would ask for a path outside of /doap.
func isWellKnown(path string) bool {
	rest, below := strings.CutPrefix(path, "/.well-known/")
	document := strings.TrimSuffix(rest, "/doap")
	return below && (document == "oauth-authorization-server" || document == "openid-configuration")
}

// ServeHTTP pushes a request through the events that concern ndoap.
func (d *Domino) ServeHTTP(writer http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(writer, "unreadable body", http.StatusBadRequest)
		return
	}
	request := &Request{
		At: core.RawRequest, Verb: r.Method, URL: r.RequestURI, Headers: r.Header, Content: body,
		From: netip.MustParseAddr("192.0.2.1"), Encrypted: true, People: d.Directory,
	}
	scheme, _, _ := strings.Cut(request.Authorization(), " ")
	user, under := "", r.URL.Path == "/doap" || strings.HasPrefix(r.URL.Path, "/doap/") || isWellKnown(r.URL.Path)
	segment, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/doap/"), "/")
	under = under && !slices.Contains(userRoutes, segment)
	if under || strings.EqualFold(scheme, "Bearer") {
		decision := d.Serve(request)
		if decision.Verdict == core.Answer {
			write(writer, decision)
			return
		}
		user = decision.Identity.Name
	} else if name, password, ok := r.BasicAuth(); ok {
		person, known := d.People[name]
		if !known || person.Password != password {
			http.Error(writer, "wrong password", http.StatusUnauthorized)
			return
		}
		user = person.Name
	}
	if strings.HasPrefix(r.URL.Path, "/doap/") {
		request.At, request.UserName = core.Authorized, user
		write(writer, d.Serve(request))
		return
	}
	_, _ = io.WriteString(writer, user)
}

func write(writer http.ResponseWriter, decision core.Decision) {
	if decision.Verdict != core.Answer {
		http.Error(writer, "not answered", http.StatusTeapot)
		return
	}
	for name, values := range decision.Response.Header {
		writer.Header()[name] = values
	}
	writer.WriteHeader(decision.Response.Status)
	_, _ = writer.Write(decision.Response.Body)
}
