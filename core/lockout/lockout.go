// SPDX-License-Identifier: Apache-2.0

// Package lockout keeps whoever guesses at a client's secret or a person's password away: after too many failed
// authentications of one client or person from one address, that pair must wait. It owns the counts, which are in
// memory, and the lockouts, which are in the store, where the other servers and the administrator see them. Other
// addresses of the client are not concerned, so that nobody can lock out anybody but himself; for people see People.
package lockout

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"ndoap/core/audit"
	"ndoap/core/client"
	"ndoap/core/config"
	"ndoap/core/limit"
	"ndoap/core/snapshot"
	"ndoap/store"
)

// Store is what a Guard needs of the store.
type Store interface {
	AddLockout(ctx context.Context, lockout store.Lockout, events ...store.AuditEvent) error
	ListLockouts(ctx context.Context) ([]store.Lockout, error)
	Generation() uint64
}

// stored is how many lockouts reach the store. Each makes every server read its lists anew, which somebody with many
// addresses must not have at will; more than that are in memory, where each ends by itself.
var stored = limit.Rate{Burst: 100, Per: 10 * time.Minute}

// kept is how many pairs of client and address are counted at most, and of people and addresses, and of what nobody is
// called and addresses, as many again: none of these can make room for itself at the expense of the others.
const kept = 1 << 14

// Guard counts failed client authentications. It implements client.Failures.
type Guard struct {
	store    Store
	config   func() *config.Config
	now      func() time.Time
	recorder *audit.Recorder
	log      *slog.Logger

	mu        sync.Mutex
	clients   *limit.Recent[failures]
	people    *limit.Recent[failures]
	strangers *limit.Recent[failures]

	budget   *limit.Buckets
	standing *snapshot.Cache[map[pair]store.Lockout] // those in the store
}

// failures are those of one pair.
type failures struct {
	count int
	since time.Time
	here  store.Lockout // one that is not in the store: when it began and ends
}

type pair struct{ subject, network string }

func (p pair) key() string { return p.subject + " " + p.network }

// New returns a guard.
func New(
	in Store, current func() *config.Config, now func() time.Time, recorder *audit.Recorder, log *slog.Logger,
) *Guard {
	return &Guard{
		store: in, config: current, now: now, recorder: recorder, log: log,
		clients: limit.NewRecent[failures](kept), people: limit.NewRecent[failures](kept),
		strangers: limit.NewRecent[failures](kept), budget: limit.NewBuckets(2),
		standing: snapshot.New(in.Generation, func(ctx context.Context) (map[pair]store.Lockout, error) {
			lockouts, err := in.ListLockouts(ctx)
			return byPair(lockouts), err
		}),
	}
}

// Locked implements client.Failures. Without a look at the store everybody is locked out for a moment.
func (g *Guard) Locked(subject string, address netip.Addr) (retryAfter time.Duration, locked bool) {
	return g.locked(pair{subject, limit.Network(address)}, address)
}

func (g *Guard) locked(of pair, address netip.Addr) (retryAfter time.Duration, locked bool) {
	until, err := g.until(of)
	if err != nil {
		g.log.Debug("lockouts cannot be read", "err", err) // the store reports its own faults
		return time.Second, true
	}
	retryAfter = until.Sub(g.now())
	if retryAfter <= 0 {
		return 0, false
	}
	g.recorder.RecordOf(context.Background(), g.event(wordsFor(of.subject).action, of.subject, address, "locked out"), of.subject)
	return retryAfter, true
}

// Failed implements client.Failures.
func (g *Guard) Failed(ctx context.Context, subject string, address netip.Addr) {
	g.failed(ctx, pair{subject, limit.Network(address)}, address, g.config().Limits.LockoutFailures)
}

