// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/seal"
	"ndoap/store/storetest"
)

// privatePEM looks like the private part of an RSA key and is as long as one.
func privatePEM(id string) []byte {
	return []byte("-----BEGIN PRIVATE KEY-----\n" + strings.Repeat("SECRET of "+id+"\n", 100) + "-----END PRIVATE KEY-----\n")
}

func sealedKey(id string) store.Key {
	return store.Key{ID: id, Algorithm: "RS256", PrivatePEM: privatePEM(id), PublicPEM: []byte("public")}
}

// requireNoSecret reads the raw files: the database and what SQLite keeps beside it.
func requireNoSecret(t *testing.T, path string) {
	t.Helper()
	for _, name := range fileNames(path) {
		raw, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		assert.NotContains(t, string(raw), "PRIVATE KEY", name)
		assert.NotContains(t, string(raw), "SECRET of", name)
	}
}

func requireKeys(t *testing.T, s *Store, ids ...string) {
	t.Helper()
	keys, err := s.ListKeys(t.Context())
	require.NoError(t, err)
	found := map[string]string{}
	for _, k := range keys {
		found[k.ID] = string(k.PrivatePEM)
	}
	wanted := map[string]string{}
	for _, id := range ids {
		wanted[id] = string(privatePEM(id))
	}
	assert.Equal(t, wanted, found)
}

func TestPrivateKeysAreSealedOnDisk_A37(t *testing.T) {
	s := create(t, Options{})
	path := s.file.path
	require.NoError(t, s.AddKey(t.Context(), sealedKey("one")))
	require.NoError(t, s.UpdateKeys(t.Context(), func([]store.Key) (store.KeyChange, error) {
		return store.KeyChange{Add: []store.Key{sealedKey("two")}}, nil
	}))
	requireNoSecret(t, path)
	requireKeys(t, s, "one", "two")
	requireKeys(t, reopen(t, path, Options{}), "one", "two")
	require.NoError(t, s.UpdateKeys(t.Context(), func(keys []store.Key) (store.KeyChange, error) {
		assert.True(t, bytes.HasPrefix(keys[0].PrivatePEM, []byte("-----BEGIN")), "who decides sees the keys as they are")
		return store.KeyChange{}, nil
	}))
	require.NoError(t, s.Close())
	requireNoSecret(t, path)
}

// olderDatabase is one of a version that kept private keys in clear, with copies of them in unused parts of the file.
func olderDatabase(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(storetest.TempDir(t), "doap.db")
	made(t, path)
	require.NoError(t, os.Remove(seal.FileOf(path)))
	other := outsider(t, path)
	for n := range 20 {
		id := fmt.Sprintf("key %d", n)
		_, err := other.ExecContext(t.Context(), "INSERT INTO keys (id, algorithm, private_pem, public_pem, created_at) "+
			"VALUES (?, 'RS256', ?, x'00', 0)", id, privatePEM(id))
		require.NoError(t, err)
	}
	_, err := other.ExecContext(t.Context(), "DELETE FROM keys WHERE id <> 'key 7'; PRAGMA user_version = 0")
	require.NoError(t, err)
	require.NoError(t, other.Close())
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(raw), "SECRET of key 7", "the test needs a key in clear")
	require.Contains(t, string(raw), "SECRET of key 11", "and leftovers")
	return path
}

func TestKeysOfAnOlderVersionAreSealed_A37(t *testing.T) {
	path := olderDatabase(t)
	var log bytes.Buffer
	s := reopen(t, path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	requireNoSecret(t, path)
	requireKeys(t, s, "key 7")
	require.NoError(t, s.Close())
	requireNoSecret(t, path)
	requireKeys(t, reopen(t, path, Options{}), "key 7")
	assert.NotContains(t, log.String(), "copies of private keys")
}

// A key that is made while the sealing key is missing could not be opened after the next restart.
func TestNoKeyIsSealedWithASealingKeyThatIsGone_A37(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, path string){
		"gone": func(*testing.T, string) {},
		"replaced": func(t *testing.T, path string) {
			_, err := seal.Create(path)
			require.NoError(t, err)
		},
		"damaged": func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("damaged"), 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := create(t, Options{})
			require.NoError(t, s.AddKey(t.Context(), sealedKey("first")))
			path := seal.FileOf(s.file.path)
			require.NoError(t, os.Rename(path, path+".away"))
			harm(t, path)
			err := s.AddKey(t.Context(), sealedKey("second"))
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "restore the file from a backup")
			require.NotErrorIs(t, err, store.ErrUnavailable)
			require.NoError(t, s.Check(), "all else goes on")
			require.NoError(t, s.AddKey(t.Context(), store.Key{ID: "public", PublicPEM: []byte("public")}))
			keys, err := s.ListKeys(t.Context())
			require.NoError(t, err)
			assert.Len(t, keys, 2)

			require.NoError(t, os.Rename(path+".away", path))
			require.NoError(t, s.AddKey(t.Context(), sealedKey("second")))
		})
	}
}

