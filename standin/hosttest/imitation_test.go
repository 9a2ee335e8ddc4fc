// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

// What the events of a request are, and what becomes of it.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	const (
		begin      = "StartRequest RawRequest"
		parsed     = begin + " ParsedRequest RewriteURL"
		end        = " Response EndRequest"
		documented = parsed + " Authenticate UserNameList TranslateRequest PostTranslate"
	)
	ada := with(wire.User, "CN=Ada Lovelace/O=Acme")
	bearer := func(token string) change { return with(wire.Header, "Authorization: Bearer "+token+"\r\n") }
	tests := []struct {
		name    string
		options []string
		request wire.Message
		want    map[wire.Tag]string
	}{
		{"served to nobody", nil, request("/file.html"), map[wire.Tag]string{
			wire.Outcome: "serve", wire.ServeUser: "", wire.NamedBy: "domino", wire.ServePath: "file.html", wire.ServeMapType: "1",
			wire.FrozenCGI: "", wire.Trace: documented + " Authorized ProcessRequest" + end,
		}},
		{"served, translation first", []string{"--order", "mapped-first"}, request("/file.html"), map[wire.Tag]string{
			wire.Outcome: "serve",
			wire.Trace:   parsed + " TranslateRequest PostTranslate Authenticate UserNameList Authorized ProcessRequest" + end,
		}},
		{"served without Authorized", []string{"--user-event", "process"}, request("/file.html"), map[wire.Tag]string{
			wire.Outcome: "serve", wire.Trace: documented + " ProcessRequest" + end,
		}},
		{"served to Domino's user", nil, request("/file.html", ada), map[wire.Tag]string{
			wire.Outcome: "serve", wire.ServeUser: "CN=Ada Lovelace/O=Acme", wire.NamedBy: "domino",
		}},
		{
			"a session's user is asked about",
			nil,
			request("/file.html", bearer("good"), ada, with(wire.AuthMethod, "session")),
			map[wire.Tag]string{wire.ServeUser: "CN=Rita Right/O=Acme", wire.NamedBy: "filter"},
		},
		{
			"a session's user is not asked about",
			[]string{"--session-skips-authenticate"},
			request("/file.html", bearer("good"), ada, with(wire.AuthMethod, "session")),
			map[wire.Tag]string{
				wire.Outcome: "serve", wire.ServeUser: "CN=Ada Lovelace/O=Acme", wire.NamedBy: "domino",
				wire.Trace: parsed + " UserNameList TranslateRequest PostTranslate Authorized ProcessRequest" + end,
			},
		},
		{
			"nobody has a session",
			[]string{"--session-skips-authenticate"},
			request("/file.html", bearer("good"), with(wire.AuthMethod, "session")),
			map[wire.Tag]string{wire.ServeUser: "CN=Rita Right/O=Acme"},
		},
		{
			"Basic credentials are no session",
			[]string{"--session-skips-authenticate"},
			request("/file.html", bearer("good"), ada, with(wire.AuthMethod, "basic")),
			map[wire.Tag]string{wire.ServeUser: "CN=Rita Right/O=Acme"},
		},
		{
			"a cached user, whom the filter overrides",
			[]string{"--found-in-cache", "filter"},
			request("/file.html", bearer("good"), ada),
			map[wire.Tag]string{wire.ServeUser: "CN=Rita Right/O=Acme", wire.NamedBy: "filter"},
		},
		{
			"a cached user who stays",
			[]string{"--found-in-cache", "cache"},
			request("/file.html", bearer("good"), ada),
			map[wire.Tag]string{wire.Outcome: "serve", wire.ServeUser: "CN=Ada Lovelace/O=Acme", wire.NamedBy: "domino"},
		},
		{
			"a cached user whom the filter refuses",
			[]string{"--found-in-cache", "cache"},
			request("/file.html", bearer("bad"), ada),
			map[wire.Tag]string{wire.Outcome: "refused"},
		},
		{
			"nobody is in the cache",
			[]string{"--found-in-cache", "cache"},
			request("/file.html", bearer("good")),
			map[wire.Tag]string{wire.ServeUser: "CN=Rita Right/O=Acme"},
		},
		{"served to the filter's user", nil, request("/file.html", bearer("good")), map[wire.Tag]string{
			wire.Outcome: "serve", wire.ServeUser: "CN=Rita Right/O=Acme", wire.NamedBy: "filter",
		}},
		{
			"the filter's user overrides bad credentials", nil, request("/file.html", bearer("good"), with(wire.BasicState, "bad")),
			map[wire.Tag]string{wire.Outcome: "serve", wire.ServeUser: "CN=Rita Right/O=Acme"},
		},
		{
			"bad credentials", nil, request("/file.html", with(wire.BasicUser, "ada"), with(wire.BasicState, "bad")),
			map[wire.Tag]string{wire.Outcome: "refused", wire.Trace: parsed + " Authenticate" + end},
		},
		{"refused by the filter", nil, request("/file.html", bearer("bad"), ada), map[wire.Tag]string{wire.Outcome: "refused"}},
		{
			"a name that just fits",
			[]string{"--auth-name-size", "21"},
			request("/file.html", bearer("good")),
			map[wire.Tag]string{wire.Outcome: "serve", wire.ServeUser: "CN=Rita Right/O=Acme"},
		},
		{
			"a name that does not fit",
			[]string{"--auth-name-size", "20"},
			request("/file.html", bearer("good")),
			map[wire.Tag]string{wire.Outcome: "refused"},
		},
		{"unmapped", nil, request("/nowhere", with(wire.Path, "")), map[wire.Tag]string{
			wire.Outcome: "unmapped", wire.Trace: documented + end,
		}},
		{"mapped by the filter", nil, request("/map", with(wire.Path, "")), map[wire.Tag]string{
			wire.Outcome: "serve", wire.ServePath: "mapped.html", wire.ServeMapType: "1",
		}},
		{"the mapped resource", nil, request("/found", with(wire.Path, "/data/sales.nsf"), with(wire.MapType, "5")), map[wire.Tag]string{
			wire.Outcome: "answered", wire.AnswerBody: "5 /data/sales.nsf", wire.Trace: documented + " Authorized" + end,
		}},
		{"forbidden", nil, request("/forbid"), map[wire.Tag]string{wire.Outcome: "forbidden"}},
		{"the filter's error", nil, request("/error"), map[wire.Tag]string{
			wire.Outcome: "error", wire.Status: "", wire.Trace: begin + " EndRequest",
		}},
		{"a URL over the limit", []string{"--url-limit", "9"}, request("/file.html"), map[wire.Tag]string{
			wire.Outcome: "error", wire.Status: "414", wire.Trace: "",
		}},
		{"answered", nil, request("/answer"), map[wire.Tag]string{
			wire.Outcome: "answered", wire.Status: "200", wire.Reason: "Reason", wire.AnswerBody: "hello",
			wire.AnswerHeader: "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n", wire.Trace: begin + end,
		}},
		{"answered with nothing", nil, request("/nothing"), map[wire.Tag]string{
			wire.Outcome: "answered", wire.Status: "204", wire.AnswerHeader: "\r\n", wire.AnswerBody: "",
		}},
		{"answered for the user", nil, request("/map/whoami", ada), map[wire.Tag]string{
			wire.Outcome: "answered", wire.AnswerBody: "whoami CN=Ada Lovelace/O=Acme", wire.Trace: documented + " Authorized" + end,
		}},
		{"nobody is spelled as nothing", nil, request("/map/whoami"), map[wire.Tag]string{wire.AnswerBody: "whoami "}},
		{
			"nobody is spelled as Anonymous",
			[]string{"--anonymous-name", "Anonymous"},
			request("/map/whoami"),
			map[wire.Tag]string{wire.AnswerBody: "whoami Anonymous"},
		},
		{"names are LMBCS", nil, request("/map/whoami", with(wire.User, "CN=J\u00f6rg \u5c71 \u0416/O=A")), map[wire.Tag]string{
			wire.AnswerBody: "whoami CN=J\x94rg \x10\x8e\x52 \x10\x84\x47/O=A",
		}},
		{
			"headers are replaced and added", nil, request("/headers", with(wire.Header, "X-Double: a\r\nB: c\r\nx-DOUBLE: d\r\n")),
			map[wire.Tag]string{wire.ServeHeader: "x-double: one\r\nB: c\r\nX-New: two\r\n"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			answer := start(t, "", test.options...).exchange(test.request)
			for tag, value := range test.want {
				require.Equal(t, value, answer.Text(tag), "field %d", tag)
			}
		})
	}
}

