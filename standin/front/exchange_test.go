// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
	"ndoap/standin/front/fakehost"
	"ndoap/standin/front/wire"
)

// fields decodes what the host was asked.
func fields(t *testing.T, text string) map[wire.Tag]string {
	t.Helper()
	var byNumber map[string]string
	require.NoError(t, json.Unmarshal([]byte(text), &byNumber))
	byTag := map[wire.Tag]string{}
	for number, value := range byNumber {
		tag, err := strconv.ParseUint(number, 10, 8)
		require.NoError(t, err)
		byTag[wire.Tag(tag)] = value
	}
	return byTag
}

// raw sends bytes and returns the connection's responses, one for each method.
func (r *running) raw(t *testing.T, text string, methods ...string) []answer {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte(text))
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	var answers []answer
	for _, method := range methods {
		reply, err := http.ReadResponse(reader, &http.Request{Method: method})
		require.NoError(t, err)
		var body strings.Builder
		_, err = bufio.NewReader(reply.Body).WriteTo(&body)
		require.NoError(t, err)
		require.NoError(t, reply.Body.Close())
		answers = append(answers, answer{reply, body.String()})
	}
	return answers
}

func TestHostGetsTheRequestAsItCame(t *testing.T) {
	server := start(t)
	header := "hOST: domino.example:99\r\nfake-echo: 1\r\nFake-Echo: 1\r\nX-doap_user: a\r\nTransfer-Encoding: chunked\r\n"
	answers := server.raw(t, "POST /a%2Fb/../x?y=%zz HTTP/1.1\r\n"+header+"\r\n3\r\na\x00b\r\n0\r\n\r\n", "POST")
	got := fields(t, answers[0].body)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL(), "http://"))
	require.NoError(t, err)
	assert.Equal(t, map[wire.Tag]string{
		wire.Kind: "request", wire.Method: "POST", wire.URL: "/a%2Fb/../x?y=%zz", wire.Version: "HTTP/1.1",
		wire.Header: header, wire.Body: "a\x00b", wire.Peer: "127.0.0.1", wire.AuthMethod: "session",
		wire.ServerName: "domino.example", wire.ServerPort: port,
	}, got)
}

func TestHostLearnsTheMapping(t *testing.T) {
	server := start(t)
	for target, want := range map[string][2]string{
		"/demo.nsf/api/data/documents":          {"demo.nsf", "5"},
		"/DEMO.NSF?OpenDatabase":                {"DEMO.NSF", "5"},
		"/help/open.nsf/x.nsf":                  {"help/open.nsf", "5"},
		"/hello.txt":                            {"domino/html/hello.txt", "1"},
		"/%68ello.txt?x":                        {"domino/html/hello.txt", "1"},
		"/a/../hello.txt":                       {"domino/html/hello.txt", "1"},
		"/standin/environ?x=1":                  {"domino/cgi-bin/environ", "2"},
		"/?Login":                               {"", "5"},
		"/nowhere.txt":                          {},
		"/doap/auth":                            {},
		"/../people.json":                       {},
		"/%2e%2e/%2e%2e/people.json":            {},
		"http://domino.example/hello.txt":       {"domino/html/hello.txt", "1"},
		"http://domino.example/demo.nsf?Search": {"demo.nsf", "5"},
	} {
		t.Run(target, func(t *testing.T) {
			request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: x\r\nFake-Echo: 1\r\n\r\n", target)
			got := fields(t, server.raw(t, request, "GET")[0].body)
			if want[1] == "" {
				assert.NotContains(t, got, wire.Path)
				return
			}
			assert.Equal(t, strings.TrimSuffix(server.data+"/"+want[0], "/"), got[wire.Path])
			assert.Equal(t, want[1], got[wire.MapType])
		})
	}
}

func TestHostLearnsWhoBasicCredentialsAre(t *testing.T) {
	server := start(t, basic)
	for name, test := range map[string]struct {
		authorization string
		want          map[wire.Tag]string
	}{
		"good": {"Basic YWFkYW1zOmFsaWNlIHB3", map[wire.Tag]string{
			wire.BasicUser: "aadams", wire.BasicSecret: "alice pw", wire.User: alice, wire.Groups: "Readers",
		}},
		"a wrong password": {"basic YWFkYW1zOng=", map[wire.Tag]string{
			wire.BasicUser: "aadams", wire.BasicSecret: "x", wire.BasicState: "bad",
		}},
		"not base64":     {"Basic ???", map[wire.Tag]string{wire.BasicState: "bad"}},
		"another scheme": {"Bearer abc", map[wire.Tag]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := fields(t, server.get(t, "/", fakehost.Echo, "1", "Authorization", test.authorization).body)
			for _, tag := range []wire.Tag{wire.BasicUser, wire.BasicSecret, wire.BasicState, wire.User, wire.Groups} {
				assert.Equal(t, test.want[tag], got[tag], "tag %d", tag)
			}
			assert.Equal(t, "basic", got[wire.AuthMethod])
		})
	}
}

