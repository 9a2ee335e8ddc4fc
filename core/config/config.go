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

	Lifetimes Lifetimes
	Scopes    map[string]Scope // by name; "domino" is always there
	Login     Login
	Limits    Limits
	TLS       TLS
	Bearer    Bearer
	UserEvent UserEvent
	Pages     Pages
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

// Scope describes one scope.
type Scope struct {
	Description string // what the consent page says it allows
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

// Bearer is the policy of the resource server.
type Bearer struct {
	UnknownIssuer UnknownIssuer // default refuse
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
		Scopes:    map[string]Scope{"domino": {Description: "Use Domino as you: everything that you may do there"}},
		Login:     Login{Method: LoginSession, Path: "/names.nsf?Login", Realm: "Domino"},
		Limits:    Limits{BodyBytes: 64 << 10},
		TLS:       TLS{Required: true},
		Bearer:    Bearer{UnknownIssuer: RefuseUnknownIssuer},
		UserEvent: UserEventAuthorized,
		Pages:     Pages{Organization: "Domino"},
	}
}
