// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
)

// A server that runs makes the next key by itself, says so, and publishes it.
func TestKeysAreRotatedInTheBackground_A37(t *testing.T) {
	dir := dataDirectory(t)
	configure(t, dir, `{"issuer": "`+issuer+`", "keys": {"algorithm": "ES256"}}`)
	library := open(t, dir)
	var said []string
	require.Eventually(t, func() bool {
		reply := library.Serve(machine("/doap/jwks"))
		require.Equal(t, http.StatusOK, reply.Status)
		said = append(said, reply.Console...)
		return strings.Count(string(reply.Body), `"kid"`) == 2
	}, time.Minute, 10*time.Millisecond)
	said = append(said, library.Close().Console...)
	assert.Contains(t, strings.Join(said, "\n"), "the next signing key was made")
}

func TestADatabaseWithoutItsSealingKeyIsOutOfService(t *testing.T) {
	dir := dataDirectory(t)
	path := filepath.Join(dir, "doap.db.key")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	library := &Bridge{}
	opening := library.Open(Environment{DataDirectory: dir})
	defer library.Close()
	require.Len(t, opening.Console, 1, "one clear line")
	assert.Contains(t, opening.Console[0], "doap.db.key does not exist")
	assert.Contains(t, opening.Console[0], "doapctl seal import")
	assert.Equal(t, http.StatusServiceUnavailable, library.Serve(machine("/doap/token")).Status)
	assert.Equal(t, core.Deny, library.Serve(withToken(core.Authenticate)).Verdict)

	require.NoError(t, os.WriteFile(path, kept, 0o600))
	require.Eventually(t, func() bool {
		return library.Serve(machine("/doap/jwks")).Status == http.StatusOK
	}, time.Minute, 10*time.Millisecond, "the file is restored while HTTP runs")
}