// A variable asked for before the user is known stays as it was for the application behind.
func TestEarlyVariablesAreFrozen(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	answer := host.exchange(request("/freeze", with(wire.User, "CN=Ada/O=Acme"),
		with(wire.Header, "Cookie: a=1\r\nCookie: b=2\r\nX_Odd: 1\r\nx-odd: 2\r\n")))
	frozen := strings.Split(answer.Text(wire.FrozenCGI), "\n")
	require.Subset(t, frozen, []string{
		"REMOTE_USER=", "REQUEST_METHOD=GET", "HTTPS=OFF", "HTTP_COOKIE=a=1; b=2", "HTTP_X_ODD=1, 2", "SERVER_NAME=acme.example",
	})
	require.Equal(t, "CN=Ada/O=Acme", answer.Text(wire.ServeUser))

	answer = host.exchange(request("/map/freeze", with(wire.User, "CN=Ada/O=Acme")))
	require.Equal(t, "still nobody", answer.Text(wire.AnswerBody))
}

// Absent and long values, the neighbour, the request line in the header text, the URL as it was sent.
func TestProbe(t *testing.T) {
	t.Parallel()
	answer := start(t, "").exchange(request("http://acme.example/probe?a", with(wire.Body, "four")))
	require.Equal(t, "absent=0,1002 cut=0,1001,0123456 needed=11,1001 none=0,0, private=1 first=GET http://acme.example/probe?a HTTP/1.1 "+
		"size=0 read=4 user=0,1002 url=http://acme.example/probe?a", answer.Text(wire.AnswerBody))
}

