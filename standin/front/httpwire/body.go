// SPDX-License-Identifier: Apache-2.0

package httpwire

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Framing is how the length of a request's content is given (RFC 9112 section 6).
type Framing struct {
	Length  int
	Chunked bool
}

// Empty tells that no content follows the head.
func (f Framing) Empty() bool { return !f.Chunked && f.Length == 0 }

// Framing decides how the content of a request is delimited, and refuses what two readers could take differently.
func (h *Head) Framing(limits Limits) (Framing, error) {
	lengths, codings := h.Values("Content-Length"), h.Values("Transfer-Encoding")
	switch {
	case len(codings) > 0 && len(lengths) > 0:
		return Framing{}, bad("A request has Content-Length or Transfer-Encoding, not both.")
	case len(codings) > 0 && h.Version != "HTTP/1.1":
		return Framing{}, bad("HTTP/1.0 knows no Transfer-Encoding.")
	case len(codings) > 0:
		if len(codings) > 1 || !strings.EqualFold(codings[0], "chunked") {
			return Framing{}, &Error{Status: 501, Reason: "The only transfer coding understood is chunked."}
		}
		return Framing{Chunked: true}, nil
	case len(lengths) > 1:
		return Framing{}, bad("A request has one Content-Length.")
	case len(lengths) == 0:
		return Framing{}, nil
	}
	length, err := parseSize(lengths[0], 10)
	if err != nil {
		return Framing{}, bad("Content-Length is not a number.")
	}
	if length > limits.Body {
		return Framing{}, errTooLarge
	}
	return Framing{Length: length}, nil
}

// parseSize takes digits only: strconv.Atoi would take a sign as well.
func parseSize(text string, base int) (int, error) {
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		return 0, strconv.ErrSyntax
	}
	size, err := strconv.ParseInt(text, base, strconv.IntSize)
	return int(size), err
}

var errTooLarge = &Error{Status: 413, Reason: "The content of the request is too large."}

// ReadBody reads the content, de-chunked.
func ReadBody(r *bufio.Reader, framing Framing, limits Limits) ([]byte, error) {
	if framing.Chunked {
		return readChunks(r, limits)
	}
	body := make([]byte, framing.Length)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, cut(err)
	}
	return body, nil
}

func readChunks(r *bufio.Reader, limits Limits) ([]byte, error) {
	body := []byte{}
	for {
		line, err := readLine(r, 1<<10, bad("A chunk has too long a size line."))
		if err != nil {
			return nil, cut(err)
		}
		digits, _, _ := strings.Cut(line, ";") // chunk extensions are ignored, RFC 9112 section 7.1.1
		size, err := parseSize(strings.TrimRight(digits, " \t"), 16)
		if err != nil {
			return nil, bad("A chunk size is not a hexadecimal number.")
		}
		if size == 0 {
			return body, readTrailer(r, limits)
		}
		if size > limits.Body-len(body) {
			return nil, errTooLarge
		}
		start := len(body)
		body = append(body, make([]byte, size)...)
		if _, err := io.ReadFull(r, body[start:]); err != nil {
			return nil, cut(err)
		}
		end, err := readLine(r, 2, bad("A chunk is longer than its size."))
		if err != nil {
			return nil, cut(err)
		}
		if end != "" {
			return nil, bad("A chunk is longer than its size.")
		}
	}
}

// readTrailer discards trailer fields: Domino hands none to a filter.
func readTrailer(r *bufio.Reader, limits Limits) error {
	left := limits.HeaderBytes
	for {
		line, err := readLine(r, left, &Error{Status: 431, Reason: "The trailer of the request is too long."})
		if err != nil {
			return cut(err)
		}
		if line == "" {
			return nil
		}
		if _, err := parseField(line); err != nil {
			return err
		}
		left -= len(line) + 2
	}
}

// cut makes an end in the middle of a request distinguishable from one between two requests.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
