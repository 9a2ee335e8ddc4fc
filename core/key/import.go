// SPDX-License-Identifier: Apache-2.0

package key

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"ndoap/store"
)

// The labels of PEM blocks that hold keys: RFC 7468 sections 10 and 13, RFC 5915 section 4, and the older ones of
// PKCS#1 (RFC 8017).
const (
	blockPrivate      = "PRIVATE KEY"
	blockPublic       = "PUBLIC KEY"
	blockRSAPrivate   = "RSA PRIVATE KEY"
	blockRSAPublic    = "RSA PUBLIC KEY"
	blockECPrivate    = "EC PRIVATE KEY"
	blockECParameters = "EC PARAMETERS"
	blockEncryptedKey = "ENCRYPTED PRIVATE KEY"
)

// Import reads one key from a PEM file as openssl writes it: a private key (PKCS#8, PKCS#1 or SEC 1) signs and
// verifies, a public one (SPKI or PKCS#1) only verifies. What kind of key it is decides its algorithm. Every refusal
// is a sentence for the administrator.
func Import(file []byte, now time.Time) (store.Key, error) {
	block, err := singleBlock(asUTF8(file))
	if err != nil {
		return store.Key{}, err
	}
	public, private, err := parse(block)
	if err != nil {
		return store.Key{}, err
	}
	return record(public, private, now)
}

// ParsePrivate reads one private key from a PEM file as Import does, of any kind that signs. Whether it is strong enough,
// the public half tells (package jwk).
func ParsePrivate(file []byte) (crypto.Signer, error) {
	block, err := singleBlock(asUTF8(file))
	if err != nil {
		return nil, err
	}
	_, private, err := parse(block)
	switch {
	case err != nil:
		return nil, err
	case private == nil:
		return nil, errors.New("the file holds a public key: name the file with the private one")
	}
	return private, nil
}

// asUTF8 undoes what Windows does to the output of a program: PowerShell 5 writes `openssl genrsa 2048 > key.pem` as
// UTF-16 with a byte order mark.
func asUTF8(file []byte) []byte {
	if after, found := bytes.CutPrefix(file, []byte("\xef\xbb\xbf")); found {
		return after
	}
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(file, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return file
	}
	units := make([]uint16, 0, len(file)/2)
	for rest := file[2:]; len(rest) >= 2; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return []byte(string(utf16.Decode(units)))
}

// singleBlock finds the one PEM block of a file. Two keys in one file would leave open which of them signs. The
// parameters that `openssl ecparam -genkey` writes before its key are in the key as well.
func singleBlock(file []byte) (*pem.Block, error) {
	block, rest := pem.Decode(file)
	if block != nil && block.Type == blockECParameters {
		if after, restAfter := pem.Decode(rest); after != nil {
			block, rest = after, restAfter
		}
	}
	if block == nil {
		if bytes.Contains(file, []byte("-----BEGIN")) {
			return nil, errors.New("the PEM block is damaged or cut off: copy the whole file, " +
				"from its -----BEGIN line to its -----END line")
		}
		return nil, errors.New("this is not a PEM file: it has no -----BEGIN line; " +
			"make a key with: openssl genrsa 2048 > private-key.pem")
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, fmt.Errorf("the file holds more than one PEM block (%s, then %s): "+
			"put the one key to import into a file of its own", block.Type, next.Type)
	}
	return block, nil
}

// parse reads the key of a block; private is nil when the block holds a public key.
func parse(block *pem.Block) (public crypto.PublicKey, private crypto.Signer, err error) {
	if block.Type == blockEncryptedKey || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, nil, errors.New("the private key is encrypted with a passphrase: decrypt it first with: " +
			"openssl pkey -in private-key.pem -out decrypted.pem; import decrypted.pem and then delete it")
	}
	var parsed any
	switch block.Type {
	case blockRSAPrivate:
		parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case blockECPrivate:
		parsed, err = x509.ParseECPrivateKey(block.Bytes)
	case blockPrivate:
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case blockRSAPublic:
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case blockPublic:
		public, err = x509.ParsePKIXPublicKey(block.Bytes)
	default:
		return nil, nil, noKey(block.Type)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the %s block cannot be read (%w): check the file with: openssl pkey -in FILE -noout "+
			"(add -pubin for a public key)", block.Type, err)
	}
	if public != nil {
		return public, nil, nil
	}
	private, signs := parsed.(crypto.Signer)
	if !signs { // a key for X25519, which only agrees on others
		return nil, nil, errOtherKind
	}
	return private.Public(), private, nil
}

// noKey says what a file holds instead of a key.
func noKey(blockType string) error {
	switch blockType {
	case blockECParameters:
		return errors.New("the file holds the parameters of a key and no key: " + makeEC)
	case "DSA PRIVATE KEY", "DSA PARAMETERS", "X9.42 DH PARAMETERS":
		return errOtherKind
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return errors.New("the file holds a certificate: extract its public key with: " +
			"openssl x509 -in certificate.pem -pubkey -noout > public-key.pem")
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return errors.New("the file holds a certificate request: import the key file that it was made from")
	case "OPENSSH PRIVATE KEY":
		return errors.New("the file holds a key in OpenSSH's own format: convert a copy of it with: " +
			"ssh-keygen -p -m PEM -f COPY")
	default:
		return fmt.Errorf("a PEM block of type %q is not a key: expected %s, %s, %s, %s or %s",
			blockType, blockPrivate, blockRSAPrivate, blockECPrivate, blockPublic, blockRSAPublic)
	}
}
