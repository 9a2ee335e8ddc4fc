// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// settings is every key that ndoap uses, in the order of the manual (docs/configure.md, held to this table by a
// test).
var settings = slices.Concat([]setting{
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
	databasesSetting("databases"),
	listSetting("resources", "a list of absolute URIs", "https://api.example.com",
		func(c *Config) *[]string { return &c.Resources }, CheckResource),

	listSetting("clients.privateUseSchemes", "a list of URI schemes in lower case", "vscode",
		func(c *Config) *[]string { return &c.Clients.PrivateUseSchemes }, checkPrivateUseScheme),
	choiceSetting("clients.assertionAudience",
		func(c *Config) *AssertionAudience { return &c.Clients.AssertionAudience }, AudienceIssuer, AudienceEndpoint),

	choiceSetting("keys.algorithm", func(c *Config) *KeyAlgorithm { return &c.Keys.Algorithm }, RS256, ES256, EdDSA),
	// Shorter times would pile up keys, which stay for as long as the tokens that they signed, or bring keys into use
	// that resource servers do not know yet: they keep the key set for five minutes.
	orNever(durationBetween("keys.rotateEvery",
		func(c *Config) *time.Duration { return &c.Keys.RotateEvery }, time.Hour, 3660*day),
		func(c *Config) *time.Duration { return &c.Keys.RotateEvery }),
	durationBetween("keys.publishBefore",
		func(c *Config) *time.Duration { return &c.Keys.PublishBefore }, 10*time.Minute, 30*day),

	choiceSetting("login.method", func(c *Config) *LoginMethod { return &c.Login.Method }, LoginSession, LoginBasic),
	textSetting("login.path", "a path on this server, such as /names.nsf?Login",
		func(c *Config) *string { return &c.Login.Path }, checkLoginPath),
	textSetting("login.realm", `1 to 100 ASCII characters without " and \`,
		func(c *Config) *string { return &c.Login.Realm }, checkRealm),

	integerSetting("limits.bodyBytes", func(c *Config) *int { return &c.Limits.BodyBytes }, 1<<10, 1<<20),
	integerSetting("limits.tokenPerAddress", func(c *Config) *int { return &c.Limits.TokenPerAddress }, 1, mostPerMinute),
	integerSetting("limits.tokenPerClient", func(c *Config) *int { return &c.Limits.TokenPerClient }, 1, mostPerMinute),
	integerSetting("limits.authorizationPerAddress",
		func(c *Config) *int { return &c.Limits.AuthorizationPerAddress }, 1, mostPerMinute),
	integerSetting("limits.authorizationPerUser",
		func(c *Config) *int { return &c.Limits.AuthorizationPerUser }, 1, mostPerMinute),
	integerSetting("limits.introspectionPerAddress",
		func(c *Config) *int { return &c.Limits.IntrospectionPerAddress }, 1, mostPerMinute),
	integerSetting("limits.introspectionPerClient",
		func(c *Config) *int { return &c.Limits.IntrospectionPerClient }, 1, mostPerMinute),
	integerSetting("limits.loginPerAddress", func(c *Config) *int { return &c.Limits.LoginPerAddress }, 1, mostPerMinute),
	integerSetting("limits.lockoutFailures", func(c *Config) *int { return &c.Limits.LockoutFailures }, 3, 1000),
	durationSetting("limits.lockoutTime", func(c *Config) *time.Duration { return &c.Limits.LockoutTime }, day),
	integerSetting("limits.pendingRequests", func(c *Config) *int { return &c.Limits.PendingRequests }, 100, 1_000_000),

	prefixesSetting("fetch.allowedNetworks", func(c *Config) *[]netip.Prefix { return &c.Fetch.AllowedNetworks }),
	textSetting("fetch.caFile", "the absolute path of a PEM file, or nothing",
		func(c *Config) *string { return &c.Fetch.CAFile }, absolutePath),

	boolSetting("tls.required", func(c *Config) *bool { return &c.TLS.Required }),
	prefixesSetting("tls.trustedProxies", func(c *Config) *[]netip.Prefix { return &c.TLS.TrustedProxies }),

	choiceSetting("bearer.unknownIssuer",
		func(c *Config) *UnknownIssuer { return &c.Bearer.UnknownIssuer }, RefuseUnknownIssuer, PassUnknownIssuer),
	choiceSetting("bearer.mappedResource",
		func(c *Config) *MappedResource { return &c.Bearer.MappedResource }, JudgeMappedResource, IgnoreMappedResource),

	allProviders.of(providersSetting("jwt")),
	tokensOfOthers.of(countedSetting("maxJwtDuration", func(c *Config) *time.Duration { return &c.Bearer.MaxLifetime }, 366*day, minutes)),
	expiry.of(boolSetting("disableJwtExpiryCheck", func(c *Config) *bool { return &c.Bearer.IgnoreExpiry })),

	boolSetting("metadata.rootForms", func(c *Config) *bool { return &c.Metadata.RootForms }),

	durationSetting("audit.retention", func(c *Config) *time.Duration { return &c.Audit.Retention }, 3660*day),

	boolSetting("apiKeys.selfService", func(c *Config) *bool { return &c.APIKeys.SelfService }),
	durationBetween("apiKeys.longest", func(c *Config) *time.Duration { return &c.APIKeys.Longest }, day, 3660*day),
	integerSetting("apiKeys.perPerson", func(c *Config) *int { return &c.APIKeys.PerPerson }, 1, 1000),

	choiceSetting("userEvent",
		func(c *Config) *UserEvent { return &c.UserEvent }, UserEventAuthorized, UserEventProcess),

	textSetting("pages.organization", "one line of 1 to 100 characters",
		func(c *Config) *string { return &c.Pages.Organization }, plainText(100, false)),
	textSetting("pages.support", "one line of at most 300 characters",
		func(c *Config) *string { return &c.Pages.Support }, plainText(300, true)),
}, loginSettings())

// mostPerMinute is a limit that does not limit.
const mostPerMinute = 1_000_000

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

// CheckResource tells whether a text can identify a resource server: an absolute URI without a fragment
// (RFC 8707 section 2). It is compared byte by byte.
func CheckResource(text string) error {
	resource, err := url.Parse(text)
	switch {
	case err != nil || len(text) > 1000:
		return errors.New("it is not a URI of at most 1,000 characters")
	case !isVisibleASCII(text) || strings.ContainsAny(text, `"\<>`):
		return errors.New("it has characters that do not belong into a URI")
	case resource.Scheme == "" || resource.Opaque == "" && resource.Host == "":
		return errors.New("it is not absolute")
	case strings.Contains(text, "#"):
		return errors.New("it has a fragment (RFC 8707 section 2)")
	case resource.User != nil:
		return errors.New("it contains a user name")
	}
	return nil
}

// checkPrivateUseScheme accepts schemes that no browser acts upon by itself (RFC 8252 section 7.1).
func checkPrivateUseScheme(text string) error {
	for i, char := range text {
		if (char < 'a' || char > 'z') && (i == 0 || (char < '0' || char > '9') && !strings.ContainsRune("+-.", char)) {
			return errors.New("it is not a URI scheme in lower case")
		}
	}
	switch text {
	case "":
		return errors.New("it is empty")
	case "http", "https", "javascript", "data", "file", "vbscript", "blob", "about", "ftp", "ws", "wss", "mailto", "view-source":
		return errors.New("browsers have a meaning for it")
	}
	return nil
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
