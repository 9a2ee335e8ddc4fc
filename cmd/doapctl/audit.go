// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"ndoap/core/audit"
	"ndoap/core/config"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type auditCommand struct {
	Since   string `help:"Only what happened then or later: a time such as 2026-11-23T08:00:00Z, a day, or how long ago, such as 2h or 7d." placeholder:"TIME"`
	Until   string `help:"Only what happened before that time." placeholder:"TIME"`
	User    string `help:"Only what concerns this person, or what this account did with doapctl." placeholder:"NAME"`
	Client  string `help:"Only what concerns this client." placeholder:"ID"`
	Action  string `help:"Only this action, such as \"token issued\"." placeholder:"ACTION"`
	Outcome string `help:"Only success or failure." placeholder:"OUTCOME" enum:",success,failure" default:""`
	Address string `help:"Only what came from this address; doapctl for what administrators did." placeholder:"ADDRESS"`
	Grant   string `help:"Only what concerns this grant." placeholder:"ID"`
	Token   string `help:"Only what concerns the access token of this id (its jti)." placeholder:"JTI"`
	Limit   int    `help:"At most so many events; 0 for all. Default: ${default}." placeholder:"N" default:"100"`
}

// Help is shown below the usage line.
func (auditCommand) Help() string {
	return `Shows the audit trail, the newest event first: who got, refused or revoked what, for which client and from where, and
what administrators changed. It holds no secrets: of a token it has the hash of its id.

Refusals that anybody can cause, such as failed authentications, are recorded once a minute for each client and
address. Events are kept for as long as audit.retention in the configuration says.

With --json, each event is one line.

Examples:

    doapctl audit --since 2h
    doapctl audit --user "Anna Berg/Acme" --since 2026-11-01 --until 2026-12-01
    doapctl audit --action lockout --outcome failure
    doapctl audit --since 7d --limit 0 --json`
}

// actionNames are all actions, in a sentence.
func actionNames() string {
	var names []string
	for _, action := range store.AuditActions() {
		names = append(names, string(action))
	}
	return strings.Join(names, ", ")
}

// auditPage is how many events are read at once.
const auditPage = 1000

func (c *auditCommand) Run(s *session) error {
	filter := store.AuditFilter{
		Action: store.AuditAction(c.Action), Outcome: store.AuditOutcome(c.Outcome),
		ClientID: c.Client, Address: c.Address, GrantID: c.Grant,
	}
	if c.Action != "" && !slices.Contains(store.AuditActions(), filter.Action) {
		// An empty list would pass for good news.
		return fmt.Errorf("--action %q: there is no such action; there are %s", c.Action, actionNames())
	}
	var err error
	if filter.Since, err = s.moment("--since", c.Since); err != nil {
		return err
	}
	if filter.Until, err = s.moment("--until", c.Until); err != nil {
		return err
	}
	if c.Token != "" {
		filter.TokenHash = audit.TokenHash(c.Token)
	}
	if c.Limit < 0 {
		return fmt.Errorf("--limit %d: write a number of events, or 0 for all", c.Limit)
	}
	return s.withStore(func(opened *sqlite.Store) error {
		if c.User != "" {
			if filter.User, err = s.somebody(opened, c.User); err != nil {
				return err
			}
		}
		return s.printAudit(opened, filter, c.Limit)
	})
}

// printAudit prints page after page, so that a long trail needs no memory.
func (s *session) printAudit(in store.Audits, filter store.AuditFilter, limit int) error {
	printed := 0
	for {
		filter.Limit = auditPage
		if limit > 0 {
			filter.Limit = min(auditPage, limit-printed)
		}
		events, err := in.QueryAudit(s, filter)
		if err != nil {
			return err
		}
		if printed == 0 && len(events) == 0 {
			s.print("No event of the audit trail is like that.")
		}
		if err = s.printEvents(events, printed == 0); err != nil {
			return err
		}
		printed += len(events)
		if len(events) < filter.Limit || printed == limit {
			return nil
		}
		filter.BeforeID = events[len(events)-1].ID
	}
}

// auditResult is an event for scripts.
type auditResult struct {
	ID        int64  `json:"id"`
	At        string `json:"at"`
	Action    string `json:"action"`
	Outcome   string `json:"outcome"`
	User      string `json:"user,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Address   string `json:"address,omitempty"`
	GrantID   string `json:"grant_id,omitempty"`
	TokenHash string `json:"token_hash,omitempty"`
	Detail    string `json:"detail,omitempty"`
}

func (s *session) printEvents(events []store.AuditEvent, first bool) error {
	if s.json {
		lines := json.NewEncoder(s.stdout)
		lines.SetEscapeHTML(false)
		for _, e := range events {
			if err := lines.Encode(auditResult{
				ID: e.ID, At: e.At.UTC().Format(time.RFC3339Nano), Action: string(e.Action), Outcome: string(e.Outcome), User: e.User,
				ClientID: e.ClientID, Address: e.Address, GrantID: e.GrantID, TokenHash: e.TokenHash, Detail: e.Detail,
			}); err != nil {
				return err
			}
		}
		return nil
	}
	var rows [][]string
	if first && len(events) > 0 {
		rows = append(rows, []string{"TIME", "ACTION", "OUTCOME", "USER", "CLIENT", "ADDRESS", "DETAIL"})
	}
	for _, e := range events {
		rows = append(rows, []string{
			timestamp(e.At), string(e.Action), string(e.Outcome), printable(e.User), printable(e.ClientID), e.Address, printable(e.Detail),
		})
	}
	return s.table(rows)
}

// moment reads a time: itself, a day, or how long ago it was.
func (s *session) moment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at, nil
		}
	}
	ago, err := config.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, fmt.Errorf("%s %q is no time: write one such as 2026-11-23T08:00:00Z, a day such as 2026-11-23 "+
			"(UTC), or how long ago, such as 2h or 7d", flag, text)
	}
	return s.now.Add(-ago), nil
}

// printable keeps what somebody else chose from steering the terminal.
func printable(text string) string {
	return strings.Map(func(char rune) rune {
		if !unicode.IsPrint(char) {
			return '?'
		}
		return char
	}, text)
}
