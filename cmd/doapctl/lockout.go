// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"time"

	"ndoap/store"
	"ndoap/store/sqlite"
)

type lockoutCommands struct {
	List lockoutListCommand `cmd:"" help:"List the clients that must wait after failed authentications."`
	Lift lockoutLiftCommand `cmd:"" help:"Let a client in again at once."`
}

type lockoutListCommand struct {
	All bool `help:"Also those that are over."`
}

// Help is shown below the usage line.
func (lockoutListCommand) Help() string {
	return `A client that failed to authenticate too often from one address must wait there: ndoap answers 429. Other addresses
of the client are not concerned. How many failures, and how long: limits.lockoutFailures and limits.lockoutTime in the
configuration.

Examples:

    doapctl lockout list
    doapctl lockout list --all --json`
}

// lockoutResult is a lockout for scripts.
type lockoutResult struct {
	ClientID string `json:"client_id"`
	Address  string `json:"address"`
	Failures int    `json:"failures"`
	At       string `json:"locked_at"`
	Until    string `json:"locked_until"`
}

func (c *lockoutListCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) error {
		lockouts, err := opened.ListLockouts(s)
		if err != nil {
			return err
		}
		results := []lockoutResult{}
		rows := [][]string{{"CLIENT ID", "ADDRESS", "FAILURES", "SINCE", "UNTIL"}}
		for _, one := range lockouts {
			if !c.All && !one.Until.After(s.now) {
				continue
			}
			results = append(results, lockoutResult{one.Subject, one.Address, one.Failures, timestamp(one.At), timestamp(one.Until)})
			rows = append(rows, []string{
				one.Subject, one.Address, strconv.Itoa(one.Failures), timestamp(one.At), one.Until.UTC().Format(time.RFC3339),
			})
		}
		switch {
		case s.json:
			return s.printJSON(results)
		case len(results) == 0:
			s.print("Nobody is locked out.")
			return nil
		default:
			return s.table(rows)
		}
	})
}

type lockoutLiftCommand struct{ clientID }

// Help is shown below the usage line.
func (lockoutLiftCommand) Help() string {
	return `Ends the lockouts of a client at all addresses. The server lets it in again within a second, and counts failures
anew.

Example:

    doapctl lockout lift intranet`
}

func (c *lockoutLiftCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) error {
		if _, err := opened.Client(s, c.ID); err != nil {
			return named(c.ID, err)
		}
		event := s.event(store.AuditLockoutLifted, "")
		event.ClientID = c.ID
		lifted, err := opened.LiftLockouts(s, c.ID, event)
		if err != nil {
			return err
		}
		if s.json {
			return s.printJSON(map[string]any{"client_id": c.ID, "lifted": lifted})
		}
		s.print("Lifted %s of the client %s.", counted(lifted, "lockout"), c.ID)
		return nil
	})
}

// counted puts a number before a noun.
func counted(number int, noun string) string {
	if number == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", number, noun)
}
