// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
)

// The notes.ini variables that ndoap reads. Everything else is in the configuration directory.
const (
	VariableDatabase  = "DOAP_App_Path"
	VariableConfigDir = "DOAP_Config_Dir"
	VariableLogLevel  = "DOAP_Log_Level"
)

// What holds when notes.ini says nothing.
const (
	defaultDatabase  = "doap.db"
	defaultConfigDir = "doapconfig.d"
)

// Bootstrap is what must be known before anything can be read.
type Bootstrap struct {
	Database  string // path of the SQLite database
	ConfigDir string // path of the configuration directory
	LogLevel  slog.Level
	Warnings  []string // what was not understood and replaced by its default
}

// ResolveBootstrap reads the variables through lookup, which finds them in any case, as Notes does. Relative paths
// are relative to the Domino data directory. With an error the other members still hold.
func ResolveBootstrap(lookup func(name string) (string, bool), dataDir string) (Bootstrap, error) {
	value := func(name, otherwise string) string {
		if found, _ := lookup(name); strings.TrimSpace(found) != "" {
			return strings.TrimSpace(found)
		}
		return otherwise
	}
	inData := func(path string) string {
		if filepath.IsAbs(path) {
			return filepath.Clean(path)
		}
		return filepath.Join(dataDir, path)
	}
	resolved := Bootstrap{
		Database:  inData(value(VariableDatabase, defaultDatabase)),
		ConfigDir: inData(value(VariableConfigDir, defaultConfigDir)),
	}
	resolved.LogLevel, resolved.Warnings = logLevel(value(VariableLogLevel, "info"))
	return resolved, checkDatabase(value(VariableDatabase, defaultDatabase))
}

func logLevel(text string) (slog.Level, []string) {
	switch strings.ToLower(text) {
	case "error":
		return slog.LevelError, nil
	case "warn":
		return slog.LevelWarn, nil
	case "info":
		return slog.LevelInfo, nil
	case "debug":
		return slog.LevelDebug, nil
	}
	return slog.LevelInfo, []string{fmt.Sprintf("%s=%s in notes.ini is not understood: write error, warn, info or debug; "+
		"info is used now.", VariableLogLevel, text)}
}

// checkDatabase refuses what the variable meant to DOAP, and what other versions may support.
func checkDatabase(text string) error {
	lower := strings.ToLower(text)
	switch extension := filepath.Ext(lower); {
	case extension == ".nsf", extension == ".ntf":
		return fmt.Errorf("%s=%s in notes.ini names a Notes database, but ndoap keeps its data in a file of its own: "+
			"write %s=%s, then add the clients and keys with doapctl", VariableDatabase, text,
			VariableDatabase, defaultDatabase)
	case strings.HasPrefix(lower, "postgres://"), strings.HasPrefix(lower, "postgresql://"):
		// The URL may hold a password: do not repeat it.
		return fmt.Errorf("%s in notes.ini names a PostgreSQL database, but this version supports SQLite only: write "+
			"%s=%s", VariableDatabase, VariableDatabase, defaultDatabase)
	case strings.Contains(lower, "://"):
		return errors.New(VariableDatabase + " in notes.ini is a URL, but must be the path of a file: write " +
			VariableDatabase + "=" + defaultDatabase)
	}
	return nil
}
