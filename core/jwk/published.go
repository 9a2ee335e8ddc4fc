// SPDX-License-Identifier: Apache-2.0

package jwk

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	strict "github.com/go-jose/go-jose/v4/json"
)

// maxPublished bounds a published document, in which certificates stand beside the keys.
const maxPublished = 256 << 10

// PublishedAlgorithms are those that keys of identity providers may verify. A key that does not name its algorithm is
// for the first of those that are allowed and fit it, so that one key is for one algorithm (RFC 8725 section 3.1).
func PublishedAlgorithms() []string {
	return []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
	}
}

// ErrNoneLeft is returned for a JWK Set that has no key that can be used: its owner may have taken all of them back.
var ErrNoneLeft = errors.New("the JWK Set has no key")

// ParsePublished reads the JWK Set of an identity provider, which serves many others beside this server: a key that
// cannot be used is left out, with the reason, and the others serve. Two keys for one algorithm with one kid are both
// kept and neither is ever found. Without any key that can be used the error is ErrNoneLeft.
func ParsePublished(document []byte, allowed []string) (set Set, leftOut []error, err error) {
	if len(document) > maxPublished {
		return Set{}, nil, fmt.Errorf("the JWK Set is longer than %d bytes", maxPublished)
	}
	var listed struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := strict.Unmarshal(document, &listed); err != nil {
		return Set{}, nil, fmt.Errorf("this is not a JWK Set, the JSON object with a list named keys of RFC 7517 section 5: %w", err)
	}
	if listed.Keys == nil { // another document, such as one that tells of a fault
		return Set{}, nil, errors.New("this is not a JWK Set: it has no list named keys")
	}
	if len(listed.Keys) > maxKeys {
		return Set{}, nil, fmt.Errorf("the JWK Set has more than %d keys", maxKeys)
	}
	for i, raw := range listed.Keys {
		read, err := parseKey(raw, allowed)
		switch {
		case errors.Is(err, errOther):
			continue
		case err != nil:
			leftOut = append(leftOut, fmt.Errorf("key number %d of the JWK Set: %w", i+1, err))
			continue
		}
		set.keys = append(set.keys, read.forOne(allowed))
	}
	if len(set.keys) == 0 {
		return Set{}, leftOut, errors.Join(append(
			[]error{fmt.Errorf("%w for signatures by %q", ErrNoneLeft, allowed)}, leftOut...)...)
	}
	return set, leftOut, nil
}

// ParsePEM reads one public key, or the one of a certificate, from a file of an administrator. An empty kid lets
// signatures name any. The dates and the names of a certificate are not looked at: that it is in the file is the trust.
func ParsePEM(document []byte, kid string, allowed []string) (Set, error) {
	block, rest := pem.Decode(document)
	if block == nil {
		return Set{}, errors.New("this is neither a JWK Set nor PEM (a text with -----BEGIN PUBLIC KEY-----)")
	}
	if next, _ := pem.Decode(rest); next != nil {
		return Set{}, errors.New("there is more than one PEM block; keep the one with the signing key")
	}
	public, err := parseBlock(block)
	if err != nil {
		return Set{}, fmt.Errorf("there is no public key in the PEM block: %w", err)
	}
	if err := checkStrength(public); err != nil {
		return Set{}, fmt.Errorf("the key cannot be used: %w", err)
	}
	read := key{id: kid, anyID: kid == "", public: public}.forOne(allowed)
	if read.algorithm == "" {
		return Set{}, fmt.Errorf("the key is not one for signatures by %q", allowed)
	}
	return Set{keys: []key{read}}, nil
}

// Own is the set of one public key that this server has made itself, for signatures by one algorithm.
func Own(public crypto.PublicKey, kid, algorithm string) Set {
	return Set{keys: []key{{id: kid, algorithm: algorithm, public: public}}}
}

func parseBlock(block *pem.Block) (crypto.PublicKey, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("it is a private key, which belongs to the identity provider alone; take the public half")
	}
	return nil, fmt.Errorf("it is a PEM block of type %.40q, not PUBLIC KEY or CERTIFICATE", block.Type)
}

// forOne gives a key without algorithm the first of those allowed that fits it, and none if there is none.
func (k key) forOne(allowed []string) key {
	if k.algorithm == "" {
		fitting := algorithmsOf(typeOf(k.public))
		if i := slices.IndexFunc(allowed, func(algorithm string) bool { return slices.Contains(fitting, algorithm) }); i >= 0 {
			k.algorithm = allowed[i]
		}
	}
	return k
}

// typeOf returns kty and crv of a key that checkStrength accepts.
func typeOf(public crypto.PublicKey) (keyType, curve string) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return "RSA", ""
	case *ecdsa.PublicKey:
		return "EC", k.Curve.Params().Name
	case ed25519.PublicKey:
		return "OKP", "Ed25519"
	}
	return "", ""
}

// Len is how many keys a set has.
func (s Set) Len() int { return len(s.keys) }

// FindFor is Find for keys that may name the issuer that they are of: issuer is the member of that name, empty without.
func (s Set) FindFor(kid, algorithm string) (public crypto.PublicKey, issuer string, err error) {
	found, err := s.find(kid, algorithm)
	return found.public, found.issuer, err
}
