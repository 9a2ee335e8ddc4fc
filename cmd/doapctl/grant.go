// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	"ndoap/store"
	"ndoap/store/sqlite"
)

type grantCommands struct {
	List   grantListCommand   `cmd:"" help:"List what users have allowed, and what clients got for themselves."`
	Revoke grantRevokeCommand `cmd:"" help:"End one grant with all its tokens."`
}

type grantListCommand struct {
	User   string `help:"Only grants of this person." placeholder:"NAME"`
	Client string `help:"Only grants of this client." placeholder:"ID"`
	All    bool   `help:"Also those that are revoked or expired."`
	Limit  int    `help:"At most so many, the newest; 0 for all. Default: ${default}." placeholder:"N" default:"100"`
}

// Help is shown below the usage line.
func (grantListCommand) Help() string {
	return `A grant is what all tokens of one login descend from: its access tokens, and the refresh token in its newest form.
Those that are good are listed, the newest first.

Examples:

    doapctl grant list
    doapctl grant list --user "Anna Berg/Acme"
    doapctl grant list --client intranet --all --json`
}

// grantResult is a grant for scripts.
type grantResult struct {
	ID        string   `json:"grant_id"`
	Type      string   `json:"grant_type"`
	ClientID  string   `json:"client_id"`
	User      string   `json:"user,omitempty"`
	Scope     string   `json:"scope"`
	Resources []string `json:"resources,omitempty"`
	CreatedAt string   `json:"created_at"`
	ExpiresAt string   `json:"expires_at"`
	RevokedAt string   `json:"revoked_at,omitempty"`
	Active    bool     `json:"active"`
}

func (s *session) grantResult(grant store.Grant) grantResult {
	result := grantResult{
		ID: grant.ID, Type: grant.Type, ClientID: grant.ClientID, User: grant.User, Scope: grant.Scope, Resources: grant.Resources,
		CreatedAt: timestamp(grant.CreatedAt), ExpiresAt: timestamp(grant.ExpiresAt),
		Active: grant.RevokedAt.IsZero() && grant.ExpiresAt.After(s.now),
	}
	if !grant.RevokedAt.IsZero() {
		result.RevokedAt = timestamp(grant.RevokedAt)
	}
	return result
}

func (g grantResult) state() string {
	switch {
	case g.Active:
		return "good"
	case g.RevokedAt != "":
		return "revoked"
	default:
		return "expired"
	}
}

func (c *grantListCommand) Run(s *session) error {
	filter := store.GrantFilter{ClientID: c.Client, Limit: c.Limit}
	switch {
	case c.Limit < 0:
		return fmt.Errorf("--limit %d: write a number of grants, or 0 for all", c.Limit)
	case c.Limit == 0:
		filter.Limit = allGrants
	}
	if !c.All {
		filter.ActiveAt = s.now
	}
	return s.withStore(func(opened *sqlite.Store) (err error) {
		if c.User != "" {
			if filter.User, err = s.somebody(opened, c.User); err != nil {
				return err
			}
		}
		grants, err := opened.ListGrants(s, filter)
		if err != nil {
			return err
		}
		results := []grantResult{}
		rows := [][]string{{"GRANT", "USER", "CLIENT ID", "SCOPE", "SINCE", "EXPIRES", "STATE"}}
		for _, grant := range grants {
			one := s.grantResult(grant)
			results = append(results, one)
			rows = append(rows, []string{one.ID, printable(one.User), one.ClientID, one.Scope, one.CreatedAt, one.ExpiresAt, one.state()})
		}
		switch {
		case s.json:
			return s.printJSON(results)
		case len(results) == 0:
			s.none("grant", c.All, c.User, c.Client)
			return nil
		default:
			return s.table(rows)
		}
	})
}

type grantRevokeCommand struct {
	ID string `arg:"" help:"Id of the grant, from doapctl grant list."`
}

// Help is shown below the usage line.
func (grantRevokeCommand) Help() string {
	return `Ends one grant: its refresh token and its access tokens stop working with the next request to this server, and within
a second on others that share the database. The user is logged out of that application, and may log in again.

Example:

    doapctl grant revoke 7pv2g5kq3m4c6x1d8n9t0hws2r`
}

func (c *grantRevokeCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) error {
		grant, err := opened.Grant(s, c.ID)
		if errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("there is no grant %q: see doapctl grant list", c.ID)
		}
		if err != nil {
			return err
		}
		return s.revokeGrant(opened, grant, "")
	})
}

// revokeGrant ends a grant and says so.
func (s *session) revokeGrant(opened *sqlite.Store, grant store.Grant, detail string) error {
	event := s.event(store.AuditGrantRevoked, detail)
	event.ClientID, event.GrantID = grant.ClientID, grant.ID
	if grant.User != "" {
		event.Detail = concerning(grant.User, detail)
	}
	if err := opened.RevokeGrant(s, grant.ID, event); err != nil {
		return err
	}
	if s.json {
		grant.RevokedAt = s.now
		return s.printJSON(s.grantResult(grant))
	}
	s.print("Revoked the grant %s of the client %s.", grant.ID, grant.ClientID)
	return nil
}

// concerning names whom an administrator's change concerns: User is the account of the administrator then.
func concerning(user, detail string) string {
	if detail == "" {
		return "of " + user
	}
	return "of " + user + ": " + detail
}
