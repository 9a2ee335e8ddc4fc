// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/http"
	"strings"
)

// overrides are the headers by which Domino Access Services and other services take another method than the
// request's. With an underscore they are the same to an application that looks at CGI variables.
var overrides = []string{
	"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override",
	"X_HTTP_Method_Override", "X_HTTP_Method", "X_Method_Override",
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
