// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/rights"
)

var passphrase = []byte("correct horse battery staple")

func TestAnExportGoesToAnotherServer(t *testing.T) {
	directory := folder(t)
	here, there := filepath.Join(directory, "here.key"), filepath.Join(directory, "there.key")
	original, err := Create(here)
	require.NoError(t, err)
	sealed, err := original.Seal("kid", []byte(plain))
	require.NoError(t, err)
	exported, err := original.Export(passphrase)
	require.NoError(t, err)
	assert.NotContains(t, string(exported), string(passphrase))
	assert.Contains(t, string(exported), "Iterations: 600000")

	imported, made, err := Import(there, exported, passphrase)
	require.NoError(t, err)
	assert.True(t, made)
	before, err := rights.Tighten(there)
	require.NoError(t, err)
	assert.Empty(t, before, "nobody else had rights")
	opened, err := Open(there)
	require.NoError(t, err)
	assert.Equal(t, imported.ID(), opened.ID())
	text, err := opened.Unseal("kid", sealed)
	require.NoError(t, err)
	assert.Equal(t, plain, string(text))

	_, made, err = Import(there, exported, passphrase)
	require.NoError(t, err)
	assert.False(t, made, "it has the key already")
}

func TestImportNeverReplacesAnotherKey(t *testing.T) {
	path := filepath.Join(folder(t), "doap.db.key")
	present, err := Create(path)
	require.NoError(t, err)
	exported, err := fixed(t, 1).export(passphrase, 1)
	require.NoError(t, err)
	_, _, err = Import(path, exported, passphrase)
	require.ErrorContains(t, err, "holds another key ("+present.ID()+"; the export holds "+fixed(t, 1).ID()+")")
	opened, err := Open(path)
	require.NoError(t, err)
	assert.Equal(t, present.ID(), opened.ID())

	require.NoError(t, os.WriteFile(path, []byte("damaged"), 0o600))
	_, _, err = Import(path, exported, passphrase)
	require.ErrorContains(t, err, "would have to be moved away first")
}

func TestImportRefuses(t *testing.T) {
	exported, err := fixed(t, 1).export(passphrase, 1)
	require.NoError(t, err)
	keyFile, err := fixed(t, 1).encodeFile()
	require.NoError(t, err)
	changed := func(from, to string) []byte {
		require.Contains(t, string(exported), from)
		return bytes.ReplaceAll(exported, []byte(from), []byte(to))
	}
	for name, c := range map[string]struct {
		exported   []byte
		passphrase string
		says       string
	}{
		"wrong passphrase":    {exported, "wrong horse battery staple", "the passphrase is wrong, or the file is damaged"},
		"no passphrase":       {exported, "", "the passphrase is wrong"},
		"empty":               {nil, string(passphrase), "it is damaged, or none"},
		"cut":                 {exported[:len(exported)-30], string(passphrase), "it is damaged, or none"},
		"a key file":          {keyFile, string(passphrase), "it is damaged, or none: make one with `doapctl seal export`"},
		"two exports":         {append(bytes.Clone(exported), exported...), string(passphrase), "it is damaged, or none"},
		"another derivation":  {changed("PBKDF2", "Argon2"), string(passphrase), "of a later version"},
		"no iterations":       {changed("Iterations: 1", "Iterations: 0"), string(passphrase), "of a later version"},
		"work without end":    {changed("Iterations: 1", "Iterations: 10000001"), string(passphrase), "of a later version"},
		"iterations in words": {changed("Iterations: 1", "Iterations: one"), string(passphrase), "of a later version"},
		"salt is no base64":   {changed("Salt: ", "Salt: !"), string(passphrase), "of a later version"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(folder(t), "doap.db.key")
			_, _, err := Import(path, c.exported, []byte(c.passphrase))
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "cannot be imported")
			assert.NoFileExists(t, path)
		})
	}
	_, err = fixed(t, 1).Export([]byte("too short"))
	require.ErrorContains(t, err, "fewer than 12 characters")
}

func TestADamagedExportIsNeverAnotherKey(t *testing.T) {
	exported, err := fixed(t, 1).export(passphrase, 1)
	require.NoError(t, err)
	for at := range exported {
		changed := bytes.Clone(exported)
		changed[at] ^= 1
		if imported, err := decodeExport(changed, passphrase); err == nil {
			assert.Equal(t, fixed(t, 1).secret, imported.secret, "byte %d", at)
		}
	}
}
