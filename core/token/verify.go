// SPDX-License-Identifier: Apache-2.0

package token

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/core/standing"
	"ndoap/store"
)

// maxSize bounds the work an unproven token can cause; ours have about 1,000 bytes.
const maxSize = 16 << 10

// Why a token is refused. Only these texts reach the sender; what is wrapped around them is for the log.
var (
	ErrMalformed     = errors.New("the token is not a JWT")
	ErrForeignIssuer = errors.New("the token is of an issuer that this server does not know")
	ErrNotOurs       = errors.New("the token was not issued by this server")
	ErrExpired       = errors.New("the token has expired")
	ErrUnusable      = errors.New("the token is not an access token for this server")
	ErrRevoked       = errors.New("the token was revoked")
	ErrApplication   = errors.New("the token stands for an application, not for a user")
	// ErrUnavailable means that the token could not be looked at: not the sender's fault.
	ErrUnavailable = errors.New("the token cannot be verified at the moment")
)

// Verified is what a good access token says.
type Verified struct {
	ID       string // jti
	GrantID  string
	ClientID string
	Subject  string
	User     string // canonical Notes name; empty when the token stands for the client itself
	Scope    oauth.Scope
	Audience []string

	IssuedAt  time.Time
	ExpiresAt time.Time

	Origin explain.Token // what an administrator is told of it
}

// Verifier checks access tokens of this server.
type Verifier struct {
	Config func() *config.Config
	Keys   interface {
		Set(ctx context.Context) (*key.Set, error)
	}
	Standing interface {
		Current(ctx context.Context) (*store.Standing, error)
	}
	Now func() time.Time
}

// presented are the claims of a token that somebody sent. Times are pointers to tell 0 from missing.
type presented struct {
	jwt.RegisteredClaims
	ClientID string `json:"client_id"`
	Scope    string `json:"scope"`
	GrantID  string `json:"gid"`
}

// Verify is what the resource server asks of a token: all that Inspect does, that it is for this Domino, and that it
// stands for a user (RFC 9068 section 4). Its errors are *explain.Failure.
func (v *Verifier) Verify(ctx context.Context, token string) (Verified, error) {
	verified, err := v.Inspect(ctx, token)
	trace := explain.TraceOf(ctx)
	switch {
	case err != nil:
		return Verified{}, err
	case !slices.Contains(verified.Audience, Audience):
		return Verified{}, &explain.Failure{
			Kind: ErrUnusable, Rule: explain.Audience, Found: fmt.Sprintf("%.200q", verified.Audience), Expected: fmt.Sprintf("%q in it", Audience),
			Remedy: "the client asked for a token for another resource server (parameter resource): for this Domino it must not",
			Token:  verified.Origin,
		}
	case verified.User == "":
		return Verified{}, &explain.Failure{
			Kind: ErrApplication, Rule: explain.User, Found: fmt.Sprintf("the client %q itself, with its own credentials", verified.ClientID),
			Expected: "a person", Remedy: "databases are opened to people: the client must get its token by a login", Token: verified.Origin,
		}
	}
	trace.Held(explain.Audience, verified.Audience...)
	trace.Held(explain.User, verified.User)
	return verified, nil
}

// Inspect checks signature, algorithm, type, issuer, times and subject of a token for any resource, and that nothing it
// descends from was revoked. The issuer chooses the key: nothing is tried out. Its errors are *explain.Failure.
func (v *Verifier) Inspect(ctx context.Context, token string) (Verified, error) {
	trace := explain.TraceOf(ctx)
	if len(token) > maxSize {
		return Verified{}, malformed(fmt.Sprintf("%d bytes, which is more than %d", len(token), maxSize), nil)
	}
	issuer, err := peekIssuer(token)
	if err != nil {
		return Verified{}, err
	}
	current := v.Config()
	if issuer != current.Issuer {
		return Verified{}, &explain.Failure{
			Kind: ErrForeignIssuer, Rule: explain.Issuer, Found: fmt.Sprintf("%.200q", issuer), Expected: fmt.Sprintf("%q", current.Issuer),
		}
	}
	own := explain.Token{Credential: explain.OwnToken, Issuer: issuer}
	trace.About(own)
	if trace != nil {
		trace.Held(explain.Form, "a JWT of", strconv.Itoa(len(token)), "bytes")
		trace.Held(explain.Issuer, issuer+": this server itself")
	}
	set, err := v.Keys.Set(ctx)
	if err != nil {
		return Verified{}, unavailable(explain.Keys, err, own)
	}
	if trace != nil {
		trace.Held(explain.Keys, strconv.Itoa(set.Len()), "of this server")
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods(key.Algorithms()),
		jwt.WithStrictDecoding(),
		jwt.WithIssuer(current.Issuer),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(v.Now),
	)
	var found presented
	parsed, err := parser.ParseWithClaims(token, &found, keyFrom(set, trace))
	if err != nil {
		return Verified{}, explain.About(refusal(err, parsed, &found, v.Now()), own)
	}
	own.Proven, own.ClientID, own.Claim, own.User = true, found.ClientID, "sub", found.Subject
	trace.About(own)
	trace.Held(explain.Signature, "made with the key")
	verified, err := found.verified(v.Now())
	if err != nil {
		return Verified{}, explain.About(err, own)
	}
	verified.Origin = own
	if trace != nil {
		trace.Held(explain.IssuedAt, stamp(verified.IssuedAt))
		trace.Held(explain.Expiry, stamp(verified.ExpiresAt)+", now "+stamp(v.Now()))
		trace.Held(explain.Client, found.ClientID)
		trace.Held(explain.Claims, fmt.Sprintf("jti, gid and a scope: %q", verified.Scope))
	}
	of := standing.Token{
		ID: verified.ID, GrantID: verified.GrantID, ClientID: verified.ClientID, User: verified.User, IssuedAt: verified.IssuedAt,
	}
	if err := v.CheckStanding(ctx, of, own); err != nil {
		return Verified{}, err
	}
	trace.Held(explain.Standing, "neither the token, its grant nor its user was revoked, and its client is enabled")
	return verified, nil
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }
