// SPDX-License-Identifier: Apache-2.0

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
)

// minimumBits is the smallest RSA key of RFC 7518 section 3.3. go-jose refuses keys with more than 4096 bits, whose
// signatures would cost more than they can be worth.
const minimumBits = 2048

// fits tells whether the key can be meant by a signature of an algorithm. A key that names its algorithm is for that
// one only (RFC 8725 section 3.1).
func (k key) fits(algorithm string) bool {
	if k.algorithm != "" { // which fits the type: parseKey saw to that
		return sameAlgorithm(k.algorithm) == algorithm
	}
	switch k.public.(type) {
	case *rsa.PublicKey:
		return algorithm == "RS256" || algorithm == "PS256"
	case *ecdsa.PublicKey:
		return algorithm == "ES256"
	case ed25519.PublicKey:
		return algorithm == "EdDSA"
	}
	return false
}

// checkStrength refuses keys whose signatures somebody else can make.
func checkStrength(public crypto.PublicKey) error {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return checkRSA(k)
	case *ecdsa.PublicKey: // go-jose has checked that the point is on the curve
		if k.Curve != elliptic.P256() && k.Curve != elliptic.P384() && k.Curve != elliptic.P521() {
			return errors.New("its curve is none of P-256, P-384 and P-521")
		}
		return nil
	case ed25519.PublicKey:
		return nil // go-jose has checked its length and that it is not of small order
	}
	return fmt.Errorf("it is a %T", public)
}

func checkRSA(k *rsa.PublicKey) error {
	switch bits := k.N.BitLen(); {
	case bits < minimumBits:
		return fmt.Errorf("it has %d bits; RSA keys need %d or more", bits, minimumBits)
	case k.E < 3 || k.E%2 == 0 || k.E > 1<<31-1:
		return fmt.Errorf("its public exponent %d is not safe; use 65537", k.E)
	case k.N.Bit(0) == 0:
		return errors.New("its modulus is even, so that it is no RSA key")
	}
	return nil
}
