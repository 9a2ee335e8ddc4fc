// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"ndoap/core/config"
	"ndoap/core/fetch"
	"ndoap/core/jwk"
	"ndoap/core/resource"
	"ndoap/store"
)

// registration are the flags that "client add" and "client update" share. What is nil was not given.
type registration struct {
	GrantType            []string  `name:"grant-type" help:"Grant type that the client may use: authorization_code, refresh_token or client_credentials. May be repeated. Default of a new client: authorization_code and refresh_token." placeholder:"TYPE" sep:"none"`
	Resource             []string  `help:"URI of a resource server that the client may ask for tokens for (RFC 8707). May be repeated." placeholder:"URI" sep:"none"`
	IntrospectAudience   []string  `help:"Audience whose tokens the client may introspect, beside its own tokens: Domino, or the URI of a resource server. May be repeated." placeholder:"AUDIENCE" sep:"none"`
	AccessTokenLifetime  *lifetime `help:"How long its access tokens are good, if less than lifetimes.accessToken." placeholder:"TIME"`
	RefreshTokenIdle     *lifetime `help:"How long its refresh tokens are good without use, if less than lifetimes.refreshTokenIdle." placeholder:"TIME"`
	RefreshTokenAbsolute *lifetime `help:"How long its grants are good, if less than lifetimes.refreshTokenAbsolute." placeholder:"TIME"`
	JWKS                 string    `name:"jwks" help:"File with the client's public keys as a JWK Set, for private_key_jwt; - reads standard input." placeholder:"FILE" xor:"keys"`
	JWKSURI              string    `name:"jwks-uri" help:"URL of the client's public keys, for private_key_jwt." placeholder:"URL" xor:"keys"`
}

// isEmpty tells whether none of the flags was given.
func (r *registration) isEmpty() bool {
	return r.GrantType == nil && r.Resource == nil && r.IntrospectAudience == nil && r.AccessTokenLifetime == nil &&
		r.RefreshTokenIdle == nil && r.RefreshTokenAbsolute == nil && !r.hasKeys()
}

// hasKeys tells whether the client is to authenticate with keys.
func (r *registration) hasKeys() bool { return r.JWKS != "" || r.JWKSURI != "" }

// lifetime is a flag's duration, written as in the configuration.
type lifetime time.Duration

// UnmarshalText reads durations such as 15m, 12h and 30d; 0 stands for the configured one.
func (l *lifetime) UnmarshalText(text []byte) error {
	parsed, err := config.ParseDuration(string(text))
	if err != nil || parsed < 0 || parsed%time.Second != 0 {
		return errors.New("write a number with the unit s, m, h or d, such as 15m, or 0s for the configured time")
	}
	*l = lifetime(parsed)
	return nil
}

// apply changes a client as the flags say. keys is the content of the file of --jwks.
func (r *registration) apply(registered *store.Client, keys []byte) {
	if r.GrantType != nil {
		registered.GrantTypes = given(r.GrantType)
	}
	if r.Resource != nil {
		registered.Resources = given(r.Resource)
	}
	if r.IntrospectAudience != nil {
		registered.IntrospectionAudiences = given(r.IntrospectAudience)
	}
	set(&registered.AccessTokenLifetime, (*time.Duration)(r.AccessTokenLifetime))
	set(&registered.RefreshTokenIdle, (*time.Duration)(r.RefreshTokenIdle))
	set(&registered.RefreshTokenAbsolute, (*time.Duration)(r.RefreshTokenAbsolute))
	if r.hasKeys() {
		registered.JWKS, registered.JWKSURI = keys, r.JWKSURI
	}
}

// given are the values of a flag, each once. One empty value is how a list is emptied.
func given(values []string) []string {
	var kept []string
	for _, value := range values {
		if value = strings.TrimSpace(value); value != "" && !slices.Contains(kept, value) {
			kept = append(kept, value)
		}
	}
	return kept
}

