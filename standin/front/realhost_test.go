// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
)

// realHost puts the host that `make build` leaves in bin in the place of the fake one, with the filter of the host's
// own tests, which does something else for each path.
func realHost(t *testing.T) func(*front.Config) {
	t.Helper()
	program := filepath.Join("..", "..", "bin", "standin-host")
	require.FileExists(t, program, "run make build first")
	sources, err := filepath.Glob("../wrongfilters/*.c")
	require.NoError(t, err)
	sources = slices.DeleteFunc(sources, func(name string) bool { return strings.HasSuffix(name, "_windows.c") })
	library := filepath.Join(t.TempDir(), "libright.so")
	arguments := slices.Concat([]string{"-std=c11", "-fPIC", "-shared", "-o", library}, sources, []string{"-pthread", "-ldl"})
	said, err := exec.CommandContext(t.Context(), "gcc", arguments...).CombinedOutput()
	require.NoError(t, err, string(said))
	return func(c *front.Config) {
		write(t, c.Data, "notes.ini", "[Notes]\n")
		c.Host = []string{program, "--filter", library, "--data", c.Data}
	}
}

func TestRealHost(t *testing.T) {
	server := start(t, realHost(t))
	input, typing := io.Pipe()
	go server.ReadConsole(input)
	const rita = "CN=Rita Right/O=Acme"

	got := server.get(t, "/answer")
	assert.Equal(t, 200, got.StatusCode)
	assert.Equal(t, "hello", got.body)
	assert.Equal(t, 204, server.get(t, "/nothing").StatusCode)
	assert.Equal(t, 500, server.get(t, "/error").StatusCode)
	assert.Equal(t, 404, server.get(t, "/nowhere").StatusCode)
	assert.Contains(t, server.get(t, "/hello.txt", "Authorization", "Bearer bad").body, "Server Login")
	assert.Equal(t, rita, server.get(t, "/hello.txt", "Authorization", "Bearer x").Header.Get("X-Standin-User"))
	assert.Contains(t, server.get(t, "/help/open.nsf/api/data/documents", "Authorization", "Bearer x").body, rita)

	cookie := cookieOf(t, server.login(t, "aadams", "alice pw", "/map/whoami"))
	assert.Equal(t, "whoami "+alice, server.get(t, "/map/whoami", "Cookie", cookie).body)
	assert.Equal(t, "whoami ", server.get(t, "/map/whoami").body)
	assert.Equal(t, alice, server.get(t, "/demo.nsf", "Cookie", cookie).Header.Get("X-Standin-Remote-User"))

	_, err := io.WriteString(typing, "tell http restart\ntell http quit\n")
	require.NoError(t, err)
	server.console.await(t, "standin: restarted")
	assert.Equal(t, 0, server.Wait())
	server.console.await(t, "console: right: terminate")
}

func TestRealHostCatchesAWrongFilter(t *testing.T) {
	change := realHost(t)
	t.Setenv("STANDIN_WRONG", "result-range")
	server := start(t, change)
	reply, err := server.client.Get(server.URL() + "/wrong")
	if err == nil { // the end of the host may be faster than the answer that says so
		assert.Equal(t, http.StatusInternalServerError, reply.StatusCode)
		require.NoError(t, reply.Body.Close())
	}
	assert.Equal(t, front.StatusViolation, server.Wait())
	line := server.console.await(t, "DSAPI violation: ")
	assert.True(t, strings.HasPrefix(line, "DSAPI violation: "), line)
}
