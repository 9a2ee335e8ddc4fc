// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ndoap/core/config"
	"ndoap/core/key"
	"ndoap/store"
	"ndoap/store/rights"
	"ndoap/store/seal"
	"ndoap/store/sqlite"
)

// firstFile leaves room before and after it for files of the administrator.
const firstFile = "10-ndoap.json"

type initCommand struct {
	Issuer string `help:"Public URL of /doap on this server, which names it in every token." placeholder:"URL" required:""`
}

// Help is shown below the usage line.
func (initCommand) Help() string {
	return `Creates what is missing, and changes nothing that is there:

    doapconfig.d/10-ndoap.json   the configuration, with the issuer
    doap.db                      the database
    doap.db.key                  the sealing key, without which the private keys in the database cannot be read
    a signing key                in the database, if it has none

At the end it says what is left to do in Domino. It may be run again at any time.

The issuer is the https URL that browsers and applications use, up to and including /doap. It becomes part of every
token, so choose the name that stays.

Examples:

    doapctl --data /local/notesdata init --issuer https://domino.example.com/doap
    doapctl --data "C:\HCL\Domino\Data" init --issuer https://domino.example.com/doap

To import a key that openssl made, instead of having one generated, run init first and "doapctl key import" after it:
the latest key signs.`
}

// initResult is the result for scripts.
type initResult struct {
	Issuer    string   `json:"issuer"`
	ConfigDir string   `json:"config_dir"`
	Database  string   `json:"database"`
	Sealing   string   `json:"sealing_key"` // file
	KeyID     string   `json:"kid"`
	Created   []string `json:"created"` // of "configuration", "database", "sealing_key" and "key"
}

func (c *initCommand) Run(s *session) error {
	if err := config.CheckIssuer(c.Issuer); err != nil {
		return fmt.Errorf("the issuer %q cannot be used: %w; expected a URL such as https://domino.example.com/doap",
			c.Issuer, err)
	}
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	result := initResult{
		ConfigDir: where.ConfigDir, Database: where.Database, Sealing: seal.FileOf(where.Database), Created: []string{},
	}
	if err := c.configure(s, where.ConfigDir, &result); err != nil {
		return err
	}
	if err := createDatabase(s, where.Database, &result); err != nil {
		return err
	}
	if len(result.Created) > 0 {
		s.warnOfOwner(where.ConfigDir, where.Database, result.Sealing)
	}
	if s.json {
		return s.printJSON(result)
	}
	s.printDominoSteps()
	return nil
}

// warnOfOwner tells whoever created files as another account than that of the data directory, root above all: they are
// for nobody else, so that the server would find them and not be able to read them.
func (s *session) warnOfOwner(files ...string) {
	data := absolute(s.places.Data)
	if owner, foreign := foreignOwner(data); foreign {
		fmt.Fprintf(s.stderr, "doapctl: %s belongs to %s, and what was created to %s: unless Domino runs as %[3]s, give it to its "+
			"account: chown -R %[2]s %[4]s\n", data, owner, account(), strings.Join(files, " "))
	}
}

// configure creates the first configuration file unless it is there, and reads the configuration back.
func (c *initCommand) configure(s *session, dir string, result *initResult) error {
	path := filepath.Join(dir, firstFile)
	created, err := createConfiguration(path, c.Issuer)
	if err != nil {
		return err
	}
	if created {
		result.Created = append(result.Created, "configuration")
		s.print("Created the configuration %s.", path)
	} else {
		s.print("The configuration %s is there already.", path)
	}
	effective, warnings, err := s.configuration(dir)
	for _, warning := range warnings {
		fmt.Fprintln(s.stderr, "doapctl:", warning)
	}
	if err != nil {
		return fmt.Errorf("the configuration in %s cannot be used:\n%w", dir, err)
	}
	result.Issuer = effective.Issuer
	if effective.Issuer != c.Issuer {
		return fmt.Errorf("the files in %s give the issuer %s, not %s: init changes no file that is there; edit the "+
			"issuer, or run init with the one that is configured", dir, effective.Issuer, c.Issuer)
	}
	return nil
}

// createConfiguration writes a file with the issuer. The directory and the file are for the server's account only.
func createConfiguration(path, issuer string) (created bool, err error) {
	text, err := json.MarshalIndent(map[string]string{"issuer": issuer}, "", "  ")
	if err != nil {
		return false, err
	}
	if err := rights.Mkdir(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("the configuration directory cannot be created: %w", err)
	}
	file, err := rights.Create(path)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("the configuration cannot be created: %w", err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Close()); err != nil {
		return false, errors.Join(fmt.Errorf("the configuration cannot be written: %w", err), os.Remove(path))
	}
	return true, nil
}

// createDatabase creates the database unless it is there, and a signing key if it has none.
func createDatabase(s *session, path string, result *initResult) (err error) {
	_, missing := os.Stat(path)
	_, unsealed := os.Stat(result.Sealing)
	opened, err := sqlite.Create(path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	if errors.Is(missing, fs.ErrNotExist) {
		result.Created = append(result.Created, "database")
		s.print("Created the database %s.", path)
	} else {
		s.print("The database %s is there already.", path)
	}
	if errors.Is(unsealed, fs.ErrNotExist) {
		result.Created = append(result.Created, "sealing_key")
		s.print("Created the sealing key %s.", result.Sealing)
	}
	return createKey(s, opened, result)
}

// createKey makes a signing key unless there is one.
func createKey(s *session, opened *sqlite.Store, result *initResult) error {
	present, err := opened.ListKeys(s)
	if err != nil {
		return err
	}
	results, err := s.keyResults(present)
	if err != nil {
		return err
	}
	if now, signs := signer(results); signs {
		result.KeyID = now.ID
		s.print("The key %s signs tokens.", result.KeyID)
		return nil
	}
	policy, _, err := s.policy()
	if err != nil {
		return err
	}
	made, err := key.Generate(string(policy.Keys.Algorithm), s.now)
	if err != nil {
		return err
	}
	if err := opened.AddKey(s, made, s.event(store.AuditKeyChanged, "added "+made.ID)); err != nil {
		return err
	}
	result.KeyID = made.ID
	result.Created = append(result.Created, "key")
	s.print("Created the signing key %s.", made.ID)
	return nil
}

// printDominoSteps says what doapctl cannot do. What the flags override must be told to the server too.
func (s *session) printDominoSteps() {
	s.print("\nLeft to do in Domino:")
	if s.places.Database != "" || s.places.ConfigDir != "" {
		s.print("  1. Tell the server where the files are, with these lines in its notes.ini:")
		if s.places.Database != "" {
			s.print("         %s=%s", config.VariableDatabase, absolute(s.places.Database))
		}
		if s.places.ConfigDir != "" {
			s.print("         %s=%s", config.VariableConfigDir, absolute(s.places.ConfigDir))
		}
	} else {
		s.print("  1. notes.ini needs no change: ndoap finds its files as doapctl did.")
	}
	s.print(`  2. Copy ndoap.dll (Windows) or libndoap.so (Linux) into the Domino program directory.
  3. Write ndoap into the field "DSAPI filter file names": in the Server document under Internet Protocols - HTTP,
     or in each Internet Site document under Configuration. Allow at least the HTTP methods GET and POST.
  4. Restart the HTTP task: tell http quit, load http.
  5. Register the first client: doapctl client add --name NAME --redirect-uri URI`)
}

// absolute is a path as the server needs it; bootstrap has resolved it before, so that it cannot fail here.
func absolute(path string) string {
	if resolved, err := filepath.Abs(path); err == nil {
		return resolved
	}
	return path
}
