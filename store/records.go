// SPDX-License-Identifier: Apache-2.0

// Package store defines what must survive a restart: the records, the interface to them and the errors it returns.
// sqlite implements it; storetest holds every implementation to the same behaviour. Secrets (codes, tokens, client
// secrets) reach this package as hashes only.
package store

import (
	"slices"
	"time"
)

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
	JWKS         []byte   // public keys of a client that authenticates by private_key_jwt, as a JWK Set (RFC 7517)
	JWKSURI      string   // the same, to be fetched; at most one of the two is there
	GrantTypes   []string // what it may ask for at the token endpoint; empty: authorization_code and refresh_token

	// Resources are the identifiers of other resource servers that it may ask tokens for (RFC 8707);
	// IntrospectionAudiences are those whose tokens it may introspect, beside its own (RFC 7662 section 4).
	Resources              []string
	IntrospectionAudiences []string

	// Lifetimes of what is issued to it; zero stands for the configured one, which none exceeds.
	AccessTokenLifetime  time.Duration
	RefreshTokenIdle     time.Duration
	RefreshTokenAbsolute time.Duration

	CreatedAt time.Time
	ChangedAt time.Time
}

// Grant types (RFC 6749 sections 4.1.3, 4.4.2 and 6).
const (
	AuthorizationCode = "authorization_code"
	ClientCredentials = "client_credentials"
	Refresh           = "refresh_token"
)

// Public tells whether the client has nothing to authenticate with (RFC 6749 section 2.1).
func (c Client) Public() bool { return len(c.SecretHashes) == 0 && !c.HasKeys() }

// HasKeys tells whether the client authenticates by private_key_jwt.
func (c Client) HasKeys() bool { return len(c.JWKS) > 0 || c.JWKSURI != "" }

// MayUse tells whether the client may use a grant type. Refresh says whether it gets refresh tokens at all.
func (c Client) MayUse(grantType string) bool {
	if len(c.GrantTypes) == 0 {
		return grantType == AuthorizationCode || grantType == Refresh
	}
	return slices.Contains(c.GrantTypes, grantType)
}

// Key is a key pair for signing tokens, or a public key that only verifies them.
type Key struct {
	ID         string // kid
	Algorithm  string // JWS algorithm: RS256, ES256 or EdDSA
	PrivatePEM []byte // PKCS#8; empty for a key that only verifies
	PublicPEM  []byte // SPKI
	CreatedAt  time.Time
	ActiveFrom time.Time // when it may sign; it is published before
	RetiredAt  time.Time // zero while it verifies
}

// MaxAccessTokenLife is the longest life of an access token of this server, whatever is configured. Old keys and what was
// revoked of these tokens are kept so long, and no longer.
const MaxAccessTokenLife = 24 * time.Hour

// UserRevocationsKept is for how long it is known when a user was revoked: longer than any access token counts, also one
// of an identity provider (366 days are the most that maxJwtDuration allows), by any clock.
const UserRevocationsKept = 367 * 24 * time.Hour

// AuthorizationRequest is a validated request to the authorization endpoint that waits for its user to log in or to
// consent. Its id, a secret, goes through the browser; the store knows the hash.
type AuthorizationRequest struct {
	IDHash           string
	BrowserHash      string // hash of the cookie that binds the request to one browser
	ClientID         string
	RedirectURI      string
	RedirectURIGiven bool // sent with the request, so that the token request must repeat it (RFC 6749 section 4.1.3)
	Scope            string
	Resources        []string // of RFC 8707; empty: this Domino
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
	Resources        []string
	CodeChallenge    string
	AuthenticatedAt  time.Time
	ExpiresAt        time.Time
	ConsumedAt       time.Time // zero until redeemed
	GrantID          string    // what the code bought; empty until redeemed with success
}

