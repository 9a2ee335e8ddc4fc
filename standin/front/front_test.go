// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
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

var people = []front.Person{
	{Name: alice, ShortName: "aadams", Email: "alice@acme.example", Password: "alice pw", Groups: []string{"Readers"}},
	{Name: bob, ShortName: "bbrown", Password: "bob pw"},
	{Name: "CN=Bob Brown/O=Other", Password: "other pw"},
}

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

func (c *console) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, strings.TrimRight(string(line), "\n"))
	close(c.added)
	c.added = make(chan struct{})
	return len(line), nil
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
	text, err := json.Marshal(people)
	require.NoError(t, err)
	write(t, data, "people.json", string(text))
	write(t, data, "databases.json", databases)
	write(t, data, "domino/html/hello.txt", "hello")
	config := config(t, data)
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
	return &running{server, config.Console.(*console), client, data}
}

func config(t *testing.T, data string) front.Config {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	return front.Config{
		Data: data, Listen: "127.0.0.1:0", Host: []string{program}, Threads: 4, Auth: front.SessionAuth,
		Methods: front.DominoMethods(), Limits: httpwire.DominoLimits(), Console: &console{added: make(chan struct{})},
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
	for i := 0; i < len(header); i += 2 {
		request.Header[header[i]] = append(request.Header[header[i]], header[i+1])
	}
	reply, err := r.client.Do(request)
	require.NoError(t, err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	require.NoError(t, err)
	return answer{reply, string(text)}
}

func (r *running) get(t *testing.T, target string, header ...string) answer {
	t.Helper()
	return r.do(t, "GET", target, "", header...)
}
