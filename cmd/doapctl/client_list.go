// SPDX-License-Identifier: Apache-2.0

package main

import (
	"ndoap/store"
	"ndoap/store/sqlite"
)

type clientListCommand struct{}

// Help is shown below the usage line.
func (clientListCommand) Help() string {
	return `Lists the clients by id: whether they have a secret (confidential) or not (public), whether they are trusted or
legacy, and whether they are enabled.

Examples:

    doapctl client list
    doapctl client list --json`
}

func (clientListCommand) Run(s *session) error {
	return s.withStore(func(clients *sqlite.Store) error {
		registered, err := clients.ListClients(s)
		if err != nil {
			return err
		}
		if s.json {
			results := []clientResult{}
			for _, one := range registered {
				results = append(results, resultOf(one, ""))
			}
			return s.printJSON(results)
		}
		if len(registered) == 0 {
			s.print("There is no client yet: register one with doapctl client add.")
			return nil
		}
		rows := [][]string{{"CLIENT ID", "NAME", "KIND", "STATE"}}
		for _, one := range registered {
			rows = append(rows, []string{one.ID, one.Name, kind(one), state(one)})
		}
		return s.table(rows)
	})
}

type clientShowCommand struct{ clientID }

// Help is shown below the usage line.
func (clientShowCommand) Help() string {
	return `Shows what is registered for a client. Secrets cannot be shown, as only their hashes are kept.

Examples:

    doapctl client show intranet
    doapctl client show intranet --json`
}

func (c *clientShowCommand) Run(s *session) error {
	var registered store.Client
	err := s.withStore(func(clients *sqlite.Store) (err error) {
		registered, err = clients.Client(s, c.ID)
		return named(c.ID, err)
	})
	if err != nil {
		return err
	}
	return s.printClient(registered, "")
}
