// SPDX-License-Identifier: Apache-2.0

// Package client holds what is true of a registered client: which redirect URIs it may register and use, and how it
// authenticates. It reads client records and never changes them.
package client

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"ndoap/store"
)

// What ResolveRedirectURI returns when a request names no usable redirect URI. The sender must not be redirected
// anywhere then (RFC 6749 section 4.1.2.1).
var (
	ErrRedirectURIMissing  = errors.New("the request has no redirect_uri, and the client has not registered exactly one")
	ErrRedirectURIMismatch = errors.New("the redirect_uri is not one that the client has registered")
)

// maxRedirectURI bounds a redirect URI, so that it still fits into a Location header together with code and state.
const maxRedirectURI = 2000

// loopbackHosts are the hosts that plain http may name (RFC 8252 sections 7.3 and 8.3). Other spellings of the same
// addresses, such as 127.1, are not among them: programs disagree on what they mean.
var loopbackHosts = []string{"127.0.0.1", "[::1]", "localhost"}

// ValidateRedirectURI tells whether a client may register a redirect URI. Its error says what to write instead. undotted
// are the private-use schemes that are accepted although they lack the dot that RFC 8252 section 7.1 asks for.
func ValidateRedirectURI(client store.Client, uri string, undotted []string) error {
	if err := checkCharacters(uri); err != nil {
		return err
	}
	scheme, rest, _ := strings.Cut(uri, ":")
	if err := checkScheme(scheme, client.Public(), undotted); err != nil {
		return err
	}
	authority, path := "", rest
	hasAuthority := strings.HasPrefix(rest, "//")
	if hasAuthority {
		authority, path = splitAuthority(rest[2:])
	}
	if (scheme == "https" || scheme == "http") && authority == "" {
		return fmt.Errorf("the redirect URI names no host; write %s://, the host name and the path", scheme)
	}
	if !hasAuthority && !strings.HasPrefix(path, "/") {
		return fmt.Errorf("the redirect URI has no path; write %s:/callback", scheme)
	}
	if err := checkAuthority(authority); err != nil {
		return err
	}
	if host, _ := splitPort(authority); scheme == "http" && !slices.Contains(loopbackHosts, host) {
		return fmt.Errorf("plain http would send codes over the network in clear; use https, or http only with "+
			"127.0.0.1, [::1] or localhost, not with %q", host)
	}
	return checkSegments(path)
}

// ResolveRedirectURI returns the URI that the answer to an authorization request goes to. A given URI must equal a
// registered one byte by byte (RFC 9700 section 2.1); the only liberty is the port of a public client's loopback URI,
// which a native application gets from its operating system (RFC 8252 section 7.3). A URI may be left out only when
// exactly one is registered (RFC 6749 section 3.1.2.3). What the store holds is validated again, so that a record
// written past ValidateRedirectURI opens nothing, nor one whose scheme is no longer among undotted.
func ResolveRedirectURI(client store.Client, given string, isGiven bool, undotted []string) (string, error) {
	if !isGiven {
		if len(client.RedirectURIs) != 1 {
			return "", ErrRedirectURIMissing
		}
		given = client.RedirectURIs[0]
	}
	registered := slices.ContainsFunc(client.RedirectURIs, func(uri string) bool {
		return uri == given || client.Public() && differsInLoopbackPort(uri, given)
	})
	if !registered {
		return "", ErrRedirectURIMismatch
	}
	if err := ValidateRedirectURI(client, given, undotted); err != nil {
		return "", fmt.Errorf("%w: %w", ErrRedirectURIMismatch, err)
	}
	return given, nil
}

// differsInLoopbackPort tells whether both URIs are plain http to the same loopback host, spelled the same, and given
// has a port of its own while all else is identical.
func differsInLoopbackPort(registered, given string) bool {
	const scheme = "http://"
	registeredRest, isHTTP := strings.CutPrefix(registered, scheme)
	givenRest, alsoHTTP := strings.CutPrefix(given, scheme)
	if !isHTTP || !alsoHTTP {
		return false
	}
	registeredAuthority, registeredPath := splitAuthority(registeredRest)
	givenAuthority, givenPath := splitAuthority(givenRest)
	registeredHost, registeredPort := splitPort(registeredAuthority)
	givenHost, port := splitPort(givenAuthority)
	return registeredPath == givenPath && registeredHost == givenHost && (registeredPort == "" || validPort(registeredPort)) &&
		slices.Contains(loopbackHosts, givenHost) && validPort(port)
}

