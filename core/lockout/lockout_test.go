// SPDX-License-Identifier: Apache-2.0

package lockout

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/audit"
	"ndoap/core/config"
	"ndoap/store"
	"ndoap/store/sqlite"
)

const unknown = "unknown 0123456789abcdef"

var (
	noon     = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	attacker = netip.MustParseAddr("192.0.2.66")
	owner    = netip.MustParseAddr("198.51.100.1")
)

// fixture is a guard over a real store, with a clock that the test sets.
type fixture struct {
	*Guard
	store  *sqlite.Store
	config config.Config
	now    time.Time
	log    strings.Builder
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{config: config.Default(), now: noon}
	database, err := sqlite.Create(filepath.Join(t.TempDir(), "doap.db"), sqlite.Options{Now: func() time.Time { return f.now }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })
	f.store = database
	f.Guard = f.guard(database)
	return f
}

func (f *fixture) guard(in Store) *Guard {
	log := slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	clock := func() time.Time { return f.now }
	return New(in, func() *config.Config { return &f.config }, clock, audit.NewRecorder(f.store, clock, log), log)
}

// fail lets a client fail so many times.
func (f *fixture) fail(t *testing.T, times int, subject string, at netip.Addr) {
	t.Helper()
	for range times {
		_, locked := f.Locked(subject, at)
		require.False(t, locked)
		f.Failed(t.Context(), subject, at)
	}
}

func (f *fixture) isLocked(subject string, at netip.Addr) bool {
	_, locked := f.Locked(subject, at)
	return locked
}

func TestLockout_A60(t *testing.T) {
	f := newFixture(t)
	f.fail(t, 9, "app", attacker)
	assert.False(t, f.isLocked("app", attacker), "not yet")
	f.fail(t, 1, "app", attacker)

	wait, locked := f.Locked("app", attacker)
	assert.True(t, locked)
	assert.Equal(t, 5*time.Minute, wait)
	assert.False(t, f.isLocked("app", owner), "an attacker locks out himself only")
	assert.False(t, f.isLocked("other", attacker), "and for this client only")

	f.now = f.now.Add(5*time.Minute - time.Second)
	wait, locked = f.Locked("app", attacker)
	assert.True(t, locked)
	assert.Equal(t, time.Second, wait)
	f.now = f.now.Add(time.Second)
	assert.False(t, f.isLocked("app", attacker), "it is over")
	f.fail(t, 9, "app", attacker)
	assert.False(t, f.isLocked("app", attacker), "and all begins anew")
	f.fail(t, 1, "app", attacker)
	assert.True(t, f.isLocked("app", attacker))
}

// A lockout from a clock that was hours ahead ends when the clock is set right, and whoever guesses is locked out anew.
func TestLockoutOfAClockThatWasAhead_A60(t *testing.T) {
	for name, subject := range map[string]string{"in the store": "app", "in memory": unknown} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.now = noon.Add(5 * time.Hour)
			f.fail(t, 10, subject, attacker)
			require.True(t, f.isLocked(subject, attacker))
			f.now = noon.Add(5*time.Hour - store.ClockSkew)
			assert.True(t, f.isLocked(subject, attacker), "clocks may differ so much")
			f.now = noon
			assert.False(t, f.isLocked(subject, attacker))
			f.fail(t, 10, subject, attacker)
			assert.True(t, f.isLocked(subject, attacker))
			f.now = noon.Add(5 * time.Minute)
			assert.False(t, f.isLocked(subject, attacker))
		})
	}
}

func TestFailuresAreForgotten(t *testing.T) {
	f := newFixture(t)
	f.fail(t, 9, "app", attacker)
	f.Succeeded("app", owner)
	f.Succeeded("other", attacker)
	f.fail(t, 1, "app", attacker)
	assert.True(t, f.isLocked("app", attacker), "the success of another pair changes nothing")

	f.fail(t, 9, "app", owner)
	f.Succeeded("app", owner)
	f.fail(t, 9, "app", owner)
	assert.False(t, f.isLocked("app", owner), "a success forgets them")

	f.now = f.now.Add(5 * time.Minute)
	f.fail(t, 9, "app", owner)
	assert.False(t, f.isLocked("app", owner), "and so does time")
}

