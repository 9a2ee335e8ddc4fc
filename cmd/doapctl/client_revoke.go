// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"ndoap/store"
	"ndoap/store/sqlite"
)

type clientRevokeCommand struct {
	clientID
	Yes bool `help:"Really revoke."`
}

// Help is shown below the usage line.
func (clientRevokeCommand) Help() string {
	return `Ends all grants of a client, with their refresh tokens and access tokens, and forgets who had consented to it. It
takes effect with the next request to this server, and within a second on others that share the database. The client
stays registered, so that users may log in with it again; "doapctl client disable" keeps it out.

Example:

    doapctl client revoke intranet --yes`
}

func (c *clientRevokeCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) error {
		registered, err := opened.Client(s, c.ID)
		if err != nil {
			return named(c.ID, err)
		}
		if !c.Yes {
			return fmt.Errorf("nothing was revoked: repeat the command with --yes to end all grants of the client %q (%s)",
				registered.ID, registered.Name)
		}
		event := s.event(store.AuditGrantRevoked, "all grants of the client")
		event.ClientID = c.ID
		revoked, err := opened.RevokeClientGrants(s, c.ID, event)
		if err != nil {
			return err
		}
		if s.json {
			return s.printJSON(map[string]any{"client_id": c.ID, "revoked_grants": revoked})
		}
		s.print("Revoked %s of the client %s.", counted(revoked, "grant"), c.ID)
		return nil
	})
}
