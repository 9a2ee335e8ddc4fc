// SPDX-License-Identifier: Apache-2.0

package grant

import (
	"ndoap/core/client"
	"ndoap/core/oauth"
)

var _ oauth.Described = (*Handler)(nil)

// Describe implements oauth.Described.
func (h *Handler) Describe(document *oauth.Metadata, url string) {
	document.TokenEndpoint = url
	for _, known := range grantTypes {
		document.GrantTypesSupported = append(document.GrantTypesSupported, known.name)
	}
	document.TokenEndpointAuthMethods = client.Methods()
	document.TokenEndpointAuthAlgorithms = client.Algorithms()
}
