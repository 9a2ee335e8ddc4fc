// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto"

	"ndoap/store"
)

// Keys finds the public keys of clients that authenticate by private_key_jwt.
type Keys interface {
	// Find returns the client's key for kid and a JWS algorithm. With an empty kid there must be exactly one that fits.
	Find(ctx context.Context, client store.Client, kid, algorithm string) (crypto.PublicKey, error)
}
