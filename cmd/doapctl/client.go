// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
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
	Revoke  clientRevokeCommand  `cmd:"" help:"End all that users allowed a client, which stays registered."`
	Remove  clientRemoveCommand  `cmd:"" help:"Remove a client and all that users allowed it."`
	Secret  clientSecretCommand  `cmd:"" help:"Give a client a new secret."`
}

// clientID is the argument of the commands that concern one client.
type clientID struct {
	ID string `arg:"" help:"Client id."`
}

// clientResult is a client for scripts, in the words of RFC 7591 section 2 where it has them. Lifetimes are in seconds.
type clientResult struct {
	ID           string          `json:"client_id"`
	Secret       string          `json:"client_secret,omitempty"` // only when it was made just now
	Name         string          `json:"client_name"`
	RedirectURIs []string        `json:"redirect_uris"`
	GrantTypes   []string        `json:"grant_types"`
	AuthMethod   string          `json:"token_endpoint_auth_method"` // client_secret_basic stands for client_secret_post, too
	Scope        string          `json:"scope"`
	JWKS         json.RawMessage `json:"jwks,omitempty"`
	JWKSURI      string          `json:"jwks_uri,omitempty"`

	Resources              []string `json:"resources,omitempty"`
	IntrospectionAudiences []string `json:"introspection_audiences,omitempty"`
	AccessTokenLifetime    int64    `json:"access_token_lifetime,omitempty"`
	RefreshTokenIdle       int64    `json:"refresh_token_idle,omitempty"`
	RefreshTokenAbsolute   int64    `json:"refresh_token_absolute,omitempty"`

	Public    bool   `json:"public"`
	Secrets   int    `json:"valid_secrets"`
	Trusted   bool   `json:"trusted"`
	Legacy    bool   `json:"legacy"`
	Disabled  bool   `json:"disabled"`
	CreatedAt string `json:"created_at"`
	ChangedAt string `json:"changed_at"`
}

func resultOf(registered store.Client, secret oauth.Secret) clientResult {
	return clientResult{
		ID:           registered.ID,
		Secret:       secret.Reveal(),
		Name:         registered.Name,
		RedirectURIs: append([]string{}, registered.RedirectURIs...), // [] and not null
		GrantTypes:   grantTypes(registered),
		AuthMethod:   authMethod(registered),
		Scope:        strings.Join(registered.Scopes, " "),
		JWKS:         registered.JWKS,
		JWKSURI:      registered.JWKSURI,

		Resources:              registered.Resources,
		IntrospectionAudiences: registered.IntrospectionAudiences,
		AccessTokenLifetime:    int64(registered.AccessTokenLifetime / time.Second),
		RefreshTokenIdle:       int64(registered.RefreshTokenIdle / time.Second),
		RefreshTokenAbsolute:   int64(registered.RefreshTokenAbsolute / time.Second),

		Public:    registered.Public(),
		Secrets:   len(registered.SecretHashes),
		Trusted:   registered.Trusted,
		Legacy:    registered.Legacy,
		Disabled:  registered.Disabled,
		CreatedAt: timestamp(registered.CreatedAt),
		ChangedAt: timestamp(registered.ChangedAt),
	}
}

// grantTypes are those that the client may use, also when they are the default.
func grantTypes(registered store.Client) []string {
	var may []string
	for _, grantType := range []string{store.AuthorizationCode, store.Refresh, store.ClientCredentials} {
		if registered.MayUse(grantType) {
			may = append(may, grantType)
		}
	}
	return may
}

// authMethod is how the client authenticates, in the words of RFC 7591 section 2 and OpenID Connect Core section 9.
func authMethod(registered store.Client) string {
	switch {
	case registered.Public():
		return "none"
	case registered.HasKeys():
		return "private_key_jwt"
	}
	return "client_secret_basic"
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
		[2]string{"Grant types", strings.Join(grantTypes(registered), "\n")},
	)
	pairs = append(pairs, special(registered)...)
	pairs = append(pairs,
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

// special are the settings that most clients do not have.
func special(registered store.Client) [][2]string {
	var pairs [][2]string
	keys := registered.JWKSURI
	if len(registered.JWKS) > 0 {
		keys = string(registered.JWKS)
	}
	for _, pair := range [][2]string{
		{"Keys", keys},
		{"Resources", strings.Join(registered.Resources, "\n")},
		{"May introspect", strings.Join(registered.IntrospectionAudiences, "\n")},
	} {
		if pair[1] != "" {
			pairs = append(pairs, pair)
		}
	}
	for _, one := range []struct {
		name  string
		given time.Duration
	}{
		{"Access tokens", registered.AccessTokenLifetime},
		{"Refresh tokens, idle", registered.RefreshTokenIdle},
		{"Refresh tokens, in all", registered.RefreshTokenAbsolute},
	} {
		if one.given > 0 {
			pairs = append(pairs, [2]string{one.name, config.FormatDuration(one.given)})
		}
	}
	return pairs
}

// kind tells how a client authenticates and what was decided for it.
func kind(registered store.Client) string {
	words := []string{"confidential"}
	switch secrets := len(registered.SecretHashes); {
	case registered.Public():
		words[0] = "public"
	case registered.HasKeys():
		words[0] += " with keys"
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

// update changes one client and returns it as it is then. What was done goes on the audit trail.
func (s *session) update(id, done string, change func(*store.Client) error) (changed store.Client, err error) {
	err = s.withStore(func(clients *sqlite.Store) error {
		err := clients.UpdateClient(s, id, func(registered *store.Client) error {
			if err := change(registered); err != nil {
				return err
			}
			registered.ChangedAt = s.now
			changed = *registered
			return nil
		}, s.ofClient(id, done))
		return named(id, err)
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
func checkClient(registered *store.Client, policy *config.Config) error {
	if strings.TrimSpace(registered.Name) == "" {
		return errors.New("the name is empty: write what people shall read on the consent page")
	}
	if len(registered.Name) > 200 || strings.ContainsFunc(registered.Name, unicode.IsControl) {
		return errors.New("the name must be one line of at most 200 bytes")
	}
	if err := checkRegistration(registered); err != nil {
		return err
	}
	for _, uri := range registered.RedirectURIs {
		if err := client.ValidateRedirectURI(*registered, uri, policy.Clients.PrivateUseSchemes); err != nil {
			return fmt.Errorf("the redirect URI %q cannot be registered: %w", uri, err)
		}
	}
	if registered.Legacy && registered.Public() {
		return errors.New("a client cannot be public and legacy at once: without a secret, PKCE is all that protects " +
			"its codes, and legacy clients need not use it")
	}
	return nil
}

// policy is the configuration in force. One that cannot be read now may be repaired later; the defaults take its place
// meanwhile, and readable is false.
func (s *session) policy() (policy *config.Config, readable bool, err error) {
	where, err := s.bootstrap()
	if err != nil {
		return nil, false, err
	}
	policy, _, fault := s.configuration(where.ConfigDir)
	if fault != nil {
		defaults := config.Default()
		return &defaults, false, nil
	}
	return policy, true, nil
}

// scopes reads the values of --scope, each of which may hold several scopes.
func scopes(values []string) ([]string, error) {
	scope, err := oauth.ParseScope(strings.Join(values, " "))
	if err != nil {
		return nil, fmt.Errorf("the scope cannot be used: %s", err.Description)
	}
	if len(scope) == 0 {
		return nil, errors.New("a client needs a scope: write --scope domino")
	}
	return slices.Clone(scope), nil
}
