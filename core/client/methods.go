// SPDX-License-Identifier: Apache-2.0

package client

import (
	"slices"

	"ndoap/core/jwk"
)

// Methods are the ways in which clients authenticate, by their registered names (RFC 8414 section 2, RFC 7591
// section 2), sorted.
func Methods() []string {
	return []string{"client_secret_basic", "client_secret_post", "none", "private_key_jwt"}
}

// Algorithms are the JWS algorithms of client assertions, sorted.
func Algorithms() []string { return slices.Sorted(slices.Values(jwk.Algorithms())) }
