// SPDX-License-Identifier: Apache-2.0

// Package hosttest holds the stand-in's host to its word: that it catches each broken rule of the filter contract, and
// that it imitates what docs/standin.md says it imitates. It builds the host, the Notes functions and the test filter
// once, for the target that NDOAP_TARGET names, and speaks the wire protocol to the real program.
package hosttest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
	"ndoap/standin/target"
)

// tested is the target of this run, built the folder with what was made for it.
var (
	tested target.Target
	built  string
)

// The libraries in built: the test filter, and what was made of the same sources with other names of functions.
const (
	right   = "right"
	threads = "threads" // has the functions for threads
	half    = "half"    // has one of them
	noInit  = "noinit"  // lacks an entry point
	noProc  = "noproc"  // lacks the other
	asking  = "asking"  // asks the directory through the C shim
)

func TestMain(m *testing.M) {
	status, err := 1, error(nil)
	if tested, err = target.Choose(); err == nil {
		built, err = os.MkdirTemp("", "hosttest")
	}
	if err == nil {
		err = build()
	}
	if err == nil {
		status = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, "hosttest:", err)
	}
	_ = os.RemoveAll(built)
	os.Exit(status)
}

// build compiles the C sources below standin, one library beside the other.
func build() error {
	notes := filepath.Join(built, tested.Notes())
	program := filepath.Join(built, tested.Program("standin-host"))
	steps := []func() error{func() error {
		return errors.Join(
			tested.CompileLibrary(context.Background(), filepath.Join("..", "notes"), notes),
			tested.CompileProgram(context.Background(), filepath.Join("..", "host"), program, notes),
		)
	}}
	for name, options := range map[string][]string{
		right:   nil,
		threads: {"-Dright_thread_init=HttpFilterThreadInit", "-Dright_thread_term=HttpFilterThreadTerm"},
		half:    {"-Dright_thread_init=HttpFilterThreadInit"},
		noInit:  {"-DFilterInit=initialize"},
		noProc:  {"-DHttpFilterProc=process"},
	} {
		steps = append(steps, func() error {
			return tested.CompileLibrary(context.Background(), filepath.Join("..", "wrongfilters"), filter(name), options...)
		})
	}
	steps = append(steps, func() error {
		return tested.CompileLibrary(context.Background(), filepath.Join("..", "askingfilter"), filter(asking), shim()...)
	})
	failures := make([]error, len(steps))
	var all sync.WaitGroup
	for i, step := range steps {
		all.Go(func() { failures[i] = step() })
	}
	all.Wait()
	return errors.Join(failures...)
}

// shim are the sources of the C shim that the asking filter is made with: the real ones.
func shim() []string {
	sources := []string{"-I" + filepath.Join("..", "..", "cshim")}
	system := "thread_posix.c"
	if tested.Windows() {
		system = "thread_windows.c"
	}
	for _, name := range []string{"notes.c", "notes_people.c", "lmbcs.c", "cp932.c", system} {
		sources = append(sources, filepath.Join("..", "..", "cshim", name))
	}
	return sources
}

// filter is the path of a built library.
func filter(name string) string { return filepath.Join(built, tested.Library(name)) }

// hostCommand is the host with these arguments, not started.
func hostCommand(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join("..", "..", "bin"))
	require.NoError(t, err)
	words := append(tested.Words(bin, filepath.Join(built, tested.Program("standin-host"))), arguments...)
	require.FileExists(t, words[0], "run: make setup-wine")
	return exec.CommandContext(t.Context(), words[0], words[1:]...)
}

// running is a host process and what it has printed.
type running struct {
	t       *testing.T
	command *exec.Cmd
	folder  string // the data directory
	data    string // its name for it
	address string // empty when it ended before it listened
	ended   chan struct{}

	mu    sync.Mutex
	lines []string
	more  *sync.Cond
}

// start runs the host with the test filter until it listens or has ended. rule is the rule the filter breaks.
func start(t *testing.T, rule string, options ...string) *running {
	t.Helper()
	return startWith(t, right, rule, options...)
}

// startWith does so with another of the libraries.
func startWith(t *testing.T, library, rule string, options ...string) *running {
	t.Helper()
	folder := dataDirectory(t)
	h := &running{t: t, folder: folder, data: tested.Path(folder), ended: make(chan struct{})}
	h.more = sync.NewCond(&h.mu)
	h.command = hostCommand(t, append([]string{"--filter", tested.Path(filter(library)), "--data", h.data}, options...)...)
	h.command.Env = append(os.Environ(), "STANDIN_WRONG="+rule)
	output, err := h.command.StdoutPipe()
	require.NoError(t, err)
	h.command.Stderr = h.command.Stdout
	require.NoError(t, h.command.Start())
	go func() {
		for lines := bufio.NewScanner(output); lines.Scan(); {
			h.print(lines.Text())
		}
		_ = h.command.Wait() // the status is read from ProcessState
		close(h.ended)
		h.print("(the host has ended)")
	}()
	t.Cleanup(func() {
		_ = h.command.Process.Kill()
		<-h.ended
	})
	line := h.await("standin-host: listening ", "DSAPI violation: ", "(the host has ended)")
	if address, ok := strings.CutPrefix(line, "standin-host: listening "); ok {
		h.address = address
	}
	return h
}

func dataDirectory(t *testing.T) string {
	folder := filepath.Join(t.TempDir(), "J\u00f6rg \u5c71")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "notes.ini"), []byte("[Notes]\r\nNotesProgram=/\u00f6pt/domino\r\nNumber=42\r\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "people.json"), []byte(people), 0o600))
	return folder
}

func (h *running) print(line string) {
	h.mu.Lock()
	h.lines = append(h.lines, line)
	h.mu.Unlock()
	h.more.Broadcast()
}

// await returns the first line that begins with one of the prefixes, when it has been printed.
func (h *running) await(prefixes ...string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for seen := 0; ; {
		for ; seen < len(h.lines); seen++ {
			for _, prefix := range prefixes {
				if strings.HasPrefix(h.lines[seen], prefix) {
					return h.lines[seen]
				}
			}
		}
		h.more.Wait()
	}
}

// console returns the lines that the filter printed, without the host's own.
func (h *running) console() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.lines), func(line string) bool { return !strings.HasPrefix(line, "right: ") })
}

func (h *running) dial() net.Conn {
	h.t.Helper()
	connection, err := net.Dial("tcp", h.address)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = connection.Close() })
	return connection
}

// exchange sends a message on a connection of its own and returns the answer.
func (h *running) exchange(message wire.Message) wire.Message {
	h.t.Helper()
	connection := h.dial()
	require.NoError(h.t, wire.Write(connection, message))
	answer, err := wire.Read(connection)
	require.NoError(h.t, err, "console: %q", h.lines)
	return answer
}

// change alters a request.
type change func(wire.Message)

func with(tag wire.Tag, value string) change {
	return func(m wire.Message) { m[tag] = []byte(value) }
}

// request is a GET of a mapped path by nobody.
func request(url string, changes ...change) wire.Message {
	m := wire.New(wire.KindRequest)
	m.Set(wire.Method, "GET")
	m.Set(wire.URL, url)
	m.Set(wire.Version, "HTTP/1.1")
	m.Set(wire.Header, "Host: acme.example\r\nX-Long: 0123456789\r\n")
	m.Set(wire.Peer, "127.0.0.1")
	m.Set(wire.Path, "file.html")
	m.Set(wire.MapType, "1")
	m.Set(wire.ServerName, "acme.example")
	m.Set(wire.ServerPort, "80")
	for _, c := range changes {
		c(m)
	}
	return m
}
