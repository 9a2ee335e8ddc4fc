// SPDX-License-Identifier: Apache-2.0

// Package seal encrypts the secrets that the store must be able to read again: private keys. The sealing key lies in
// a file beside the database, bound to the server (DPAPI on Windows, mode 600 elsewhere), so that a copy of the
// database alone signs nothing. It goes to other servers as an export under a passphrase.
//
// Every error is a sentence for the administrator, with cause and remedy.
package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// prefix starts every sealed value, so that it is told apart from what older versions kept in clear. After it come the
// id of the sealing key, a colon, and nonce and ciphertext of AES-256-GCM. Another format gets another number.
const prefix = "ndoap-sealed-1:"

const (
	secretSize = 32
	idSize     = 8
)

// Key is a sealing key. It may be used from any number of goroutines.
type Key struct {
	id     string
	secret []byte
	aead   cipher.AEAD
}

// newKey derives from the secret what is used: a key to encrypt with and an id that tells nothing about either.
func newKey(secret []byte) (*Key, error) {
	if len(secret) != secretSize {
		return nil, fmt.Errorf("a sealing key has %d bytes, this one has %d", secretSize, len(secret))
	}
	id, err := hkdf.Key(sha256.New, secret, nil, "ndoap sealing key: id", idSize)
	if err != nil {
		return nil, err
	}
	derived, err := hkdf.Key(sha256.New, secret, nil, "ndoap sealing key: AES-256-GCM", secretSize)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(derived)
	if err != nil {
		return nil, err
	}
	return &Key{id: hex.EncodeToString(id), secret: bytes.Clone(secret), aead: aead}, nil
}

// newAEAD is AES-GCM that draws a nonce of its own for each message and puts it in front.
func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// ID names the sealing key without telling it: 16 hexadecimal digits.
func (k *Key) ID() string { return k.id }

// String is what a log shows of the key.
func (k *Key) String() string { return "sealing key " + k.id }

// GoString is what %#v shows of the key.
func (k *Key) GoString() string { return k.String() }

// Sealed tells whether a stored value is sealed, by whichever key.
func Sealed(value []byte) bool { return bytes.HasPrefix(value, []byte(prefix)) }

// Seal encrypts plain for the record called id: a value that is moved to another record does not open there.
func (k *Key) Seal(id string, plain []byte) ([]byte, error) {
	header := []byte(prefix + k.id + ":")
	return k.aead.Seal(header, nil, plain, associated(header, id)), nil //nolint:gosec // the cipher draws its nonce itself
}

// Unseal decrypts what Seal made for the record called id.
func (k *Key) Unseal(id string, sealed []byte) ([]byte, error) {
	if !Sealed(sealed) {
		return nil, fmt.Errorf("the private part of %s is not sealed, or in a way that this version does not know", id)
	}
	const headerSize = len(prefix) + 2*idSize + 1
	if len(sealed) < headerSize || sealed[headerSize-1] != ':' {
		return nil, damaged(id)
	}
	header := sealed[:headerSize]
	if by := string(header[len(prefix) : headerSize-1]); by != k.id {
		return nil, fmt.Errorf("the private part of %s is sealed with another server's sealing key (%s, and this server has %s): %w",
			id, by, k.id, errCarry)
	}
	plain, err := k.aead.Open(nil, nil, sealed[headerSize:], associated(header, id))
	if err != nil {
		return nil, damaged(id)
	}
	return plain, nil
}

// associated is what a ciphertext is bound to. The header has one length, so that nothing can move between the two.
func associated(header []byte, id string) []byte { return append(bytes.Clone(header), id...) }

func damaged(id string) error {
	return fmt.Errorf("the private part of %s is damaged or belongs to another record: restore the database from a backup", id)
}

// errCarry is the remedy when a database has come without its sealing key.
var errCarry = errors.New("restore the file that was backed up with the database, or run `doapctl seal export` on the " +
	"server that the database is from and `doapctl seal import` here; if it is lost for good: `doapctl seal reset`")
