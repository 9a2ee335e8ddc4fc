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
	ErrFull     = errors.New("there are too many already")
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
	Grants
	Consents
	Revocations
	Lockouts
	Audits
	Explanations
	APIKeys

	// Check returns nil while the store can be read and is still the one that was opened; otherwise an error that
	// tells an administrator what is wrong. It is cheap: it reports what the last look, at most a second old, saw.
	Check() error

	// Generation changes whenever a client, a key, an API key, a revocation or a lockout may have changed: in this process
	// before the change is acknowledged, in another at most a second later. Caches compare it for equality.
	Generation() uint64

	// DeleteExpired removes what can never be used again at now and returns how many records went. The code and the
	// consumed refresh tokens of a grant stay as long as the grant, so that their replay is noticed; consents stay.
	// Revocations and used ids stay RevocationsKept longer. API keys stay APIKeysListed longer, so that an administrator can
	// look them up.
	DeleteExpired(ctx context.Context, now time.Time) (int, error)

	// Close waits for writes under way and releases the store. Later calls return ErrUnavailable; another Close does
	// nothing.
	Close() error
}

// ClockSkew is how far the clocks of servers that share a store may differ.
const ClockSkew = 15 * time.Minute

// RevocationsKept is how long revocations of tokens and grants, and ids that were used, are known after what they are about
// has expired: for a server whose clock is behind it has not, and when a clock that was hours ahead is set right, it has
// not any more.
const RevocationsKept = 24 * time.Hour

// Clients is the registry of clients. The events tell of a change in the same commit: both are there, or neither.
type Clients interface {
	// Client returns one client, or ErrNotFound.
	Client(ctx context.Context, id string) (Client, error)
	// ListClients returns all clients, by id.
	ListClients(ctx context.Context) ([]Client, error)
	// AddClient stores a new client; ErrExists if its id is taken.
	AddClient(ctx context.Context, client Client, events ...AuditEvent) error
	// UpdateClient changes a client, except for its id, in one transaction: ErrNotFound, or the error of change, which
	// changes nothing.
	UpdateClient(ctx context.Context, id string, change func(*Client) error, events ...AuditEvent) error
	// RemoveClient deletes a client with all its requests, codes, grants and consents, or returns ErrNotFound. Its
	// grants count as revoked, also for a later client of the same id.
	RemoveClient(ctx context.Context, id string, events ...AuditEvent) error
}

// Keys are the signing keys.
type Keys interface {
	// ListKeys returns all keys, the newest first.
	ListKeys(ctx context.Context) ([]Key, error)
	// AddKey stores a key. A private key completes a key of the same id that only verified so far, and counts as added
	// now; any other key of an id that is there is ErrExists. The events are stored with it.
	AddKey(ctx context.Context, key Key, events ...AuditEvent) error
	// UpdateKeys lets change decide, in one transaction, what becomes of the keys, which it sees the newest first;
	// deciders of several servers run one after the other. Its error changes nothing.
	UpdateKeys(ctx context.Context, change func([]Key) (KeyChange, error)) error
}

// KeyChange is what becomes of the signing keys.
type KeyChange struct {
	Add    []Key        // as AddKey does; ErrExists undoes the whole change
	Retire []string     // ids: from At on they neither sign nor verify; the private part is erased
	Remove []string     // ids: deleted
	At     time.Time    // of retirement
	Audit  []AuditEvent // stored with the change
}

// AuthorizationRequests are the requests that wait for their user.
type AuthorizationRequests interface {
	// AddAuthorizationRequest stores one. When limit others wait, the oldest of those that nobody has logged in for gives
	// way, so that a flood makes people hurry and does not keep them out; ErrFull when there is none. Limit 0 is none.
	AddAuthorizationRequest(ctx context.Context, request AuthorizationRequest, limit int) error
	// AuthorizationRequest returns one, expired or not, or ErrNotFound.
	AuthorizationRequest(ctx context.Context, idHash string) (AuthorizationRequest, error)
	// UpdateAuthorizationRequest changes one, except for its id and client, in a transaction: ErrNotFound, or the error
	// of change.
	UpdateAuthorizationRequest(ctx context.Context, idHash string, change func(*AuthorizationRequest) error) error
	// CompleteAuthorizationRequest removes a request and, in the same commit, stores what its user decided. decide
	// sees the request as it is in that transaction; its error leaves the request in place. ErrNotFound if the request
	// is gone: it can be completed once, however many try.
	CompleteAuthorizationRequest(ctx context.Context, idHash string,
		decide func(AuthorizationRequest) (Completion, error)) error
}

// Completion is what a user decided about an authorization request.
type Completion struct {
	Code    *Code    // nil: the user refused
	Consent *Consent // nil: the page did not ask
	Audit   []AuditEvent
}

// Codes are the authorization codes.
type Codes interface {
	// AddCode stores a new code, and the events that tell of it.
	AddCode(ctx context.Context, code Code, events ...AuditEvent) error
	// CodeChallengeUsed tells whether a code of the client with the same challenge is known.
	CodeChallengeUsed(ctx context.Context, clientID, challenge string) (bool, error)
	// RedeemCode consumes a code: exactly one caller gets to redeem it, however many try at once, and whatever
	// redeem then says, the code is spent. redeem sees the code and returns what it buys, or the error that
	// RedeemCode is to return. A second try returns a *Replay, which is ErrConsumed, and revokes the grant that the first one bought
	// (RFC 6749 section 4.1.2). An unknown code is ErrNotFound. Expiry is redeem's business. The refresh token belongs
	// to the grant it comes with, whatever its GrantID says.
	// The events of replayed are stored with the revocation, and only with it: a code that bought nothing leaves none.
	RedeemCode(ctx context.Context, hash string, redeem func(Code) (Purchase, error),
		replayed ...func(Replay) AuditEvent) error
}

