// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"ndoap/core"
	"ndoap/core/web"
)

func TestHeader(t *testing.T) {
	request := callRequest{&Call{HeaderText: "GET /a:b HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a:2\r\nX-Folded: a\r\n\tb\r\n c\r\nX-Empty:\r\nno colon\r\n\r\n"}}
	assert.Equal(t, []string{"1", "2"}, request.Header("X-a"))
	assert.Equal(t, []string{"a b c"}, request.Header("X-Folded"))
	assert.Equal(t, []string{""}, request.Header("X-Empty"))
	assert.Empty(t, request.Header("no colon"))
	assert.Empty(t, request.Header("X-Missing"))
	assert.Empty(t, callRequest{&Call{}}.Header("X"))
	spelled := callRequest{&Call{HeaderText: "GET / HTTP/1.1\r\nX-A-B: 1\r\nx_a-b:2\r\nX-A_B : 3\r\n 4\r\nX-A-BC: 5\r\nX-A-C: 6\r\nXXA-B: 7\r\n\r\n"}}
	assert.Equal(t, []string{"1", "2", "3 4"}, spelled.Variable("X-A-B"))
	assert.Equal(t, []string{"1"}, spelled.Header("X-A-B"))
	assert.Empty(t, callRequest{&Call{HeaderText: " folded first line\r\n"}}.Header("X"))
}

func TestMethod(t *testing.T) {
	for number, name := range map[int32]string{1: "HEAD", 2: "GET", 3: "POST", 4: "PUT", 5: "DELETE", 6: "TRACE", 7: "CONNECT", 8: "OPTIONS"} {
		assert.Equal(t, name, callRequest{&Call{RequestMethod: number}}.Method())
	}
	assert.Equal(t, "PATCH", callRequest{&Call{RequestMethod: 9, HeaderText: "PATCH / HTTP/1.1\r\n"}}.Method())
	assert.Equal(t, "UNKNOWN", callRequest{&Call{RequestMethod: 9, HeaderText: "Cookie: x HTTP/1.1\r\n"}}.Method())
	assert.Equal(t, "UNKNOWN", callRequest{&Call{RequestMethod: 10}}.Method())
}

func TestPeer(t *testing.T) {
	assert.True(t, callRequest{&Call{PeerAddress: "127.0.0.1"}}.Peer().IsLoopback())
	assert.True(t, callRequest{&Call{PeerAddress: "::ffff:127.0.0.1"}}.Peer().Unmap().IsLoopback())
	for _, unreadable := range []string{"", "localhost", "127.0.0.1:80", "127.1"} {
		assert.False(t, callRequest{&Call{PeerAddress: unreadable}}.Peer().IsValid(), unreadable)
	}
}

func TestReplyWordsAnAnswer(t *testing.T) {
	decision := core.Decision{Verdict: core.Answer, Response: web.Response{
		Status: http.StatusUnauthorized,
		Header: http.Header{"B": {"2", "3"}, "A": {"1\r\nInjected: x"}},
		Body:   []byte("body"),
	}}
	got := reply(http.MethodGet, decision)
	assert.Equal(t, "Unauthorized", got.Reason)
	assert.Equal(t, "A: 1Injected: x\r\nB: 2\r\nB: 3\r\nContent-Length: 4\r\n\r\n", got.Headers)
	assert.Equal(t, "A: 1Injected: x\r\nB: 2\r\nB: 3\r\n\r\n", reply(http.MethodHead, decision).Headers)
	decision.Response = web.Response{Status: http.StatusNoContent, Header: http.Header{}}
	assert.Equal(t, "\r\n", reply(http.MethodGet, decision).Headers)
}

func TestReplyCannotBreakAHeaderOfTheRequest(t *testing.T) {
	got := reply(http.MethodGet, core.Decision{Verdict: core.Authenticated, Identity: core.Identity{Name: "CN=A\x00B", Scope: "a\r\nb"}})
	assert.Equal(t, "CN=AB", got.Name)
	assert.Equal(t, "ab", got.Scope)
}

// What a decision wants to be told again crosses as it is, and what the host has mapped comes along.
func TestJudgedAgainByResource_B13(t *testing.T) {
	const ticket = `{"user":"CN=\u0000\r\nA","scope":"a b"}`
	got := reply(http.MethodGet, core.Decision{Verdict: core.Authenticated, Again: core.AgainTransport | core.AgainResource, Ticket: ticket})
	assert.Equal(t, core.Again(3), got.Again)
	assert.Equal(t, ticket, got.Ticket)
	assert.Zero(t, reply(http.MethodGet, core.Decision{Verdict: core.NotOurs, Again: core.AgainResource, Ticket: ticket}).Again, "only of a request that goes on")

	request := callRequest{&Call{Wanted: core.AgainResource, KeptTicket: ticket, MappedPath: "/data/a.nsf", MapType: 5}}
	assert.Equal(t, core.AgainResource, request.Again())
	assert.Equal(t, ticket, request.Ticket())
	assert.Equal(t, core.Mapped{Path: "/data/a.nsf"}, request.Mapped())
	assert.Equal(t, core.Mapped{Path: "https://h/", Redirects: true}, callRequest{&Call{MappedPath: "https://h/", MapType: 3}}.Mapped())
	assert.Equal(t, core.Mapped{Unreadable: true}, callRequest{&Call{MappedUnreadable: true}}.Mapped())
	assert.Zero(t, callRequest{&Call{}}.Mapped())
}

func FuzzCall(f *testing.F) {
	f.Add("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "Host", int32(2))
	f.Add("\r\n\r\n : \n\t\n:", "", int32(9))
	f.Add("\xff\xfe: \x00\r\n \r\n", "\xff\xfe", int32(-1))
	f.Fuzz(func(_ *testing.T, headers, name string, method int32) {
		request := callRequest{&Call{HeaderText: headers, RequestMethod: method}}
		request.Header(name)
		request.Method()
	})
}
