// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/mattn/go-sqlite3" // to hold the lock on a database as another program would
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Without a usable store /doap answers 503, tokens are refused, all other traffic is untouched, and the console has
// one clear line.
func TestStoreThatCannotBeUsed(t *testing.T) {
	database := func(data string) string { return filepath.Join(data, "doap.db") }
	for _, c := range []struct {
		name, says string
		damage     func(t *testing.T, data string)
	}{
		{"missing", "doapctl init", func(t *testing.T, data string) {
			t.Helper()
			require.NoError(t, os.Remove(database(data)))
		}},
		{"without its sealing key", "doap.db.key does not exist", func(t *testing.T, data string) {
			t.Helper()
			require.NoError(t, os.Remove(database(data)+".key"))
		}},
		{"corrupt", "doap.db", func(t *testing.T, data string) {
			t.Helper()
			require.NoError(t, os.WriteFile(database(data), []byte(strings.Repeat("not a database ", 500)), 0o600))
		}},
		{"read-only", "doap.db", func(t *testing.T, data string) {
			t.Helper()
			// The write version in the header says that this program may only read (SQLite file format, offset 18).
			file, err := os.OpenFile(database(data), os.O_RDWR, 0)
			require.NoError(t, err)
			_, err = file.WriteAt([]byte{3}, 18)
			require.NoError(t, err)
			require.NoError(t, file.Close())
		}},
		{"newer than the program", "newer", func(t *testing.T, data string) {
			t.Helper()
			handle, err := sql.Open("sqlite3", database(data))
			require.NoError(t, err)
			_, err = handle.ExecContext(t.Context(), "INSERT INTO migrations (number, name, applied_at) VALUES (9999, 'later', 0)")
			require.NoError(t, err)
			require.NoError(t, handle.Close())
		}},
		{"configuration broken", "50-test.json", func(t *testing.T, data string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(data, "doapconfig.d", "50-test.json"), []byte(`{"issuer": 1}`), 0o600))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, options{damage: c.damage})
			line := s.await(t, "out of service")
			assert.Contains(t, line, c.says)
			assertOutOfService(t, s)
			assert.Equal(t, 1, count(s.printed(), "out of service"), "one line")
		})
	}
}

func assertOutOfService(t *testing.T, s *server) {
	t.Helper()
	machine := s.token(t, "grant_type", "refresh_token", "refresh_token", "x")
	assert.Equal(t, http.StatusServiceUnavailable, machine.status, machine.body)
	assert.NotEmpty(t, machine.header.Get("Retry-After"))
	request := newRequest(t, http.MethodGet, s.base+"/doap/auth?client_id="+tutorialID, "")
	request.Header.Set("Accept", "text/html")
	person := do(t, http.DefaultClient, request)
	assert.Equal(t, http.StatusServiceUnavailable, person.status)
	assert.Contains(t, person.body, "<html")
	refused := s.read(t, "/public.nsf/api/data/documents", "abc")
	assert.Equal(t, http.StatusUnauthorized, refused.status)
	assert.Contains(t, refused.header.Get("Www-Authenticate"), "Bearer ")
	other := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/public.nsf/api/data/documents", ""))
	assert.Equal(t, http.StatusOK, other.status, "untouched")
}

// Another program holds the lock: writes are refused after the busy timeout, nothing is acknowledged, and the server
// goes on when the lock is gone.
func TestLockedStore(t *testing.T) {
	s := start(t, options{})
	code := s.code(t, alice)
	handle, err := sql.Open("sqlite3", filepath.Join(s.data, "doap.db"))
	require.NoError(t, err)
	defer func() { assert.NoError(t, handle.Close()) }()
	lock, err := handle.Conn(t.Context())
	require.NoError(t, err)
	_, err = lock.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	got := s.token(t, "grant_type", "authorization_code", "code", code)
	assert.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
	assert.Equal(t, "temporarily_unavailable", got.text("error"))
	_, err = lock.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, lock.Close())
	require.Eventually(t, func() bool {
		got = s.token(t, "grant_type", "authorization_code", "code", code)
		return got.status == http.StatusOK
	}, patience, tick, "the code was not spent by an answer that never came")
}

// A file of the database disappears under the running server.
func TestStoreThatDisappears(t *testing.T) {
	for _, name := range []string{"doap.db", "doap.db-wal", "doap.db-shm"} {
		t.Run(name, func(t *testing.T) {
			s := start(t, options{})
			token := s.tokens(t, alice).text("access_token")
			hidden := filepath.Join(s.data, "hidden")
			require.NoError(t, os.Rename(filepath.Join(s.data, name), hidden))
			require.Eventually(t, func() bool {
				return s.token(t, "grant_type", "refresh_token", "refresh_token", "x").status == http.StatusServiceUnavailable
			}, patience, tick)
			assertOutOfService(t, s)
			assert.Equal(t, http.StatusUnauthorized, s.read(t, "/public.nsf/api/data/documents", token).status)
			assert.Equal(t, 1, count(s.printed(), "out of service"), "one line")
			assert.Regexp(t, name+"[ ,]", s.await(t, "out of service"), "it names the file")
			require.NoError(t, os.Rename(hidden, filepath.Join(s.data, name)))
			require.Eventually(t, func() bool {
				return s.read(t, "/public.nsf/api/data/documents", token).status == http.StatusOK
			}, patience, tick, "and comes back")
		})
	}
}

// The log of the database is deleted, and the administrator does what the console says: nothing that was acknowledged is lost.
func TestStoreWhoseLogIsDeleted(t *testing.T) {
	s := start(t, options{})
	tokens := s.tokens(t, alice)
	require.NoError(t, os.Remove(filepath.Join(s.data, "doap.db-wal")))
	require.Eventually(t, func() bool {
		return s.token(t, "grant_type", "refresh_token", "refresh_token", "x").status == http.StatusServiceUnavailable
	}, patience, tick)
	assert.Contains(t, s.await(t, "out of service"), "restart the HTTP task before anything else opens the database")
	from := len(s.printed())
	s.tell(t, "tell http restart")
	s.awaitAfter(t, from, "ndoap: ready")
	assert.Equal(t, http.StatusOK, s.token(t, "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token")).status)
}

// What doapctl changes while the server runs is in force within a second.
func TestDoapctlWhileTheServerRuns(t *testing.T) {
	s := start(t, options{})
	token := s.tokens(t, alice)
	doapctl(t, s.data, "client", "disable", tutorialID)
	require.Eventually(t, func() bool {
		return s.token(t, "grant_type", "refresh_token", "refresh_token", token.text("refresh_token")).text("error") == "invalid_client"
	}, patience, tick)
	doapctl(t, s.data, "client", "enable", tutorialID)
	require.Eventually(t, func() bool {
		return s.token(t, "grant_type", "refresh_token", "refresh_token", token.text("refresh_token")).status == http.StatusOK
	}, patience, tick)

	keys := func() string {
		return do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/doap/jwks", "")).body
	}
	before := strings.Count(keys(), `"kid"`)
	doapctl(t, s.data, "key", "generate")
	require.Eventually(t, func() bool { return strings.Count(keys(), `"kid"`) == before+1 }, patience, tick)
	assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", token.text("access_token")).status, "the old key still verifies")
	doapctl(t, s.data, "client", "remove", tutorialID, "--yes")
	require.Eventually(t, func() bool {
		return s.token(t, "grant_type", "refresh_token", "refresh_token", "x").text("error") == "invalid_client"
	}, patience, tick)
}
