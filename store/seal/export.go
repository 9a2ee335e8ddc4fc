// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"unicode/utf8"
)

// An export is a PEM block whose content is AES-256-GCM under a key that PBKDF2 makes of the passphrase.
const (
	exportBlock      = "NDOAP SEALING KEY EXPORT"
	headerDerivation = "Derivation"
	headerIterations = "Iterations"
	headerSalt       = "Salt"
	derivation       = "PBKDF2-HMAC-SHA-256"
	iterations       = 600_000 // OWASP Password Storage Cheat Sheet, 2023
	maxIterations    = 10_000_000
	saltSize         = 16
)

// MinimumPassphrase is how many characters a passphrase must have: an export can be guessed at without end.
const MinimumPassphrase = 12

// Export encrypts the sealing key under a passphrase, for another server that shares the store, or for a safe.
func (k *Key) Export(passphrase []byte) ([]byte, error) {
	if utf8.RuneCount(passphrase) < MinimumPassphrase {
		return nil, fmt.Errorf("the passphrase has fewer than %d characters, which a thief of the export can guess: "+
			"take a longer one", MinimumPassphrase)
	}
	return k.export(passphrase, iterations)
}

func (k *Key) export(passphrase []byte, count int) ([]byte, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	sealed, err := underPassphrase(passphrase, salt, count)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{
		Type: exportBlock,
		Headers: map[string]string{
			headerID:         k.id,
			headerDerivation: derivation,
			headerIterations: strconv.Itoa(count),
			headerSalt:       base64.StdEncoding.EncodeToString(salt),
		},
		Bytes: sealed.Seal(nil, nil, k.secret, []byte(exportBlock)), //nolint:gosec // the cipher draws its nonce itself
	}), nil
}

// Import makes the sealing key file of an export, and tells whether it was made: one that holds this key already is
// left as it is, one that holds another key is refused.
func Import(path string, exported, passphrase []byte) (imported *Key, made bool, err error) {
	imported, err = decodeExport(exported, passphrase)
	if err != nil {
		return nil, false, fmt.Errorf("the export of a sealing key cannot be imported: %w", err)
	}
	err = imported.write(path)
	if !errors.Is(err, fs.ErrExist) {
		return imported, err == nil, err
	}
	present, err := Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("there is a sealing key file already, which would have to be moved away first: %w", err)
	}
	if present.id != imported.id {
		return nil, false, fmt.Errorf("the sealing key file %s holds another key (%s; the export holds %s), and what it has sealed "+
			"would be lost: if the database beside it is to go as well, move both away and import again", path, present.id, imported.id)
	}
	return present, false, nil
}

// underPassphrase is the cipher of an export.
func underPassphrase(passphrase, salt []byte, count int) (cipher.AEAD, error) {
	derived, err := pbkdf2.Key(sha256.New, string(passphrase), salt, count, secretSize)
	if err != nil {
		return nil, err
	}
	return newAEAD(derived)
}

func decodeExport(exported, passphrase []byte) (*Key, error) {
	block, rest := pem.Decode(exported)
	if block == nil || block.Type != exportBlock || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("it is damaged, or none: make one with `doapctl seal export`")
	}
	count, err := strconv.Atoi(block.Headers[headerIterations])
	salt, saltErr := base64.StdEncoding.DecodeString(block.Headers[headerSalt])
	if err != nil || saltErr != nil || block.Headers[headerDerivation] != derivation || count < 1 || count > maxIterations {
		return nil, errors.New("its first lines are damaged, or of a later version of ndoap: make another with `doapctl seal export`")
	}
	sealed, err := underPassphrase(passphrase, salt, count)
	if err != nil {
		return nil, err
	}
	secret, err := sealed.Open(nil, nil, block.Bytes, []byte(exportBlock))
	if err != nil {
		return nil, errors.New("the passphrase is wrong, or the file is damaged")
	}
	return newKey(secret)
}
