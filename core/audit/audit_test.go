// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"ndoap/core/web"
	"ndoap/store"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestOf(t *testing.T) {
	event := Of(&web.Request{Peer: netip.MustParseAddr("::ffff:192.0.2.7")}, noon, store.AuditTokenIssued, store.AuditSuccess)
	assert.Equal(t, store.AuditEvent{
		At: noon, Action: store.AuditTokenIssued, Outcome: store.AuditSuccess, Address: "192.0.2.7",
	}, event)
	assert.Empty(t, Of(&web.Request{}, noon, store.AuditConsent, store.AuditSuccess).Address)
	assert.Equal(t, "fe80::1", Address(netip.MustParseAddr("fe80::1%eth0")))
}

func TestTokenHashTellsNothing_B16(t *testing.T) {
	assert.Equal(t, TokenHash("an-id"), TokenHash("an-id"))
	assert.NotEqual(t, TokenHash("an-id"), TokenHash("another"))
	assert.NotContains(t, TokenHash("an-id"), "an-id")
}

// trail is a store that keeps events in memory, or is in trouble.
type trail struct {
	store.Audits // none of its other methods is called

	events []store.AuditEvent
	err    error
}

func (t *trail) AppendAudit(_ context.Context, events ...store.AuditEvent) error {
	t.events = append(t.events, events...)
	return t.err
}

type fixture struct {
	*Recorder
	trail trail
	now   time.Time
	log   strings.Builder
}

func newFixture() *fixture {
	f := &fixture{now: noon}
	log := slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.Recorder = NewRecorder(&f.trail, func() time.Time { return f.now }, log)
	return f
}

func failure(client, address string) store.AuditEvent {
	return store.AuditEvent{
		At: noon, Action: store.AuditAuthentication, Outcome: store.AuditFailure, ClientID: client, Address: address,
		Detail: "failed",
	}
}

func TestOneEventAMinuteOfAKind_A60(t *testing.T) {
	f := newFixture()
	for range 1000 {
		f.Record(t.Context(), failure("a", "192.0.2.7"))
	}
	assert.Len(t, f.trail.events, 1)
	f.Record(t.Context(), failure("b", "192.0.2.7"))
	f.Record(t.Context(), failure("a", "192.0.2.8"))
	f.Record(t.Context(), failure("a", "2001:db8::1"))
	f.Record(t.Context(), failure("a", "2001:db8::2"))
	other := failure("a", "192.0.2.7")
	other.Action = store.AuditTooMany
	assert.True(t, f.Record(t.Context(), other))
	assert.Len(t, f.trail.events, 5, "another client, address, network or action is another kind")

	f.now = f.now.Add(time.Minute)
	assert.True(t, f.Record(t.Context(), failure("a", "192.0.2.7")))
	assert.False(t, f.Record(t.Context(), failure("a", "192.0.2.7")))
	assert.Len(t, f.trail.events, 6)
	f.Record(t.Context(), failure("d", "192.0.2.7"))
	assert.Equal(t, "failed; 1 refusal before it was not recorded", f.trail.events[6].Detail)
}

// Each request of this flood is of another kind.
func TestAFloodOfKindsIsBounded_A60(t *testing.T) {
	f := newFixture()
	for i := range 10_000 {
		f.Record(t.Context(), failure("a", fmt.Sprintf("2001:db8:%x::1", i)))
	}
	assert.Len(t, f.trail.events, burst)
	assert.Equal(t, keysKept, f.seen.Len())

	f.now = f.now.Add(refill)
	f.Record(t.Context(), failure("b", "192.0.2.7"))
	assert.Len(t, f.trail.events, burst+1)
	assert.Equal(t, "failed; 9900 refusals before it were not recorded", f.trail.events[burst].Detail)
	f.Record(t.Context(), failure("c", "192.0.2.7"))
	assert.Equal(t, "failed", f.trail.events[burst+1].Detail, "what was left out is told once")
}

// Who invents client ids does not get what others do left out.
func TestOneSenderDoesNotFillTheTrail_A60(t *testing.T) {
	f := newFixture()
	for i := range 1000 {
		f.Record(t.Context(), failure(fmt.Sprint("unknown ", i), fmt.Sprintf("2001:db8::%x", i)))
	}
	assert.Len(t, f.trail.events, share)
	assert.True(t, f.Record(t.Context(), failure("a", "192.0.2.7")))
	f.now = f.now.Add(refill)
	assert.True(t, f.Record(t.Context(), failure("unknown", "2001:db8::1")), "after a while the sender is heard again")
}

func TestTroubleOfTheStoreIsSaid(t *testing.T) {
	f := newFixture()
	f.trail.err = errors.New("the disk is full")
	f.Record(t.Context(), failure("a", ""))
	assert.Contains(t, f.log.String(), `level=WARN msg="an event could not be added to the audit trail"`)
	assert.Contains(t, f.log.String(), "the disk is full")
	f.log.Reset()
	f.trail.err = fmt.Errorf("locked: %w", store.ErrUnavailable)
	f.Record(t.Context(), failure("b", ""))
	assert.Contains(t, f.log.String(), "level=DEBUG", "the store says so itself")
}
