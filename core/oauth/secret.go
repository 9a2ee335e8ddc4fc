// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
)

// Secret is a code, token, password or key that must not meet a log. Every way of printing it gives "redacted";
// Reveal is the one way to its text.
type Secret string

// NewSecret returns 256 random bits as 43 characters of base64url.
func NewSecret() Secret {
	var bits [32]byte
	_, _ = rand.Read(bits[:]) // documented never to fail
	return Secret(base64.RawURLEncoding.EncodeToString(bits[:]))
}

// Reveal returns the text, for the answer to its owner.
func (s Secret) Reveal() string { return string(s) }

// Hash is what the store keeps instead of the secret. The secrets here are 256 random bits, so that a plain SHA-256
// cannot be reversed by guessing, and a lookup by hash tells nothing about how much of a guess was right.
func (s Secret) Hash() string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Matches compares the secret with a stored hash in constant time.
func (s Secret) Matches(hash string) bool {
	return subtle.ConstantTimeCompare([]byte(s.Hash()), []byte(hash)) == 1
}

// String hides the secret from fmt.
func (Secret) String() string { return "redacted" }

// GoString hides the secret from fmt's %#v.
func (Secret) GoString() string { return "redacted" }

// LogValue hides the secret from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue("redacted") }

// MarshalText hides the secret from encoding/json and its kind; an answer that must carry one uses Reveal.
func (Secret) MarshalText() ([]byte, error) { return []byte("redacted"), nil }
