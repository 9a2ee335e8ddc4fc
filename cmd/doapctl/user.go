// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"ndoap/core/dominoname"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// allGrants is a limit that is none.
const allGrants = math.MaxInt32

type userCommands struct {
	Revoke userRevokeCommand `cmd:"" help:"End everything that applications may do in the name of a user."`
}

type userRevokeCommand struct {
	Name string `arg:"" help:"Name of the person: Anna Berg/Sales/Acme or CN=Anna Berg/OU=Sales/O=Acme."`
	Yes  bool   `help:"Really revoke."`
}

// Help is shown below the usage line.
func (userRevokeCommand) Help() string {
	return `Ends all grants of a person, with their refresh tokens and access tokens, and the API keys in the person's name, and
forgets which applications the person had consented to. Access tokens that identity providers, or logins by name and
password, have given the person until now end, too; so do those that a provider gives within the next minute, because its
clock may be ahead. It takes effect with the next request to this server, and within a second on others that share the
database. It does not keep the person from logging in again: that is for the Domino
directory and the providers to say. A person who has neither grant nor API key is named in full, such as
"CN=Anna Berg/OU=Sales/O=Acme".

Example:

    doapctl user revoke "Anna Berg/Sales/Acme" --yes`
}

func (c *userRevokeCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) error {
		known, err := spellings(s, opened, c.Name)
		if err != nil {
			return err
		}
		if len(known) == 0 { // what has no grant is revoked, too: codes, consents, tokens of identity providers
			canonical, err := dominoname.Canonical(c.Name)
			if err != nil || !strings.Contains(c.Name, "=") {
				return fmt.Errorf("nobody called %q has a grant or an API key here; if the name is right, write it in full, such as "+
					"\"CN=Anna Berg/OU=Sales/O=Acme\"", c.Name)
			}
			known = []string{canonical}
		}
		if !c.Yes {
			return fmt.Errorf("nothing was revoked: repeat the command with --yes to end everything that applications may do "+
				"in the name of %s", known[0])
		}
		revoked, keys := 0, 0
		for _, name := range known {
			good, err := opened.ListAPIKeys(s, store.APIKeyFilter{User: name, GoodAt: s.now})
			if err != nil {
				return err
			}
			keys += len(good)
			count, err := opened.RevokeUser(s, name, s.event(store.AuditUserRevoked, name))
			if err != nil {
				return err
			}
			revoked += count
		}
		if s.json {
			return s.printJSON(map[string]any{"user": known[0], "revoked_grants": revoked, "revoked_api_keys": keys})
		}
		ended := counted(revoked, "grant")
		if keys > 0 {
			ended += " and " + counted(keys, "API key")
		}
		s.print("Revoked %s of %s, and every access token that was issued until now.", ended, known[0])
		return nil
	})
}

// holders is where names stand that people give to doapctl.
type holders interface {
	store.Grants
	store.APIKeys
}

// spellings finds a person among those who have grants or API keys: by canonical or abbreviated name, in any case, as
// Domino compares names. All that are found differ in case only.
func spellings(s *session, in holders, name string) ([]string, error) {
	grants, err := in.ListGrants(s, store.GrantFilter{Limit: allGrants})
	if err != nil {
		return nil, err
	}
	keys, err := in.ListAPIKeys(s, store.APIKeyFilter{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, grant := range grants {
		names = append(names, grant.User)
	}
	for _, key := range keys {
		names = append(names, key.User)
	}
	wanted := name
	if canonical, err := dominoname.Canonical(name); err == nil {
		wanted = canonical
	}
	var found []string
	for _, known := range names {
		matches := dominoname.Same(known, wanted) || dominoname.Same(dominoname.Abbreviated(known), name)
		if known != "" && matches && !slices.Contains(found, known) {
			found = append(found, known)
		}
	}
	for _, other := range found[min(len(found), 1):] {
		if !dominoname.Same(other, found[0]) {
			return nil, fmt.Errorf("the name %q stands for several: write one of them in full: %s", name, strings.Join(found, ", "))
		}
	}
	return found, nil
}

// somebody is the name by which a person, or an account of this machine, stands in the database.
func (s *session) somebody(in holders, name string) (string, error) {
	known, err := spellings(s, in, name)
	switch {
	case err != nil:
		return "", err
	case len(known) > 0:
		return known[0], nil
	case strings.Contains(name, "="):
		canonical, err := dominoname.Canonical(name)
		if errors.Is(err, dominoname.ErrAnonymous) {
			return name, nil
		}
		return canonical, err
	default:
		return name, nil
	}
}
