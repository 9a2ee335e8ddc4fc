// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"
)

// What an implementation returns, to be matched with errors.Is. Any other error means that the store itself is in
// trouble and nothing has been acknowledged.
var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("exists already")
	ErrConsumed = errors.New("used already")
	// ErrUnavailable wraps every fault of the database: locked, read-only, corrupt, gone.
	ErrUnavailable = errors.New("the store is not available")
)

// Store is everything ndoap remembers. Methods may be called from any number of goroutines. A method that changes
// something returns after the change is on disk. When its context ends before the change has started, the change is not
// made and the error is the context's; later it is made and told as if the context had not ended.
//
// Closures run one at a time, must be quick, must not call the store and must not end their goroutine (as t.FailNow
// does). Their errors come back as they are. A closure that panics is an error of its caller's; its change is not made.
//
// A record that belongs to another, as a code belongs to its client, is refused with ErrNotFound when the other is not
// there. Times are kept to the microsecond.
type Store interface {
	Clients
	Keys
	AuthorizationRequests
	Codes
	RefreshTokens
	Consents

	// Check returns nil while the store can be read and is still the one that was opened; otherwise an error that
	// tells an administrator what is wrong. It is cheap: it reports what the last look, at most a second old, saw.
	Check() error

	// Generation changes whenever a client or a key may have changed, in this process or another, at most a second
	// after the change. Caches compare it for equality.
	Generation() uint64

	// DeleteExpired removes what can never be used again at now and returns how many records went. The code and the
	// consumed refresh tokens of a grant stay as long as the grant, so that their replay is noticed; consents stay.
	DeleteExpired(ctx context.Context, now time.Time) (int, error)

	// Close waits for writes under way and releases the store. Later calls return ErrUnavailable; another Close does
	// nothing.
	Close() error
}

// Clients is the registry of clients.
type Clients interface {
	// Client returns one client, or ErrNotFound.
	Client(ctx context.Context, id string) (Client, error)
	// ListClients returns all clients, by id.
	ListClients(ctx context.Context) ([]Client, error)
	// AddClient stores a new client; ErrExists if its id is taken.
	AddClient(ctx context.Context, client Client) error
	// UpdateClient changes a client, except for its id, in one transaction: ErrNotFound, or the error of change, which
	// changes nothing.
	UpdateClient(ctx context.Context, id string, change func(*Client) error) error
	// RemoveClient deletes a client with all its requests, codes, grants and consents, or returns ErrNotFound.
	RemoveClient(ctx context.Context, id string) error
}

// Keys are the signing keys.
type Keys interface {
	// ListKeys returns all keys, the newest first.
	ListKeys(ctx context.Context) ([]Key, error)
	// AddKey stores a key. A private key completes a key of the same id that only verified so far, and counts as added
	// now; any other key of an id that is there is ErrExists.
	AddKey(ctx context.Context, key Key) error
}

// AuthorizationRequests are the requests that wait for their user.
type AuthorizationRequests interface {
	AddAuthorizationRequest(ctx context.Context, request AuthorizationRequest) error
	// AuthorizationRequest returns one, expired or not, or ErrNotFound.
	AuthorizationRequest(ctx context.Context, idHash string) (AuthorizationRequest, error)
	// UpdateAuthorizationRequest changes one, except for its id and client, in a transaction: ErrNotFound, or the error
	// of change.
	UpdateAuthorizationRequest(ctx context.Context, idHash string, change func(*AuthorizationRequest) error) error
	// CompleteAuthorizationRequest removes a request and, in the same commit, stores what its user decided: the
	// code and, when the page asked, the consent. decide sees the request as it is in that transaction; its error
	// leaves the request in place. A nil code is a refusal. ErrNotFound if the request is gone: it can be completed
	// once, however many try.
	CompleteAuthorizationRequest(ctx context.Context, idHash string,
		decide func(AuthorizationRequest) (*Code, *Consent, error)) error
}

// Codes are the authorization codes.
type Codes interface {
	// AddCode stores a new code.
	AddCode(ctx context.Context, code Code) error
	// RedeemCode consumes a code: exactly one caller gets to redeem it, however many try at once, and whatever
	// redeem then says, the code is spent. redeem sees the code and returns what it buys, or the error that
	// RedeemCode is to return. A second try returns ErrConsumed and revokes the grant that the first one bought
	// (RFC 6749 section 4.1.2). An unknown code is ErrNotFound. Expiry is redeem's business. The refresh token belongs
	// to the grant it comes with, whatever its GrantID says.
	RedeemCode(ctx context.Context, hash string, redeem func(Code) (Grant, RefreshToken, error)) error
}

// Rotation is what becomes of a refresh token that was presented.
type Rotation struct {
	Successor RefreshToken // to be stored
	Reissue   bool         // the token was rotated before: count a reissue instead of consuming it
	Revoke    bool         // store no successor and revoke the grant
}

// RefreshTokens are the refresh tokens and the grants they belong to.
type RefreshTokens interface {
	// RotateRefreshToken lets rotate decide, in one transaction, what becomes of a presented token; deciders of the
	// same grant run one after the other. A rotation without Reissue or Revoke marks the token as consumed at the
	// successor's IssuedAt. The error of rotate is returned; together with Revoke the revocation is stored all the
	// same. An unknown token is ErrNotFound. The successor belongs to the same grant, whatever its GrantID says.
	RotateRefreshToken(ctx context.Context, hash string, rotate func(RefreshToken, Grant) (Rotation, error)) error
	// Grant returns one grant, or ErrNotFound.
	Grant(ctx context.Context, id string) (Grant, error)
}

// Consents are the remembered decisions of users.
type Consents interface {
	// Consent returns what a user allowed a client, or ErrNotFound.
	Consent(ctx context.Context, user, clientID string) (Consent, error)
}
