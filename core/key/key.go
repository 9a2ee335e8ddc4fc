// SPDX-License-Identifier: Apache-2.0

// Package key owns the signing keys: it generates them, imports PEM files, turns the records of the store into keys
// that sign and verify, and replaces them by schedule. It is the one package that uses go-jose, for the JSON Web Key
// format only (RFC 7517).
package key

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ndoap/store"
)

// Generate makes a new key for signing, which may do so from now on. Its id does not begin with a hyphen, so that it can
// be written on a command line like any other word.
func Generate(algorithm string, now time.Time) (store.Key, error) {
	for {
		made, err := generate(algorithm, now)
		if err != nil || !strings.HasPrefix(made.ID, "-") {
			return made, err
		}
	}
}

func generate(algorithm string, now time.Time) (store.Key, error) {
	var private crypto.Signer
	var err error
	switch algorithm {
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, minimumBits)
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		err = unknownAlgorithm(algorithm)
	}
	if err != nil {
		return store.Key{}, fmt.Errorf("cannot generate a key: %w", err)
	}
	return record(private.Public(), private, now)
}

// Thumbprint is the id of a public key: base64url of its SHA-256 JWK thumbprint (RFC 7638), so that the same key has
// the same kid wherever and whenever it is imported.
func Thumbprint(public crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("cannot compute the thumbprint of the key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// record makes the store's form of a key; private is nil for a key that only verifies.
func record(public crypto.PublicKey, private crypto.Signer, now time.Time) (store.Key, error) {
	algorithm, err := algorithmOf(public)
	if err != nil {
		return store.Key{}, err
	}
	kid, err := Thumbprint(public)
	if err != nil {
		return store.Key{}, err
	}
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return store.Key{}, fmt.Errorf("cannot encode the public key: %w", err)
	}
	made := store.Key{
		ID:         kid,
		Algorithm:  algorithm,
		PublicPEM:  pem.EncodeToMemory(&pem.Block{Type: blockPublic, Bytes: spki}),
		CreatedAt:  now,
		ActiveFrom: now,
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
