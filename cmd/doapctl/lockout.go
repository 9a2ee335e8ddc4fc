// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ndoap/core/dominoname"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type lockoutCommands struct {
	List lockoutListCommand `cmd:"" help:"List the clients and people that must wait after failed authentications."`
	Lift lockoutLiftCommand `cmd:"" help:"Let a client or a person in again at once."`
}

type lockoutListCommand struct {
	All bool `help:"Also those that are over."`
}

// Help is shown below the usage line.
func (lockoutListCommand) Help() string {
	return `A client that failed to authenticate too often from one address must wait there: ndoap answers 429. Other addresses
of the client are not concerned. The same holds for people who log in with a name and a password (/doap/login), who are
answered as if the password were wrong; whoever failed ten times as often is locked out there at all addresses, which is
shown as *. How many failures, and how long: limits.lockoutFailures and limits.lockoutTime in the configuration. Domino's
own login is not concerned.

Examples:

    doapctl lockout list
    doapctl lockout list --all --json`
}

// lockoutResult is a lockout for scripts.
type lockoutResult struct {
	ClientID string `json:"client_id,omitempty"`
	User     string `json:"user,omitempty"`
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
		rows := [][]string{{"WHO", "ADDRESS", "FAILURES", "SINCE", "UNTIL"}}
		for _, one := range lockouts {
			if !c.All && !one.Holds(s.now) {
				continue
			}
			result := lockoutResult{Address: one.Address, Failures: one.Failures, At: timestamp(one.At), Until: timestamp(one.Until)}
			if isPerson(one.Subject) {
				result.User = one.Subject
			} else {
				result.ClientID = one.Subject
			}
			results = append(results, result)
			rows = append(rows, []string{
				dominoname.Abbreviated(one.Subject), one.Address, strconv.Itoa(one.Failures), timestamp(one.At), one.Until.UTC().Format(time.RFC3339),
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

type lockoutLiftCommand struct {
	Who string `arg:"" help:"Id of the client, or name of the person: Anna Berg/Sales/Acme or CN=Anna Berg/OU=Sales/O=Acme."`
}

// Help is shown below the usage line.
func (lockoutLiftCommand) Help() string {
	return `Ends the lockouts of a client or a person at all addresses. The server lets it in again within a second, and counts
failures anew.

Examples:

    doapctl lockout lift intranet
    doapctl lockout lift "Anna Berg/Sales/Acme"`
}

func (c *lockoutLiftCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) error {
		if isPerson(c.Who) {
			return s.liftPerson(opened, c.Who)
		}
		if _, err := opened.Client(s, c.Who); err != nil {
			return named(c.Who, err)
		}
		event := s.event(store.AuditLockoutLifted, "")
		event.ClientID = c.Who
		lifted, err := opened.LiftLockouts(s, c.Who, event)
		if err != nil {
			return err
		}
		if s.json {
			return s.printJSON(map[string]any{"client_id": c.Who, "lifted": lifted})
		}
		s.print("Lifted %s of the client %s.", counted(lifted, "lockout"), c.Who)
		return nil
	})
}

// isPerson tells whether something is the name of a person. The id of a client has neither character.
func isPerson(who string) bool { return strings.ContainsAny(who, "/=") }

// liftPerson ends the lockouts of a person, by canonical or abbreviated name in any case.
func (s *session) liftPerson(in store.Lockouts, name string) error {
	lockouts, err := in.ListLockouts(s)
	if err != nil {
		return err
	}
	for _, one := range lockouts {
		if !dominoname.Same(one.Subject, name) && !dominoname.Same(dominoname.Abbreviated(one.Subject), name) {
			continue
		}
		event := s.event(store.AuditLockoutLifted, "")
		event.Detail = one.Subject
		lifted, err := in.LiftLockouts(s, one.Subject, event)
		if err != nil {
			return err
		}
		if s.json {
			return s.printJSON(map[string]any{"user": one.Subject, "lifted": lifted})
		}
		s.print("Lifted %s of %s.", counted(lifted, "lockout"), dominoname.Abbreviated(one.Subject))
		return nil
	}
	return fmt.Errorf("nobody called %q is locked out; doapctl lockout list shows who is", name)
}

// counted puts a number before a noun.
func counted(number int, noun string) string {
	if number == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", number, noun)
}
