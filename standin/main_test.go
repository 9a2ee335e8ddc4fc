// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/fakehost"
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

// host is this test program, which plays the host.
func host(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	return program
}

func TestCommandLine(t *testing.T) {
	config, err := parse([]string{
		"--filter", "a.dll", "--data", "d", "--host", "wine64 host.exe", "--auth", "basic", "--order", "mapped-first",
		"--user-event", "process", "--threads", "3", "--tls", "--methods", "GET,PUT", "--host-arg", "--neighbour", "--host-arg", "b.dll",
	}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"wine64", "host.exe", "--filter", "a.dll", "--data", "d", "--order", "mapped-first", "--user-event", "process", "--neighbour", "b.dll",
	}, config.Host)
	assert.Equal(t, 3, config.Threads)
	assert.True(t, config.TLS)
	assert.Equal(t, []string{"GET", "PUT"}, config.Methods)
	assert.Equal(t, "127.0.0.1:8080", config.Listen)

	config, err = parse([]string{"--filter", "/bin/a.dll", "--data", "/srv/d", "--host", "host.exe", "--host-drive", "Z:"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, []string{"host.exe", "--filter", `Z:\bin\a.dll`, "--data", `Z:\srv\d`}, config.Host[:5])
	assert.Equal(t, "/srv/d", config.Data, "the front's own name for it")

	config, err = parse([]string{"--filter", "a.so", "--data", "d"}, io.Discard)
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(config.Host[0], "/standin-host"), "the host is beside this program: %s", config.Host[0])
	assert.Equal(t, 40, config.Threads)
}

func TestCommandLinesThatAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no filter":          {[]string{"--data", "d"}, "--filter and --data are needed"},
		"no data":            {[]string{"--filter", "f"}, "--filter and --data are needed"},
		"an unknown auth":    {[]string{"--filter", "f", "--data", "d", "--auth", "digest"}, `--auth is "digest"; it can be session or basic`},
		"an unknown order":   {[]string{"--filter", "f", "--data", "d", "--order", "x"}, "documented or mapped-first"},
		"an unknown event":   {[]string{"--filter", "f", "--data", "d", "--user-event", "x"}, "authorized or process"},
		"no thread":          {[]string{"--filter", "f", "--data", "d", "--threads", "0"}, "from 1 up"},
		"something left":     {[]string{"--filter", "f", "--data", "d", "more"}, "--host-arg"},
		"an unknown flag":    {[]string{"--nothing"}, "not defined"},
		"a value of no kind": {[]string{"--threads", "many"}, "invalid value"},
	} {
		t.Run(name, func(t *testing.T) {
			var complaint bytes.Buffer
			assert.Equal(t, 2, run(test.args, nil, io.Discard, &complaint))
			assert.Contains(t, complaint.String(), test.says)
		})
	}
}

func TestRun(t *testing.T) {
	input, typing := io.Pipe()
	console, output := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run([]string{"--filter", "f", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--host", host(t)}, input, output, io.Discard)
		_ = output.Close() // a pipe's never fails
	}()
	lines := bufio.NewScanner(console)
	var url string
	for url == "" && lines.Scan() {
		if after, found := strings.CutPrefix(lines.Text(), "standin: ready "); found {
			url = after
		}
	}
	reply, err := http.Get(url + "/nowhere")
	require.NoError(t, err)
	require.NoError(t, reply.Body.Close())
	assert.Equal(t, http.StatusNotFound, reply.StatusCode)

	_, err = io.WriteString(typing, "tell http quit\n")
	require.NoError(t, err)
	var last string
	for lines.Scan() {
		last = lines.Text()
	}
	assert.Equal(t, 0, <-status)
	assert.Equal(t, "standin: ended with status 0", last)
}

func TestRunPassesTheStatusOfTheHostOn(t *testing.T) {
	var console bytes.Buffer
	args := []string{"--filter", "f", "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--host", host(t), "--host-arg", "--refuse"}
	assert.Equal(t, 3, run(args, nil, &console, io.Discard))
	assert.Contains(t, console.String(), "DSAPI violation: the filter refuses to load")
}

func TestRunSaysWhyItCannotStart(t *testing.T) {
	var complaint bytes.Buffer
	args := []string{"--filter", "f", "--data", t.TempDir() + "/nowhere", "--host", host(t)}
	assert.Equal(t, 1, run(args, nil, io.Discard, &complaint))
	assert.Contains(t, complaint.String(), "create it or name another with --data")
}