// failed counts a failure of a pair, which is locked when there were most of them.
func (g *Guard) failed(ctx context.Context, of pair, address netip.Addr, most int) {
	lasts, now := g.config().Limits.LockoutTime, g.now()
	say := wordsFor(of.subject)
	count := g.count(of, most, lasts, now)
	if count < most {
		if of.network != store.Everywhere { // the same failure was told of its address
			g.recorder.RecordOf(ctx, g.event(say.action, of.subject, address, say.failed), of.subject)
		}
		return
	}
	event := g.event(store.AuditLockout, of.subject, address, fmt.Sprintf("%d failures; locked for %s", count, lasts))
	if client.IsUnknown(of.subject) {
		if g.recorder.RecordOf(ctx, event, of.subject) {
			g.log.Warn(say.stranger, "address", of.network, "for", lasts)
		}
		return
	}
	g.log.Warn(say.locked, say.subject, of.subject, "address", of.network,
		"failures", count, "for", lasts)
	if _, affordable := g.budget.Take(say.subject, stored, now); !affordable {
		g.recorder.Record(ctx, event)
		return
	}
	var events []store.AuditEvent
	if g.recorder.Admit(&event) {
		events = append(events, event)
	}
	lockout := store.Lockout{Subject: of.subject, Address: of.network, Failures: count, At: now, Until: now.Add(lasts)}
	if err := g.store.AddLockout(ctx, lockout, events...); err != nil {
		g.log.Warn("a lockout could not be stored; only this server knows it", say.subject, of.subject, "err", err)
		return
	}
	g.forget(of)
}

// Succeeded implements client.Failures.
func (g *Guard) Succeeded(subject string, address netip.Addr) {
	g.forget(pair{subject, limit.Network(address)})
}

// forget drops what memory has of the pair of a client or a person.
func (g *Guard) forget(of pair) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.table(of).Forget(of.key())
}

// count counts a failure. The one that reaches the limit begins a lockout and a new count.
func (g *Guard) count(of pair, most int, lasts time.Duration, now time.Time) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	at := g.table(of).Of(of.key())
	if age := now.Sub(at.since); age < -limit.Disorder || age >= lasts {
		at.count, at.since = 0, now // the lockout, if there is one, stays
	}
	at.count++
	count := at.count
	if count >= most {
		*at = failures{here: store.Lockout{At: now, Until: now.Add(lasts)}}
	}
	return count
}

func (g *Guard) table(of pair) *limit.Recent[failures] {
	switch {
	case client.IsUnknown(of.subject):
		return g.strangers
	case isPerson(of.subject):
		return g.people
	}
	return g.clients
}

// until tells when the lockout of a pair ends; zero when none is in force. Those of what nobody is called are in memory only:
// nobody needs to lift them, and a flood of made-up ids must not reach the store.
func (g *Guard) until(of pair) (until time.Time, err error) {
	g.mu.Lock()
	here := g.table(of).Find(of.key()).here
	g.mu.Unlock()
	known := []store.Lockout{here}
	if !client.IsUnknown(of.subject) {
		var standing map[pair]store.Lockout
		standing, err = g.standing.Get(context.Background())
		known = append(known, standing[of])
	}
	now := g.now()
	for _, one := range known {
		if one.Holds(now) && one.Until.After(until) {
			until = one.Until
		}
	}
	return until, err
}

func byPair(lockouts []store.Lockout) map[pair]store.Lockout {
	found := make(map[pair]store.Lockout, len(lockouts))
	for _, one := range lockouts {
		found[pair{one.Subject, one.Address}] = one
	}
	return found
}

// event begins an event about a failed authentication. Of an id or a name that nobody has nothing is told, not even its
// hash: it may be a password in the wrong place, which could be guessed from that.
func (g *Guard) event(action store.AuditAction, subject string, address netip.Addr, detail string) store.AuditEvent {
	event := store.AuditEvent{
		At: g.now(), Action: action, Outcome: store.AuditFailure, Address: audit.Address(address), Detail: detail,
	}
	switch {
	case client.IsUnknown(subject):
		event.Detail = wordsFor(subject).unknown + ": " + detail
	case isPerson(subject):
		event.User = subject
	default:
		event.ClientID = subject
	}
	return event
}