// The reference shows the text of GetAllHeaders without the request line that others have seen.
func TestHeaderTextWithoutRequestLine(t *testing.T) {
	t.Parallel()
	answer := start(t, "", "--no-request-line").exchange(request("/probe"))
	require.Contains(t, answer.Text(wire.AnswerBody), " first=Host: acme.example ")
}

// The parts of the request target.
func TestParsedRequest(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	for target, parts := range map[string]string{
		"http://acme.example:8080/parse?q=1#there": "scheme=http info=acme.example:8080 host=acme.example port=8080 path=/parse query=q=1 fragment=there",
		"/parse": "scheme=(none) info=(none) host=(none) port=0 path=/parse query=(none) fragment=(none)",
	} {
		answer := host.exchange(request(target))
		require.Equal(t, "null=0,1002 parsed=1 raw="+target+" "+parts+" version=1.1", answer.Text(wire.AnswerBody))
	}
}

// The list of names: asked for, filled in, emptied, written anew.
func TestUserNameList(t *testing.T) {
	t.Parallel()
	answer := start(t, "").exchange(request("/map/names", with(wire.User, "CN=Ada/O=Acme"), with(wire.Groups, "Sales\x00All")))
	require.Equal(t, "user=CN=Ada/O=Acme small=-1,3,0 all=24,3,CN=Ada/O=Acme,Sales populated=24,3 null=0,1002 after=3 "+
		"groups=CN=Ada/O=Acme,Red", answer.Text(wire.AnswerBody))
}

