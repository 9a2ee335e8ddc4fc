// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ndoap/core/client"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type clientCommands struct {
	Add     clientAddCommand     `cmd:"" help:"Register a client."`
	List    clientListCommand    `cmd:"" help:"List all clients."`
	Show    clientShowCommand    `cmd:"" help:"Show one client."`
	Update  clientUpdateCommand  `cmd:"" help:"Change a client."`
	Disable clientDisableCommand `cmd:"" help:"Refuse a client until it is enabled again."`
	Enable  clientEnableCommand  `cmd:"" help:"Let a disabled client in again."`
	Remove  clientRemoveCommand  `cmd:"" help:"Remove a client and all that users allowed it."`
	Secret  clientSecretCommand  `cmd:"" help:"Give a client a new secret."`
}

// clientID is the argument of the commands that concern one client.
type clientID struct {
	ID string `arg:"" help:"Client id."`
}

// clientResult is a client for scripts, in the words of RFC 7591 section 2 where it has them.
type clientResult struct {
	ID           string   `json:"client_id"`
	Secret       string   `json:"client_secret,omitempty"` // only when it was made just now
	Name         string   `json:"client_name"`
	RedirectURIs []string `json:"redirect_uris"`
	Scope        string   `json:"scope"`
	Public       bool     `json:"public"`
	Secrets      int      `json:"valid_secrets"`
	Trusted      bool     `json:"trusted"`
	Legacy       bool     `json:"legacy"`
	Disabled     bool     `json:"disabled"`
	CreatedAt    string   `json:"created_at"`
	ChangedAt    string   `json:"changed_at"`
}

func resultOf(registered store.Client, secret oauth.Secret) clientResult {
	return clientResult{
		ID:           registered.ID,
		Secret:       secret.Reveal(),
		Name:         registered.Name,
		RedirectURIs: registered.RedirectURIs,
		Scope:        strings.Join(registered.Scopes, " "),
		Public:       registered.Public(),
		Secrets:      len(registered.SecretHashes),
		Trusted:      registered.Trusted,
		Legacy:       registered.Legacy,
		Disabled:     registered.Disabled,
		CreatedAt:    timestamp(registered.CreatedAt),
		ChangedAt:    timestamp(registered.ChangedAt),
	}
}

func timestamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// printClient prints one client, with its secret when there is one to hand over.
func (s *session) printClient(registered store.Client, secret oauth.Secret) error {
	if s.json {
		return s.printJSON(resultOf(registered, secret))
	}
	pairs := [][2]string{{"Client id", registered.ID}}
	if secret != "" {
		pairs = append(pairs, [2]string{"Client secret", secret.Reveal()})
	}
	pairs = append(pairs,
		[2]string{"Name", registered.Name},
		[2]string{"Redirect URIs", strings.Join(registered.RedirectURIs, "\n")},
		[2]string{"Scope", strings.Join(registered.Scopes, " ")},
		[2]string{"Kind", kind(registered)},
		[2]string{"State", state(registered)},
		[2]string{"Created", timestamp(registered.CreatedAt)},
		[2]string{"Changed", timestamp(registered.ChangedAt)},
	)
	if err := s.fields(pairs); err != nil {
		return err
	}
	if secret != "" {
		s.print("\nThe secret is shown this once: ndoap keeps only its hash. Hand it to the client's developer.")
	}
	return nil
}

// kind tells how a client authenticates and what was decided for it.
func kind(registered store.Client) string {
	words := []string{"confidential"}
	switch secrets := len(registered.SecretHashes); {
	case registered.Public():
		words[0] = "public"
	case secrets > 1:
		words[0] += " with " + strconv.Itoa(secrets) + " secrets"
	}
	if registered.Trusted {
		words = append(words, "trusted")
	}
	if registered.Legacy {
		words = append(words, "legacy")
	}
	return strings.Join(words, ", ")
}

func state(registered store.Client) string {
	if registered.Disabled {
		return "disabled"
	}
	return "enabled"
}

// update changes one client and returns it as it is then.
func (s *session) update(id string, change func(*store.Client) error) (changed store.Client, err error) {
	err = s.withStore(func(clients *sqlite.Store) error {
		return named(id, clients.UpdateClient(s, id, func(registered *store.Client) error {
			if err := change(registered); err != nil {
				return err
			}
			registered.ChangedAt = s.now
			changed = *registered
			return nil
		}))
	})
	return changed, err
}

// named turns the store's "not found" into a sentence.
func named(id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("there is no client %q: see doapctl client list", id)
	}
	return err
}

// checkClientID keeps ids apart from the names of people and from issuers: a token names both its client and its
// user, and one must never pass for the other (RFC 9700 section 4.15).
func checkClientID(id string) error {
	const limit = 100
	outside := strings.ContainsFunc(id, func(char rune) bool {
		return (char < 'a' || char > 'z') && (char < 'A' || char > 'Z') && (char < '0' || char > '9') &&
			!strings.ContainsRune("._-", char)
	})
	if id == "" || len(id) > limit || outside {
		return fmt.Errorf("the client id %q cannot be used: write 1 to %d letters, digits, dots, underscores and "+
			"hyphens; names such as CN=... and URLs are for people and issuers", id, limit)
	}
	return nil
}

// checkClient makes the checks that hold for a new and for a changed client.
func checkClient(registered *store.Client) error {
	if strings.TrimSpace(registered.Name) == "" {
		return errors.New("the name is empty: write what people shall read on the consent page")
	}
	if len(registered.Name) > 200 || strings.ContainsFunc(registered.Name, unicode.IsControl) {
		return errors.New("the name must be one line of at most 200 bytes")
	}
	if len(registered.RedirectURIs) == 0 {
		return errors.New("a client needs a redirect URI: write --redirect-uri URI")
	}
	for _, uri := range registered.RedirectURIs {
		if err := client.ValidateRedirectURI(*registered, uri, config.Default().Clients.PrivateUseSchemes); err != nil {
			return fmt.Errorf("the redirect URI %q cannot be registered: %w", uri, err)
		}
	}
	if registered.Legacy && registered.Public() {
		return errors.New("a client cannot be public and legacy at once: without a secret, PKCE is all that protects " +
			"its codes, and legacy clients need not use it")
	}
	return nil
}

// scopes reads the values of --scope, each of which may hold several scopes.
func (s *session) scopes(values []string) ([]string, error) {
	scope, err := oauth.ParseScope(strings.Join(values, " "))
	if err != nil {
		return nil, fmt.Errorf("the scope cannot be used: %s", err.Description)
	}
	if len(scope) == 0 {
		return nil, errors.New("a client needs a scope: write --scope domino")
	}
	where, fault := s.bootstrap()
	if fault != nil {
		return nil, fault
	}
	// A configuration that cannot be read now may be repaired later; that is no reason to refuse a client.
	if policy, _, fault := s.configuration(where.ConfigDir); fault == nil {
		for _, name := range scope {
			if _, configured := policy.Scopes[name]; !configured {
				fmt.Fprintf(s.stderr, "doapctl: The scope %s is not configured yet: add it to \"scopes\" in %s.\n",
					name, where.ConfigDir)
			}
		}
	}
	return slices.Clone(scope), nil
}
