// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
	"ndoap/standin/front/fakehost"
	"ndoap/standin/front/httpwire"
)

func TestMain(m *testing.M) {
	if fakehost.Asked() {
		os.Exit(fakehost.Main(os.Args[1:]))
	}
	// For the hosts that the tests start; one built with the race detector would linger for a second at its end.
	for name, value := range map[string]string{fakehost.Variable: "1", "GORACE": "atexit_sleep_ms=0"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

const (
	alice = "CN=Alice Adams/OU=Sales/O=Acme"
	bob   = "CN=Bob Brown/O=Acme"
)

const people = `[
  {"name": "CN=Alice Adams/OU=Sales/O=Acme", "shortName": "aadams", "email": "alice@acme.example", "password": "alice pw", "groups": ["Readers"]},
  {"name": "CN=Bob Brown/O=Acme", "shortName": "bbrown", "password": "bob pw"},
  {"name": "CN=Bob Brown/O=Other", "password": "other pw"}
]`

const databases = `[
  {"path": "demo.nsf", "title": "Demo", "acl": [{"name": "Readers", "access": "reader"}, {"name": "Anonymous", "access": "none"}],
   "documents": [{"@form": "Order", "who": "@UserName", "amount": 12}, {"@unid": "ABC", "subject": "<b>"}]},
  {"path": "help/open.nsf", "acl": [{"name": "-Default-", "access": "reader"}], "documents": [{"who": "@UserName"}]}
]`

// console collects what the server prints and lets a test wait for a line.
type console struct {
	mu    sync.Mutex
	lines []string
	added chan struct{} // closed and renewed with each line
}

func (c *console) print(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, line)
	close(c.added)
	c.added = make(chan struct{})
}

func (c *console) await(t *testing.T, part string) string {
	t.Helper()
	for {
		c.mu.Lock()
		for _, line := range c.lines {
			if strings.Contains(line, part) {
				c.mu.Unlock()
				return line
			}
		}
		added := c.added
		c.mu.Unlock()
		select {
		case <-added:
		case <-t.Context().Done():
			require.FailNow(t, "the line did not come", part)
		}
	}
}

type running struct {
	*front.Server
	console *console
	client  *http.Client
	data    string
}

// start runs a server on a data directory of its own with the fake host, and ends it with the test.
func start(t *testing.T, changes ...func(*front.Config)) *running {
	t.Helper()
	data := t.TempDir()
	write(t, data, "people.json", people)
	write(t, data, "databases.json", databases)
	write(t, data, "domino/html/hello.txt", "hello")
	printed := &console{added: make(chan struct{})}
	config := config(t, data)
	config.Console = printed.print
	for _, change := range changes {
		change(&config)
	}
	server, err := front.Start(config)
	require.NoError(t, err)
	t.Cleanup(func() {
		server.Stop()
		server.Wait()
	})
	client := &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(client.CloseIdleConnections)
	return &running{server, printed, client, data}
}

func config(t *testing.T, data string) front.Config {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	return front.Config{
		Data: data, Listen: "127.0.0.1:0", Host: []string{program}, Threads: 4, Auth: front.SessionAuth,
		Methods: front.DominoMethods(), Limits: httpwire.DominoLimits(), Console: func(string) {},
	}
}

func write(t *testing.T, data, name, text string) {
	t.Helper()
	file := filepath.Join(data, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

func basic(c *front.Config) { c.Auth = front.BasicAuth }

type answer struct {
	*http.Response
	body string
}

// do sends a request; header holds names and values in turn.
func (r *running) do(t *testing.T, method, target, body string, header ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.URL()+target, bytes.NewBufferString(body))
	require.NoError(t, err)
	for pair := range slices.Chunk(header, 2) {
		request.Header[pair[0]] = append(request.Header[pair[0]], pair[1])
	}
	reply, err := r.client.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(reply.Body)
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	return answer{reply, string(text)}
}

func (r *running) get(t *testing.T, target string, header ...string) answer {
	t.Helper()
	return r.do(t, "GET", target, "", header...)
}
