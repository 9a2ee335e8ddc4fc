// SPDX-License-Identifier: Apache-2.0

// Package config reads doapconfig.d: the policy files an administrator writes, merged in name order. A file that
// cannot be read keeps the last good configuration and says file, line and key; unknown keys are named and ignored.
package config

import (
	"net/netip"
	"time"
)

// Config is the policy of one server, complete and valid: Load fills every member that the files leave out.
type Config struct {
	// Issuer names this authorization server in every token and in metadata (RFC 8414 section 2). It is the public
	// URL of /doap, without a slash at the end, and is never taken from a request.
	Issuer string

	Lifetimes   Lifetimes
	Scopes      map[string]Scope    // by name; "domino" is always there
	Databases   map[string]Database // by alias, which is a scope for that database
	Resources   []string            // identifiers of other resource servers that tokens may be for (RFC 8707)
	Clients     Clients
	Keys        Keys
	Login       Login
	DominoLogin DominoLogin
	Limits      Limits
	Fetch       Fetch
	TLS         TLS
	Bearer      Bearer
	Providers   []Provider // whose access tokens are taken, in the order of the files; those with mistakes are left out
	Withheld    []string   // issuers of providers that are off: their tokens are nobody's
	Metadata    Metadata
	Audit       Audit
	APIKeys     APIKeys
	UserEvent   UserEvent
	Pages       Pages

	// Directory is where the files are; names of files in them are relative to it. Parse leaves it empty.
	Directory string
}

// AssertionAudience is what the aud of a client's assertion may be (RFC 7523 section 3).
type AssertionAudience string

// The audiences of client assertions.
const (
	AudienceIssuer   AssertionAudience = "issuer"   // the issuer, which is safe against audience injection
	AudienceEndpoint AssertionAudience = "endpoint" // the URL of the endpoint that is called, too
)

// Clients is what holds for all clients.
type Clients struct {
	PrivateUseSchemes []string          // schemes without a dot that redirect URIs of native clients may have
	AssertionAudience AssertionAudience // default issuer
}

// KeyAlgorithm is the JWS algorithm of new signing keys (RFC 7518 section 3.1, RFC 8037 section 3.1).
type KeyAlgorithm string

// The algorithms.
const (
	RS256 KeyAlgorithm = "RS256"
	ES256 KeyAlgorithm = "ES256"
	EdDSA KeyAlgorithm = "EdDSA"
)

// Keys is the schedule of the signing keys.
type Keys struct {
	Algorithm     KeyAlgorithm  // default RS256
	RotateEvery   time.Duration // default 90 days; 0: only by hand
	PublishBefore time.Duration // default 1 day: how long a key is published before it signs
}

// Fetch limits requests to URLs that clients supply, such as jwks_uri.
type Fetch struct {
	AllowedNetworks []netip.Prefix // private addresses that may be asked all the same
	CAFile          string         // PEM file of authorities to trust beside the system's
}

// Metadata says where the metadata document is (RFC 8414 section 3).
type Metadata struct {
	RootForms bool // also without the path of the issuer; Domino 14.5 may have a document of its own there
}

// Audit is how long the audit trail is kept.
type Audit struct {
	Retention time.Duration // default 90 days
}

// APIKeys is what people may do about API keys of their own. Administrators are not bound by it.
type APIKeys struct {
	SelfService bool          // default true: people may make keys
	Longest     time.Duration // default 366 days: the longest life of a key that a person makes
	PerPerson   int           // default 20: good keys of one person
}

// Lifetimes bound what is issued.
type Lifetimes struct {
	Code                 time.Duration // default 60 s, at most 10 min (RFC 6749 section 4.1.2)
	AccessToken          time.Duration // default 60 min
	RefreshTokenIdle     time.Duration // default 30 days: a token that is not used for so long dies
	RefreshTokenAbsolute time.Duration // default 180 days: the whole grant dies
	RefreshTokenGrace    time.Duration // default 10 s: a rotated token is answered once more, for a lost answer
	AuthorizationRequest time.Duration // default 10 min to log in and consent
}

// LoginMethod is how this Domino lets people log in.
type LoginMethod string

// The login methods.
const (
	LoginSession LoginMethod = "session" // session authentication: the login form with RedirectTo
	LoginBasic   LoginMethod = "basic"   // Basic authentication: a 401 with a challenge
)

// Login says where an anonymous user goes.
type Login struct {
	Method LoginMethod // default session
	Path   string      // the login URL of session authentication, default /names.nsf?Login
	Realm  string      // the realm of the Basic challenge, default Domino
}

