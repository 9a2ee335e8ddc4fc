// SPDX-License-Identifier: Apache-2.0

// Package httpwire reads HTTP/1.1 requests (RFC 9112) without changing them: the request target, the names of header
// fields, their case, order and repetition stay as they came, because a DSAPI filter sees them so. It is strict where
// leniency would let two readers of one connection disagree about where a request ends.
package httpwire

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// Limits bound a request, as the HTTP protocol limits of a Domino Server document do.
type Limits struct {
	URL         int // bytes of the request target
	Fields      int // header fields
	HeaderBytes int // bytes of the header section
	Body        int // bytes of the content, after de-chunking
}

// DominoLimits are the defaults of a Server document.
func DominoLimits() Limits {
	return Limits{URL: 4 << 10, Fields: 48, HeaderBytes: 16 << 10, Body: 10_000 << 10}
}

// Error is a request that cannot be read; the connection cannot be used any more.
type Error struct {
	Status int
	Reason string
}

func (e *Error) Error() string { return e.Reason }

func bad(reason string) error { return &Error{Status: 400, Reason: reason} }

// Field is one header field; the value is without the white space around it.
type Field struct{ Name, Value string }

// Head is a request line and a header section.
type Head struct {
	Method, Target, Version string

	Fields []Field
	Header string // the header lines as received, each with its CRLF, without the final empty line
}

// Values returns every value of a field, in order; the name in any case.
func (h *Head) Values(name string) []string {
	var values []string
	for _, field := range h.Fields {
		if strings.EqualFold(field.Name, name) {
			values = append(values, field.Value)
		}
	}
	return values
}

// Value returns the first value of a field, or an empty string.
func (h *Head) Value(name string) string {
	if values := h.Values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// HasToken tells whether a list field such as Connection holds a token, in any case.
func (h *Head) HasToken(name, token string) bool {
	for _, value := range h.Values(name) {
		for item := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}

// ReadHead reads up to and including the empty line. io.EOF means that the client closed between two requests.
func ReadHead(r *bufio.Reader, limits Limits) (*Head, error) {
	// The longest method, both spaces, the version and the end of line fit into 64 bytes.
	tooLong := &Error{Status: 414, Reason: "The URL is too long."}
	line, err := readLine(r, limits.URL+64, tooLong)
	if err == nil && line == "" { // RFC 9112 section 2.2: one empty line before a request is ignored
		line, err = readLine(r, limits.URL+64, tooLong)
	}
	if err != nil {
		return nil, err
	}
	head, err := parseRequestLine(line, limits)
	if err != nil {
		return nil, err
	}
	tooMuch := &Error{Status: 431, Reason: "The request header is too long."}
	var header strings.Builder
	for {
		line, err := readLine(r, limits.HeaderBytes-header.Len(), tooMuch)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		if line == "" {
			break
		}
		if len(head.Fields) == limits.Fields {
			return nil, &Error{Status: 431, Reason: "The request has too many header fields."}
		}
		field, err := parseField(line)
		if err != nil {
			return nil, err
		}
		head.Fields = append(head.Fields, field)
		header.WriteString(line + "\r\n")
	}
	head.Header = header.String()
	if hosts := head.Values("Host"); len(hosts) > 1 || len(hosts) == 0 && head.Version == "HTTP/1.1" {
		return nil, bad("A request has exactly one Host header.") // RFC 9112 section 3.2
	}
	return head, nil
}

// readLine returns a line without its CRLF. A lone LF is refused: readers that disagree about it can be played off
// against each other.
func readLine(r *bufio.Reader, limit int, tooLong error) (string, error) {
	var line strings.Builder
	for {
		part, err := r.ReadSlice('\n')
		if line.Len()+len(part) > limit {
			return "", tooLong
		}
		line.Write(part)
		if err == nil {
			break
		}
		if errors.Is(err, io.EOF) && line.Len() > 0 {
			return "", io.ErrUnexpectedEOF
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return "", err
		}
	}
	text, found := strings.CutSuffix(line.String(), "\r\n")
	if !found || strings.ContainsAny(text, "\r\x00") {
		return "", bad("A line of the request head does not end with CR LF, or holds CR or NUL inside.")
	}
	return text, nil
}

func parseRequestLine(line string, limits Limits) (*Head, error) {
	method, rest, _ := strings.Cut(line, " ")
	target, version, found := strings.Cut(rest, " ")
	if !found || !isToken(method) || target == "" || strings.ContainsFunc(target, notPrintable) {
		return nil, bad("The request line is not a method, a URL and a version.")
	}
	if len(target) > limits.URL {
		return nil, &Error{Status: 414, Reason: "The URL is too long."}
	}
	if version != "HTTP/1.1" && version != "HTTP/1.0" {
		if strings.HasPrefix(version, "HTTP/") {
			return nil, &Error{Status: 505, Reason: "This server speaks HTTP/1.1."}
		}
		return nil, bad("The request line does not end with an HTTP version.")
	}
	return &Head{Method: method, Target: target, Version: version}, nil
}

func parseField(line string) (Field, error) {
	name, value, found := strings.Cut(line, ":")
	if !found || !isToken(name) { // also refuses folded lines and white space before the colon
		return Field{}, bad("A header line is not a name, a colon and a value.")
	}
	value = strings.Trim(value, " \t")
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return Field{}, bad("A header value holds a control character.")
		}
	}
	return Field{name, value}, nil
}

func isToken(text string) bool {
	const others = "!#$%&'*+-.^_`|~"
	for _, c := range []byte(text) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune(others, rune(c)) {
			return false
		}
	}
	return text != ""
}

// notPrintable lets bytes above ASCII through: browsers send them raw at times, and a filter must bear them.
func notPrintable(c rune) bool { return c <= ' ' || c == 0x7f }
