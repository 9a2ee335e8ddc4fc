// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	tutorialID = "tutorial"
	modernID   = "modern"
	askingID   = "asking"
	callback   = "http://127.0.0.1:3000/authorize"
	patience   = time.Minute // how long to wait for what must come; never asserted
)

// people of the test directory: ASCII, Latin-1 and Japanese names.
const people = `[
	{"name": "CN=Alice Adams/O=Acme", "shortName": "aadams", "email": "alice@acme.example", "password": "alice-pw", "groups": ["Sales"]},
	{"name": "CN=Jörg Müller/OU=Büro/O=Acme", "shortName": "jmueller", "email": "joerg@acme.example", "password": "joerg-pw"},
	{"name": "CN=山田 太郎/OU=営業/O=Acme", "shortName": "tyamada", "email": "taro@acme.example", "password": "taro-pw"}
]`

const databases = `[
	{"path": "sales.nsf", "title": "Sales", "acl": [
		{"name": "*/Acme", "access": "reader"}, {"name": "Anonymous", "access": "none"}, {"name": "-Default-", "access": "none"}
	], "documents": [{"@form": "Order", "Subject": "Forty desks", "ReadBy": "@UserName"}]},
	{"path": "public.nsf", "title": "Public", "acl": [{"name": "-Default-", "access": "reader"}],
	 "documents": [{"@form": "Notice", "Subject": "Hello", "ReadBy": "@UserName"}]}
]`

// options say how the server under test is set up.
type options struct {
	auth      string // session or basic
	order     string // documented or mapped-first
	userEvent string // authorized or process
	library   string // default: the target's, as built
	extra     []string
	notesINI  string // more lines
	config    map[string]any
	damage    func(t *testing.T, data string) // done to the data directory before the start
}

// server is one running stand-in with the filter in it.
type server struct {
	base, data, issuer string
	secrets            map[string]string // by client id
	auth               string

	command *exec.Cmd
	stdin   io.WriteCloser
	exited  chan struct{}
	status  int

	mu    sync.Mutex
	lines []string
	grown *sync.Cond
}

// binary returns the path of something that `make build` has made.
func binary(t testing.TB, name string) string {
	t.Helper()
	path := binaryPath(name)
	_, err := os.Stat(path)
	require.NoErrorf(t, err, "bin/%s is missing; run: make build, for Windows: make build-windows setup-wine", name)
	return path
}

func binaryPath(name string) string {
	path, err := filepath.Abs(filepath.Join("..", "..", "bin", filepath.FromSlash(name)))
	if err != nil {
		panic(err) // the current folder is gone
	}
	return path
}

