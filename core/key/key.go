// SPDX-License-Identifier: Apache-2.0

// Package key owns the signing keys: it generates them, imports PEM files, and turns the records of the store into
// keys that sign and verify. It is the one package that uses go-jose, for the JSON Web Key format only (RFC 7517).
package key

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ndoap/store"
)

// RS256 is the algorithm of every key: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), the one that RFC 9068
// section 4 requires of all resource servers and that the Domino REST API accepts.
const RS256 = "RS256"

// The sizes of RSA keys: RFC 7518 section 3.3 demands the lower bound; above the upper one a signature costs a
// server more than it can be worth.
const (
	minimumBits = 2048
	maximumBits = 8192
)

// Generate makes a new key for signing.
func Generate(now time.Time) (store.Key, error) {
	private, err := rsa.GenerateKey(rand.Reader, minimumBits)
	if err != nil {
		return store.Key{}, fmt.Errorf("cannot generate an RSA key: %w", err)
	}
	return record(&private.PublicKey, private, now)
}

// Thumbprint is the id of a public key: base64url of its SHA-256 JWK thumbprint (RFC 7638), so that the same key has
// the same kid wherever and whenever it is imported.
func Thumbprint(public *rsa.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("cannot compute the thumbprint of the key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// record makes the store's form of a key; private is nil for a key that only verifies.
func record(public *rsa.PublicKey, private *rsa.PrivateKey, now time.Time) (store.Key, error) {
	kid, err := Thumbprint(public)
	if err != nil {
		return store.Key{}, err
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return store.Key{}, fmt.Errorf("cannot encode the public key: %w", err)
	}
	made := store.Key{
		ID:        kid,
		Algorithm: RS256,
		PublicPEM: pem.EncodeToMemory(&pem.Block{Type: blockPublic, Bytes: spki}),
		CreatedAt: now,
	}
	if private != nil {
		pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			return store.Key{}, fmt.Errorf("cannot encode the private key: %w", err)
		}
		made.PrivatePEM = pem.EncodeToMemory(&pem.Block{Type: blockPrivate, Bytes: pkcs8})
	}
	return made, nil
}
