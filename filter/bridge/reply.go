// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ndoap/core"
)

// Reply is ndoap_decision in Go types: what C is to do, worded so that it needs no thinking.
type Reply struct {
	Verdict core.Verdict
	Status  int
	Reason  string
	Headers string // CRLF-ended lines and an empty line
	Body    []byte
	Name    string
	Scope   string
	Client  string
	Subject string
	Again   core.Again
	Ticket  string
	Console []string
	Memory  MemoryUse
}

// reply words a decision for C.
func reply(method string, decision core.Decision) Reply {
	out := Reply{Verdict: decision.Verdict}
	switch decision.Verdict {
	case core.Answer:
		response := decision.Response
		out.Status = response.Status
		out.Reason = http.StatusText(response.Status)
		out.Headers = headerText(method, response.Status, response.Header, len(response.Body))
		out.Body = response.Body
	case core.Authenticated:
		out.Name = oneLine(decision.Identity.Name)
		out.Scope = oneLine(decision.Identity.Scope)
		out.Client = oneLine(decision.Identity.ClientID)
		out.Subject = oneLine(decision.Identity.Subject)
		out.Again = decision.Again
		out.Ticket = decision.Ticket // has no NUL: it is JSON
	case core.NotOurs, core.Deny:
	}
	return out
}

// headerText writes response headers as kWriteResponseHeaders wants them, in a fixed order, with the length of the
// body where a body may be (RFC 9110 section 8.6).
func headerText(method string, status int, headers http.Header, bodySize int) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for _, value := range headers[name] {
			text.WriteString(oneLine(name) + ": " + oneLine(value) + "\r\n")
		}
	}
	if method != http.MethodHead && status != http.StatusNoContent && status != http.StatusNotModified {
		text.WriteString("Content-Length: " + strconv.Itoa(bodySize) + "\r\n")
	}
	text.WriteString("\r\n")
	return text.String()
}

// oneLine takes out what would end a header line or a C string early.
func oneLine(text string) string {
	if !strings.ContainsAny(text, "\r\n\x00") {
		return text
	}
	return strings.Map(func(char rune) rune {
		if char == '\r' || char == '\n' || char == 0 {
			return -1
		}
		return char
	}, text)
}
