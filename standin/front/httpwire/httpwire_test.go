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

var small = httpwire.Limits{URL: 20, Fields: 3, HeaderBytes: 100, Body: 10}

func TestHeadIsKeptAsItCame(t *testing.T) {
	request := "GET /a%2Fb?x=\xe3\x81\x82 HTTP/1.1\r\nhOST:x\r\nX-doap_user: a \r\nX-Doap_User:\tb\r\n\r\nrest"
	reader := bufio.NewReader(strings.NewReader(request))
	head, err := httpwire.ReadHead(reader, small)
	require.NoError(t, err)
	assert.Equal(t, "GET", head.Method)
	assert.Equal(t, "/a%2Fb?x=\xe3\x81\x82", head.Target)
	assert.Equal(t, "HTTP/1.1", head.Version)
	assert.Equal(t, "hOST:x\r\nX-doap_user: a \r\nX-Doap_User:\tb\r\n", head.Header)
	assert.Equal(t, []string{"a", "b"}, head.Values("x-DOAP_user"))
	assert.Equal(t, "x", head.Value("Host"))
	assert.Empty(t, head.Value("Cookie"))
	rest, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Equal(t, "rest", string(rest), "not a byte beyond the head is taken")
}

func TestHeadsThatPass(t *testing.T) {
	for name, request := range map[string]string{
		"after an empty line":   "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"HTTP/1.0 without Host": "GET / HTTP/1.0\r\n\r\n",
		"an absolute URL":       "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"an asterisk":           "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"an empty value":        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
		"at the URL limit":      "GET /" + strings.Repeat("a", 19) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"at the field limit":    "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := httpwire.ReadHead(bufio.NewReader(strings.NewReader(request)), small)
			assert.NoError(t, err)
		})
	}
}

func TestHeadsThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		request string
		status  int
	}{
		"no version":               {"GET /\r\n\r\n", 400},
		"two spaces":               {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"a method that is none":    {"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"another protocol":         {"GET / RTSP/1.0\r\n\r\n", 400},
		"HTTP/2":                   {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
		"a control in the URL":     {"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"a NUL in the URL":         {"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
		"a URL over the limit":     {"GET /" + strings.Repeat("a", 20) + " HTTP/1.1\r\nHost: x\r\n\r\n", 414},
		"a URL without end":        {"GET /" + strings.Repeat("a", 9999), 414},
		"a line feed alone":        {"GET / HTTP/1.1\nHost: x\n\n", 400},
		"a carriage return inside": {"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400},
		"a folded line":            {"GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 400},
		"a space before the colon": {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
		"no colon":                 {"GET / HTTP/1.1\r\nHost\r\n\r\n", 400},
		"a control in a value":     {"GET / HTTP/1.1\r\nHost: x\x02\r\n\r\n", 400},
		"no Host":                  {"GET / HTTP/1.1\r\nA: 1\r\n\r\n", 400},
		"two Hosts":                {"GET / HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n", 400},
		"too many fields":          {"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", 431},
		"too long a header":        {"GET / HTTP/1.1\r\nHost: " + strings.Repeat("x", 100) + "\r\n\r\n", 431},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := httpwire.ReadHead(bufio.NewReader(strings.NewReader(test.request)), small)
			requireStatus(t, err, test.status)
		})
	}
}

func TestEndOfConnection(t *testing.T) {
	_, err := httpwire.ReadHead(bufio.NewReader(strings.NewReader("")), small)
	assert.ErrorIs(t, err, io.EOF, "between two requests")
	for _, request := range []string{"GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost:"} {
		_, err = httpwire.ReadHead(bufio.NewReader(strings.NewReader(request)), small)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, request)
	}
}

func TestHasToken(t *testing.T) {
	head := httpwire.Head{Fields: []httpwire.Field{{Name: "connection", Value: "te, Close"}}}
	assert.True(t, head.HasToken("Connection", "close"))
	assert.False(t, head.HasToken("Connection", "clos"))
}

func requireStatus(t *testing.T, err error, status int) {
	t.Helper()
	var refusal *httpwire.Error
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, status, refusal.Status, refusal.Reason)
	assert.NotEmpty(t, refusal.Reason)
}
