// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ndoap/store"
	"ndoap/store/rights"
	"ndoap/store/sqlite"
)

type keyRetireCommand struct {
	keyID
	Yes bool `help:"Really retire it."`
}

// Help is shown below the usage line.
func (keyRetireCommand) Help() string {
	return `Ends a key that was stolen, or is not wanted any more: it is taken off /doap/jwks, its private half is erased, and
every token that it signed is refused from the next request on. Applications get new tokens with their refresh
tokens; nobody has to log in again.

If it is the one that signs, make another one first. Old keys are retired by the schedule, when no token of theirs is
left.

Example:

    doapctl key generate
    doapctl key retire KID --yes`
}

func (c *keyRetireCommand) Run(s *session) error {
	return s.withStore(func(keys *sqlite.Store) error {
		err := s.changeKeys(keys, func(present []store.Key) (store.KeyChange, error) {
			found, err := c.find(present)
			switch {
			case err != nil:
				return store.KeyChange{}, err
			case !found.RetiredAt.IsZero():
				return store.KeyChange{}, fmt.Errorf("the key %s was retired %s; nothing was changed", c.ID, timestamp(found.RetiredAt))
			case !c.Yes:
				return store.KeyChange{}, fmt.Errorf("nothing was changed: repeat the command with --yes to end the key %s "+
					"and all tokens that it signed", c.ID)
			}
			return store.KeyChange{Retire: []string{c.ID}}, nil
		})
		if err != nil {
			return err
		}
		results, err := s.presentKeys(keys)
		if err != nil {
			return err
		}
		now, signs := signer(results)
		if s.json {
			return s.printJSON(map[string]string{"retired": c.ID, "signer": now.ID})
		}
		s.print("Retired the key %s. Tokens that it signed are refused from now on.", c.ID)
		if signs {
			s.print("The key %s signs.", now.ID)
		} else {
			s.print("No key is left to sign with: nobody gets a token until you make one with doapctl key generate.")
		}
		return nil
	})
}

type keyExportCommand struct {
	keyID
	File string `arg:"" help:"File to make. It must not be there yet."`
}

// Help is shown below the usage line.
func (keyExportCommand) Help() string {
	return `Writes a private key into a file, as PRIVATE KEY (PKCS#8), for another server that is to sign with it: import it there
with doapctl key import. Whoever has the file can sign tokens. It is made so that only your account can read it; delete
it when it was imported.

To move a server with all it has, copy the database and carry its sealing key over instead: see doapctl seal export.

Example:

    doapctl key export KID signing-key.pem`
}

func (c *keyExportCommand) Run(s *session) error {
	return s.withStore(func(keys *sqlite.Store) error {
		present, err := keys.ListKeys(s)
		if err != nil {
			return err
		}
		found, err := c.find(present)
		if err != nil {
			return err
		}
		if len(found.PrivatePEM) == 0 {
			return fmt.Errorf("the key %s has no private half to export: it only verifies, or was retired", c.ID)
		}
		if err := writeSecret(c.File, found.PrivatePEM); err != nil {
			return err
		}
		if err := s.audited(keys, "exported "+c.ID); err != nil {
			return errors.Join(err, os.Remove(c.File))
		}
		if s.json {
			return s.printJSON(map[string]string{"kid": c.ID, "alg": found.Algorithm, "file": c.File})
		}
		s.print("Wrote the private key %s to %s. Delete the file when it was imported.", c.ID, c.File)
		return nil
	})
}

// writeSecret makes a file that only this account can read.
func writeSecret(path string, content []byte) error {
	file, err := rights.Create(path)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("the file %s is there already and is not replaced: choose another name", path)
	}
	if err != nil {
		return fmt.Errorf("the file %s cannot be made: %w", path, err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(fmt.Errorf("the file %s cannot be written: %w", path, err), os.Remove(path))
	}
	return nil
}
