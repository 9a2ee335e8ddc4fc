// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// script is a client that somebody else wrote, run by Node. It talks in JSON objects (node/talk.mjs).
type script struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	said    *json.Decoder
	stderr  *strings.Builder
}

// ownIssuer starts a server over TLS whose issuer is where it listens, as clients with discovery demand. The port is
// known only then, so that it is started a second time, in the same process.
func ownIssuer(t *testing.T) *server {
	t.Helper()
	s := start(t, options{extra: []string{"--tls"}})
	trust(t, s)
	s.issuer = s.base + "/doap"
	text, err := json.Marshal(map[string]string{"issuer": s.issuer})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(s.data, "doapconfig.d", "10-ndoap.json"), text, 0o600))
	from := len(s.printed())
	s.tell(t, "tell http restart")
	s.awaitAfter(t, from, "ndoap: ready")
	return s
}

// run starts a script with variables, name and value in turn. It must end well before the test does.
func (s *server) run(t *testing.T, name string, variables ...string) *script {
	t.Helper()
	node, err := exec.LookPath("node")
	require.NoError(t, err, "this test needs Node.js; run: make setup")
	folder, err := filepath.Abs("node")
	require.NoError(t, err)
	require.DirExists(t, filepath.Join(folder, "node_modules"), "its libraries are missing; run: make setup-node")
	limited, cancel := context.WithTimeout(t.Context(), patience)
	c := &script{command: exec.CommandContext(limited, node, filepath.Join(folder, name)), stderr: &strings.Builder{}}
	c.command.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+filepath.Join(s.data, "standin-cert.pem"),
		"ISSUER="+s.issuer, "REDIRECT_URI="+callback, "RESOURCE="+s.base+"/sales.nsf/api/data/documents")
	for i := 0; i < len(variables); i += 2 {
		c.command.Env = append(c.command.Env, variables[i]+"="+variables[i+1])
	}
	c.command.Stderr = c.stderr
	c.stdin, err = c.command.StdinPipe()
	require.NoError(t, err)
	stdout, err := c.command.StdoutPipe()
	require.NoError(t, err)
	c.said = json.NewDecoder(stdout)
	require.NoError(t, c.command.Start())
	t.Cleanup(func() {
		cancel()
		_ = c.command.Wait() // of a test that failed; any other has waited for it
	})
	return c
}

// hear reads what the script says next into message.
func (c *script) hear(t *testing.T, message any) {
	t.Helper()
	if err := c.said.Decode(message); err != nil {
		waited := c.command.Wait()
		require.NoError(t, err, "the script said nothing more (%v):\n%s", waited, c.stderr)
	}
}

// tell answers what the script has asked.
func (c *script) tell(t *testing.T, message any) {
	t.Helper()
	require.NoError(t, json.NewEncoder(c.stdin).Encode(message))
}

// login does what the script asks for: it opens an address as somebody, allows what it is asked, and tells where that
// led to.
func (c *script) login(t *testing.T, b *browser) {
	t.Helper()
	var asked struct{ Open string }
	c.hear(t, &asked)
	require.NotEmpty(t, asked.Open)
	got, back := b.open(t, http.MethodGet, asked.Open, "")
	if back == nil && got.status == http.StatusOK {
		got, back = b.open(t, http.MethodPost, b.server.base+"/doap/consent", consentForm(t, got.body, "allow"))
	}
	require.NotNil(t, back, "no redirect to the client: %d %s", got.status, got.body)
	c.tell(t, map[string]string{"callback": back.String()})
}

// end demands that the script has nothing more to say and ended well.
func (c *script) end(t *testing.T) {
	t.Helper()
	require.NoError(t, c.stdin.Close())
	var more any
	require.ErrorIs(t, c.said.Decode(&more), io.EOF, "the script said more than the test listens to: %v", more)
	require.NoError(t, c.command.Wait(), c.stderr.String())
}
