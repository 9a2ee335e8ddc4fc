// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"ndoap/store/rights"
	"ndoap/store/seal"
	"ndoap/store/storetest"
)

// grantEveryone lets everybody read a file.
func grantEveryone(t *testing.T, path string) {
	t.Helper()
	descriptor, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;WD)")
	require.NoError(t, err)
	list, _, err := descriptor.DACL()
	require.NoError(t, err)
	require.NoError(t, windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil))
}

// requirePrivate relies on what rights.Tighten tells, which has tests of its own: nobody else had rights.
func requirePrivate(t *testing.T, path string) {
	t.Helper()
	for _, name := range append(fileNames(path)[:3:3], seal.FileOf(path)) {
		before, err := rights.Tighten(name)
		require.NoError(t, err)
		assert.Empty(t, before, name)
	}
}

// privateFolder is for the files of these tests: Wine adds what a directory grants to the access lists of its files.
func privateFolder(t *testing.T) string {
	t.Helper()
	directory := filepath.Join(storetest.TempDir(t), "data")
	require.NoError(t, rights.Mkdir(directory))
	return directory
}

func TestOnlyTheAccountCanReadWhatIsCreated(t *testing.T) {
	s := closing(t)(Create(filepath.Join(privateFolder(t), "doap.db"), Options{}))
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	requirePrivate(t, s.file.path)
}

// The files beside the database are made anew at each start. They must be private before SQLite writes to them.
func TestFilesBesideAreMadePrivate(t *testing.T) {
	path := filepath.Join(privateFolder(t), "J\u00fcrgen \u65e5\u672c.db")
	made(t, path)
	require.NoError(t, createBeside(path))
	requirePrivate(t, path)
	require.NoError(t, createBeside(path), "those that are there stay")
	s := reopen(t, path, Options{})
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	requirePrivate(t, path)
}

func TestLooseRightsAreTightenedAndLogged(t *testing.T) {
	path := filepath.Join(privateFolder(t), "doap.db")
	running := closing(t)(Create(path, Options{})) // keeps the files beside the database alive
	require.NoError(t, running.AddClient(t.Context(), newClient("app")))
	for _, name := range append(fileNames(path)[:3:3], seal.FileOf(path)) {
		grantEveryone(t, name)
	}
	var log bytes.Buffer
	s := reopen(t, path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, s.AddClient(t.Context(), newClient("app 2")))
	requirePrivate(t, path)
	assert.Contains(t, log.String(), "only its owner can")
	assert.Contains(t, log.String(), "doap.db-wal")

	log.Reset()
	reopen(t, path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	assert.Empty(t, log.String())
}
