// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"os"
	"os/user"

	"ndoap/store"
)

// address stands in the audit trail where a request has the address of its sender.
const address = "doapctl"

// event begins the event that tells of a change made here: by the account that runs doapctl.
func (s *session) event(action store.AuditAction, detail string) store.AuditEvent {
	return store.AuditEvent{
		At: s.now, Action: action, Outcome: store.AuditSuccess, User: account(), Address: address, Detail: detail,
	}
}

// ofClient is the event of a change of a client, for the commit of that change.
func (s *session) ofClient(clientID, detail string) store.AuditEvent {
	event := s.event(store.AuditClientChanged, detail)
	event.ClientID = clientID
	return event
}

// audited records what has been done with the keys and changed nothing in the database.
func (s *session) audited(in store.Audits, detail string) error {
	if err := in.AppendAudit(s, s.event(store.AuditKeyChanged, detail)); err != nil {
		return fmt.Errorf("it was done, but is missing in the audit trail: %w", err)
	}
	return nil
}

// account names who runs doapctl.
func account() string {
	if current, err := user.Current(); err == nil {
		return current.Username
	}
	return cmp.Or(os.Getenv("USER"), os.Getenv("USERNAME"), "unknown")
}
