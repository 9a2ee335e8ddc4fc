// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"ndoap/core/apikey"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/rule"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type apikeyAddCommand struct {
	User    string   `help:"Issue it for this person: CN=Anna Berg/OU=Sales/O=Acme, as the Domino directory spells it." placeholder:"NAME" xor:"holder" required:""`
	Name    string   `help:"Issue it for this name, which nobody in the Domino directory has, for use in access control lists." placeholder:"NAME" xor:"holder" required:""`
	Scope   []string `help:"What the key opens. May be repeated." placeholder:"SCOPE" sep:"none" required:""`
	Expires string   `help:"How long the key is good, such as 12h or 365d, or never. Default: ${default}." placeholder:"DURATION" default:"90d"`
	Label   string   `help:"What the key is for, to tell it from others." placeholder:"TEXT" required:""`
}

// Help is shown below the usage line.
func (apikeyAddCommand) Help() string {
	return `Issues an API key and prints it, this once. A program sends it in place of an access token (Authorization: Bearer), and
its requests are made as the person or under the name, for the URLs that the key's scopes open.

One of --user and --name says whose the key is.

With --user the key is a person's. The server checks at each use that exactly one person in the Domino directory has
this very name: it must be spelled as there, and the key ends when the person is renamed or removed.

With --name the key is for a name of your choice with an organization, such as CN=Reporting/O=Acme, that you put into
access control lists, reader fields and author fields. The server checks at each use that nobody and nothing in the
Domino directory has this name.

Examples:

    doapctl apikey add --user "CN=Anna Berg/OU=Sales/O=Acme" --scope sales.read --label "Nightly export"
    doapctl apikey add --name "CN=Reporting/O=Acme" --scope sales.read --scope crm --expires never --label Reporting
    doapctl apikey add --json --user "Anna Berg/Sales/Acme" --scope domino --expires 12h --label CI > key.json`
}

func (c *apikeyAddCommand) Run(s *session) error {
	secret := apikey.New()
	key, err := c.key(s)
	if err != nil {
		return err
	}
	key.Hash = secret.Hash()
	if err := s.checkScopes(key.Scope); err != nil {
		return err
	}
	event := s.event(store.AuditAPIKeyIssued, apikey.Told(key))
	event.ClientID = apikey.ClientID(key.ID)
	err = s.withStore(func(opened *sqlite.Store) error { return opened.AddAPIKey(s, key, 0, event) })
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("%s has an API key with the label %q already: choose another label, or revoke that key first", key.User, key.Label)
	}
	if err != nil {
		return err
	}
	return s.printAPIKey(key, secret)
}

// key is the record of the key that the flags ask for, without its hash.
func (c *apikeyAddCommand) key(s *session) (store.APIKey, error) {
	key := store.APIKey{ID: apikey.NewID(), Kind: store.PersonKey, Label: strings.TrimSpace(c.Label), CreatedBy: account(), CreatedAt: s.now}
	written, read := c.User, apikey.Person
	if c.Name != "" {
		written, read, key.Kind = c.Name, apikey.Name, store.NameKey
	}
	var err error
	if key.User, err = read(written); err != nil {
		return key, fmt.Errorf("the name %q cannot be used: %w", written, err)
	}
	if err := apikey.CheckLabel(key.Label); err != nil {
		return key, err
	}
	scope, problem := oauth.ParseScope(strings.Join(c.Scope, " "))
	if problem != nil {
		return key, fmt.Errorf("the scope cannot be used: %s", problem.Description)
	}
	key.Scope = scope.String()
	if c.Expires == "never" {
		return key, nil
	}
	life, err := config.ParseDuration(c.Expires)
	if err != nil || life < time.Second {
		return key, fmt.Errorf("--expires %s: write a duration such as 12h or 90d, or never", c.Expires)
	}
	key.ExpiresAt = s.now.Add(life)
	return key, nil
}

// checkScopes refuses a scope that is not configured, or opens nothing here.
func (s *session) checkScopes(text string) error {
	policy, readable, err := s.policy()
	switch {
	case err != nil:
		return err
	case !readable:
		return errors.New("the configuration, which says what the scopes open, has mistakes: see doapctl config check")
	case text == "":
		return fmt.Errorf("the key needs a scope: choose from %s", strings.Join(rule.Opening(policy), ", "))
	}
	for scope := range strings.FieldsSeq(text) {
		if !rule.Opens(policy, scope) {
			return fmt.Errorf("the scope %q opens nothing on this server: choose from %s, or write it below scopes in the "+
				"configuration, with rules unless it is MAIL, $DATA or the alias of a database",
				scope, strings.Join(rule.Opening(policy), ", "))
		}
	}
	return nil
}

// printAPIKey prints a new key, the one time that it can be.
func (s *session) printAPIKey(key store.APIKey, secret oauth.Secret) error {
	result := s.apikeyResult(key, secret)
	if s.json {
		return s.printJSON(result)
	}
	check := "The server checks at each use that exactly one person in the Domino directory has this very name."
	if key.Kind == store.NameKey {
		check = "The server checks at each use that nobody and nothing in the Domino directory has this name. Access control lists\ndecide what it may do."
	}
	s.print("Issued the API key.")
	if err := s.fields([][2]string{
		{"Id", result.ID},
		{"API key", secret.Reveal()},
		{"Kind", result.Kind},
		{"Name", result.Name},
		{"Label", result.Label},
		{"Scopes", key.Scope},
		{"Expires", orWord(result.ExpiresAt, "never")},
	}); err != nil {
		return err
	}
	s.print("\nThe key is shown this once: ndoap keeps only its hash.\n%s", check)
	return nil
}