// checkCharacters refuses what cannot be compared or displayed safely, before anything takes the text apart.
func checkCharacters(uri string) error {
	if len(uri) > maxRedirectURI {
		return fmt.Errorf("the redirect URI is longer than %d characters; register a shorter one", maxRedirectURI)
	}
	for i := range len(uri) {
		switch c := uri[i]; {
		case c > '~':
			return errors.New("the redirect URI has characters outside ASCII; write the host in its xn-- form and " +
				"percent-encode the path")
		case c <= ' ':
			return errors.New("the redirect URI has a space or a control character; remove it")
		case c == '\\':
			return errors.New("the redirect URI has a backslash; write /")
		case c == '#':
			return errors.New("the redirect URI has a fragment; register it without # and what follows " +
				"(RFC 6749 section 3.1.2)")
		case c == '*':
			return errors.New("the redirect URI has a wildcard; register each redirect URI in full")
		case strings.IndexByte("\"<>^`{|}", c) >= 0:
			return fmt.Errorf("the redirect URI has the character %q, which a URI cannot have; percent-encode it", c)
		case c == '%':
			if value, err := strconv.ParseUint(uri[i+1:min(i+3, len(uri))], 16, 8); err != nil || i+3 > len(uri) {
				return errors.New("the redirect URI has a % that two hexadecimal digits do not follow; write %25")
			} else if value < ' ' || value == 0x7f {
				return errors.New("the redirect URI has a percent-encoded control character; remove it")
			}
		}
	}
	return nil
}

// forbiddenSchemes are those that a browser itself acts on, should an administrator list one of them.
var forbiddenSchemes = []string{"about", "blob", "data", "file", "filesystem", "javascript", "vbscript", "view-source"}

// checkScheme refuses what is neither https nor http nor a private-use scheme of a native application, which is a
// public client (RFC 8252 sections 7.1 and 8.4).
func checkScheme(scheme string, public bool, undotted []string) error {
	switch {
	case !validScheme(scheme):
		return errors.New("the redirect URI is not absolute; write it in full, such as https://app.example.com/callback, " +
			"with the scheme in lower case")
	case scheme == "https" || scheme == "http":
		return nil
	case slices.Contains(forbiddenSchemes, scheme) || !strings.Contains(scheme, ".") && !slices.Contains(undotted, scheme):
		return fmt.Errorf("the scheme %q is not accepted; use https, or for a native application a scheme made from a "+
			"domain name of yours, such as com.example.app:/callback", scheme)
	case !public:
		return fmt.Errorf("the scheme %q is one of native applications, which are public clients; use https for a client "+
			"that has a secret or keys", scheme)
	}
	return nil
}

// validScheme tells whether text is a scheme in lower case (RFC 3986 section 3.1).
func validScheme(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	return text != ""
}

// splitAuthority cuts what follows "//" where the path or the query begins.
func splitAuthority(text string) (authority, rest string) {
	if end := strings.IndexAny(text, "/?"); end >= 0 {
		return text[:end], text[end:]
	}
	return text, ""
}

// splitPort cuts an authority into its host and its port with the colon in front, which is empty without a port. The
// colons inside an IPv6 literal belong to the host.
func splitPort(authority string) (host, port string) {
	colon := strings.LastIndexByte(authority, ':')
	if colon < 0 || colon < strings.LastIndexByte(authority, ']') {
		return authority, ""
	}
	return authority[:colon], authority[colon:]
}

// validPort tells whether text is a colon and a port from 1 to 65535 in the one way to write it.
func validPort(text string) bool {
	digits, found := strings.CutPrefix(text, ":")
	port, err := strconv.ParseUint(digits, 10, 16)
	return found && err == nil && port > 0 && strconv.FormatUint(port, 10) == digits
}

// checkAuthority refuses everything but a host name or address and an optional port. An empty authority, which a
// private-use scheme may have, passes.
func checkAuthority(authority string) error {
	if strings.Contains(authority, "@") {
		return errors.New("the redirect URI has a user name before the host; remove it and the @")
	}
	host, port := splitPort(authority)
	if port != "" && !validPort(port) {
		return fmt.Errorf("the port %q is not one from 1 to 65535; write such a number or leave the colon out", port)
	}
	if authority != "" && !validHost(host) {
		return fmt.Errorf("%q is not a host name or IP address; write it as in app.example.com", host)
	}
	return nil
}

// validHost tells whether host is a name of letters, digits, hyphens and underscores in labels, an IPv4 address in its
// four-part form or an IPv6 address in brackets. A name whose last label is a number would be an address to browsers,
// such as 127.1 and 2130706433, so it must be a proper one.
func validHost(host string) bool {
	if literal, found := strings.CutPrefix(host, "["); found {
		literal, closed := strings.CutSuffix(literal, "]")
		address, err := netip.ParseAddr(literal)
		return closed && err == nil && address.Is6() && !address.Is4In6() && address.Zone() == ""
	}
	last := ""
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
		last = label
	}
	if last[0] < '0' || last[0] > '9' {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Is4()
}

// checkSegments refuses the dot segments of RFC 3986 section 5.2.4, encoded or not: a browser would remove them and
// go somewhere else than what was registered.
func checkSegments(path string) error {
	path, _, _ = strings.Cut(path, "?")
	decoded := strings.NewReplacer("%2e", ".", "%2E", ".").Replace(path)
	for segment := range strings.SplitSeq(decoded, "/") {
		if segment == "." || segment == ".." {
			return errors.New("the path of the redirect URI has a . or .. segment; write the path it stands for")
		}
	}
	return nil
}
