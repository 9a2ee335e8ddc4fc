// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// MethodS256 is the one code_challenge_method accepted; "plain" protects nothing once a request leaks
// (RFC 9700 section 2.1.1).
const MethodS256 = "S256"

// CheckChallenge validates code_challenge and code_challenge_method as sent to the authorization endpoint. A missing
// method means plain (RFC 7636 section 4.3) and is refused.
func CheckChallenge(challenge, method string) *Error {
	if method == "" || method == "plain" {
		return NewError(InvalidRequest, "code_challenge_method must be S256; plain, also the default, is not accepted.")
	}
	if method != MethodS256 {
		return NewError(InvalidRequest, "code_challenge_method must be S256.")
	}
	// An S256 challenge is the base64url form of 32 bytes: 43 characters (RFC 7636 section 4.2).
	if len(challenge) != 43 || !unreserved(challenge) {
		return NewError(InvalidRequest, "code_challenge must be BASE64URL(SHA256(code_verifier)), 43 characters.")
	}
	return nil
}

// VerifyChallenge tells whether verifier is the one that challenge was made from (RFC 7636 section 4.6).
func VerifyChallenge(challenge, verifier string) bool {
	if len(verifier) < 43 || len(verifier) > 128 || !unreserved(verifier) { // RFC 7636 section 4.1
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	computed := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(computed), []byte(challenge)) == 1
}

// unreserved tells whether text keeps to the characters of RFC 3986 section 2.3.
func unreserved(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '.' && c != '_' && c != '~' {
			return false
		}
	}
	return true
}