// Replay is the ErrConsumed of RedeemCode: whose the code was and what it had bought, for the audit trail.
type Replay struct {
	ClientID string
	User     string
	GrantID  string // empty when the first try bought nothing
	Revoked  bool   // this try ended the grant, which was good until now
}

// Error implements error.
func (*Replay) Error() string { return ErrConsumed.Error() }

// Is tells errors.Is that this is ErrConsumed.
func (*Replay) Is(target error) bool { return target == ErrConsumed }

// Purchase is what a code buys.
type Purchase struct {
	Grant        Grant
	RefreshToken *RefreshToken // nil: none
	Audit        []AuditEvent
}

// Rotation is what becomes of a refresh token that was presented.
type Rotation struct {
	Successor RefreshToken // to be stored
	Reissue   bool         // the token was rotated before: count a reissue instead of consuming it
	Revoke    bool         // store no successor and revoke the grant
	Audit     []AuditEvent // stored with a rotation and with a revocation
}

// RefreshTokens are the refresh tokens and the grants they belong to.
type RefreshTokens interface {
	// RotateRefreshToken lets rotate decide, in one transaction, what becomes of a presented token; deciders of the
	// same grant run one after the other. A rotation without Reissue or Revoke marks the token as consumed at the
	// successor's IssuedAt. The error of rotate is returned; together with Revoke the revocation is stored all the
	// same. An unknown token is ErrNotFound. The successor belongs to the same grant, whatever its GrantID says.
	RotateRefreshToken(ctx context.Context, hash string, rotate func(RefreshToken, Grant) (Rotation, error)) error
	// RefreshTokenGrant returns a refresh token with its grant, or ErrNotFound, and changes nothing.
	RefreshTokenGrant(ctx context.Context, hash string) (RefreshToken, Grant, error)
}

// Grants are what tokens descend from.
type Grants interface {
	// AddGrant stores a grant that no code has bought, and the events that tell of it.
	AddGrant(ctx context.Context, grant Grant, events ...AuditEvent) error
	// Grant returns one grant, or ErrNotFound.
	Grant(ctx context.Context, id string) (Grant, error)
	// ListGrants returns the newest grants first.
	ListGrants(ctx context.Context, filter GrantFilter) ([]Grant, error)
}

// Revocations end what was issued. Each takes effect on the next request of this server, and with the next look at the
// store, at most a second later, on others. The events tell of them in the same commit.
type Revocations interface {
	// RevokeGrant ends a grant with all its tokens; revoking it again does nothing. ErrNotFound.
	RevokeGrant(ctx context.Context, id string, events ...AuditEvent) error
	// RevokeUser ends all grants of a user, their codes and pending consents, and their API keys, forgets what they had
	// consented to, and remembers when that was, for access tokens that have no grant here. It returns how many grants
	// were good. The name is compared byte by byte; what was given out under another spelling of it ends by Standing, which see.
	RevokeUser(ctx context.Context, user string, events ...AuditEvent) (int, error)
	// RevokeClientGrants does the same for a client.
	RevokeClientGrants(ctx context.Context, clientID string, events ...AuditEvent) (int, error)
	// RevokeToken ends one access token, named by its id (standing.Token.Key), until it expires.
	RevokeToken(ctx context.Context, id string, expires time.Time, events ...AuditEvent) error
	// UseOnce returns nil for the first use of an id, and ErrConsumed for all others until expires.
	UseOnce(ctx context.Context, id string, expires time.Time) error
	// Standing returns what counts now. It reads as much as was revoked while tokens live that it concerns; keep it for as
	// long as the generation stands.
	Standing(ctx context.Context) (Standing, error)
}

// LockoutsListed is how long a lockout can be looked up after its end.
const LockoutsListed = 7 * 24 * time.Hour

// MaxLockouts bounds the lockouts that are kept; the oldest give way.
const MaxLockouts = 10_000

// Lockouts are the clients, and the people at the login, that must wait.
type Lockouts interface {
	// AddLockout stores a lockout in place of an earlier one of the same subject and address.
	AddLockout(ctx context.Context, lockout Lockout, events ...AuditEvent) error
	// ListLockouts returns all, also those whose time is over, the newest first.
	ListLockouts(ctx context.Context) ([]Lockout, error)
	// LiftLockouts removes those of a subject and returns how many there were.
	LiftLockouts(ctx context.Context, subject string, events ...AuditEvent) (int, error)
}

// Audits is the audit trail.
type Audits interface {
	// AppendAudit stores events that tell of no change.
	AppendAudit(ctx context.Context, events ...AuditEvent) error
	// QueryAudit returns the newest events first.
	QueryAudit(ctx context.Context, filter AuditFilter) ([]AuditEvent, error)
	// DeleteAudit removes what is older and returns how many events went.
	DeleteAudit(ctx context.Context, before time.Time) (int, error)
}

// Consents are the remembered decisions of users.
type Consents interface {
	// Consent returns what a user allowed a client, or ErrNotFound.
	Consent(ctx context.Context, user, clientID string) (Consent, error)
}
