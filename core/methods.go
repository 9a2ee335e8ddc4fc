// SPDX-License-Identifier: Apache-2.0

package core

import (
	"net/http"
	"strings"
)

// overrides are the headers by which Domino Access Services and other services take another method than the
// request's. Applications that look at CGI variables know no difference between '-' and '_' in them.
var overrides = [...]string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}

// methods are all that a request may count as.
func methods(request Request) []string {
	counted := []string{request.Method()}
	for _, name := range overrides {
		for _, method := range request.Variable(name) {
			counted = append(counted, strings.ToUpper(strings.TrimSpace(method)))
		}
	}
	if request.Event() == Authenticate && request.Method() == http.MethodPost {
		// There are no headers at this event, and only POST is ever overridden.
		counted = append(counted, "UNKNOWN")
	}
	return counted
}