func TestSessionServersDoNotLookAtBasicCredentials(t *testing.T) {
	got := fields(t, start(t).get(t, "/", fakehost.Echo, "1", "Authorization", "Basic YWFkYW1zOng=").body)
	assert.Equal(t, "aadams", got[wire.BasicUser])
	assert.NotContains(t, got, wire.BasicState)
	assert.NotContains(t, got, wire.User)
}

func TestFilterAnswersAreWrittenAsGiven(t *testing.T) {
	server := start(t)
	header := `"X-One: 1\r\nset-cookie: a\r\nset-cookie: b\r\ncontent-length: 2\r\n\r\n"`
	got := server.get(t, "/doap/token", fakehost.Outcome, "answered", fakehost.Status, "401",
		fakehost.Header, header, fakehost.Body, "no")
	assert.Equal(t, 401, got.StatusCode)
	assert.Equal(t, "no", got.body)
	assert.Equal(t, []string{"a", "b"}, got.Header.Values("Set-Cookie"))
	assert.Equal(t, "Lotus-Domino", got.Header.Get("Server"))
	assert.NotEmpty(t, got.Header.Get("Date"))
	assert.Empty(t, got.Header.Get("X-Standin-User"))
	assert.False(t, got.Close)
}

func TestAnswerWithoutLengthEndsWithItsConnection(t *testing.T) {
	got := start(t).get(t, "/x", fakehost.Outcome, "answered", fakehost.Status, "200",
		fakehost.Header, `"\r\n"`, fakehost.Body, "all of it")
	assert.Equal(t, "all of it", got.body)
	assert.True(t, got.Close)
}

func TestOutcomes(t *testing.T) {
	for name, test := range map[string]struct {
		outcome string
		change  func(*front.Config)
		status  int
		says    string
	}{
		"refused, session": {"refused", func(*front.Config) {}, 200, `name="RedirectTo" value="/hello.txt?a=1&amp;b"`},
		"refused, basic":   {"refused", basic, 401, "not authorized"},
		"unmapped":         {"unmapped", basic, 404, "find"},
		"forbidden":        {"forbidden", basic, 403, "not authorized"},
		"error":            {"error", basic, 500, "reported an error"},
		"an unknown one":   {"odd", basic, 500, "could not handle"},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, test.change)
			got := server.get(t, "/hello.txt?a=1&b", fakehost.Outcome, test.outcome)
			assert.Equal(t, test.status, got.StatusCode)
			assert.Contains(t, got.body, test.says)
			assert.Equal(t, test.status == 401, got.Header.Get("WWW-Authenticate") == `Basic realm="/"`)
			assert.Empty(t, got.Header.Get("X-Standin-User"), "nobody served this")
		})
	}
}

func TestAnswersThatBreakTheContractEndTheServer(t *testing.T) {
	for name, test := range map[string]struct{ method, status, header, body, says string }{
		"too long a length":   {"GET", "200", `"Content-Length: 3\r\n\r\n"`, "ab", "says Content-Length 3 and has 2 bytes"},
		"a body after HEAD":   {"HEAD", "200", `"Content-Length: 2\r\n\r\n"`, "ab", "where HTTP allows none"},
		"a body with 204":     {"GET", "204", `"\r\n"`, "ab", "where HTTP allows none"},
		"no status":           {"GET", "", `"\r\n"`, "", `has the status ""`},
		"a line without name": {"GET", "200", `"broken\r\n\r\n"`, "", "has the header line"},
		"a lone line feed":    {"GET", "200", `"A: b\nC: d\r\n\r\n"`, "", "has the header line"},
		"a broken length":     {"GET", "200", `"Content-Length: x\r\n\r\n"`, "", "has the line"},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			got := server.do(t, test.method, "/x", "", fakehost.Outcome, "answered", fakehost.Status, test.status,
				fakehost.Header, test.header, fakehost.Body, test.body)
			assert.Equal(t, 500, got.StatusCode)
			line := server.console.await(t, "DSAPI violation: the answer to "+test.method+" /x")
			assert.Contains(t, line, test.says)
			assert.Equal(t, front.StatusViolation, server.Wait())
		})
	}
}

func TestMethods(t *testing.T) {
	server := start(t)
	got := server.do(t, "DELETE", "/hello.txt", "", fakehost.Echo, "1")
	assert.Equal(t, 405, got.StatusCode, "no filter sees what the server does not allow")
	assert.Equal(t, "GET, HEAD, POST, OPTIONS, TRACE", got.Header.Get("Allow"))
	assert.Equal(t, 405, server.do(t, "POST", "/hello.txt", "x").StatusCode)
	assert.Equal(t, 200, server.do(t, "OPTIONS", "/hello.txt", "").StatusCode)
	head := server.do(t, "HEAD", "/hello.txt", "")
	assert.Equal(t, int64(5), head.ContentLength)
	assert.Empty(t, head.body)
}
