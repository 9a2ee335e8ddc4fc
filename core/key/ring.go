// SPDX-License-Identifier: Apache-2.0

package key

import (
	"cmp"
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"ndoap/core/snapshot"
	"ndoap/store"
)

// Lister is what a Ring needs of the store.
type Lister interface {
	ListKeys(ctx context.Context) ([]store.Key, error)
}

// Ring gives the keys of the store, parsed once per generation of the store.
type Ring struct {
	cache *snapshot.Cache[*Set]
}

// NewRing returns a ring over keys. generation is Store.Generation.
func NewRing(keys Lister, generation func() uint64) *Ring {
	return &Ring{snapshot.New(generation, func(ctx context.Context) (*Set, error) {
		records, err := keys.ListKeys(ctx)
		if err != nil {
			return nil, fmt.Errorf("cannot list the signing keys: %w", err)
		}
		return newSet(records)
	})}
}

// Set returns the keys of the present generation. It takes no lock while the generation stands. An error of the
// store or a record that cannot be parsed is returned: old keys are never used in place of those the store holds.
func (r *Ring) Set(ctx context.Context) (*Set, error) { return r.cache.Get(ctx) }

// Set is the keys at one time. It does not change.
type Set struct {
	signers []signer // the latest ActiveFrom first
	public  map[string]verifier
	jwks    []byte
}

type signer struct {
	kid, alg   string
	private    crypto.Signer
	activeFrom time.Time
}

type verifier struct {
	alg    string
	public crypto.PublicKey
}

// Signer returns the key that signs at now: of those that may sign already the one that began last. If none may yet,
// because a clock was set back or differs, the one that begins first does. ok is false when there is no private key.
func (s *Set) Signer(now time.Time) (kid, alg string, private crypto.Signer, ok bool) {
	if len(s.signers) == 0 {
		return "", "", nil, false
	}
	found := s.signers[signerAt(s.signers, func(k signer) time.Time { return k.activeFrom }, now)]
	return found.kid, found.alg, found.private, true
}

// signerAt is the rule of Signer for keys of which the latest comes first; there is at least one.
func signerAt[K any](keys []K, activeFrom func(K) time.Time, now time.Time) int {
	at := slices.IndexFunc(keys, func(k K) bool { return !activeFrom(k).After(now) })
	if at < 0 {
		return len(keys) - 1
	}
	return at
}

// Public returns the key that verifies what kid signed.
func (s *Set) Public(kid string) (alg string, public crypto.PublicKey, ok bool) {
	found, ok := s.public[kid]
	return found.alg, found.public, ok
}

// JWKS is the JWK Set of all public keys (RFC 7517 section 5), newest first. The caller must not change it.
func (s *Set) JWKS() []byte { return s.jwks }

// Len is how many keys verify.
func (s *Set) Len() int { return len(s.public) }

// newSet parses records; retired ones are neither published nor do they verify. One that does not hold what it says
// makes the whole set fail: a store that was tampered with or damaged must not go on signing.
func newSet(records []store.Key) (*Set, error) {
	set := &Set{public: make(map[string]verifier, len(records))}
	published := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, 0, len(records))}
	for _, record := range slices.SortedFunc(slices.Values(records), latestFirst) {
		if !record.RetiredAt.IsZero() {
			continue
		}
		public, private, err := parseRecord(record)
		if err != nil {
			return nil, fmt.Errorf("the signing key %s in the store is damaged: %w", record.ID, err)
		}
		if private != nil {
			set.signers = append(set.signers, signer{record.ID, record.Algorithm, private, record.ActiveFrom})
		}
		set.public[record.ID] = verifier{record.Algorithm, public}
		published.Keys = append(published.Keys, jose.JSONWebKey{
			Key: public, KeyID: record.ID, Algorithm: record.Algorithm, Use: "sig",
		})
	}
	var err error
	if set.jwks, err = json.Marshal(published); err != nil {
		return nil, fmt.Errorf("cannot encode the JWK Set: %w", err)
	}
	return set, nil
}

// latestFirst orders keys by when they may sign, those that began together by when they were made.
func latestFirst(a, b store.Key) int {
	return cmp.Or(b.ActiveFrom.Compare(a.ActiveFrom), b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.ID, b.ID))
}

// parseRecord reads the keys of a record and checks that they belong together, to the kid and to the algorithm.
func parseRecord(record store.Key) (crypto.PublicKey, crypto.Signer, error) {
	block, err := singleBlock(record.PublicPEM)
	if err != nil {
		return nil, nil, fmt.Errorf("public part: %w", err)
	}
	public, stray, err := parse(block)
	if err != nil {
		return nil, nil, fmt.Errorf("public part: %w", err)
	}
	if stray != nil {
		return nil, nil, fmt.Errorf("public part: it holds a %s block", block.Type)
	}
	algorithm, err := algorithmOf(public)
	if err != nil {
		return nil, nil, err
	}
	if record.Algorithm != algorithm {
		return nil, nil, fmt.Errorf("its algorithm is %q, expected %s", record.Algorithm, algorithm)
	}
	kid, err := Thumbprint(public)
	if err != nil {
		return nil, nil, err
	}
	if kid != record.ID {
		return nil, nil, fmt.Errorf("its public part has the thumbprint %s", kid)
	}
	if len(record.PrivatePEM) == 0 {
		return public, nil, nil
	}
	if block, err = singleBlock(record.PrivatePEM); err != nil {
		return nil, nil, fmt.Errorf("private part: %w", err)
	}
	ofPrivate, private, err := parse(block)
	if err != nil {
		return nil, nil, fmt.Errorf("private part: %w", err)
	}
	// Every public key of the standard library compares itself.
	whole, compares := ofPrivate.(interface {
		Equal(other crypto.PublicKey) bool
	})
	if private == nil || !compares || !whole.Equal(public) {
		return nil, nil, errors.New("its private and public parts do not belong together")
	}
	return public, private, nil
}
