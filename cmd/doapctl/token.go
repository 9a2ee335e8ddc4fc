// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ndoap/core/apikey"
	"ndoap/core/audit"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/standing"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type tokenCommands struct {
	Revoke tokenRevokeCommand `cmd:"" help:"End one token, pasted on standard input."`
}

type tokenRevokeCommand struct {
	ID string `arg:"" optional:"" help:"Id of an access token (its jti), instead of a token on standard input."`
}

// Help is shown below the usage line.
func (tokenRevokeCommand) Help() string {
	return `Ends one token that has come into wrong hands. Paste it on standard input, so that it is neither in the history of
the shell nor in the list of processes. An access token is ended alone, also one of an identity provider or of a login
by name and password, if it has an id (jti); with a refresh token the whole grant ends. It takes effect with the next
request to this server, and within a second on others that share the database. The provider does not learn of it.

Examples:

    doapctl token revoke < token.txt
    doapctl token revoke K3VQ2M7DXW5N4T6Y8B1Z0CJHRG`
}

func (c *tokenRevokeCommand) Run(s *session) error {
	if c.ID != "" {
		return s.revokeID(c.ID)
	}
	const longest = 64 << 10
	pasted, err := io.ReadAll(io.LimitReader(s.stdin, longest))
	if err != nil {
		return fmt.Errorf("standard input cannot be read: %w", err)
	}
	text := strings.TrimSpace(string(pasted))
	switch {
	case text == "":
		return errors.New("there is no token on standard input: see doapctl token revoke --help")
	case strings.Contains(text, "."):
		return s.revokeAccessToken(text)
	case apikey.HasForm(text):
		return errors.New("that is an API key: doapctl explain tells its id, and doapctl apikey revoke ID ends it")
	default:
		return s.revokeRefreshToken(oauth.Secret(text))
	}
}

// revokeID ends an access token of which nothing but the id is known.
func (s *session) revokeID(id string) error {
	if len(id) > 100 || strings.ContainsFunc(id, func(char rune) bool { return !strings.ContainsRune(idCharacters, char) }) {
		return errors.New("that is no id of an access token; a whole token belongs on standard input")
	}
	return s.withStore(func(opened *sqlite.Store) error {
		return s.revokeToken(opened, accessToken{ID: id, ExpiresAt: s.now.Add(store.MaxAccessTokenLife).Unix()})
	})
}

const idCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// accessToken is what a token says of itself. Nothing of it is proven, and need not be: a token that was made up ends
// nothing but itself.
type accessToken struct {
	Issuer    string `json:"iss"`
	ID        string `json:"jti"`
	GrantID   string `json:"gid"`
	ClientID  string `json:"client_id"`
	Subject   string `json:"sub"`
	ExpiresAt int64  `json:"exp"`

	foreign bool // of another issuer than the one of all that has a grant
}

// key is how the store knows the token.
func (t accessToken) key() string {
	return standing.Token{ID: t.ID, Foreign: t.foreign, Issuer: t.Issuer}.Key()
}

func (s *session) revokeAccessToken(text string) error {
	token, err := readAccessToken(text)
	if err != nil {
		return err
	}
	where, err := s.bootstrap()
	if err != nil {
		return err
	}
	policy, _, err := s.configuration(where.ConfigDir)
	if err != nil {
		return err
	}
	token.foreign = token.Issuer != policy.Issuer
	everlasting := token.foreign && policy.Bearer.IgnoreExpiry && !isLogins(policy, token.Issuer)
	switch {
	case token.foreign && !trusts(policy, token.Issuer):
		return fmt.Errorf("the token is of the issuer %q, neither of this server (%s) or its login nor of an identity provider in its "+
			"configuration: it opens nothing here", token.Issuer, policy.Issuer)
	case token.ID == "":
		return errors.New("the token has no id (jti) by which it could be revoked: doapctl user revoke ends it with all " +
			"others of its user")
	case time.Unix(token.ExpiresAt, 0).Before(s.now) && !everlasting:
		return errors.New("the token has expired already: there is nothing to revoke")
	case everlasting:
		token.ExpiresAt = s.now.Add(store.UserRevocationsKept).Unix()
	}
	return s.withStore(func(opened *sqlite.Store) error { return s.revokeToken(opened, token) })
}

// isLogins tells whether an issuer is that of tokens for a name and a password. They expire whatever is configured.
func isLogins(policy *config.Config, issuer string) bool {
	return policy.DominoLogin.IssuesOrTakes() && issuer == policy.LoginIssuer()
}

// trusts tells whether tokens of another issuer can be good here: those of the login, or of an identity provider of the
// configuration, one of which may have all issuers that are nobody else's.
func trusts(policy *config.Config, issuer string) bool {
	return isLogins(policy, issuer) || slices.ContainsFunc(policy.Providers, func(p config.Provider) bool {
		return slices.Contains(p.ExpectedIssuers(), issuer) || p.AnyIssuer() && issuer != "" && !policy.IsWithheld(issuer)
	})
}

func readAccessToken(text string) (accessToken, error) {
	var token accessToken
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return token, errors.New("that is no access token: it is not three parts with dots between them")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(payload, &token)
	}
	if err != nil {
		return token, fmt.Errorf("that is no access token: its claims cannot be read: %w", err)
	}
	return token, nil
}

// revokeToken ends an access token until it would have expired; none is good for longer than MaxAccessTokenLife, or
// UserRevocationsKept for one of an identity provider.
func (s *session) revokeToken(opened *sqlite.Store, token accessToken) error {
	longest := store.MaxAccessTokenLife
	if token.foreign {
		longest = store.UserRevocationsKept
	}
	expires := time.Unix(token.ExpiresAt, 0)
	if latest := s.now.Add(longest); expires.After(latest) {
		expires = latest
	}
	event := s.event(store.AuditTokenRevoked, "access token")
	event.TokenHash, event.GrantID, event.ClientID = audit.TokenHash(token.ID), token.GrantID, token.ClientID
	if token.Subject != "" {
		event.Detail = concerning(token.Subject, event.Detail)
	}
	if err := opened.RevokeToken(s, token.key(), expires, event); err != nil {
		return err
	}
	if s.json {
		return s.printJSON(map[string]string{"token_id": token.ID})
	}
	s.print("Revoked the access token %s.", token.ID)
	return nil
}

func (s *session) revokeRefreshToken(token oauth.Secret) error {
	return s.withStore(func(opened *sqlite.Store) error {
		_, grant, err := opened.RefreshTokenGrant(s, token.Hash())
		if errors.Is(err, store.ErrNotFound) {
			return errors.New("that is no token of this server, or one that has expired")
		}
		if err != nil {
			return err
		}
		return s.revokeGrant(opened, grant, "refresh token")
	})
}
