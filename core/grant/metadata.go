// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"ndoap/core/client"
	"ndoap/core/oauth"
	"ndoap/store"
)

var _ oauth.Described = (*Handler)(nil)

// Describe implements oauth.Described.
func (h *Handler) Describe(document *oauth.Metadata, url string) {
	document.TokenEndpoint = url
	document.GrantTypesSupported = []string{store.AuthorizationCode, store.Refresh}
	document.TokenEndpointAuthMethods = client.Methods()
	document.TokenEndpointAuthAlgorithms = client.Algorithms()
}
