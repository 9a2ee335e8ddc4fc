// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"ndoap/core/oauth"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type clientAddCommand struct {
	ID          string   `name:"id" help:"Client id. Default: a random one." placeholder:"ID"`
	Name        string   `help:"What people read on the consent page." placeholder:"NAME" required:""`
	RedirectURI []string `name:"redirect-uri" help:"Where to send the browser back to, exactly as the client will ask for it. May be repeated." placeholder:"URI" sep:"none"`
	Scope       []string `help:"Scope that the client may ask for. May be repeated. Default: ${default}." placeholder:"SCOPE" default:"domino" sep:"none"`
	Public      bool     `help:"The client cannot keep a secret: a mobile, desktop or single-page application."`
	Legacy      bool     `help:"A client written for DOAP: PKCE is optional."`
	Trusted     bool     `help:"Nobody is asked for consent: the administrator gives it for all."`
	registration
}

// Help is shown below the usage line.
func (clientAddCommand) Help() string {
	return `Registers a client and prints its id and, unless it is public, its secret. The secret is shown this once.

A client sends its secret to the token endpoint. A public client has none; it is protected by PKCE alone. With --jwks or
--jwks-uri a client gets no secret, but signs what it sends with a private key of its own. Without --trusted, each user is
asked once whether the application may act for them. Use --legacy only for applications that were written for DOAP and
cannot use PKCE. A client that acts for itself and not for users has the grant type client_credentials only, and needs
no redirect URI.

Examples:

    doapctl client add --name "Demo web site" --redirect-uri http://localhost:3000/authorize
    doapctl client add --name "Mail on the phone" --public --redirect-uri com.example.mail:/callback
    doapctl client add --id intranet --name Intranet --trusted --redirect-uri https://intranet.example.com/login
    doapctl client add --name Archive --grant-type client_credentials --jwks public-keys.json --scope archive
    doapctl client add --json --name CI --redirect-uri https://ci.example.com/cb > ci-client.json`
}

func (c *clientAddCommand) Run(s *session) error {
	id := c.ID
	if id == "" {
		id = strings.ToLower(rand.Text())
	}
	if err := checkClientID(id); err != nil {
		return err
	}
	if c.Public && c.hasKeys() {
		return errors.New("a public client has no keys: leave --public out")
	}
	scope, err := scopes(c.Scope)
	if err != nil {
		return err
	}
	keys, err := s.keys(c.JWKS)
	if err != nil {
		return err
	}
	policy, readable, err := s.policy()
	if err != nil {
		return err
	}
	added := store.Client{
		ID: id, Name: c.Name, RedirectURIs: c.RedirectURI, Scopes: scope,
		Trusted: c.Trusted, Legacy: c.Legacy,
		CreatedAt: s.now, ChangedAt: s.now,
	}
	c.apply(&added, keys)
	var secret oauth.Secret
	if !c.Public && !added.HasKeys() {
		secret = oauth.NewSecret()
		added.SecretHashes = []string{secret.Hash()}
	}
	if err := checkClient(&added, policy); err != nil {
		return err
	}
	if readable {
		s.warn(&added, policy)
	}
	err = s.withStore(func(clients *sqlite.Store) error {
		return clients.AddClient(s, added, s.ofClient(id, "registered: "+kind(added)))
	})
	if errors.Is(err, store.ErrExists) {
		return fmt.Errorf("there is a client %q already: choose another id, or change it with doapctl client update %s",
			id, id)
	}
	if err != nil {
		return err
	}
	s.print("Registered the client.")
	return s.printClient(added, secret)
}
