// SPDX-License-Identifier: Apache-2.0

//go:build unix

package config

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/storetest"
)

// What a file forbids stays forbidden while the disk is away that its link leads to.
func TestALinkToNothing(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	away := filepath.Join(storetest.TempDir(t), "20.json")
	require.NoError(t, os.WriteFile(away, []byte(`{"disableDominoLogin": true}`), 0o600))
	require.NoError(t, os.Symlink(away, filepath.Join(dir.path, "20.json")))
	source := dir.source()
	_, _, err := source.Refresh()
	require.NoError(t, err)
	good := source.Current()
	require.True(t, good.DominoLogin.Disabled)

	require.NoError(t, os.Rename(away, away+".away"))
	changed, _, err := source.Refresh()
	require.ErrorContains(t, err, "20.json: cannot be read: it is a link to a file that does not exist")
	assert.False(t, changed)
	assert.Same(t, good, source.Current())

	require.NoError(t, os.Rename(away+".away", away))
	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.False(t, changed, "it is the configuration in force")
}

// Whoever opens a pipe waits until somebody writes to it: here the start of HTTP would.
func TestAPipeIsNotRead(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir.path, "20.json"), 0o600))
	_, _, err := dir.source().Refresh()
	require.ErrorContains(t, err, "20.json: cannot be read: it is no file")
	_, err = ReadNamed(dir.path, "20.json", 100)
	require.ErrorContains(t, err, "it is no file")
}
