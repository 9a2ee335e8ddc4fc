// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ndoap/core/config"
	"ndoap/store/sqlite"
)

// places are the flags that say where Domino and ndoap keep their files.
type places struct {
	Data      string `help:"Domino data directory; the current one unless given here or in the environment." placeholder:"DIR" env:"DOMINO_DATA" default:"."`
	INI       string `name:"ini" help:"The server's notes.ini. Default: notes.ini in the data directory, if it is there." placeholder:"FILE"`
	Database  string `help:"Database to work on, instead of the one that notes.ini names (DOAP_App_Path)." placeholder:"FILE"`
	ConfigDir string `help:"Configuration directory, instead of the one that notes.ini names (DOAP_Config_Dir)." placeholder:"DIR"`
}

// bootstrap finds out where database and configuration are, as the server does, and lets flags take precedence.
func (s *session) bootstrap() (config.Bootstrap, error) {
	data, err := filepath.Abs(s.places.Data)
	if err != nil {
		return config.Bootstrap{}, err
	}
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return config.Bootstrap{}, fmt.Errorf("the Domino data directory %s does not exist: name it with --data DIR", data)
	}
	variables, err := s.notesINI(data)
	if err != nil {
		return config.Bootstrap{}, err
	}
	resolved, fault := config.ResolveBootstrap(variables.Lookup, data)
	for _, warning := range resolved.Warnings {
		fmt.Fprintln(s.stderr, "doapctl:", warning)
	}
	if s.places.ConfigDir != "" {
		if resolved.ConfigDir, err = filepath.Abs(s.places.ConfigDir); err != nil {
			return resolved, err
		}
	}
	if s.places.Database != "" {
		resolved.Database, fault = filepath.Abs(s.places.Database)
	}
	return resolved, fault
}

// notesINI reads the variables of the server. Only a file that was asked for must exist.
func (s *session) notesINI(data string) (config.NotesINI, error) {
	path := s.places.INI
	if path == "" {
		path = filepath.Join(data, "notes.ini")
	}
	variables, err := config.ReadNotesINI(path)
	if s.places.INI == "" && errors.Is(err, fs.ErrNotExist) {
		return config.NotesINI{}, nil
	}
	return variables, err
}

// withStore lets work use the database, which must exist.
func (s *session) withStore(work func(*sqlite.Store) error) (err error) {
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	if _, err := os.Stat(where.Database); errors.Is(err, fs.ErrNotExist) {
		// More often than not the directory is the wrong one, and init would set ndoap up there.
		return fmt.Errorf("the database %s does not exist: name the Domino data directory with --data DIR, and notes.ini with "+
			"--ini FILE if it is elsewhere; or create the database with doapctl init", where.Database)
	}
	opened, err := sqlite.Open(where.Database, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	return work(opened)
}

// configuration reads the configuration in force; an error is a config.Problems.
func (s *session) configuration(dir string) (*config.Config, []config.Problem, error) {
	source := config.NewSource(dir)
	_, warnings, err := source.Refresh()
	return source.Current(), warnings, err
}
