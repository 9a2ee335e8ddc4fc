// SPDX-License-Identifier: Apache-2.0

package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/storetest"
)

func TestResolveBootstrap(t *testing.T) {
	data := storetest.TempDir(t)
	elsewhere := filepath.Join(storetest.TempDir(t), "other")
	tests := map[string]struct {
		variables NotesINI
		want      Bootstrap
	}{
		"nothing set": {nil, Bootstrap{
			Database: filepath.Join(data, "doap.db"), ConfigDir: filepath.Join(data, "doapconfig.d"),
		}},
		"relative": {NotesINI{"doap_app_path": " oauth/tokens.db ", "doap_config_dir": "keepconfig.d", "doap_log_level": "DEBUG"}, Bootstrap{
			Database: filepath.Join(data, "oauth", "tokens.db"), ConfigDir: filepath.Join(data, "keepconfig.d"),
			LogLevel: slog.LevelDebug,
		}},
		"absolute": {NotesINI{"doap_app_path": elsewhere + "/doap.db", "doap_config_dir": elsewhere, "doap_log_level": "warn"}, Bootstrap{
			Database: filepath.Join(elsewhere, "doap.db"), ConfigDir: elsewhere, LogLevel: slog.LevelWarn,
		}},
		"empty values": {NotesINI{"doap_app_path": "", "doap_config_dir": " ", "doap_log_level": ""}, Bootstrap{
			Database: filepath.Join(data, "doap.db"), ConfigDir: filepath.Join(data, "doapconfig.d"),
		}},
		"error level": {NotesINI{"doap_log_level": "error"}, Bootstrap{
			Database: filepath.Join(data, "doap.db"), ConfigDir: filepath.Join(data, "doapconfig.d"),
			LogLevel: slog.LevelError,
		}},
		"unknown level": {NotesINI{"doap_log_level": "verbose"}, Bootstrap{
			Database: filepath.Join(data, "doap.db"), ConfigDir: filepath.Join(data, "doapconfig.d"),
			Warnings: []string{"DOAP_Log_Level=verbose in notes.ini is not understood: write error, warn, info or debug; info is used now."},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ResolveBootstrap(test.variables.Lookup, data)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestDatabasesThatAreRefused(t *testing.T) {
	for value, says := range map[string]string{
		"doap.nsf":                         "DOAP_App_Path=doap.nsf in notes.ini names a Notes database, but ndoap keeps its data in a file of its own: write DOAP_App_Path=doap.db",
		`apps\DOAP.NSF`:                    "names a Notes database",
		"postgres://ndoap:pa55@db/ndoap":   "names a PostgreSQL database, but this version supports SQLite only: write DOAP_App_Path=doap.db",
		"PostgreSQL://ndoap:pa55@db/ndoap": "this version supports SQLite only",
		"mysql://ndoap:pa55@db/ndoap":      "must be the path of a file",
	} {
		t.Run(value, func(t *testing.T) {
			got, err := ResolveBootstrap(NotesINI{"doap_app_path": value}.Lookup, "data")
			require.ErrorContains(t, err, says)
			assert.NotContains(t, err.Error(), "pa55", "a password is not repeated")
			assert.Equal(t, filepath.Join("data", "doapconfig.d"), got.ConfigDir, "the rest still holds")
		})
	}
}

func TestReadNotesINI(t *testing.T) {
	path := filepath.Join(storetest.TempDir(t), "notes.ini")
	require.NoError(t, os.WriteFile(path, []byte("\xef\xbb\xbf[Notes]\r\nKitType=2\r\nDirectory=C:\\HCL\\Domino\\Data\r\n"+
		"doap_APP_path = oauth.db\r\n; comment without meaning\r\nno equals sign\r\n=no name\r\nTitle=M\xfcller=1\r\n"+
		"KITTYPE=3\r\nLast=x"), 0o600))
	variables, err := ReadNotesINI(path)
	require.NoError(t, err)
	assert.Equal(t, NotesINI{
		"kittype": "2", "directory": `C:\HCL\Domino\Data`, "doap_app_path": " oauth.db", "title": "M\xfcller=1", "last": "x",
	}, variables)
	value, found := variables.Lookup("DOAP_App_Path")
	assert.True(t, found)
	assert.Equal(t, " oauth.db", value)
	_, found = variables.Lookup("DOAP_Config_Dir")
	assert.False(t, found)

	_, err = ReadNotesINI(path + ".missing")
	require.ErrorIs(t, err, os.ErrNotExist)
}
