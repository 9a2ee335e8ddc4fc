// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jwks is what a resource server reads.
func (s *server) jwks(t *testing.T) string {
	t.Helper()
	got := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/jwks", ""))
	require.Equal(t, http.StatusOK, got.status)
	return got.body
}

// signature reads in the header of a JWT how it was signed.
func signature(t *testing.T, token string) (fields struct{ Alg, Kid string }) {
	t.Helper()
	first, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(first)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(decoded, &fields))
	return fields
}

// Each kind of key signs, on a server that runs; one that is retired ends its tokens.
func TestKeys_A37_C3(t *testing.T) {
	s := start(t, options{})
	issued := map[string]string{}
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		doapctl(t, s.data, "key", "generate", "--algorithm", algorithm)
		require.Eventually(t, func() bool {
			issued[algorithm] = s.tokens(t, alice).text("access_token")
			return signature(t, issued[algorithm]).Alg == algorithm
		}, patience, loginTick)
	}
	keys := s.jwks(t)
	for algorithm, token := range issued {
		assert.Contains(t, keys, signature(t, token).Kid)
		assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", token).status, algorithm)
	}
	stolen := signature(t, issued["ES256"]).Kid
	doapctl(t, s.data, "key", "retire", "--yes", "--", stolen)
	require.Eventually(t, func() bool {
		return s.read(t, "/sales.nsf/api/data/documents", issued["ES256"]).status == http.StatusUnauthorized
	}, patience, tick)
	assert.NotContains(t, s.jwks(t), stolen)
	assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", issued["RS256"]).status)
	assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", issued["EdDSA"]).status)
}

// The server makes the next key by itself and publishes it before it signs.
func TestKeysAreRotated_A37(t *testing.T) {
	// init made a key for RS256, because this file is written after it.
	s := start(t, options{config: map[string]any{"keys": map[string]any{"algorithm": "ES256"}}})
	require.Eventually(t, func() bool { return strings.Contains(s.jwks(t), `"ES256"`) }, patience, tick)
	s.await(t, "the next signing key was made")
	assert.Equal(t, "RS256", signature(t, s.tokens(t, alice).text("access_token")).Alg, "it does not sign yet")
	assert.Contains(t, doapctl(t, s.data, "key", "list"), "next, signs from ")
}

// Nothing in the files of the database is a private key, whoever made it.
func TestPrivateKeysAreSealed_A37(t *testing.T) {
	s := start(t, options{})
	doapctl(t, s.data, "key", "generate")
	tutorial(t, s, alice)
	for _, name := range []string{"doap.db", "doap.db-wal"} {
		raw, err := os.ReadFile(filepath.Join(s.data, name))
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "PRIVATE KEY", name)
	}
	assert.FileExists(t, filepath.Join(s.data, "doap.db.key"))
}
