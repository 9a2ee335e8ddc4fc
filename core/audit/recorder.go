// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"

	"ndoap/core/limit"
	"ndoap/store"
)

// Bounds of what strangers can put into the audit trail: about 15,000 events a day.
const (
	keysKept = 4096
	burst    = 100              // different events at once
	share    = burst / 5        // of them, by one sender, so that he does not fill what others' are to be told in
	refill   = 10 * time.Minute // and as many again within this time
)

// Recorder records refusals, which anybody can cause as often as he likes: at most one event a minute of the same
// action, client, user and address, a bounded number of one address, and a bounded number of all together. What was left out is counted in the next
// event. Events of what was done are not its business: they ride with the change.
type Recorder struct {
	store store.Audits
	now   func() time.Time
	log   *slog.Logger

	seen    *limit.Buckets
	senders *limit.Buckets
	all     *limit.Buckets

	mu      sync.Mutex
	leftOut int
}

// NewRecorder returns a recorder that stores events in audits.
func NewRecorder(audits store.Audits, now func() time.Time, log *slog.Logger) *Recorder {
	return &Recorder{
		store: audits, now: now, log: log,
		seen: limit.NewBuckets(keysKept), senders: limit.NewBuckets(keysKept), all: limit.NewBuckets(1),
	}
}

// Admit decides whether a refusal is to be recorded now, and completes its Detail.
func (r *Recorder) Admit(event *store.AuditEvent) bool { return r.admit(event, "") }

func (r *Recorder) admit(event *store.AuditEvent, subject string) bool {
	now := r.now()
	sender := event.Address
	if address, err := netip.ParseAddr(sender); err == nil {
		sender = limit.Network(address)
	}
	key := strings.Join([]string{string(event.Action), event.ClientID, event.User, sender, subject}, "\n")
	_, admitted := r.seen.Take(key, limit.Rate{Burst: 1, Per: time.Minute}, now)
	if admitted {
		_, admitted = r.senders.Take(sender, limit.Rate{Burst: share, Per: refill}, now)
	}
	if admitted {
		_, admitted = r.all.Take("", limit.Rate{Burst: burst, Per: refill}, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !admitted {
		r.leftOut++
		return false
	}
	if r.leftOut > 0 {
		told := "1 refusal before it was not recorded"
		if r.leftOut > 1 {
			told = fmt.Sprintf("%d refusals before it were not recorded", r.leftOut)
		}
		event.Detail = strings.TrimPrefix(event.Detail+"; "+told, "; ")
		r.leftOut = 0
	}
	return true
}

// Record stores a refusal if it is to be recorded now, and tells whether it is, so that the console is told as often.
func (r *Recorder) Record(ctx context.Context, event store.AuditEvent) bool {
	return r.RecordOf(ctx, event, "")
}

// RecordOf is Record for an event about somebody whom it must not name, because nobody is called so. Made-up names are
// recorded as often as others: an answer waits for the store, so that its time would tell them apart.
func (r *Recorder) RecordOf(ctx context.Context, event store.AuditEvent, subject string) bool {
	if !r.admit(&event, subject) {
		return false
	}
	if err := r.store.AppendAudit(ctx, event); err != nil {
		level := slog.LevelWarn
		if errors.Is(err, store.ErrUnavailable) {
			level = slog.LevelDebug // the store itself says so, once
		}
		r.log.Log(ctx, level, "an event could not be added to the audit trail", "action", event.Action, "err", err)
	}
	return true
}
