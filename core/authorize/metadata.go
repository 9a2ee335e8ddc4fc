// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"maps"
	"slices"

	"ndoap/core/oauth"
)

var _ oauth.Described = (*Handler)(nil)

// Describe implements oauth.Described. It names all scopes that exist here; which of them a client may have is between
// the client and its administrator.
func (h *Handler) Describe(document *oauth.Metadata, url string) {
	document.AuthorizationEndpoint = url
	document.ResponseTypesSupported = []string{responseType}
	document.ResponseModesSupported = []string{responseMode}
	document.CodeChallengeMethodsSupported = []string{oauth.MethodS256}
	document.ScopesSupported = slices.Sorted(maps.Keys(h.Config().Scopes))
	document.AuthorizationResponseIss = true
}
