// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/http"
	"slices"
	"strings"
)

// overrides are the headers by which Domino Access Services and other services take another method than the
// request's, in all spellings: with an underscore for a hyphen they are the same to an application that looks at CGI
// variables.
var overrides = slices.Concat(spellings("X-HTTP-Method-Override"), spellings("X-HTTP-Method"), spellings("X-Method-Override"))

// spellings are the names of headers that become the same CGI variable as a name, which is in any case.
func spellings(name string) []string {
	first, rest, found := strings.Cut(name, "-")
	if !found {
		return []string{name}
	}
	var all []string
	for _, spelled := range spellings(rest) {
		all = append(all, first+"-"+spelled, first+"_"+spelled)
	}
	return all
}

// methods are all that a request may count as.
func methods(request Request) []string {
	counted := []string{request.Method()}
	for _, name := range overrides {
		for _, method := range request.Header(name) {
			counted = append(counted, strings.ToUpper(strings.TrimSpace(method)))
		}
	}
	if request.Event() == Authenticate && request.Method() == http.MethodPost {
		// There are no headers at this event, and only POST is ever overridden.
		counted = append(counted, "UNKNOWN")
	}
	return counted
}
