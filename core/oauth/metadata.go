// SPDX-License-Identifier: Apache-2.0

package oauth

// Metadata is what an authorization server says of itself (RFC 8414 section 2). Lists are sorted by whoever fills
// them, so that the same server always has the same document.
type Metadata struct {
	Issuer                string `json:"issuer"`
	AuthorizationEndpoint string `json:"authorization_endpoint,omitempty"`
	TokenEndpoint         string `json:"token_endpoint,omitempty"`
	JWKSURI               string `json:"jwks_uri,omitempty"`
	RevocationEndpoint    string `json:"revocation_endpoint,omitempty"`
	IntrospectionEndpoint string `json:"introspection_endpoint,omitempty"`

	ScopesSupported               []string `json:"scopes_supported,omitempty"`
	ResponseTypesSupported        []string `json:"response_types_supported"` // required by RFC 8414
	ResponseModesSupported        []string `json:"response_modes_supported,omitempty"`
	GrantTypesSupported           []string `json:"grant_types_supported,omitempty"`
	CodeChallengeMethodsSupported []string `json:"code_challenge_methods_supported,omitempty"`

	TokenEndpointAuthMethods         []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	TokenEndpointAuthAlgorithms      []string `json:"token_endpoint_auth_signing_alg_values_supported,omitempty"`
	RevocationEndpointAuthMethods    []string `json:"revocation_endpoint_auth_methods_supported,omitempty"`
	RevocationEndpointAuthAlgorithms []string `json:"revocation_endpoint_auth_signing_alg_values_supported,omitempty"`
	//nolint:lll // the names are RFC 8414's
	IntrospectionEndpointAuthMethods    []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	IntrospectionEndpointAuthAlgorithms []string `json:"introspection_endpoint_auth_signing_alg_values_supported,omitempty"`

	AuthorizationResponseIss bool `json:"authorization_response_iss_parameter_supported,omitempty"` // RFC 9207 section 3
}

// Described is a handler that tells what it offers, so that the metadata says what is served and nothing else. It is
// asked anew for every document, since what it offers may follow from the configuration.
type Described interface {
	// Describe writes what the handler at a URL offers into document.
	Describe(document *Metadata, url string)
}
