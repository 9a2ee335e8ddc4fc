// SPDX-License-Identifier: Apache-2.0

// Package store defines what must survive a restart: the records, the interface to them and the errors it returns.
// sqlite implements it; storetest holds every implementation to the same behaviour. Secrets (codes, tokens, client
// secrets) reach this package as hashes only.
package store

import "time"

// Client is a registered OAuth client (RFC 6749 section 2).
type Client struct {
	ID           string
	Name         string   // shown to people on the consent page
	RedirectURIs []string // compared byte by byte
	SecretHashes []string // oauth.Secret.Hash of each valid secret; empty for a public client
	Scopes       []string // what the client may ask for
	Trusted      bool     // the administrator has consented for everybody
	Legacy       bool     // a client of DOAP: PKCE is optional and the token type is spelled "bearer"
	Disabled     bool
	CreatedAt    time.Time
	ChangedAt    time.Time
}

// Public tells whether the client has no secret to authenticate with (RFC 6749 section 2.1).
func (c Client) Public() bool { return len(c.SecretHashes) == 0 }

// Key is a key pair for signing tokens, or a public key that only verifies them.
type Key struct {
	ID         string // kid
	Algorithm  string // JWS algorithm, RS256
	PrivatePEM []byte // PKCS#8; empty for a key that only verifies
	PublicPEM  []byte // SPKI
	CreatedAt  time.Time
}

// AuthorizationRequest is a validated request to the authorization endpoint that waits for its user to log in or to
// consent. Its id, a secret, goes through the browser; the store knows the hash.
type AuthorizationRequest struct {
	IDHash           string
	BrowserHash      string // hash of the cookie that binds the request to one browser
	ClientID         string
	RedirectURI      string
	RedirectURIGiven bool // sent with the request, so that the token request must repeat it (RFC 6749 section 4.1.3)
	Scope            string
	State            string
	StateGiven       bool
	CodeChallenge    string // S256; empty for a legacy client that sent none
	ConsentUser      string // whom the consent page was shown to; empty before that
	ConsentHash      string // hash of the form token on that page
	ExpiresAt        time.Time
}

// Code is an authorization code (RFC 6749 section 4.1.2).
type Code struct {
	Hash             string
	ClientID         string
	User             string // canonical Notes name
	RedirectURI      string
	RedirectURIGiven bool
	Scope            string
	CodeChallenge    string
	AuthenticatedAt  time.Time
	ExpiresAt        time.Time
	ConsumedAt       time.Time // zero until redeemed
	GrantID          string    // what the code bought; empty until redeemed with success
}

// Grant is what a user allowed a client: all tokens that descend from one authorization.
type Grant struct {
	ID              string
	ClientID        string
	User            string
	Scope           string
	AuthenticatedAt time.Time
	CreatedAt       time.Time
	ExpiresAt       time.Time // no refresh token of the grant outlives it
	RevokedAt       time.Time // zero while it is good
}

// RefreshToken is one member of the chain of refresh tokens that a grant goes through.
type RefreshToken struct {
	Hash       string
	GrantID    string
	IssuedAt   time.Time
	ExpiresAt  time.Time // the idle limit
	ConsumedAt time.Time // zero until rotated
	Reissues   int       // successors given out again within the grace period
}

// Consent remembers that a user allowed a client a scope, so that the page is not shown again.
type Consent struct {
	User      string
	ClientID  string
	Scope     string
	GrantedAt time.Time
}
