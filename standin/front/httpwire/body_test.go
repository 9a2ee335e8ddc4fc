// SPDX-License-Identifier: Apache-2.0

package httpwire_test

import (
	"bufio"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/httpwire"
)

func readBody(t *testing.T, header, rest string) (string, string, error) {
	t.Helper()
	reader := bufio.NewReader(strings.NewReader("POST / HTTP/1.1\r\nHost: x\r\n" + header + "\r\n" + rest))
	head, err := httpwire.ReadHead(reader, small)
	require.NoError(t, err)
	framing, err := head.Framing(small)
	if err != nil {
		return "", "", err
	}
	body, err := httpwire.ReadBody(reader, framing, small)
	if err != nil {
		return "", "", err
	}
	left, err := io.ReadAll(reader)
	require.NoError(t, err)
	return string(body), string(left), nil
}

func TestBody(t *testing.T) {
	const chunked = "Transfer-Encoding: Chunked\r\n"
	for name, test := range map[string]struct{ header, rest, body string }{
		"none":               {"", "NEXT", ""},
		"of a length":        {"Content-Length: 3\r\n", "abcNEXT", "abc"},
		"at the limit":       {"Content-Length: 10\r\n", "0123456789NEXT", "0123456789"},
		"in chunks":          {chunked, "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\nNEXT", "abcde"},
		"chunks at limit":    {chunked, "A\r\n0123456789\r\n0\r\n\r\nNEXT", "0123456789"},
		"chunks and trailer": {chunked, "1\r\na\r\n0\r\nX-End: 1\r\n\r\nNEXT", "a"},
		"no chunk":           {chunked, "0\r\n\r\nNEXT", ""},
	} {
		t.Run(name, func(t *testing.T) {
			body, left, err := readBody(t, test.header, test.rest)
			require.NoError(t, err)
			assert.Equal(t, test.body, body)
			assert.Equal(t, "NEXT", left, "the next request is untouched")
		})
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	const chunked = "Transfer-Encoding: chunked\r\n"
	for name, test := range map[string]struct {
		header, rest string
		status       int
	}{
		"two lengths":            {"Content-Length: 1\r\nContent-Length: 1\r\n", "a", 400},
		"length and coding":      {"Content-Length: 1\r\n" + chunked, "a", 400},
		"a signed length":        {"Content-Length: +1\r\n", "a", 400},
		"a length that is none":  {"Content-Length: 1, 1\r\n", "a", 400},
		"another coding":         {"Transfer-Encoding: gzip, chunked\r\n", "", 501},
		"over the limit":         {"Content-Length: 11\r\n", "", 413},
		"far over the limit":     {"Content-Length: 9223372036854775807\r\n", "", 413},
		"chunks over the limit":  {chunked, "8\r\n01234567\r\n3\r\nabc\r\n", 413},
		"a chunk of 8 EiByte":    {chunked, "7fffffffffffffff\r\n", 413},
		"a chunk size of none":   {chunked, "\r\n", 400},
		"a chunk size with 0x":   {chunked, "0x1\r\na\r\n", 400},
		"a chunk longer":         {chunked, "1\r\nab\r\n", 400},
		"an endless size line":   {chunked, "1;" + strings.Repeat("x", 2000), 400},
		"a trailer that is none": {chunked, "0\r\nbad\r\n\r\n", 400},
		"an endless trailer":     {chunked, "0\r\nA: " + strings.Repeat("x", 100) + "\r\n\r\n", 431},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := readBody(t, test.header, test.rest)
			requireStatus(t, err, test.status)
		})
	}
}

func TestOldProtocolKnowsNoTransferEncoding(t *testing.T) {
	head := httpwire.Head{Version: "HTTP/1.0", Fields: []httpwire.Field{{Name: "Transfer-Encoding", Value: "chunked"}}}
	_, err := head.Framing(small)
	requireStatus(t, err, 400)
}

func TestBodyCutShort(t *testing.T) {
	for _, test := range [][2]string{
		{"Content-Length: 3\r\n", "ab"},
		{"Content-Length: 3\r\n", ""},
		{"Transfer-Encoding: chunked\r\n", ""},
		{"Transfer-Encoding: chunked\r\n", "3\r\nab"},
		{"Transfer-Encoding: chunked\r\n", "3\r\nabc"},
		{"Transfer-Encoding: chunked\r\n", "0\r\n"},
	} {
		_, _, err := readBody(t, test[0], test[1])
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, test)
	}
}