// Grant is what all tokens of one authorization descend from: a user's permission, or a client's own credentials.
type Grant struct {
	ID              string
	Type            string // AuthorizationCode or ClientCredentials
	ClientID        string
	User            string // canonical Notes name; empty for ClientCredentials
	Scope           string
	Resources       []string
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

// Everywhere is the Address of a Lockout that holds at all addresses.
const Everywhere = "*"

// Lockout keeps a client, or a person at the login, from authenticating from one address after too many failures.
type Lockout struct {
	Subject  string // id of the client, or canonical name of the person, which no client has as its id
	Address  string // the peer, or the /64 network of an IPv6 one, or Everywhere
	Failures int
	At       time.Time
	Until    time.Time
}

// Holds tells whether the lockout is in force at now. One that began in the future, by more than the clocks of servers differ,
// is of a clock that was ahead and was set back, and would last for as long as that was.
func (l Lockout) Holds(now time.Time) bool {
	return l.Until.After(now) && !l.At.After(now.Add(ClockSkew))
}

// Standing is what decides whether an access token still counts, beside the token itself.
type Standing struct {
	RevokedGrants map[string]struct{} // ids of grants that were revoked within MaxAccessTokenLife
	RevokedTokens map[string]struct{} // ids of access tokens that were revoked
	Clients       map[string]bool     // by id, whether it is enabled

	// RevokedUsers is when all access of a user was last ended, by the name that was given then: nothing that was issued to
	// that user until then counts. It has what happened within UserRevocationsKept.
	RevokedUsers map[string]time.Time
}

// AuditAction is what an audit event tells of.
type AuditAction string

// The actions.
const (
	AuditCodeIssued       AuditAction = "code issued"
	AuditConsent          AuditAction = "consent"
	AuditTokenIssued      AuditAction = "token issued"
	AuditTokenRefreshed   AuditAction = "token refreshed"
	AuditTokenRequest     AuditAction = "token request" // refused
	AuditTokenRevoked     AuditAction = "token revoked"
	AuditIntrospection    AuditAction = "introspection"
	AuditReplay           AuditAction = "replay" // of a code or a refresh token
	AuditAuthentication   AuditAction = "client authentication"
	AuditLockout          AuditAction = "lockout"
	AuditLockoutLifted    AuditAction = "lockout lifted"
	AuditGrantRevoked     AuditAction = "grant revoked"
	AuditUserRevoked      AuditAction = "user revoked"
	AuditClientChanged    AuditAction = "client changed"
	AuditKeyChanged       AuditAction = "key changed"
	AuditRequestRefused   AuditAction = "authorization refused"
	AuditChallengeRepeats AuditAction = "code challenge repeated"
	AuditTooMany          AuditAction = "too many requests"
	AuditAPIKeyIssued     AuditAction = "api key issued"
	AuditAPIKeyRevoked    AuditAction = "api key revoked"
	AuditLogin            AuditAction = "login"  // by a name and a password
	AuditLogout           AuditAction = "logout" // of a token of such a login
)

// AuditActions are all of them, for whoever asks for one by name.
func AuditActions() []AuditAction {
	return []AuditAction{
		AuditCodeIssued, AuditConsent, AuditTokenIssued, AuditTokenRefreshed, AuditTokenRequest, AuditTokenRevoked,
		AuditIntrospection, AuditReplay, AuditAuthentication, AuditLockout, AuditLockoutLifted, AuditGrantRevoked,
		AuditUserRevoked, AuditClientChanged, AuditKeyChanged, AuditRequestRefused, AuditChallengeRepeats, AuditTooMany,
		AuditAPIKeyIssued, AuditAPIKeyRevoked, AuditLogin, AuditLogout,
	}
}

// AuditOutcome is how it went.
type AuditOutcome string

// The outcomes.
const (
	AuditSuccess AuditOutcome = "success"
	AuditFailure AuditOutcome = "failure"
)

// AuditEvent is one line of the audit trail. It holds no secret: of a token the hash of its jti, of anything else a
// description.
type AuditEvent struct {
	ID        int64 // given by the store, growing
	At        time.Time
	Action    AuditAction
	Outcome   AuditOutcome
	User      string // canonical Notes name; with doapctl the account that ran it
	ClientID  string
	Address   string // of the peer
	GrantID   string
	TokenHash string // oauth.Secret.Hash of the jti
	Detail    string // a sentence or an error code
}

// AuditFilter selects events; zero members select all.
type AuditFilter struct {
	Since, Until time.Time
	Action       AuditAction
	Outcome      AuditOutcome
	User         string
	ClientID     string
	Address      string
	GrantID      string
	TokenHash    string
	BeforeID     int64 // for the next page
	Limit        int   // 0: 1000
}

// GrantFilter selects grants; zero members select all.
type GrantFilter struct {
	User     string
	ClientID string
	ActiveAt time.Time // neither revoked nor expired then
	Limit    int       // 0: 1000
}
