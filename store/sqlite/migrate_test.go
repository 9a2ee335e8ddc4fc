// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/storetest"
)

func TestMigrationNames(t *testing.T) {
	text := &fstest.MapFile{Data: []byte("SELECT 1;")}
	for name, c := range map[string]struct {
		files fstest.MapFS
		wrong string
	}{
		"in order":          {fstest.MapFS{"0001_initial.sql": text, "0002_next.sql": text}, ""},
		"a gap":             {fstest.MapFS{"0001_initial.sql": text, "0003_next.sql": text}, "0003_next.sql"},
		"no first":          {fstest.MapFS{"0002_next.sql": text}, "0002_next.sql"},
		"a number twice":    {fstest.MapFS{"0001_a.sql": text, "0001_b.sql": text}, "0001_b.sql"},
		"no title":          {fstest.MapFS{"0001.sql": text}, "0001.sql"},
		"a short number":    {fstest.MapFS{"1_initial.sql": text}, "1_initial.sql"},
		"something else":    {fstest.MapFS{"readme.sql": text}, "readme.sql"},
		"a directory there": {fstest.MapFS{"0001_initial.sql/x": text}, "0001_initial.sql"},
	} {
		t.Run(name, func(t *testing.T) {
			known, err := readMigrations(c.files)
			if c.wrong == "" {
				require.NoError(t, err)
				assert.Equal(t, []migration{{1, "initial", "SELECT 1;"}, {2, "next", "SELECT 1;"}}, known)
				return
			}
			require.ErrorContains(t, err, c.wrong)
		})
	}
}

func TestEveryVersionHasADumpAndMigrates(t *testing.T) {
	known, err := embeddedMigrations()
	require.NoError(t, err)
	require.NotEmpty(t, known)
	want := schema(t, create(t, Options{}).file.path)
	for _, step := range known {
		t.Run(fmt.Sprintf("%04d", step.number), func(t *testing.T) {
			dump, err := os.ReadFile(filepath.Join("testdata", "dumps", fmt.Sprintf("%04d.sql", step.number)))
			require.NoError(t, err, "a migration comes with a dump of a database that ends with it")
			path := filepath.Join(storetest.TempDir(t), "doap.db")
			execute(t, path, string(dump))

			fresh := filepath.Join(storetest.TempDir(t), "fresh.db")
			migrateWith(t, fresh, known[:step.number])
			assert.Equal(t, schema(t, path), schema(t, fresh), "migrations that are out are never changed")

			s := reopen(t, path, Options{})
			assert.Equal(t, want, schema(t, path))
			requireDumped(t, s)
			keys, err := s.ListAPIKeys(t.Context(), store.APIKeyFilter{})
			require.NoError(t, err)
			assert.Equal(t, strings.Contains(string(dump), "CREATE TABLE api_keys"), len(keys) == 1)
		})
	}
}

