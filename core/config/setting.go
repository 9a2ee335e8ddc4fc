// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// settings is every key that ndoap uses, in the order of the manual (docs/configure.md, held to this table by a
// test).
var settings = []setting{
	textSetting("issuer", "the public URL of /doap, such as https://domino.example.com/doap",
		func(c *Config) *string { return &c.Issuer }, CheckIssuer),

	durationSetting("lifetimes.code",
		func(c *Config) *time.Duration { return &c.Lifetimes.Code }, 10*time.Minute),
	durationSetting("lifetimes.accessToken",
		func(c *Config) *time.Duration { return &c.Lifetimes.AccessToken }, day),
	durationSetting("lifetimes.refreshTokenIdle",
		func(c *Config) *time.Duration { return &c.Lifetimes.RefreshTokenIdle }, 366*day),
	durationSetting("lifetimes.refreshTokenAbsolute",
		func(c *Config) *time.Duration { return &c.Lifetimes.RefreshTokenAbsolute }, 3660*day),
	durationSetting("lifetimes.refreshTokenGrace",
		func(c *Config) *time.Duration { return &c.Lifetimes.RefreshTokenGrace }, time.Minute),
	durationSetting("lifetimes.authorizationRequest",
		func(c *Config) *time.Duration { return &c.Lifetimes.AuthorizationRequest }, time.Hour),

	scopesSetting("scopes"),

	choiceSetting("login.method", func(c *Config) *LoginMethod { return &c.Login.Method }, LoginSession, LoginBasic),
	textSetting("login.path", "a path on this server, such as /names.nsf?Login",
		func(c *Config) *string { return &c.Login.Path }, checkLoginPath),
	textSetting("login.realm", `1 to 100 ASCII characters without " and \`,
		func(c *Config) *string { return &c.Login.Realm }, checkRealm),

	integerSetting("limits.bodyBytes", func(c *Config) *int { return &c.Limits.BodyBytes }, 1<<10, 1<<20),

	boolSetting("tls.required", func(c *Config) *bool { return &c.TLS.Required }),
	prefixesSetting("tls.trustedProxies", func(c *Config) *[]netip.Prefix { return &c.TLS.TrustedProxies }),

	choiceSetting("bearer.unknownIssuer",
		func(c *Config) *UnknownIssuer { return &c.Bearer.UnknownIssuer }, RefuseUnknownIssuer, PassUnknownIssuer),

	choiceSetting("userEvent",
		func(c *Config) *UserEvent { return &c.UserEvent }, UserEventAuthorized, UserEventProcess),

	textSetting("pages.organization", "one line of 1 to 100 characters",
		func(c *Config) *string { return &c.Pages.Organization }, plainText(100, false)),
	textSetting("pages.support", "one line of at most 300 characters",
		func(c *Config) *string { return &c.Pages.Support }, plainText(300, true)),
}

// CheckIssuer tells whether a URL can be the issuer: it holds it to RFC 8414 section 2, and to where this server answers.
func CheckIssuer(text string) error {
	issuer, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("it is not a URL")
	case !isVisibleASCII(text) || strings.ContainsAny(text, `"\<>`):
		return errors.New("it has characters that do not belong into a URL")
	case !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://"), issuer.Hostname() == "":
		return errors.New("it does not start with https:// and a host name")
	case issuer.User != nil:
		return errors.New("it contains a user name")
	case strings.ContainsAny(text, "?#"):
		return errors.New("it has a query or a fragment (RFC 8414 section 2)")
	case strings.HasSuffix(text, "/"):
		return errors.New("it ends with a slash, so that its text would differ from the issuer in tokens")
	case !strings.HasSuffix(issuer.EscapedPath(), "/doap"), strings.Contains(issuer.EscapedPath(), "//"):
		return errors.New("it does not end with /doap, which is where this server answers")
	case issuer.Scheme == "http" && !isLoopback(issuer.Hostname()):
		return errors.New("http would send tokens over the network in the clear, it is allowed for localhost only: " +
			"use https")
	}
	return nil
}

// isLoopback tells whether a host of a URL is this machine (RFC 8252 section 8.3).
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

func isVisibleASCII(text string) bool {
	return !strings.ContainsFunc(text, func(char rune) bool { return char <= ' ' || char > '~' })
}

// checkLoginPath makes sure that the login stays on this server: no scheme, no "//host", nothing a browser would
// turn into one.
func checkLoginPath(text string) error {
	switch {
	case !isVisibleASCII(text):
		return errors.New("it contains a space or a character that is not ASCII: percent-encode it")
	case !strings.HasPrefix(text, "/"), strings.HasPrefix(text, "//"), strings.Contains(text, `\`):
		return errors.New("it does not start with a single slash")
	case strings.Contains(text, "#"):
		return errors.New("it has a fragment")
	}
	return nil
}

// checkRealm keeps to what fits into a quoted string without escapes (RFC 9110 section 5.6.4).
func checkRealm(text string) error {
	if err := plainText(100, false)(text); err != nil {
		return err
	}
	for _, char := range text {
		if char > '~' || char == '"' || char == '\\' {
			return fmt.Errorf("the character %q cannot stand in a realm", char)
		}
	}
	return nil
}
