// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"

	"ndoap/core/oauth"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type clientUpdateCommand struct {
	clientID
	Name        *string  `help:"New name." placeholder:"NAME"`
	RedirectURI []string `name:"redirect-uri" help:"New redirect URI; replaces all that are registered. May be repeated." placeholder:"URI" sep:"none"`
	Scope       []string `help:"New scope; replaces all that are registered. May be repeated." placeholder:"SCOPE" sep:"none"`
	Trusted     *bool    `help:"Whether nobody is asked for consent." negatable:""`
	Legacy      *bool    `help:"Whether PKCE is optional, as for clients written for DOAP." negatable:""`
	registration
}

// Help is shown below the usage line.
func (clientUpdateCommand) Help() string {
	return `Changes what is given and leaves the rest. Tokens that were issued before stay as they are. Flags that may be
repeated replace all that is registered; an empty value, as in --resource "", leaves nothing. A client with a secret
cannot be given keys, nor the other way round: register another client for that.

Examples:

    doapctl client update intranet --name "Intranet, new"
    doapctl client update intranet --redirect-uri https://a.example.com/cb --redirect-uri https://b.example.com/cb
    doapctl client update intranet --no-legacy --trusted
    doapctl client update intranet --access-token-lifetime 10m --resource https://api.example.com/`
}

func (c *clientUpdateCommand) Run(s *session) error {
	if c.Name == nil && c.RedirectURI == nil && c.Scope == nil && c.Trusted == nil && c.Legacy == nil && c.isEmpty() {
		return errors.New("nothing to change: see doapctl client update --help")
	}
	var scope []string
	if c.Scope != nil {
		var err error
		if scope, err = scopes(c.Scope); err != nil {
			return err
		}
	}
	keys, err := s.keys(c.JWKS)
	if err != nil {
		return err
	}
	policy, readable, err := s.policy()
	if err != nil {
		return err
	}
	changed, err := s.update(c.ID, "updated", func(registered *store.Client) error {
		set(&registered.Name, c.Name)
		set(&registered.Trusted, c.Trusted)
		set(&registered.Legacy, c.Legacy)
		if c.RedirectURI != nil {
			registered.RedirectURIs = given(c.RedirectURI)
		}
		if c.Scope != nil {
			registered.Scopes = scope
		}
		c.apply(registered, keys)
		return checkClient(registered, policy)
	})
	if err != nil {
		return err
	}
	if readable {
		s.warn(&changed, policy)
	}
	s.print("Changed the client.")
	return s.printClient(changed, "")
}

// set stores a value that was given.
func set[Value any](at, given *Value) {
	if given != nil {
		*at = *given
	}
}

type clientDisableCommand struct{ clientID }

// Help is shown below the usage line.
func (clientDisableCommand) Help() string {
	return `The client can no longer start a login, and gets no more tokens. Access tokens that it holds are refused within a
second. Its registration stays.

Example:

    doapctl client disable intranet`
}

func (c *clientDisableCommand) Run(s *session) error {
	return s.setDisabled(c.ID, true, "Disabled the client.")
}

type clientEnableCommand struct{ clientID }

// Help is shown below the usage line.
func (clientEnableCommand) Help() string {
	return `Undoes "doapctl client disable".

Example:

    doapctl client enable intranet`
}

func (c *clientEnableCommand) Run(s *session) error {
	return s.setDisabled(c.ID, false, "Enabled the client.")
}

func (s *session) setDisabled(id string, disabled bool, done string) error {
	event := "enabled"
	if disabled {
		event = "disabled"
	}
	changed, err := s.update(id, event, func(registered *store.Client) error {
		registered.Disabled = disabled
		return nil
	})
	if err != nil {
		return err
	}
	s.print("%s", done)
	return s.printClient(changed, "")
}

type clientRemoveCommand struct {
	clientID
	Yes bool `help:"Really remove it."`
}

// Help is shown below the usage line.
func (clientRemoveCommand) Help() string {
	return `Removes the registration together with all pending logins, refresh tokens and remembered consents of the
client. Access tokens that it holds are refused within a second. This cannot be undone; "doapctl client disable" can.

Example:

    doapctl client remove intranet --yes`
}

func (c *clientRemoveCommand) Run(s *session) error {
	return s.withStore(func(clients *sqlite.Store) error {
		if !c.Yes {
			registered, err := clients.Client(s, c.ID)
			if err != nil {
				return named(c.ID, err)
			}
			return fmt.Errorf("nothing was removed: repeat the command with --yes to remove the client %q (%s) with all "+
				"its refresh tokens and consents, or use doapctl client disable", registered.ID, registered.Name)
		}
		if err := clients.RemoveClient(s, c.ID, s.ofClient(c.ID, "removed")); err != nil {
			return named(c.ID, err)
		}
		if s.json {
			return s.printJSON(map[string]string{"removed": c.ID})
		}
		s.print("Removed the client %s.", c.ID)
		return nil
	})
}

type clientSecretCommand struct {
	clientID
	KeepOld bool `help:"Keep the secret that is valid now beside the new one, until --drop-old." xor:"rollover"`
	DropOld bool `help:"Make no new secret: end a rollover, so that only the newest stays valid." xor:"rollover"`
}

// Help is shown below the usage line.
func (clientSecretCommand) Help() string {
	return `Makes a new secret and prints it. The old one stops working at once, unless --keep-old is given. With --keep-old
the newest two are valid, so that the client can be changed over without an interruption; then end the rollover with
--drop-old.

Examples:

    doapctl client secret intranet
    doapctl client secret intranet --keep-old
    doapctl client secret intranet --drop-old`
}

func (c *clientSecretCommand) Run(s *session) error {
	var secret oauth.Secret
	done, ended := "older secrets dropped", false
	if !c.DropOld {
		secret = oauth.NewSecret()
		done = "new secret"
	}
	changed, err := s.update(c.ID, done, func(registered *store.Client) error {
		if registered.HasKeys() {
			return fmt.Errorf("the client %q authenticates with its keys and has no secret: change them with doapctl client "+
				"update --jwks or --jwks-uri", c.ID)
		}
		if registered.Public() {
			return fmt.Errorf("the client %q is public and has no secret: register a confidential client for an "+
				"application that can keep one", c.ID)
		}
		newest := registered.SecretHashes[:1] // new ones are put in front
		switch {
		case c.DropOld:
			registered.SecretHashes = newest
		case c.KeepOld:
			ended = len(registered.SecretHashes) > len(newest)
			registered.SecretHashes = []string{secret.Hash(), newest[0]}
		default:
			registered.SecretHashes = []string{secret.Hash()}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if ended { // in a rollover that was not over: it may be the one that the application has
		fmt.Fprintln(s.stderr, "doapctl: The older of the two secrets that were valid has ended: an application that still sends it "+
			"is refused.")
	}
	if c.DropOld {
		s.print("Only the newest secret is valid now.")
	} else {
		s.print("Made a new secret.")
	}
	return s.printClient(changed, secret)
}