// Limits bound what a request may cost.
type Limits struct {
	BodyBytes int // default 64 KiB; more is answered with 413

	// Requests per minute; more are answered with 429.
	TokenPerAddress         int // default 600
	TokenPerClient          int // default 3000
	AuthorizationPerAddress int // default 300
	AuthorizationPerUser    int // default 60
	IntrospectionPerAddress int // default 6000
	IntrospectionPerClient  int // default 6000
	LoginPerAddress         int // default 60

	LockoutFailures int           // default 10: failed authentications of one client or person from one address
	LockoutTime     time.Duration // default 5 min, which is also how long failures are remembered
	PendingRequests int           // default 10000: authorization requests that wait for a login or consent
}

// TLS says which requests count as protected.
type TLS struct {
	Required       bool           // default true; requests from loopback are always let in
	TrustedProxies []netip.Prefix // peers whose X-Forwarded-Proto is believed
}

// UnknownIssuer is what happens to a bearer token of an issuer that is not configured.
type UnknownIssuer string

// The ways to treat unknown issuers.
const (
	RefuseUnknownIssuer UnknownIssuer = "refuse" // 401 with a challenge
	PassUnknownIssuer   UnknownIssuer = "pass"   // left to Domino's own bearer support
)

// MappedResource says what the file that Domino maps a URL to counts for tokens of limited scope.
type MappedResource string

// The ways to treat mapped resources.
const (
	JudgeMappedResource  MappedResource = "judge"  // a database in it must be open to the token, too
	IgnoreMappedResource MappedResource = "ignore" // the URL alone counts
)

// Bearer is the policy of the resource server.
type Bearer struct {
	UnknownIssuer  UnknownIssuer  // default refuse
	MappedResource MappedResource // default judge

	// Of the tokens of identity providers:
	MaxLifetime  time.Duration // default 1 day: from iat to exp
	IgnoreExpiry bool          // tokens that have expired are taken; for tests only
}

// UserEvent is the event at which pages for people are answered.
type UserEvent string

// The events that can answer user routes.
const (
	UserEventAuthorized UserEvent = "authorized" // kFilterAuthorized, the default
	UserEventProcess    UserEvent = "process"    // kFilterProcessRequest
)

// Pages are the texts an administrator may set on pages for people.
type Pages struct {
	Organization string // shown on every page, default "Domino"
	Support      string // whom to ask, shown on error pages
}

// Default returns the configuration of an empty directory, which lacks only the issuer.
func Default() Config {
	return Config{
		Lifetimes: Lifetimes{
			Code:                 60 * time.Second,
			AccessToken:          60 * time.Minute,
			RefreshTokenIdle:     30 * 24 * time.Hour,
			RefreshTokenAbsolute: 180 * 24 * time.Hour,
			RefreshTokenGrace:    10 * time.Second,
			AuthorizationRequest: 10 * time.Minute,
		},
		Scopes:      map[string]Scope{ScopeDomino: {Description: "Use Domino as you: everything that you may do there"}},
		Databases:   map[string]Database{},
		Clients:     Clients{PrivateUseSchemes: []string{"cursor", "vscode"}, AssertionAudience: AudienceIssuer},
		Keys:        Keys{Algorithm: RS256, RotateEvery: 90 * day, PublishBefore: day},
		Login:       Login{Method: LoginSession, Path: "/names.nsf?Login", Realm: "Domino"},
		DominoLogin: DominoLogin{Lifetime: 2 * time.Hour},
		Limits: Limits{
			BodyBytes:       64 << 10,
			TokenPerAddress: 600, TokenPerClient: 3000,
			AuthorizationPerAddress: 300, AuthorizationPerUser: 60,
			IntrospectionPerAddress: 6000, IntrospectionPerClient: 6000,
			LoginPerAddress: 60,
			LockoutFailures: 10, LockoutTime: 5 * time.Minute,
			PendingRequests: 10_000,
		},
		TLS:       TLS{Required: true},
		Bearer:    Bearer{UnknownIssuer: RefuseUnknownIssuer, MappedResource: JudgeMappedResource, MaxLifetime: day},
		Audit:     Audit{Retention: 90 * day},
		APIKeys:   APIKeys{SelfService: true, Longest: 366 * day, PerPerson: 20},
		UserEvent: UserEventAuthorized,
		Pages:     Pages{Organization: "Domino"},
	}
}
