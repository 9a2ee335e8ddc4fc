// SPDX-License-Identifier: Apache-2.0

// Package resource holds what is true of the resource parameter (RFC 8707): how a resource is written, for which of
// them a client may have tokens, and that this Domino is one of them. Authorization, token requests and tokens read it
// the same way.
package resource

import (
	"net/url"
	"slices"
	"strings"

	"ndoap/core/oauth"
)

// Parameter is the one parameter that a request may repeat (RFC 8707 section 2).
const Parameter = "resource"

const (
	maxResources = 10
	maxLength    = 2000
)

// Parse takes the values of the resource parameter: absolute URIs without a fragment (RFC 8707 section 2). The result
// is sorted and has each once, so that two equal sets are equal; the text of each stays as it was sent.
func Parse(values []string) ([]string, *oauth.Error) {
	resources := slices.Compact(slices.Sorted(slices.Values(values)))
	if len(resources) > maxResources {
		return nil, oauth.NewError(oauth.InvalidTarget, "A request may name %d resources.", maxResources)
	}
	for _, resource := range resources {
		if !Valid(resource) {
			return nil, oauth.NewError(oauth.InvalidTarget, "A resource must be an absolute URI without a fragment (RFC 8707).")
		}
	}
	return resources, nil
}

// Valid tells whether text is an absolute URI without a fragment, in printable ASCII and of reasonable length.
func Valid(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c > '~' || c == '#' || c == '"' || c == '\\' || c == '<' || c == '>' {
			return false
		}
	}
	parsed, err := url.Parse(text)
	return err == nil && len(text) <= maxLength && parsed.IsAbs() && parsed.User == nil &&
		(parsed.Host != "" || parsed.Opaque != "" || parsed.Path != "")
}

// Allowed takes the values of a resource parameter and refuses all of them when one is not for the client: it must be
// known here (configured) and to the client's registration (registered). This Domino needs neither. No values, which
// also means this Domino, are fine.
func Allowed(issuer string, configured, registered, values []string) ([]string, *oauth.Error) {
	resources, problem := Parse(values)
	if problem != nil {
		return nil, problem
	}
	for _, resource := range resources {
		known := slices.Contains(configured, resource) && slices.Contains(registered, resource)
		if !known && !IsDomino(issuer, resource) {
			return nil, oauth.NewError(oauth.InvalidTarget, "The client may not have tokens for the resource %s.", resource)
		}
	}
	return resources, nil
}

// Narrowed takes the values of a resource parameter at the token endpoint: a part of what was granted, or without
// values all of it (RFC 8707 section 2.2). A grant without resources is for this Domino.
func Narrowed(issuer string, granted, values []string) ([]string, *oauth.Error) {
	resources, problem := Parse(values)
	if problem != nil {
		return nil, problem
	}
	if len(resources) == 0 {
		return granted, nil
	}
	domino := ForDomino(issuer, granted)
	for _, resource := range resources {
		if !slices.Contains(granted, resource) && !(domino && IsDomino(issuer, resource)) {
			return nil, oauth.NewError(oauth.InvalidTarget, "The resource %s was not granted.", resource)
		}
	}
	return resources, nil
}

// ForDomino tells whether tokens for these resources open this Domino: none at all, or its own among them.
func ForDomino(issuer string, resources []string) bool {
	return len(resources) == 0 || slices.ContainsFunc(resources, func(resource string) bool {
		return IsDomino(issuer, resource)
	})
}

// IsDomino tells whether a resource is this Domino: the origin of the issuer, with or without one slash at its end.
func IsDomino(issuer, resource string) bool {
	parsed, err := url.Parse(issuer)
	if err != nil || parsed.Host == "" {
		return false
	}
	return strings.TrimSuffix(resource, "/") == parsed.Scheme+"://"+parsed.Host
}
