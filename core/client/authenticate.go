// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// unauthorized is the one answer to every failed authentication, so that a guesser cannot tell an unknown client from
// a wrong secret, a bad assertion or a disabled client.
const unauthorized = "Client authentication failed: the client is unknown or disabled, or its secret or assertion is " +
	"not accepted."

// Authenticator identifies the client of a request to a machine endpoint, such as those for tokens, revocation and
// introspection.
type Authenticator struct {
	Clients    store.Clients
	Assertions Assertions
	Keys       Keys
	Config     func() *config.Config
	Now        func() time.Time
	Failures   Failures // nil: nobody is ever locked out
}

// Assertions remembers which client assertions were used.
type Assertions interface {
	// UseOnce returns nil for the first use of an id, and store.ErrConsumed for all others until expires.
	UseOnce(ctx context.Context, id string, expires time.Time) error
}

// Failures counts failed authentications and says who must wait. A subject is the id of a registered client, or of any
// other id a short hash with "unknown " in front, since such an id may be a secret in the wrong place.
type Failures interface {
	// Locked tells whether the subject must wait at this address, and how long.
	Locked(subject string, address netip.Addr) (retryAfter time.Duration, locked bool)
	// Failed counts one failed authentication.
	Failed(ctx context.Context, subject string, address netip.Addr)
	// Succeeded forgets the failures of a registered client.
	Succeeded(subject string, address netip.Addr)
}

// unknownSubject begins the subjects that are no client's. A client's id has no space.
const unknownSubject = "unknown "

// IsUnknown tells whether a subject of Failures stands for an id that is not registered.
func IsUnknown(subject string) bool { return strings.HasPrefix(subject, unknownSubject) }

// Authenticate identifies the client of a request by what the client was registered with: its keys
// (private_key_jwt), a secret (client_secret_basic or client_secret_post) or, for a public client, its client_id alone
// (RFC 6749 sections 2.3 and 3.2.1, RFC 7523). Two methods at once are invalid_request. endpoint is the path below the
// issuer that was called, such as "/token". A failure spends nothing of what the request brings.
func (a *Authenticator) Authenticate(
	ctx context.Context, request *web.Request, form oauth.Form, endpoint string,
) (store.Client, *oauth.Error) {
	candidates, protocolErr := presented(request, form)
	if protocolErr != nil {
		return store.Client{}, protocolErr
	}
	var subject string
	rejected := make([]error, 0, len(candidates))
	for _, candidate := range candidates {
		registered, err := a.Clients.Client(ctx, candidate.id)
		unknown := errors.Is(err, store.ErrNotFound)
		if err != nil && !unknown {
			return store.Client{}, trouble(err)
		}
		if !unknown || subject == "" {
			subject = subjectOf(candidate.id, unknown)
		}
		if wait, locked := a.locked(subject, request.Peer); locked {
			return store.Client{}, oauth.TooMany(wait, "Too many failed client authentications. Wait before you try again.")
		}
		if unknown {
			registered = decoy
		}
		if err = a.accepts(ctx, registered, candidate, endpoint); err == nil && !unknown {
			a.succeeded(registered, request.Peer)
			return registered, nil
		}
		if fault, ok := errors.AsType[*oauth.Error](err); ok {
			return store.Client{}, fault
		}
		rejected = append(rejected, because(registered, unknown, err))
	}
	if a.Failures != nil {
		a.Failures.Failed(ctx, subject, request.Peer)
	}
	return store.Client{}, oauth.NewError(oauth.InvalidClient, unauthorized).Because(errors.Join(rejected...))
}

// decoy takes the place of a client that does not exist, so that an unknown id costs the same comparison as a known
// one. Nobody has its secret.
var decoy = store.Client{SecretHashes: []string{oauth.NewSecret().Hash()}}

// subjectOf names who failed. See Failures.
func subjectOf(id string, unknown bool) string {
	if unknown {
		return unknownSubject + oauth.Secret(id).Hash()[:16]
	}
	return id
}

func (a *Authenticator) locked(subject string, address netip.Addr) (time.Duration, bool) {
	if a.Failures == nil {
		return 0, false
	}
	return a.Failures.Locked(subject, address)
}

// succeeded forgets the failures of a client that has proven who it is; a public one proves nothing.
func (a *Authenticator) succeeded(registered store.Client, address netip.Addr) {
	if a.Failures != nil && !registered.Public() {
		a.Failures.Succeeded(registered.ID, address)
	}
}

// because words why a candidate was rejected, for the log. An id that is not registered is not repeated: it may be a
// secret in the wrong place.
func because(registered store.Client, unknown bool, err error) error {
	if unknown {
		return errors.New("no such client")
	}
	return fmt.Errorf("client %q: %w", registered.ID, err)
}

// trouble words an error that is the server's and not the sender's.
func trouble(err error) *oauth.Error {
	return oauth.NewError(oauth.TemporarilyUnavailable,
		"The server cannot look at its clients at the moment; try again.").
		Because(err).ReportedIf(errors.Is(err, store.ErrUnavailable))
}

// accepts returns nil when the credentials are those of the client. What the client was registered with decides how
// it must authenticate: one that has keys cannot be taken over by a secret, nor the other way round.
func (a *Authenticator) accepts(ctx context.Context, registered store.Client, given credentials, endpoint string) error {
	switch {
	case registered.Disabled:
		return errors.New("it is disabled")
	case registered.HasKeys() && given.assertion == nil:
		return errors.New("it has keys but sent no assertion")
	case registered.HasKeys():
		return a.checkAssertion(ctx, registered, given.assertion, endpoint)
	case given.assertion != nil:
		return errors.New("it has no keys but sent an assertion")
	case registered.Public() && given.secret != "":
		return errors.New("it is public but sent a secret")
	case registered.Public():
		return nil
	case slices.ContainsFunc(registered.SecretHashes, given.secret.Matches):
		return nil
	default:
		return errors.New("its secret is wrong")
	}
}
