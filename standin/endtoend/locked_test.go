// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lock takes a lock on a database as another program would, and returns what gives it back.
func lock(t *testing.T, data string, statements ...string) func() {
	t.Helper()
	handle, err := sql.Open("sqlite3", filepath.Join(data, "doap.db"))
	require.NoError(t, err)
	connection, err := handle.Conn(t.Context())
	require.NoError(t, err)
	for _, statement := range statements {
		_, err = connection.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	return func() {
		assert.NoError(t, connection.Close())
		assert.NoError(t, handle.Close()) // ends its transaction
	}
}

// Another program writes for too long. Who only reads does not notice: tokens issued before are good. The first write
// that fails puts ndoap out of service, tokens included, until writing works again.
func TestDatabaseThatIsLockedForWriting(t *testing.T) {
	s := start(t, options{})
	tokens, code := s.tokens(t, alice), s.code(t, alice)
	bearer := func() page { return s.read(t, "/sales.nsf/api/data/documents", tokens.text("access_token")) }
	for outage := range 2 {
		release := lock(t, s.data, "BEGIN IMMEDIATE")
		assert.Equal(t, http.StatusOK, bearer().status, "a token is verified without writing")
		keys := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/jwks", ""))
		assert.Equal(t, http.StatusOK, keys.status, "so are keys read")

		from := len(s.printed())
		for range 3 {
			got := s.token(t, "grant_type", "authorization_code", "code", code)
			assert.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
			assert.NotEmpty(t, got.header.Get("Retry-After"))
		}
		assert.Contains(t, s.awaitAfter(t, from, "out of service"), "is locked by another program")
		assertOutOfService(t, s)
		assert.Equal(t, http.StatusUnauthorized, bearer().status)
		assert.Equal(t, 1, count(s.printed()[from:], "locked"), "one line")

		release()
		require.Eventually(t, func() bool { return bearer().status == http.StatusOK }, patience, tick)
		if outage == 0 {
			assert.Equal(t, http.StatusOK, s.token(t, "grant_type", "authorization_code", "code", code).status)
			code = s.code(t, alice)
		}
	}
	tutorial(t, s, alice)
}

// Another program has the database for itself when the server starts: out of service, and in service without a restart
// when the other program has gone.
func TestDatabaseThatIsLockedFromTheStart(t *testing.T) {
	release := func() {}
	s := start(t, options{damage: func(t *testing.T, data string) {
		t.Helper()
		release = lock(t, data, "PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "UPDATE registry SET generation = generation", "COMMIT")
	}})
	assert.Contains(t, s.await(t, "out of service"), "is locked by another program")
	assertOutOfService(t, s)
	assert.Equal(t, 1, count(s.printed(), "locked"), "one line")
	from := len(s.printed())
	release()
	require.Eventually(t, func() bool {
		return s.token(t, "grant_type", "refresh_token", "refresh_token", "x").status == http.StatusBadRequest
	}, patience, tick)
	s.awaitAfter(t, from, "ndoap: ready")
	tutorial(t, s, alice)
}
