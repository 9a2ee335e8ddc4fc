// SPDX-License-Identifier: Apache-2.0

package front

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ndoap/standin/front/wire"
)

// response is what goes back to the client, Domino's own or a filter's.
type response struct {
	status      int
	reason      string // of a filter; the standard phrase when empty
	header      string // complete lines, each with CRLF
	contentType string
	body        []byte

	filtered bool // made by a filter: its header is complete, Domino adds only Server, Date and Connection
}

// with adds a header line.
func (r response) with(name, value string) response {
	r.header += name + ": " + value + "\r\n"
	return r
}

// encode gives the bytes for the wire. The second result tells whether the connection can carry another request.
func (r response) encode(now time.Time, method string, keep bool) ([]byte, bool) {
	header := r.header
	if !r.filtered {
		if r.contentType != "" {
			header += "Content-Type: " + r.contentType + "\r\n"
		}
		header += "Content-Length: " + strconv.Itoa(len(r.body)) + "\r\n"
	} else if !hasLine(header, "Content-Length") && r.hasContent(method) {
		keep = false // the end of the connection is the end of the body
	}
	connection := "close"
	if keep {
		connection = "keep-alive"
	}
	reason := r.reason
	if reason == "" {
		reason = http.StatusText(r.status)
	}
	text := fmt.Sprintf("HTTP/1.1 %d %s\r\nServer: Lotus-Domino\r\nDate: %s\r\nConnection: %s\r\n%s\r\n",
		r.status, reason, now.UTC().Format(http.TimeFormat), connection, header)
	if !r.hasContent(method) {
		return []byte(text), keep
	}
	return append([]byte(text), r.body...), keep
}

// hasContent tells whether a body follows the header (RFC 9112 section 6.3).
func (r response) hasContent(method string) bool {
	return method != http.MethodHead && r.status >= 200 && r.status != 204 && r.status != 304
}

// answerOf takes a filter's answer. The error is a breach of the contract: Domino writes what it is given, so that a
// wrong length or a broken header line would spoil the connection for the next request.
func answerOf(result wire.Message, method string) (response, error) {
	status, err := strconv.Atoi(result.Text(wire.Status))
	if err != nil || status < 200 || status > 599 {
		return response{}, fmt.Errorf("has the status %q", result.Text(wire.Status))
	}
	answer := response{
		status: status, reason: result.Text(wire.Reason), body: result[wire.AnswerBody], filtered: true,
		header: strings.TrimSuffix(result.Text(wire.AnswerHeader), "\r\n"), // the empty line at its end
	}
	length, err := checkHeader(answer.header)
	switch {
	case err != nil:
		return response{}, err
	case !answer.hasContent(method) && len(answer.body) > 0:
		return response{}, fmt.Errorf("has a body of %d bytes, where HTTP allows none", len(answer.body))
	case answer.hasContent(method) && length >= 0 && length != len(answer.body):
		return response{}, fmt.Errorf("says Content-Length %d and has %d bytes", length, len(answer.body))
	}
	return answer, nil
}

// checkHeader looks at every line of a filter's header and returns its Content-Length, -1 for none.
func checkHeader(header string) (int, error) {
	length := -1
	for line := range strings.Lines(header) {
		text, whole := strings.CutSuffix(line, "\r\n")
		name, value, found := strings.Cut(text, ":")
		if !whole || !found || name == "" || strings.ContainsAny(name, " \t") || strings.ContainsAny(text, "\r\n\x00") {
			return 0, fmt.Errorf("has the header line %q", line)
		}
		if strings.EqualFold(name, "Content-Length") {
			var err error
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 {
				return 0, fmt.Errorf("has the line %q", text)
			}
		}
	}
	return length, nil
}

func hasLine(header, name string) bool {
	for line := range strings.Lines(header) {
		if field, _, found := strings.Cut(line, ":"); found && strings.EqualFold(field, name) {
			return true
		}
	}
	return false
}
