// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/rights"
	"ndoap/store/storetest"
)

// folder is for the files of a test: Wine adds what a directory grants to the access lists of its files.
func folder(t *testing.T) string {
	t.Helper()
	directory := filepath.Join(storetest.TempDir(t), "J\u00fcrgen \u65e5\u672c")
	require.NoError(t, rights.Mkdir(directory))
	return directory
}

func TestCreateMakesAFileForTheServerOnly_A37(t *testing.T) {
	directory := folder(t)
	path := filepath.Join(directory, "doap.db.key")
	made, err := Create(path)
	require.NoError(t, err)
	before, err := rights.Tighten(path)
	require.NoError(t, err)
	assert.Empty(t, before, "nobody else had rights")

	opened, err := Open(path)
	require.NoError(t, err)
	assert.Equal(t, made.secret, opened.secret)
	again, err := Create(path)
	require.NoError(t, err)
	assert.Equal(t, made.secret, again.secret, "a file that is there stays")
	other, err := Create(filepath.Join(directory, "other.key"))
	require.NoError(t, err)
	assert.NotEqual(t, made.secret, other.secret)

	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(content), "without it the private keys in the database beside it cannot be read")
	assert.Equal(t, protection == "file mode", bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString(made.secret))),
		"on Windows the key is not in the file as it is")
}

func TestManyCreateOneKey(t *testing.T) {
	directory := folder(t)
	path := filepath.Join(directory, "doap.db.key")
	ids := make([]string, 20)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			got, err := Create(path)
			if assert.NoError(t, err) {
				ids[i] = got.ID()
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		assert.Equal(t, ids[0], id)
	}
	files, err := os.ReadDir(directory)
	require.NoError(t, err)
	assert.Len(t, files, 1, "no draft is left")
}

func TestAKeyFileThatCannotBeMade(t *testing.T) {
	directory := folder(t)
	_, err := Create(filepath.Join(directory, "missing", "doap.db.key"))
	require.ErrorContains(t, err, "cannot be created: give your account the right to write the directory")

	path := filepath.Join(directory, "doap.db.key")
	require.NoError(t, rights.Mkdir(path))
	_, err = Create(path)
	require.ErrorContains(t, err, "cannot be")
	files, err := os.ReadDir(directory)
	require.NoError(t, err)
	assert.Len(t, files, 1, "no draft is left")
}

func TestOpenRefuses(t *testing.T) {
	directory := folder(t)
	path := filepath.Join(directory, "doap.db.key")
	_, err := Open(path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.ErrorContains(t, err, path+" does not exist: restore the file that was backed up with the database, or run `doapctl seal export`")

	good, err := fixed(t, 1).encodeFile()
	require.NoError(t, err)
	other, err := fixed(t, 2).encodeFile()
	require.NoError(t, err)
	short := &Key{id: fixed(t, 1).id, secret: []byte("short")}
	ofShort, err := short.encodeFile()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		content []byte
		says    string
	}{
		"empty":              {nil, "is damaged, or no sealing key of ndoap: restore the file"},
		"no PEM":             {[]byte("hello"), "is damaged, or no sealing key"},
		"cut":                {good[:len(good)-30], "is damaged, or no sealing key"},
		"two keys":           {append(bytes.Clone(good), other...), "is damaged, or no sealing key"},
		"too short a key":    {ofShort, "is damaged, or no sealing key"},
		"a private key":      {bytes.ReplaceAll(good, []byte(fileBlock), []byte("PRIVATE KEY")), "is damaged, or no sealing key"},
		"id of another key":  {bytes.ReplaceAll(good, []byte(fixed(t, 1).id), []byte(fixed(t, 2).id)), "is damaged, or no sealing key"},
		"of another system":  {bytes.ReplaceAll(good, []byte(protection), []byte("a spell")), `it is protected by "a spell", which works on another system only: restore`},
		"without protection": {bytes.ReplaceAll(good, []byte("Protection"), []byte("Prediction")), `protected by ""`},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, c.content, 0o600))
			_, err := Open(path)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
			require.NotErrorIs(t, err, fs.ErrNotExist)
			_, err = Create(path)
			require.ErrorContains(t, err, c.says, "it is not replaced by a new one")
		})
	}
}

func TestADamagedFileIsNeverAnotherKey(t *testing.T) {
	path := filepath.Join(folder(t), "doap.db.key")
	good, err := fixed(t, 1).encodeFile()
	require.NoError(t, err)
	refused := 0
	for at := range good {
		changed := bytes.Clone(good)
		changed[at] ^= 1
		require.NoError(t, os.WriteFile(path, changed, 0o600))
		opened, err := Open(path)
		if err != nil {
			refused++
			continue
		}
		assert.Equal(t, fixed(t, 1).secret, opened.secret, "byte %d", at)
	}
	assert.Greater(t, refused, 40, "of the key and its id alone")
}