// requireDumped looks for the records that every dump contains.
func requireDumped(t *testing.T, s *Store) {
	t.Helper()
	client, err := s.Client(t.Context(), "tutorial")
	require.NoError(t, err)
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	assert.Equal(t, store.Client{
		ID: "tutorial", Name: "Tutorial", RedirectURIs: []string{"https://app.example/cb"},
		SecretHashes: []string{"secret-hash"}, Scopes: []string{"domino"}, Trusted: true, Legacy: true,
		GrantTypes: []string{store.AuthorizationCode, store.Refresh}, CreatedAt: at, ChangedAt: at,
	}, client)
	keys, err := s.ListKeys(t.Context())
	require.NoError(t, err)
	require.Len(t, keys, 1)
	assert.Equal(t, "private", string(keys[0].PrivatePEM))
	assert.Equal(t, keys[0].CreatedAt, keys[0].ActiveFrom, "a key from before there was a schedule signs at once")
	request, err := s.AuthorizationRequest(t.Context(), "request-hash")
	require.NoError(t, err)
	assert.Equal(t, "xyz", request.State)
	consent, err := s.Consent(t.Context(), "CN=Jane Doe/O=Acme", "tutorial")
	require.NoError(t, err)
	assert.Equal(t, "domino", consent.Scope)
	require.NoError(t, s.RotateRefreshToken(t.Context(), "token-hash",
		func(token store.RefreshToken, grant store.Grant) (store.Rotation, error) {
			assert.Equal(t, "CN=Jane Doe/O=Acme", grant.User)
			assert.Zero(t, token.ConsumedAt)
			return store.Rotation{Successor: store.RefreshToken{Hash: "next-hash", IssuedAt: at}}, nil
		}))
	require.ErrorIs(t, s.RedeemCode(t.Context(), "code-hash", nil), store.ErrConsumed)
	grant, err := s.Grant(t.Context(), "grant-1")
	require.NoError(t, err)
	assert.NotZero(t, grant.RevokedAt)
	assert.Equal(t, store.AuthorizationCode, grant.Type)
	standing, err := s.Standing(t.Context())
	require.NoError(t, err)
	assert.Contains(t, standing.RevokedGrants, "grant-1")
	assert.Equal(t, map[string]bool{"tutorial": true}, standing.Clients)
}

func TestMigratingTwiceChangesNothing(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	made(t, path)
	before := content(t, filepath.Dir(path))
	s, err := Open(path, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.Equal(t, before, content(t, filepath.Dir(path)))
}

func TestAFailingMigrationIsUndoneAndTheOnesBeforeItStay(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	known, err := embeddedMigrations()
	require.NoError(t, err)
	first := len(known)
	known = append(known,
		migration{first + 1, "good", "CREATE TABLE good (x)"},
		migration{first + 2, "bad", "CREATE TABLE half (x); CREATE TABLE half (x)"})
	err = tryMigrations(t, path, known)
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, fmt.Sprintf("migration %d (bad)", first+2))
	objects := schema(t, path)
	assert.Contains(t, objects, "good")
	assert.NotContains(t, objects, "half")

	known[first+1].text = "CREATE TABLE whole (x)"
	require.NoError(t, tryMigrations(t, path, known), "a mended program goes on where it stopped")
	assert.Contains(t, schema(t, path), "whole")
}

func TestTwoProgramsMayMigrateAtOnce(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	known, err := embeddedMigrations()
	require.NoError(t, err)
	outcomes := make(chan error, 4)
	for range cap(outcomes) {
		go func() { outcomes <- tryMigrations(t, path, known) }()
	}
	for range cap(outcomes) {
		require.NoError(t, next(t, outcomes))
	}
}

func migrateWith(t *testing.T, path string, known []migration) {
	t.Helper()
	require.NoError(t, tryMigrations(t, path, known))
}

// tryMigrations runs migrations over a file that may not be there yet.
func tryMigrations(t *testing.T, path string, known []migration) error {
	ctx := context.Background()
	database, err := sql.Open("sqlite3", dataSource(path, os.PathSeparator, Options{BusyTimeout: 30 * time.Second},
		url.Values{"mode": {"rwc"}, "_txlock": {"immediate"}}))
	if err != nil {
		return err
	}
	defer func() { assert.NoError(t, database.Close()) }()
	conn, err := database.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { assert.NoError(t, conn.Close()) }()
	return migrate(ctx, conn, file{path: path}, known, time.Now)
}

// schema returns the text of every table, index and trigger by name.
func schema(t *testing.T, path string) map[string]string {
	t.Helper()
	rows, err := outsider(t, path).QueryContext(t.Context(), "SELECT name, coalesce(sql, '') FROM sqlite_schema")
	require.NoError(t, err)
	defer func() { assert.NoError(t, rows.Close()) }()
	objects := map[string]string{}
	for rows.Next() {
		var name, text string
		require.NoError(t, rows.Scan(&name, &text))
		objects[name] = text
	}
	require.NoError(t, rows.Err())
	return objects
}