// doapctl runs the administrator's command line on the server's data and returns its standard output.
func doapctl(t testing.TB, data string, arguments ...string) string {
	t.Helper()
	words := append(tested.program(t, "doapctl"), append([]string{"--data", tested.Path(data)}, arguments...)...)
	command := exec.CommandContext(t.Context(), words[0], words[1:]...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	require.NoErrorf(t, err, "doapctl %s: %s", strings.Join(arguments, " "), stderr.String())
	return string(out)
}

// prepare makes a data directory with people, databases, a key and three clients.
func prepare(t testing.TB, o options) *server {
	t.Helper()
	s := &server{data: t.TempDir(), issuer: "http://127.0.0.1/doap", secrets: map[string]string{}, auth: o.auth, exited: make(chan struct{})}
	s.grown = sync.NewCond(&s.mu)
	write := func(name, text string) {
		path := filepath.Join(s.data, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("notes.ini", "[Notes]\r\nDOAP_App_Path=doap.db\r\n"+o.notesINI)
	write("people.json", people)
	write("databases.json", databases)
	doapctl(t, s.data, "init", "--issuer", s.issuer)
	config := map[string]any{"login": map[string]string{"method": o.auth}, "userEvent": o.userEvent}
	for name, value := range o.config {
		config[name] = value
	}
	text, err := json.Marshal(config)
	require.NoError(t, err)
	write("doapconfig.d/50-test.json", string(text))
	s.addClient(t, tutorialID, "--legacy", "--trusted")
	s.addClient(t, modernID, "--trusted")
	s.addClient(t, askingID)
	return s
}

func (s *server) addClient(t testing.TB, id string, flags ...string) {
	t.Helper()
	arguments := append([]string{"client", "add", "--id", id, "--name", "Client " + id, "--redirect-uri", callback, "--scope", "domino", "--json"}, flags...)
	var added struct {
		Secret string `json:"client_secret"`
	}
	require.NoError(t, json.Unmarshal([]byte(doapctl(t, s.data, arguments...)), &added))
	s.secrets[id] = added.Secret
}

// start runs a server and waits until it takes requests.
func start(t *testing.T, o options) *server {
	t.Helper()
	if o.auth == "" {
		o.auth = "session"
	}
	if o.order == "" {
		o.order = "documented"
	}
	if o.userEvent == "" {
		o.userEvent = "authorized"
	}
	if o.library == "" {
		o.library = tested.library(t)
	}
	s := prepare(t, o)
	if o.damage != nil {
		o.damage(t, s.data)
	}
	s.launch(t, o)
	return s
}

// twin starts another server on the data of a running one, as the members of a cluster share a store.
func (s *server) twin(t *testing.T) *server {
	t.Helper()
	other := &server{data: s.data, issuer: s.issuer, secrets: s.secrets, auth: s.auth, exited: make(chan struct{})}
	other.grown = sync.NewCond(&other.mu)
	other.launch(t, options{auth: s.auth, order: "documented", userEvent: "authorized", library: tested.library(t)})
	return other
}

// launch starts the program and waits until it takes requests.
func (s *server) launch(t *testing.T, o options) {
	t.Helper()
	// Not t.Context(): it ends before the clean-ups that stop the server in order.
	s.command = exec.CommandContext(context.Background(), binary(t, "standin"), slices.Concat([]string{ //nolint:usetesting // see above
		"--filter", o.library, "--data", s.data, "--listen", "127.0.0.1:0",
		"--auth", o.auth, "--order", o.order, "--user-event", o.userEvent,
	}, tested.frontFlags(t), o.extra)...)
	stdout, err := s.command.StdoutPipe()
	require.NoError(t, err)
	s.stdin, err = s.command.StdinPipe()
	require.NoError(t, err)
	var stderr strings.Builder
	s.command.Stderr = &stderr
	require.NoError(t, s.command.Start())
	go s.collect(stdout)
	t.Cleanup(func() { s.stop(t, &stderr) })
	ready := s.await(t, "standin: ready ")
	s.base = strings.TrimPrefix(ready, "standin: ready ")
}

// collect keeps what the stand-in prints until it ends.
func (s *server) collect(stdout io.Reader) {
	scanner := bufio.NewScanner(stdout)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		s.mu.Lock()
		s.lines = append(s.lines, scanner.Text())
		s.grown.Broadcast()
		s.mu.Unlock()
	}
	_ = s.command.Wait() // the status is looked at below
	s.mu.Lock()
	s.status = s.command.ProcessState.ExitCode()
	close(s.exited)
	s.grown.Broadcast()
	s.mu.Unlock()
}

// await returns the first line, from the start, that contains text.
func (s *server) await(t *testing.T, text string) string {
	t.Helper()
	return s.awaitAfter(t, 0, text)
}

// awaitAfter returns the first line from number from on that contains text.
func (s *server) awaitAfter(t *testing.T, from int, text string) string {
	t.Helper()
	timeout := time.AfterFunc(patience, s.grown.Broadcast)
	defer timeout.Stop()
	deadline := time.Now().Add(patience)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for _, line := range s.lines[min(from, len(s.lines)):] {
			if strings.Contains(line, text) {
				return line
			}
		}
		ended := false
		select {
		case <-s.exited:
			ended = true
		default:
		}
		if ended || time.Now().After(deadline) {
			require.FailNowf(t, "a line did not come", "%q; the server printed:\n%s", text, strings.Join(s.lines, "\n"))
		}
		s.grown.Wait()
	}
}

// printed returns all lines so far.
func (s *server) printed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// tell types a command at the console.
func (s *server) tell(t *testing.T, command string) {
	t.Helper()
	_, err := fmt.Fprintln(s.stdin, command)
	require.NoError(t, err)
}

// stop ends the server and demands that it ended well: a breach of the filter contract ends it with status 3.
func (s *server) stop(t *testing.T, stderr *strings.Builder) {
	t.Helper()
	_, _ = fmt.Fprintln(s.stdin, "tell http quit") // it may have ended by itself; the status tells
	select {
	case <-s.exited:
	case <-time.After(patience):
		_ = s.command.Process.Kill()
		t.Errorf("the server did not quit")
	}
	if s.status != 0 || t.Failed() {
		t.Logf("the server ended with status %d and printed:\n%s\n%s", s.status, strings.Join(s.printed(), "\n"), stderr)
	}
	require.Zero(t, s.status, "status of the server")
}