// keys reads the file of --jwks. It is kept as it is but for spaces, because it is the client's word.
func (s *session) keys(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	var file []byte
	var err error
	if path == "-" {
		file, err = io.ReadAll(s.stdin)
	} else {
		file, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the keys of the client: %w", err)
	}
	if _, err := jwk.Parse(file); err != nil {
		return nil, fmt.Errorf("the keys in %s cannot be registered: %w", path, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, file); err != nil {
		return nil, fmt.Errorf("the keys in %s cannot be registered: %w", path, err)
	}
	return compact.Bytes(), nil
}

// checkRegistration makes the checks of what a client may do and how it authenticates.
func checkRegistration(registered *store.Client) error {
	if len(registered.SecretHashes) > 0 && registered.HasKeys() {
		return errors.New("a client has a secret or keys, not both: the weaker of the two would decide; register another " +
			"client with --jwks or --jwks-uri, and remove this one when it is no longer used")
	}
	if registered.JWKSURI != "" {
		if err := fetch.CheckURL(registered.JWKSURI); err != nil {
			return fmt.Errorf("the jwks_uri %q cannot be registered: %w", registered.JWKSURI, err)
		}
	}
	if err := checkGrantTypes(registered); err != nil {
		return err
	}
	for _, identifier := range registered.Resources {
		if !resource.Valid(identifier) {
			return fmt.Errorf("the resource %q cannot be used: write an absolute URI without a fragment, such as "+
				"https://api.example.com/", identifier)
		}
	}
	for _, audience := range registered.IntrospectionAudiences {
		if audience != thisDomino && !resource.Valid(audience) {
			return fmt.Errorf("the audience %q cannot be used: write %s for the tokens of this server, or the URI of a "+
				"resource server", audience, thisDomino)
		}
	}
	if registered.AccessTokenLifetime > store.MaxAccessTokenLife {
		return fmt.Errorf("access tokens are good for %s at most", config.FormatDuration(store.MaxAccessTokenLife))
	}
	if absolute := registered.RefreshTokenAbsolute; absolute > 0 && registered.RefreshTokenIdle > absolute {
		return errors.New("the idle time of refresh tokens is longer than their absolute time: shorten " +
			"--refresh-token-idle or lengthen --refresh-token-absolute")
	}
	return nil
}

// thisDomino is the aud of tokens for Domino's own URLs.
const thisDomino = "Domino"

// checkGrantTypes refuses grant types that do not exist or cannot work for the client.
func checkGrantTypes(registered *store.Client) error {
	known := []string{store.AuthorizationCode, store.Refresh, store.ClientCredentials}
	for _, grantType := range registered.GrantTypes {
		if !slices.Contains(known, grantType) {
			return fmt.Errorf("there is no grant type %q: write %s", grantType, strings.Join(known, ", "))
		}
	}
	switch {
	case registered.MayUse(store.ClientCredentials) && registered.Public():
		return errors.New("a public client cannot use client_credentials: without a secret or keys, anybody could get its " +
			"tokens; leave --public out")
	case registered.MayUse(store.Refresh) && !registered.MayUse(store.AuthorizationCode):
		return errors.New("refresh tokens come with authorization_code only: add --grant-type authorization_code or leave " +
			"--grant-type refresh_token out")
	case registered.MayUse(store.AuthorizationCode) && len(registered.RedirectURIs) == 0:
		return errors.New("a client that logs users in needs a redirect URI: write --redirect-uri URI, or for a client " +
			"that acts for itself only, --grant-type client_credentials")
	}
	return nil
}

// warn says what is registered but has no effect with the configuration in force.
func (s *session) warn(registered *store.Client, policy *config.Config) {
	for _, name := range registered.Scopes {
		if _, configured := policy.Scopes[name]; !configured {
			fmt.Fprintf(s.stderr, "doapctl: The scope %s is not configured yet: add it to \"scopes\" of the configuration.\n", name)
		}
	}
	for _, identifier := range registered.Resources {
		if !slices.Contains(policy.Resources, identifier) {
			fmt.Fprintf(s.stderr, "doapctl: The resource %s is not configured yet: add it to \"resources\" of the configuration.\n", identifier)
		}
	}
	for _, one := range []struct {
		flag, key         string
		asked, configured time.Duration
	}{
		{"access-token-lifetime", "accessToken", registered.AccessTokenLifetime, policy.Lifetimes.AccessToken},
		{"refresh-token-idle", "refreshTokenIdle", registered.RefreshTokenIdle, policy.Lifetimes.RefreshTokenIdle},
		{"refresh-token-absolute", "refreshTokenAbsolute", registered.RefreshTokenAbsolute, policy.Lifetimes.RefreshTokenAbsolute},
	} {
		if one.asked > one.configured {
			fmt.Fprintf(s.stderr, "doapctl: --%s is longer than lifetimes.%s, so that the configured %s counts.\n",
				one.flag, one.key, config.FormatDuration(one.configured))
		}
	}
}