func TestNetworksOfIPv6AreOneSender(t *testing.T) {
	f := newFixture(t)
	for i := range 10 {
		f.fail(t, 1, "app", netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)))
	}
	assert.True(t, f.isLocked("app", netip.MustParseAddr("2001:db8::ffff")))
	assert.False(t, f.isLocked("app", netip.MustParseAddr("2001:db8:0:1::1")))
	f.fail(t, 10, "app", netip.Addr{})
	assert.True(t, f.isLocked("app", netip.Addr{}), "and so are all whose address is not known")
}

// The store carries a lockout to the other servers and to the administrator, who ends it on all of them.
func TestLockoutIsSharedAndLifted(t *testing.T) {
	f := newFixture(t)
	second := f.guard(f.store)
	f.fail(t, 10, "app", attacker)
	wait, locked := second.Locked("app", attacker)
	assert.True(t, locked)
	assert.Equal(t, 5*time.Minute, wait)
	kept, err := f.store.ListLockouts(t.Context())
	require.NoError(t, err)
	require.Len(t, kept, 1)
	assert.Equal(t, store.Lockout{
		Subject: "app", Address: "192.0.2.66", Failures: 10, At: kept[0].At, Until: kept[0].Until,
	}, kept[0])
	assert.True(t, kept[0].At.Equal(noon))
	assert.True(t, kept[0].Until.Equal(noon.Add(5*time.Minute)))

	_, err = f.store.LiftLockouts(t.Context(), "app")
	require.NoError(t, err)
	assert.False(t, f.isLocked("app", attacker))
	_, locked = second.Locked("app", attacker)
	assert.False(t, locked)
	f.fail(t, 9, "app", attacker)
	assert.False(t, f.isLocked("app", attacker), "with a count that begins anew")
}

// TestUnknownClients_A49 has ids that nobody registered: they behave as registered ones do, and cost the store nothing.
func TestUnknownClients_A49(t *testing.T) {
	f := newFixture(t)
	generation := f.store.Generation()
	f.fail(t, 10, unknown, attacker)
	wait, locked := f.Locked(unknown, attacker)
	assert.True(t, locked)
	assert.Equal(t, 5*time.Minute, wait)
	f.Failed(t.Context(), unknown, attacker) // was under way
	assert.True(t, f.isLocked(unknown, attacker))
	assert.False(t, f.isLocked(unknown, owner))
	assert.False(t, f.isLocked("app", attacker))
	f.now = f.now.Add(5 * time.Minute)
	assert.False(t, f.isLocked(unknown, attacker))
	kept, err := f.store.ListLockouts(t.Context())
	require.NoError(t, err)
	assert.Empty(t, kept)
	assert.Equal(t, generation, f.store.Generation())
	assert.Contains(t, f.log.String(), "a client id that nobody has")
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{Action: store.AuditLockout})
	require.NoError(t, err)
	require.Len(t, events, 1)
	assert.Empty(t, events[0].ClientID)
	assert.Contains(t, events[0].Detail, "client_id that nobody has: 10 failures")
	assert.NotContains(t, events[0].Detail, "0123456789abcdef")
}

// TestMemoryIsBounded_A60 floods with made-up ids. They push out one another, and no registered client.
func TestMemoryIsBounded_A60(t *testing.T) {
	f := newFixture(t)
	f.fail(t, 9, "app", attacker)
	for i := range 3 * kept {
		f.Failed(t.Context(), fmt.Sprintf("unknown %016x", i), attacker)
	}
	assert.Equal(t, kept, f.strangers.Len())
	assert.Equal(t, 1, f.clients.Len())
	f.fail(t, 1, "app", attacker)
	assert.True(t, f.isLocked("app", attacker))
}