func TestLeftoversAreTriedAgain(t *testing.T) {
	path := olderDatabase(t)
	reader := outsider(t, path)
	reading, err := reader.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var count int
	require.NoError(t, reading.QueryRowContext(t.Context(), "SELECT count(*) FROM keys").Scan(&count))

	var log bytes.Buffer
	options := Options{BusyTimeout: 1, Log: slog.New(slog.NewTextHandler(&log, nil))}
	s := reopen(t, path, options)
	assert.Contains(t, log.String(), "copies of private keys may be left")
	requireKeys(t, s, "key 7")
	require.NoError(t, s.Close())
	require.NoError(t, reading.Rollback())
	require.NoError(t, reader.Close())

	log.Reset()
	reopen(t, path, options)
	assert.NotContains(t, log.String(), "copies of private keys")
	requireNoSecret(t, path)
}

func TestManyOpenAnOlderDatabase(t *testing.T) {
	path := olderDatabase(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			s, err := Open(path, Options{})
			if !assert.NoError(t, err) {
				return
			}
			keys, err := s.ListKeys(context.Background())
			if assert.NoError(t, err) && assert.Len(t, keys, 1) {
				assert.Equal(t, privatePEM("key 7"), keys[0].PrivatePEM)
			}
			assert.NoError(t, s.Close())
		})
	}
	all.Wait()
}

func TestADatabaseWithoutItsSealingKeyIsRefused(t *testing.T) {
	foreign, err := seal.Create(filepath.Join(storetest.TempDir(t), "foreign.key"))
	require.NoError(t, err)
	ofForeign, err := foreign.Seal("one", privatePEM("one"))
	require.NoError(t, err)
	put := func(t *testing.T, path string, content []byte) {
		t.Helper()
		_, err := outsider(t, path).ExecContext(t.Context(), "UPDATE keys SET private_pem = ?", content)
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		prepare  func(t *testing.T, path string)
		sentence string
	}{
		"missing": {func(t *testing.T, path string) {
			require.NoError(t, os.Remove(seal.FileOf(path)))
		}, "does not exist: restore the file that was backed up with the database, or run `doapctl seal export`"},
		"damaged": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(seal.FileOf(path), []byte("damaged"), 0o600))
		}, "is damaged, or no sealing key of ndoap"},
		"another server's": {func(t *testing.T, path string) {
			put(t, path, ofForeign)
		}, "the private part of one is sealed with another server's sealing key (" + foreign.ID()},
		"a damaged private key": {func(t *testing.T, path string) {
			put(t, path, []byte("ndoap-sealed-1:damaged"))
		}, "the private part of one is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(storetest.TempDir(t), "doap.db")
			s := closing(t)(Create(path, Options{}))
			require.NoError(t, s.AddKey(t.Context(), sealedKey("one")))
			require.NoError(t, s.Close())
			c.prepare(t, path)
			before := content(t, filepath.Dir(path))
			opened, err := Open(path, Options{})
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorContains(t, err, "the private keys in the database "+path+" cannot be used: ")
			require.ErrorContains(t, err, c.sentence)
			require.Nil(t, opened)
			assert.Equal(t, before, content(t, filepath.Dir(path)), "nothing is changed, no new key is made")
		})
	}
}

func TestWithoutItsKeysADatabaseGetsANewSealingKey(t *testing.T) {
	s := create(t, Options{})
	path := s.file.path
	require.NoError(t, s.AddKey(t.Context(), sealedKey("one")))
	require.NoError(t, s.Close())
	require.NoError(t, os.Remove(seal.FileOf(path)))
	execute(t, path, "DELETE FROM keys")
	s = reopen(t, path, Options{})
	require.NoError(t, s.AddKey(t.Context(), sealedKey("two")))
	requireKeys(t, s, "two")
}

func TestAKeyThatDoesNotOpenFailsThemAll(t *testing.T) {
	s := create(t, still)
	require.NoError(t, s.AddKey(t.Context(), sealedKey("one")))
	require.NoError(t, s.AddKey(t.Context(), sealedKey("two")))
	execute(t, s.file.path, "UPDATE keys SET private_pem = CAST('-----BEGIN PRIVATE KEY-----' AS BLOB) WHERE id = 'one'")
	keys, err := s.ListKeys(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "the private part of one is not sealed")
	assert.Nil(t, keys)
	err = s.UpdateKeys(t.Context(), func([]store.Key) (store.KeyChange, error) {
		assert.Fail(t, "there is nothing to decide on")
		return store.KeyChange{}, nil
	})
	require.ErrorContains(t, err, "the private part of one is not sealed")
}
