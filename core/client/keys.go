// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto"
	"fmt"
	"time"

	"ndoap/core/fetch"
	"ndoap/core/jwk"
	"ndoap/store"
)

// Keys finds the public keys of clients that authenticate by private_key_jwt.
type Keys interface {
	// Find returns the client's key for kid and a JWS algorithm. With an empty kid there must be exactly one that fits.
	Find(ctx context.Context, client store.Client, kid, algorithm string) (crypto.PublicKey, error)
}

// RegisteredKeys finds keys where the registration says they are: in it (jwks), or at the client's jwks_uri, from where
// they are fetched and kept as fetch.Cache keeps documents.
type RegisteredKeys struct {
	fetched fetch.Cache[jwk.Set]
}

// NewRegisteredKeys returns keys that are fetched by get, which is fetch.Fetcher.Get but for tests.
func NewRegisteredKeys(get func(ctx context.Context, url string) ([]byte, error), now func() time.Time) *RegisteredKeys {
	return &RegisteredKeys{fetched: fetch.Cache[jwk.Set]{Get: get, Parse: jwk.Parse, Now: now}}
}

// Find looks in the registration first. A key that is not at the jwks_uri as it was fetched last may be new there.
func (k *RegisteredKeys) Find(ctx context.Context, client store.Client, kid, algorithm string) (crypto.PublicKey, error) {
	set, err := k.set(ctx, client, kid, algorithm)
	if err != nil {
		return nil, err
	}
	return set.Find(kid, algorithm)
}

func (k *RegisteredKeys) set(ctx context.Context, client store.Client, kid, algorithm string) (jwk.Set, error) {
	if len(client.JWKS) > 0 {
		return jwk.Parse(client.JWKS)
	}
	set, err := k.fetched.Find(ctx, client.JWKSURI, func(known jwk.Set) bool {
		_, err := known.Find(kid, algorithm)
		return err == nil
	})
	if err != nil {
		return jwk.Set{}, fmt.Errorf("the keys at %s: %w", client.JWKSURI, err)
	}
	return set, nil
}
