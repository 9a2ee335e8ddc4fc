// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever runs init as root, for a server that is not, is told: Domino cannot read what is for root only.
func TestInitInADirectoryOfAnotherAccount(t *testing.T) {
	const issuer = "https://domino.example.com/doap"
	own := t.TempDir()
	others := "/" // of root
	if os.Geteuid() == 0 {
		others = t.TempDir()
		require.NoError(t, os.Chown(others, 65534, -1))
	}
	begin := func(data, files string) string {
		var said bytes.Buffer
		s := &session{Context: t.Context(), stdout: io.Discard, stderr: &said, now: time.Now(), places: &places{
			Data: data, Database: filepath.Join(files, "doap.db"), ConfigDir: filepath.Join(files, "doapconfig.d"),
		}}
		require.NoError(t, (&initCommand{Issuer: issuer}).Run(s))
		return said.String()
	}
	assert.Empty(t, begin(own, filepath.Join(own)))
	files := t.TempDir()
	said := begin(others, files)
	assert.Regexp(t, `^doapctl: .* belongs to [^ ]+, and what was created to [^ ]+: unless Domino runs as [^ ]+, give it to its account: chown -R [^ ]+ `, said)
	for _, name := range []string{"doapconfig.d", "doap.db", "doap.db.key"} {
		assert.Contains(t, said, " "+filepath.Join(files, name))
	}
	assert.Empty(t, begin(others, files), "nothing was created")
}
