// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ndoap/store/rights"
	"ndoap/store/seal"
	"ndoap/store/sqlite"
)

type sealCommands struct {
	Export sealExportCommand `cmd:"" help:"Write the sealing key into a file, under a passphrase."`
	Import sealImportCommand `cmd:"" help:"Take over the sealing key of another server."`
	Reset  sealResetCommand  `cmd:"" help:"Begin anew when the sealing key is lost."`
}

// sealResult is the sealing key for scripts.
type sealResult struct {
	ID      string `json:"id"`
	KeyFile string `json:"key_file"`
	Changed bool   `json:"changed"`
}

type sealExportCommand struct {
	File string `arg:"" help:"File to make. It must not be there yet."`
	passphraseSource
}

// Help is shown below the usage line.
func (sealExportCommand) Help() string {
	return `The private keys in the database are sealed with a key in the file beside it (doap.db.key), which works on this server
only: on Windows it is protected by the computer, elsewhere by the rights of the file. An export of it opens the
database on another server, with the passphrase. Keep it where your passwords are, and apart from copies of the
database.

The passphrase has 12 characters or more. It is asked for on the terminal, or read from a file, of which the first line
counts.

Examples:

    doapctl seal export sealing-key.pem
    doapctl seal export sealing-key.pem --passphrase-file passphrase.txt`
}

func (c *sealExportCommand) Run(s *session) error {
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	path := seal.FileOf(where.Database)
	opened, err := seal.Open(path)
	if err != nil {
		return err
	}
	passphrase, err := c.read(s, true)
	if err != nil {
		return err
	}
	exported, err := opened.Export(passphrase)
	if err != nil {
		return err
	}
	if err := writeSecret(c.File, exported); err != nil {
		return err
	}
	// The export opens every private key. Where the database cannot be opened, which may be why somebody makes one, it is
	// made all the same.
	err = s.withStore(func(trail *sqlite.Store) error {
		return s.audited(trail, "exported the sealing key "+opened.ID())
	})
	if err != nil {
		fmt.Fprintf(s.stderr, "doapctl: The export is missing in the audit trail: %v\n", err)
	}
	if s.json {
		return s.printJSON(map[string]string{"id": opened.ID(), "file": c.File})
	}
	s.print("Wrote the sealing key %s to %s, under the passphrase.", opened.ID(), c.File)
	return nil
}

type sealImportCommand struct {
	File string `arg:"" help:"File that doapctl seal export made."`
	passphraseSource
}

// Help is shown below the usage line.
func (sealImportCommand) Help() string {
	return `Makes the file beside the database (doap.db.key) from an export, bound to this server. Do so before the copy of the
database is opened here for the first time. A file that is there and holds another key is never replaced.

Examples:

    doapctl seal import sealing-key.pem
    doapctl seal import sealing-key.pem --passphrase-file passphrase.txt`
}

func (c *sealImportCommand) Run(s *session) error {
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	exported, err := readLimited(c.File)
	if err != nil {
		return fmt.Errorf("the export cannot be read: %w", err)
	}
	passphrase, err := c.read(s, false)
	if err != nil {
		return err
	}
	path := seal.FileOf(where.Database)
	imported, made, err := seal.Import(path, exported, passphrase)
	if err != nil {
		return err
	}
	if made { // by an administrator, for the server's account
		if err := rights.Like(path, where.Database); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the sealing key was imported to %s, but the account of the server may not be able to read it: "+
				"give it the rights of %s: %w", path, where.Database, err)
		}
	}
	if s.json {
		return s.printJSON(sealResult{ID: imported.ID(), KeyFile: path, Changed: made})
	}
	if made {
		s.print("Imported the sealing key %s to %s.", imported.ID(), path)
	} else {
		s.print("The sealing key %s is in %s already; nothing was changed.", imported.ID(), path)
	}
	return nil
}

// readLimited reads a small file.
func readLimited(path string) ([]byte, error) {
	const limit = 64 << 10
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(file, limit))
	return content, errors.Join(err, file.Close())
}