func TestLockoutIsSaidAndRecorded(t *testing.T) {
	f := newFixture(t)
	f.fail(t, 10, "app", attacker)
	for range 100 {
		assert.True(t, f.isLocked("app", attacker))
	}
	assert.Equal(t, 1, strings.Count(f.log.String(), "level=WARN"))
	assert.Contains(t, f.log.String(), "a client is locked out at an address")
	assert.Contains(t, f.log.String(), "client_id=app address=192.0.2.66 failures=10 for=5m0s")
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{})
	require.NoError(t, err)
	require.Len(t, events, 2, "ten failures and a hundred refusals within a minute are one event")
	assert.Equal(t, store.AuditLockout, events[0].Action)
	assert.Equal(t, "10 failures; locked for 5m0s; 8 refusals before it were not recorded", events[0].Detail)
	assert.Equal(t, store.AuditAuthentication, events[1].Action)
	for _, event := range events {
		assert.Equal(t, store.AuditFailure, event.Outcome)
		assert.Equal(t, "app", event.ClientID)
		assert.Equal(t, "192.0.2.66", event.Address)
	}
	f.now = f.now.Add(time.Minute)
	assert.True(t, f.isLocked("app", attacker))
	events, err = f.store.QueryAudit(t.Context(), store.AuditFilter{Limit: 1})
	require.NoError(t, err)
	assert.Contains(t, events[0].Detail, "locked out")
}

// TestAFloodOfLockoutsStaysOutOfTheStore_A60 has somebody with very many addresses, each of which is locked out.
func TestAFloodOfLockoutsStaysOutOfTheStore_A60(t *testing.T) {
	f := newFixture(t)
	f.config.Limits.LockoutFailures = 3
	address := func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::1", i)) }
	for i := range 300 {
		f.fail(t, 3, "app", address(i))
	}
	for i := range 300 {
		assert.True(t, f.isLocked("app", address(i)), i)
	}
	kept, err := f.store.ListLockouts(t.Context())
	require.NoError(t, err)
	assert.Len(t, kept, stored.Burst)
	f.now = f.now.Add(5 * time.Minute)
	for i := range 300 {
		assert.False(t, f.isLocked("app", address(i)), i)
	}
}

// troubled is a store that fails when told to.
type troubled struct {
	*sqlite.Store

	err error
}

func (s *troubled) AddLockout(ctx context.Context, lockout store.Lockout, events ...store.AuditEvent) error {
	if s.err != nil {
		return s.err
	}
	return s.Store.AddLockout(ctx, lockout, events...)
}

func (s *troubled) ListLockouts(ctx context.Context) ([]store.Lockout, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.Store.ListLockouts(ctx)
}

func TestTroubleOfTheStore(t *testing.T) {
	f := newFixture(t)
	in := &troubled{Store: f.store}
	f.Guard = f.guard(in)
	f.fail(t, 9, "app", attacker)
	in.err = errors.New("the disk is full")
	f.Failed(t.Context(), "app", attacker)
	assert.Contains(t, f.log.String(), "a lockout could not be stored")
	in.err = nil
	assert.True(t, f.isLocked("app", attacker), "it holds here")
	assert.False(t, f.isLocked("app", owner))

	in.err = errors.New("the disk is broken")
	require.NoError(t, f.store.AddLockout(t.Context(), store.Lockout{Subject: "x", At: noon, Until: noon}))
	wait, locked := f.Locked("other", owner)
	assert.True(t, locked, "who is locked out cannot be told")
	assert.Equal(t, time.Second, wait)
}

func TestManyAtOnce(t *testing.T) {
	f := newFixture(t)
	f.log.Reset()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 5 {
				f.count(pair{"app", "192.0.2.66"}, f.config.Limits.LockoutFailures, f.config.Limits.LockoutTime, noon)
				f.Locked("app", attacker)
				f.Succeeded("other", attacker)
			}
		})
	}
	callers.Wait()
	assert.Zero(t, f.clients.Find("app 192.0.2.66").count, "forty failures are four lockouts")
}
