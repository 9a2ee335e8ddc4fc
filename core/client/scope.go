// SPDX-License-Identifier: Apache-2.0

package client

import (
	"slices"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/store"
)

// ScopeFor returns the scope that a client asks for, or without that all that it may have (RFC 6749 section 3.3). One
// unknown or forbidden token refuses the request; dropping it would leave the client with less than it believes to
// have.
func ScopeFor(policy *config.Config, registered store.Client, text string) (oauth.Scope, *oauth.Error) {
	var allowed oauth.Scope
	for _, token := range registered.Scopes {
		if _, configured := policy.Scopes[token]; configured {
			allowed = append(allowed, token)
		}
	}
	slices.Sort(allowed)
	allowed = slices.Compact(allowed)
	asked, problem := oauth.ParseScope(text)
	switch {
	case problem != nil:
		return nil, problem
	case len(allowed) == 0:
		return nil, oauth.NewError(oauth.InvalidScope, "The client is registered without any scope that exists here.")
	case len(asked) == 0:
		return allowed, nil
	case !allowed.Covers(asked):
		return nil, oauth.NewError(oauth.InvalidScope, "The client may ask for no scope but these: %s.", allowed.String())
	}
	return asked, nil
}
