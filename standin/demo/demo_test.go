// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The tests of this file run the programs that `make build` leaves in bin.
const programs = "../../bin"

// started is a demo that runs inside the test.
type started struct {
	env  map[string]string
	text string // what it printed when it was ready
	end  func() error
}

// begin runs the demo on a data directory until it is ready.
func begin(t *testing.T, data, auth string) *started {
	t.Helper()
	environ := map[string]string{
		"DEMO_DATA": data, "DEMO_AUTH": auth, "DEMO_BIN": programs, "DEMO_LISTEN": "127.0.0.1:0", "DEMO_SITE_LISTEN": "127.0.0.1:0",
	}
	ctx, cancel := context.WithCancel(t.Context())
	output, input := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, func(name string) string { return environ[name] }, strings.NewReader(""), input)
		input.CloseWithError(io.EOF)
		ended <- err
	}()
	s := &started{env: map[string]string{}}
	part := make([]byte, 4096)
	for !strings.Contains(s.text, "Ctrl-C ends the demo") {
		n, err := output.Read(part)
		s.text += string(part[:n])
		if err != nil {
			require.NoError(t, <-ended, s.text)
			require.FailNow(t, "the demo ended", s.text)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, output) }()
	s.end = func() error {
		cancel()
		return <-ended
	}
	t.Cleanup(cancel)
	text, err := os.ReadFile(filepath.Join(data, "demo.env"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		s.env[name] = strings.Trim(value, "'")
	}
	return s
}

// ender ends a demo that has something to say, because it runs.
type ender struct{ cancel func() }

func (e ender) Write(text []byte) (int, error) {
	e.cancel()
	return len(text), nil
}

// steps are the commands of the instructions, as somebody pastes them.
func (s *started) steps() string {
	_, commands, _ := strings.Cut(s.text, "The tutorial with curl:")
	commands, _, _ = strings.Cut(commands, "The same values")
	return commands
}

func TestDemo(t *testing.T) {
	for _, auth := range []string{"session", "basic"} {
		t.Run(auth, func(t *testing.T) {
			data := t.TempDir()
			first := begin(t, data, auth)
			said, err := exec.CommandContext(t.Context(), "sh", "-c", first.steps()).CombinedOutput()
			require.NoError(t, err)
			assert.Equal(t, 2, strings.Count(string(said), `"access_token":`), "a token, and an updated one: %s", said)
			assert.Contains(t, string(said), `"ReadBy": "CN=Alice Adams/O=Acme"`)
			assert.Equal(t, auth, first.env["AUTH"])
			environ := map[string]string{"DEMO_DATA": data, "DEMO_LISTEN": "127.0.0.1:0", "DEMO_SITE_LISTEN": "127.0.0.1:0", "DEMO_BIN": programs}
			ctx, cancel := context.WithCancel(t.Context())
			second := run(ctx, func(name string) string { return environ[name] }, strings.NewReader(""), ender{cancel})
			cancel()
			require.ErrorContains(t, second, "runs already, at "+first.env["BASE"]+": end it")
			assert.FileExists(t, filepath.Join(data, "demo.env"), "the first goes on")
			require.NoError(t, first.end())
			assert.NoFileExists(t, filepath.Join(data, "demo.env"), "scripts must not find a demo that is gone")

			again := begin(t, data, auth)
			assert.Equal(t, first.env, again.env)
			said, err = exec.CommandContext(t.Context(), "sh", "-c", again.steps()).CombinedOutput()
			require.NoError(t, err)
			assert.Contains(t, string(said), `"ReadBy": "CN=Alice Adams/O=Acme"`)
			require.NoError(t, again.end())
		})
	}
}

func TestDemoMovesToOtherPorts(t *testing.T) {
	data := t.TempDir()
	first := begin(t, data, "session")
	require.NoError(t, first.end())
	require.NoError(t, os.Remove(filepath.Join(data, "demo.json"))) // forgets the ports, and the secret

	for _, address := range []string{first.env["BASE"], first.env["SITE"]} { // and the old ports are taken
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, listener.Close()) })
	}
	again := begin(t, data, "session")
	assert.NotEqual(t, first.env["ISSUER"], again.env["ISSUER"])
	assert.NotEqual(t, first.env["REDIRECT_URI"], again.env["REDIRECT_URI"])
	assert.NotEqual(t, first.env["CLIENT_SECRET"], again.env["CLIENT_SECRET"])
	said, err := exec.CommandContext(t.Context(), "sh", "-c", again.steps()).CombinedOutput()
	require.NoError(t, err)
	assert.Contains(t, string(said), `"ReadBy": "CN=Alice Adams/O=Acme"`)
	require.NoError(t, again.end())
}

// TestSiteAgainstTheRealServer goes through the web site as a browser does, for both clients.
func TestSiteAgainstTheRealServer(t *testing.T) {
	demo := begin(t, t.TempDir(), "session")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	b := &browser{t: t, client: &http.Client{Jar: jar}, base: demo.env["SITE"]}

	_, page := b.post("/login", url.Values{"client": {tutorialID}})
	require.Contains(t, page, "Server Login")
	hidden := regexp.MustCompile(`name="RedirectTo" value="([^"]+)"`).FindStringSubmatch(page)
	require.NotNil(t, hidden)
	b.base = demo.env["BASE"]
	_, page = b.post("/names.nsf?Login", url.Values{"Username": {"hsato"}, "Password": {"hanako-demo"}, "RedirectTo": {hidden[1]}})
	assert.Contains(t, page, "Domino saw <strong>CN=佐藤 花子/O=Acme</strong>")
	assert.Contains(t, page, "会議用の椅子")
	assert.Contains(t, page, "CN=佐藤 花子/O=Acme")

	b.base = demo.env["SITE"]
	_, page = b.post("/refresh", nil)
	assert.Contains(t, page, "The access token was updated.")
	_, page = b.post("/login", url.Values{"client": {consentID}})
	assert.Contains(t, page, "Web site with consent", "the consent page names the client")
	require.NoError(t, demo.end())
}
