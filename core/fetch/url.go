// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL bounds a URL.
const maxURL = 2000

// notesRPC is the port at which every Domino server listens.
const notesRPC = 1352

// target is a URL that may be asked, as far as its text tells.
type target struct {
	url     string
	host    string     // name or address, without brackets
	address netip.Addr // valid when host is an address
	port    uint16
}

// CheckURL tells whether a URL may be registered as one to be fetched. Its error says what to write instead.
// Whether its host has a public address is found out when it is fetched, because that may change.
func CheckURL(text string) error {
	_, err := parseURL(text)
	return err
}

// parseURL takes a URL apart. The one spelling of a host that is accepted is the one on which all programs agree.
func parseURL(text string) (target, error) {
	if len(text) > maxURL || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' }) {
		return target{}, fmt.Errorf("the URL must be printable ASCII without spaces and backslashes, at most %d characters", maxURL)
	}
	parsed, err := url.Parse(text)
	switch {
	case err != nil:
		return target{}, fmt.Errorf("the URL cannot be read: %w", err)
	case parsed.Scheme != "https" || parsed.Opaque != "":
		return target{}, errors.New("the URL must begin with https://")
	case parsed.User != nil:
		return target{}, errors.New("the URL has a user name before the host; remove it and the @")
	case strings.Contains(text, "#"):
		return target{}, errors.New("the URL has a fragment; remove the # and what follows")
	}
	checked := target{url: text, host: parsed.Hostname()}
	if checked.address, err = parseHost(parsed.Host, checked.host); err != nil {
		return target{}, err
	}
	checked.port, err = parsePort(parsed)
	return checked, err
}

// parsePort returns the port of a URL. Services that speak something else than HTTP listen below 1024, but for one of
// Domino's own.
func parsePort(parsed *url.URL) (uint16, error) {
	text := parsed.Port()
	if text == "" && !strings.HasSuffix(parsed.Host, ":") {
		return 443, nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port != 443 && port < 1024 || port == notesRPC {
		return 0, fmt.Errorf("the port %q of the URL is not allowed: use 443 or one from 1024 up, but not %d, "+
			"which is Domino's own", text, notesRPC)
	}
	return uint16(port), nil
}

// parseHost returns the address that a host is, or the zero address for a name. A name that ends in a number is refused:
// 127.1, 2130706433, 0x7f.1 and 0177.0.0.1 are addresses to some programs and names to others.
func parseHost(authority, host string) (netip.Addr, error) {
	wrong := fmt.Errorf("%q is not a host name or IP address; write it as in keys.example.com", host)
	if strings.HasPrefix(authority, "[") {
		address, err := netip.ParseAddr(host)
		if err != nil || !address.Is6() || address.Zone() != "" {
			return netip.Addr{}, wrong
		}
		return address, nil
	}
	last := ""
	for label := range strings.SplitSeq(strings.ToLower(host), ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return netip.Addr{}, wrong
		}
		last = label
	}
	if last[0] < '0' || last[0] > '9' {
		return netip.Addr{}, nil
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}, wrong
	}
	return address, nil
}
