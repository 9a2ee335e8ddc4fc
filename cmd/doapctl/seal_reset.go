// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"

	"ndoap/store"
	"ndoap/store/sqlite"
)

type sealResetCommand struct {
	Yes bool `help:"Really give the private keys up."`
}

// Help is shown below the usage line.
func (sealResetCommand) Help() string {
	return `For a database whose sealing key (doap.db.key) is lost for good, or was damaged, with no backup and no export of it.
The private keys that it sealed cannot be read any more: they are retired, and a new sealing key and a new signing key
are made. Access tokens that were signed before are refused; refresh tokens, clients and all else stay, so that nobody
has to log in again. What opens is never given up.

Stop the HTTP task first.

Example:

    doapctl seal reset --yes`
}

func (c *sealResetCommand) Run(s *session) error {
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	if !c.Yes {
		return errors.New("nothing was changed: repeat the command with --yes to give up the private keys that cannot be " +
			"read, and all access tokens that they signed")
	}
	kids, err := sqlite.ForgetLostKeys(s, where.Database, sqlite.Options{}, func(kids []string) store.AuditEvent {
		return s.event(store.AuditKeyChanged, "retired "+strings.Join(kids, ", ")+", whose sealing key was lost")
	})
	if err != nil {
		return err
	}
	var result initResult
	err = s.withStore(func(opened *sqlite.Store) error {
		if len(kids) == 0 {
			return nil
		}
		s.print("Retired what cannot be read any more: %s.", strings.Join(kids, ", "))
		return createKey(s, opened, &result)
	})
	switch {
	case err != nil:
		return err
	case s.json:
		return s.printJSON(map[string]any{"retired": append([]string{}, kids...), "kid": result.KeyID})
	case len(kids) == 0:
		s.print("No private key is lost; nothing was retired.")
	}
	return nil
}