// Every thread that carries requests is announced, once for each load, and taken leave of when it ends.
func TestThreadsAreAnnounced(t *testing.T) {
	t.Parallel()
	host := startWith(t, threads, "")
	serve := func(connection net.Conn) {
		require.NoError(t, wire.Write(connection, request("/file.html")))
		answer, err := wire.Read(connection)
		require.NoError(t, err)
		require.Equal(t, "serve", answer.Text(wire.Outcome))
	}
	leaving, staying := host.dial(), host.dial()
	for range 2 {
		serve(leaving)
		serve(staying)
	}
	require.NoError(t, leaving.Close())
	host.await("right: thread term")
	host.exchange(wire.New(wire.KindRestart))
	serve(staying)
	host.exchange(wire.New(wire.KindQuit))
	<-host.ended
	lines := slices.DeleteFunc(host.console(), func(line string) bool { return strings.HasPrefix(line, "right: Response") })
	require.Equal(t, []string{
		"right: init 1", "right: thread init", "right: thread init", "right: thread term",
		"right: terminate", "right: init 1", "right: thread init", "right: terminate",
	}, lines)
}

func TestResponseHasAnotherContext(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	host.exchange(request("/answer"))
	require.Equal(t, "right: Response with another context", host.await("right: Response"))
}

// A restart waits for the request that is running, and the one that comes meanwhile waits for the restart.
func TestRestart(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	gate, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = gate.Close() })
	_, port, err := net.SplitHostPort(gate.Addr().String())
	require.NoError(t, err)
	held, control, later := host.dial(), host.dial(), host.dial()

	require.NoError(t, wire.Write(held, request("/hold?"+port)))
	release, err := gate.Accept() // returns when the filter is in its event
	require.NoError(t, err)
	require.NoError(t, wire.Write(control, wire.New(wire.KindRestart)))
	require.NoError(t, wire.Write(later, request("/answer")))
	require.NoError(t, release.Close())

	answer, err := wire.Read(held)
	require.NoError(t, err)
	require.Equal(t, "held", answer.Text(wire.AnswerBody))
	done, err := wire.Read(control)
	require.NoError(t, err)
	require.Equal(t, wire.KindDone, done.Text(wire.Kind))
	answer, err = wire.Read(later)
	require.NoError(t, err)
	require.Equal(t, "hello", answer.Text(wire.AnswerBody))

	host.exchange(wire.New(wire.KindQuit))
	<-host.ended
	require.Zero(t, host.command.ProcessState.ExitCode())
	lines := strings.Join(host.console(), "\n")
	lines = strings.ReplaceAll(lines, "right: Response with another context\n", "")
	// The library was unloaded in between, so it counts from one again.
	require.Equal(t, "right: init 1\nright: held request goes on\nright: terminate\nright: init 1\nright: terminate", lines)
}

func TestInitTwice(t *testing.T) {
	t.Parallel()
	host := start(t, "", "--init-twice")
	host.exchange(wire.New(wire.KindQuit))
	<-host.ended
	require.Equal(t, []string{"right: init 1", "right: init 2", "right: terminate", "right: terminate"}, host.console())
}

func TestTerminateOnce(t *testing.T) {
	t.Parallel()
	host := start(t, "", "--init-twice", "--terminate-once")
	host.exchange(wire.New(wire.KindQuit))
	<-host.ended
	require.Equal(t, []string{"right: init 1", "right: init 2", "right: terminate"}, host.console())
}

func TestNeighbourFilterIsLoadedAfterIt(t *testing.T) {
	t.Parallel()
	second := filepath.Join(t.TempDir(), tested.Library("second"))
	content, err := os.ReadFile(filter(right))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(second, content, 0o700))
	host := start(t, "", "--neighbour", tested.Path(second))
	answer := host.exchange(request("/file.html"))
	require.Equal(t, "serve", answer.Text(wire.Outcome))
	host.exchange(wire.New(wire.KindQuit))
	<-host.ended
	require.Equal(t, []string{
		"right: init 1", "right: init 1", "right: Response with another context",
		"right: Response with another context", "right: terminate", "right: terminate",
	}, host.console())
}
