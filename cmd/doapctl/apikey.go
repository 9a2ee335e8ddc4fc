// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strings"

	"ndoap/core/apikey"
	"ndoap/core/oauth"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type apikeyCommands struct {
	Add    apikeyAddCommand    `cmd:"" help:"Issue an API key for a person, or for a name in access control lists."`
	List   apikeyListCommand   `cmd:"" help:"List API keys."`
	Revoke apikeyRevokeCommand `cmd:"" help:"End an API key at once."`
}

// apikeyResult is an API key for scripts. The key itself is there only when it was just made.
type apikeyResult struct {
	ID         string   `json:"id"`
	Key        string   `json:"api_key,omitempty"`
	Kind       string   `json:"kind"`
	Name       string   `json:"name"`
	Label      string   `json:"label"`
	Scopes     []string `json:"scopes"`
	CreatedBy  string   `json:"created_by"`
	CreatedAt  string   `json:"created_at"`
	ExpiresAt  string   `json:"expires_at,omitempty"`
	LastUsedAt string   `json:"last_used_at,omitempty"`
	RevokedAt  string   `json:"revoked_at,omitempty"`
	State      string   `json:"state"`
}

func (s *session) apikeyResult(key store.APIKey, secret oauth.Secret) apikeyResult {
	result := apikeyResult{
		ID: key.ID, Key: secret.Reveal(), Kind: string(key.Kind), Name: key.User, Label: key.Label,
		Scopes: strings.Fields(key.Scope), CreatedBy: key.CreatedBy, CreatedAt: timestamp(key.CreatedAt), State: "good",
	}
	if !key.ExpiresAt.IsZero() {
		result.ExpiresAt = timestamp(key.ExpiresAt)
	}
	if !key.LastUsedAt.IsZero() {
		result.LastUsedAt = timestamp(key.LastUsedAt)
	}
	switch {
	case !key.RevokedAt.IsZero():
		result.RevokedAt, result.State = timestamp(key.RevokedAt), "revoked"
	case key.Expired(s.now):
		result.State = "expired"
	}
	return result
}

type apikeyListCommand struct {
	User string `help:"Only keys of this person or name." placeholder:"NAME"`
	All  bool   `help:"Also those that are revoked or expired."`
}

// Help is shown below the usage line.
func (apikeyListCommand) Help() string {
	return `Lists the API keys that are good, the newest first: whose they are, what they open, and when they were used last, which
may be a minute late. Keys that are revoked or expired can be seen with --all for 90 days. The keys themselves are
stored nowhere.

Examples:

    doapctl apikey list
    doapctl apikey list --user "Anna Berg/Acme"
    doapctl apikey list --all --json`
}

func (c *apikeyListCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) (err error) {
		var filter store.APIKeyFilter
		if !c.All {
			filter.GoodAt = s.now
		}
		if c.User != "" {
			if filter.User, err = s.somebody(opened, c.User); err != nil {
				return err
			}
		}
		keys, err := opened.ListAPIKeys(s, filter)
		if err != nil {
			return err
		}
		results := []apikeyResult{}
		rows := [][]string{{"ID", "KIND", "NAME", "LABEL", "SCOPES", "LAST USED", "EXPIRES", "STATE"}}
		for _, key := range keys {
			one := s.apikeyResult(key, "")
			results = append(results, one)
			rows = append(rows, []string{
				one.ID, one.Kind, printable(one.Name), printable(one.Label), key.Scope, orWord(one.LastUsedAt, "not yet"), orWord(one.ExpiresAt, "never"), one.State,
			})
		}
		switch {
		case s.json:
			return s.printJSON(results)
		case len(results) == 0:
			s.none("API key", c.All, c.User)
			return nil
		default:
			return s.table(rows)
		}
	})
}

// orWord is a text, or a word where there is none.
func orWord(text, word string) string {
	if text == "" {
		return word
	}
	return text
}

type apikeyRevokeCommand struct {
	ID string `arg:"" help:"Id of the key, from doapctl apikey list."`
}

// Help is shown below the usage line.
func (apikeyRevokeCommand) Help() string {
	return `Ends one API key: it stops working with the next request to this server, and within a second on others that share the
database. The keys of a person end with "doapctl user revoke", too.

Example:

    doapctl apikey revoke k3x7q2m5a4np`
}

func (c *apikeyRevokeCommand) Run(s *session) error {
	return s.withStore(func(opened *sqlite.Store) error {
		key, err := s.findAPIKey(opened, c.ID)
		if err != nil {
			return err
		}
		event := s.event(store.AuditAPIKeyRevoked, apikey.Told(key))
		event.ClientID = apikey.ClientID(key.ID)
		if err := opened.RevokeAPIKey(s, key.ID, event); err != nil {
			return err
		}
		if s.json {
			if key, err = s.findAPIKey(opened, c.ID); err != nil {
				return err
			}
			return s.printJSON(s.apikeyResult(key, ""))
		}
		s.print("Revoked the API key %s of %s (%s).", key.ID, key.User, printable(key.Label))
		return nil
	})
}

func (s *session) findAPIKey(in store.APIKeys, id string) (store.APIKey, error) {
	keys, err := in.ListAPIKeys(s, store.APIKeyFilter{})
	if err != nil {
		return store.APIKey{}, err
	}
	for _, key := range keys {
		if key.ID == id {
			return key, nil
		}
	}
	if apikey.HasForm(id) {
		return store.APIKey{}, errors.New("name the key by its id, from doapctl apikey list, and not by itself, which is a secret")
	}
	return store.APIKey{}, fmt.Errorf("there is no API key %q: see doapctl apikey list --all", id)
}
