// SPDX-License-Identifier: Apache-2.0

package key

import (
	"bytes"
	"crypto/rsa"
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

// The labels of PEM blocks that hold keys: RFC 7468 sections 10 and 13, and the older ones of PKCS#1 (RFC 8017).
const (
	blockPrivate      = "PRIVATE KEY"
	blockPublic       = "PUBLIC KEY"
	blockRSAPrivate   = "RSA PRIVATE KEY"
	blockRSAPublic    = "RSA PUBLIC KEY"
	blockEncryptedKey = "ENCRYPTED PRIVATE KEY"
	blockECParameters = "EC PARAMETERS"
)

// Import reads one RSA key from a PEM file as openssl writes it: a private key (PKCS#8 or PKCS#1) signs and
// verifies, a public one (SPKI or PKCS#1) only verifies. Every refusal is a sentence for the administrator.
func Import(file []byte, now time.Time) (store.Key, error) {
	block, err := singleBlock(asUTF8(file))
	if err != nil {
		return store.Key{}, err
	}
	public, private, err := parse(block)
	if err != nil {
		return store.Key{}, err
	}
	if err := check(public); err != nil {
		return store.Key{}, err
	}
	return record(public, private, now)
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

// singleBlock finds the one PEM block of a file. Two keys in one file would leave open which of them signs.
func singleBlock(file []byte) (*pem.Block, error) {
	block, rest := pem.Decode(file)
	if block == nil {
		if bytes.Contains(file, []byte("-----BEGIN")) {
			return nil, errors.New("the PEM block is damaged or cut off: copy the whole file, " +
				"from its -----BEGIN line to its -----END line")
		}
		return nil, errors.New("this is not a PEM file: it has no -----BEGIN line; " +
			"make a key with: openssl genrsa 2048 > private-key.pem")
	}
	// `openssl ecparam -genkey` writes two blocks; that the key is not RSA says more than that there are two.
	if next, _ := pem.Decode(rest); next != nil && block.Type != blockECParameters {
		return nil, fmt.Errorf("the file holds more than one PEM block (%s, then %s): "+
			"put the one key to import into a file of its own", block.Type, next.Type)
	}
	return block, nil
}

// parse reads the key of a block; private is nil when the block holds a public key.
func parse(block *pem.Block) (public *rsa.PublicKey, private *rsa.PrivateKey, err error) {
	if block.Type == blockEncryptedKey || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
		return nil, nil, errors.New("the private key is encrypted with a passphrase: decrypt it first with: " +
			"openssl rsa -in private-key.pem -out decrypted.pem; import decrypted.pem and then delete it")
	}
	switch block.Type {
	case blockRSAPrivate:
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case blockPrivate:
		private, err = as[*rsa.PrivateKey](x509.ParsePKCS8PrivateKey(block.Bytes))
	case blockRSAPublic:
		public, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case blockPublic:
		public, err = as[*rsa.PublicKey](x509.ParsePKIXPublicKey(block.Bytes))
	case "EC PRIVATE KEY", blockECParameters, "DSA PRIVATE KEY", "DSA PARAMETERS":
		err = errNotRSA
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		err = errors.New("the file holds a certificate: extract its public key with: " +
			"openssl x509 -in certificate.pem -pubkey -noout > public-key.pem")
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		err = errors.New("the file holds a certificate request: import the key file that it was made from")
	case "OPENSSH PRIVATE KEY":
		err = errors.New("the file holds a key in OpenSSH's own format: convert a copy of it with: " +
			"ssh-keygen -p -m PEM -f COPY")
	default:
		err = fmt.Errorf("a PEM block of type %q is not a key: expected %s, %s, %s or %s",
			block.Type, blockPrivate, blockRSAPrivate, blockPublic, blockRSAPublic)
	}
	if err != nil {
		return nil, nil, unreadable(block.Type, err)
	}
	if private != nil {
		public = &private.PublicKey
	}
	return public, private, nil
}

var errNotRSA = errors.New("the key is not an RSA key: tokens are signed with RS256, " +
	"make a key for it with: openssl genrsa 2048 > private-key.pem")

// as narrows a parsed key to RSA.
func as[Key any](parsed any, err error) (Key, error) {
	found, isRSA := parsed.(Key)
	if err == nil && !isRSA {
		err = errNotRSA
	}
	return found, err
}

// unreadable adds a remedy to the errors of crypto/x509 and leaves our own sentences alone.
func unreadable(blockType string, err error) error {
	if blockType != blockPrivate && blockType != blockPublic &&
		blockType != blockRSAPrivate && blockType != blockRSAPublic || errors.Is(err, errNotRSA) {
		return err
	}
	return fmt.Errorf("the %s block cannot be read (%w): check the file with: openssl pkey -in FILE -noout "+
		"(add -pubin for a public key)", blockType, err)
}

// check refuses keys that RS256 does not allow or that are too weak. openssl makes only odd exponents from 3 up;
// an exponent of 1 would make every signature valid.
func check(public *rsa.PublicKey) error {
	switch bits := public.N.BitLen(); {
	case bits < minimumBits:
		return fmt.Errorf("the key has %d bits, RS256 needs %d or more: make one with: "+
			"openssl genrsa %d > private-key.pem", bits, minimumBits, minimumBits)
	case bits > maximumBits:
		return fmt.Errorf("the key has %d bits, at most %d are supported: make one with: "+
			"openssl genrsa 4096 > private-key.pem", bits, maximumBits)
	case public.E < 3 || public.E%2 == 0:
		return fmt.Errorf("the key has the public exponent %d, which is not safe: make one with: "+
			"openssl genrsa %d > private-key.pem", public.E, minimumBits)
	case public.N.Bit(0) == 0:
		return errors.New("the modulus of the key is even, so that it is no RSA key: make one with: " +
			"openssl genrsa 2048 > private-key.pem")
	}
	return nil
}
