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

// audited records a change that has been made, of a client unless clientID is empty.
func (s *session) audited(in store.Audits, action store.AuditAction, clientID, detail string) error {
	event := s.event(action, detail)
	event.ClientID = clientID
	if err := in.AppendAudit(s, event); err != nil {
		return fmt.Errorf("the change was made, but it is missing in the audit trail: %w", err)
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
