// SPDX-License-Identifier: Apache-2.0

package key

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The JWS algorithms of keys. A key has one, which its kind decides (RFC 8725 section 3.1).
const (
	// RS256 is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3), the default: RFC 9068 section 4 requires it of
	// all resource servers, and the Domino REST API accepts it.
	RS256 = "RS256"
	// ES256 is ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4).
	ES256 = "ES256"
	// EdDSA is that of RFC 8037 section 3.1, here with Ed25519 only.
	EdDSA = "EdDSA"
)

// Algorithms are all that tokens are signed and verified with.
func Algorithms() []string { return []string{RS256, ES256, EdDSA} }

func unknownAlgorithm(name string) error {
	return fmt.Errorf("there is no algorithm %q: choose %s", name, strings.Join(Algorithms(), ", "))
}

// The sizes of RSA keys: RFC 7518 section 3.3 demands the lower bound; above the upper one a signature costs a
// server more than it can be worth.
const (
	minimumBits = 2048
	maximumBits = 8192
)

// algorithmOf is the one algorithm of a public key. It refuses keys that are too weak or not of these kinds.
func algorithmOf(public crypto.PublicKey) (string, error) {
	switch public := public.(type) {
	case *rsa.PublicKey:
		return RS256, checkRSA(public)
	case *ecdsa.PublicKey:
		return ES256, checkEC(public)
	case ed25519.PublicKey:
		return EdDSA, checkEd25519(public)
	default:
		return "", errOtherKind
	}
}

var errOtherKind = errors.New("the key is of a kind that tokens are not signed with; they are with RSA (RS256), " +
	"P-256 (ES256) or Ed25519 (EdDSA): make a key with: openssl genrsa 2048 > private-key.pem")

// checkRSA refuses keys that RS256 does not allow or that are too weak. openssl makes only odd exponents from 3 up;
// an exponent of 1 would make every signature valid.
func checkRSA(public *rsa.PublicKey) error {
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

const makeEC = "make one with: openssl ecparam -name prime256v1 -genkey -noout -out private-key.pem"

// checkEC refuses other curves, which ES256 excludes, and points that are not on it.
func checkEC(public *ecdsa.PublicKey) error {
	if public.Curve != elliptic.P256() {
		return fmt.Errorf("the key is on the curve %s, ES256 needs P-256 (prime256v1): %s", public.Params().Name, makeEC)
	}
	if _, err := public.ECDH(); err != nil { // which tells what an ecdsa key does not: whether it is one
		return fmt.Errorf("the public key is no point of its curve: %s", makeEC)
	}
	return nil
}

// smallOrder are the encodings of the points whose order divides 8, without the sign bit. With such a public key
// anybody can make a signature that holds for one message in eight or fewer.
var smallOrder = []string{
	"0000000000000000000000000000000000000000000000000000000000000000", // order 4
	"0100000000000000000000000000000000000000000000000000000000000000", // order 1
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 0 in another spelling
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 1 in another spelling
}

// checkEd25519 refuses the keys that are no keys.
func checkEd25519(public ed25519.PublicKey) error {
	if len(public) != ed25519.PublicKeySize {
		return fmt.Errorf("the key has %d bytes, an Ed25519 key has %d", len(public), ed25519.PublicKeySize)
	}
	point := slices.Clone(public)
	point[len(point)-1] &= 0x7f
	if slices.Contains(smallOrder, hex.EncodeToString(point)) {
		return errors.New("the public key is a point of small order, for which anybody can sign: " +
			"make one with: openssl genpkey -algorithm ed25519 -out private-key.pem")
	}
	return nil
}
