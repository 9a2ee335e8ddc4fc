// SPDX-License-Identifier: Apache-2.0

// Package jwk reads the public keys of others: JWK Sets (RFC 7517) of clients that authenticate by private_key_jwt, and
// those that identity providers publish or that an administrator has in a file. ndoap's own keys are core/key's.
package jwk

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
	strict "github.com/go-jose/go-jose/v4/json" // refuses repeated members, and compares their names exactly
)

const (
	maxSize = 64 << 10
	maxKeys = 100
)

// Why Find has no key.
var (
	ErrNoKey     = errors.New("the JWK Set has no such key for signatures of this algorithm")
	ErrAmbiguous = errors.New("the JWK Set has several keys for this algorithm, and the signature names none by kid")
)

// Set is the signature keys of one party. The zero value has none.
type Set struct {
	keys []key
}

// key is one public key that may verify signatures.
type key struct {
	id        string // kid, may be empty
	anyID     bool   // from a file that gives no kid: it is meant by whatever kid a signature names
	algorithm string // alg, may be empty
	issuer    string // issuer, a member that Entra ID adds; may be empty
	public    crypto.PublicKey
}

// Parse reads a JWK Set. What is there for other purposes is left out, as RFC 7517 section 5 demands: keys for
// encryption, of unknown types and on other curves. What is dangerous refuses the whole set: a private or symmetric key,
// which somebody has published by mistake, a weak key, and two keys with one kid, of which anybody might mean the other.
// A set without any key for signatures is refused as well. Every refusal is a sentence for whoever made the set.
func Parse(document []byte) (Set, error) {
	if len(document) > maxSize {
		return Set{}, fmt.Errorf("the JWK Set is longer than %d bytes", maxSize)
	}
	var listed struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := strict.Unmarshal(document, &listed); err != nil {
		return Set{}, fmt.Errorf("this is not a JWK Set, the JSON object with a list named keys of RFC 7517 section 5: %w", err)
	}
	if len(listed.Keys) > maxKeys {
		return Set{}, fmt.Errorf("the JWK Set has more than %d keys", maxKeys)
	}
	var set Set
	for i, raw := range listed.Keys {
		read, err := parseKey(raw, Algorithms())
		switch {
		case errors.Is(err, errOther):
			continue
		case err != nil:
			return Set{}, fmt.Errorf("key number %d of the JWK Set: %w", i+1, err)
		case read.id != "" && slices.ContainsFunc(set.keys, func(k key) bool { return k.id == read.id }):
			return Set{}, fmt.Errorf("key number %d of the JWK Set: another key has its kid, too; give each a kid of its own", i+1)
		}
		set.keys = append(set.keys, read)
	}
	if len(set.keys) == 0 {
		return Set{}, errors.New("the JWK Set has no key for RS256, PS256, ES256 or EdDSA signatures")
	}
	return set, nil
}

// Algorithms are those that a key of a client may verify (RFC 7518 section 3.1, RFC 8037 section 3.1).
func Algorithms() []string { return []string{"RS256", "PS256", "ES256", "EdDSA"} }

// Find returns the key that verifies a signature with a kid and an algorithm. An empty kid is enough when exactly one
// key fits the algorithm.
func (s Set) Find(kid, algorithm string) (crypto.PublicKey, error) {
	found, err := s.find(kid, algorithm)
	return found.public, err
}

func (s Set) find(kid, algorithm string) (key, error) {
	var found []key
	for _, k := range s.keys {
		if k.fits(algorithm) && (kid == "" || kid == k.id || k.anyID) {
			found = append(found, k)
		}
	}
	switch len(found) {
	case 0:
		return key{}, ErrNoKey
	case 1:
		return found[0], nil
	default:
		return key{}, ErrAmbiguous
	}
}

// errOther marks a key that is no key for the signatures known here.
var errOther = errors.New("the key is for other purposes")

// members are those of a JWK that decide before the key itself is read (RFC 7517 section 4, RFC 7518 section 6).
type members struct {
	Type       string   `json:"kty"`
	Curve      string   `json:"crv"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	ID         string   `json:"kid"`
	Issuer     string   `json:"issuer"`
}

// parseKey reads one JWK for signatures by one of the allowed algorithms, or returns errOther.
func parseKey(raw json.RawMessage, allowed []string) (key, error) {
	var all map[string]json.RawMessage
	if err := strict.Unmarshal(raw, &all); err != nil || all == nil {
		return key{}, errors.New("it is not a JSON object")
	}
	for _, private := range []string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		if _, there := all[private]; there {
			return key{}, fmt.Errorf("it has the secret member %q: whoever saw it can sign; make a new key and publish only its "+
				"public half", private)
		}
	}
	var m members
	if err := strict.Unmarshal(raw, &m); err != nil {
		return key{}, fmt.Errorf("a member has the wrong type: %w", err)
	}
	if m.Type == "oct" {
		return key{}, errors.New("it is a symmetric key (oct); use an RSA, EC or Ed25519 key pair")
	}
	if !m.forSignatures(allowed) {
		return key{}, errOther
	}
	if len(m.ID) > maxKeyID {
		return key{}, fmt.Errorf("its kid is longer than %d bytes", maxKeyID)
	}
	// Certificates are not looked at, so that a wrong one shall not matter either.
	for _, certificate := range []string{"x5c", "x5t", "x5t#S256", "x5u"} {
		delete(all, certificate)
	}
	bare, err := json.Marshal(all)
	if err != nil {
		return key{}, fmt.Errorf("it cannot be read: %w", err)
	}
	var parsed jose.JSONWebKey
	if err := parsed.UnmarshalJSON(bare); err != nil {
		return key{}, fmt.Errorf("it cannot be read: %w", err)
	}
	read := key{id: m.ID, algorithm: m.Algorithm, issuer: m.Issuer, public: parsed.Key}
	return read, checkStrength(read.public)
}

// maxKeyID bounds what is compared with the kid of every signature.
const maxKeyID = 256

// forSignatures tells whether the key is of a type, on a curve and for a use that serve one of the allowed algorithms.
func (m members) forSignatures(allowed []string) bool {
	switch {
	case m.Use != "" && m.Use != "sig":
		return false
	case m.Operations != nil && !slices.Contains(m.Operations, "verify"):
		return false
	}
	fitting := slices.DeleteFunc(algorithmsOf(m.Type, m.Curve), func(algorithm string) bool {
		return !slices.Contains(allowed, sameAlgorithm(algorithm))
	})
	return len(fitting) > 0 && (m.Algorithm == "" || slices.Contains(fitting, m.Algorithm))
}

// algorithmsOf are the values that the alg member of such a key may have (RFC 7518 section 3.1, RFC 9864 section 2.2).
func algorithmsOf(keyType, curve string) []string {
	switch {
	case keyType == "RSA":
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case keyType == "EC" && curve == "P-256":
		return []string{"ES256"}
	case keyType == "EC" && curve == "P-384":
		return []string{"ES384"}
	case keyType == "EC" && curve == "P-521":
		return []string{"ES512"}
	case keyType == "OKP" && curve == "Ed25519":
		return []string{"EdDSA", "Ed25519"}
	}
	return nil
}

// sameAlgorithm is the one name of an algorithm that is used here: Ed25519 is the newer name of EdDSA with this curve.
func sameAlgorithm(name string) string {
	if name == "Ed25519" {
		return "EdDSA"
	}
	return name
}
