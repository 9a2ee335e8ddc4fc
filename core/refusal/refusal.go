// SPDX-License-Identifier: Apache-2.0

// Package refusal remembers why requests with access tokens were refused, so that an administrator can ask by the request
// id that the sender was told. It owns the ids, what is recorded and its bounds: refusals cost strangers nothing, so that
// they must fill neither memory nor store, and no request waits for the disk because of one.
package refusal

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"time"
	"unicode"

	"ndoap/core/explain"
	"ndoap/core/limit"
	"ndoap/store"
)

// NewID returns a request id: 80 random bits, in letters and digits that can be read out on the telephone.
func NewID() string { return strings.ToLower(rand.Text()[:16]) }

// The bounds of what is recorded. Strangers can cause refusals of any rule up to the signature, for each provider; what
// comes after the signature only who has a token of a trusted issuer.
const (
	keysKept = 4096
	kind     = 60  // of one sender, provider and rule at once, so that one mistake does not hide another
	all      = 300 // of all at once, of tokens with and without a proven signature each
	refill   = 10 * time.Minute
	pending  = 2 * all // that wait for the store; more only gather while it is out of order
	sayEvery = 10 * time.Minute
)

// Recorder keeps refusals until the next Flush. Its methods may be called from any number of goroutines.
type Recorder struct {
	store store.Explanations
	now   func() time.Time
	log   *slog.Logger

	kinds *limit.Buckets
	alls  *limit.Buckets

	mu      sync.Mutex
	waiting []store.Explanation
	skipped int // since the last one that was recorded
	ever    int // skipped since the start

	flushing sync.Mutex // guards what follows, and keeps the order in the store
	said     int        // of ever, what the console was told
	saidAt   time.Time
}

// NewRecorder returns a recorder that stores in explanations.
func NewRecorder(explanations store.Explanations, now func() time.Time, log *slog.Logger) *Recorder {
	return &Recorder{store: explanations, now: now, log: log, kinds: limit.NewBuckets(keysKept), alls: limit.NewBuckets(2)}
}

// Record completes an explanation with what failure says and keeps it for the next Flush, unless there are too many. It
// takes no longer than memory does.
func (r *Recorder) Record(e store.Explanation, failure *explain.Failure) {
	now := r.now()
	e.At = now
	about := failure.Token
	sender := e.Address
	if address, err := netip.ParseAddr(sender); err == nil {
		sender = limit.Network(address)
	}
	key := strings.Join([]string{sender, about.Provider, string(failure.Rule)}, "\n")
	proven := ""
	if about.Proven {
		proven = "proven"
	}
	_, admitted := r.kinds.Take(key, limit.Rate{Burst: kind, Per: refill}, now)
	if admitted {
		_, admitted = r.alls.Take(proven, limit.Rate{Burst: all, Per: refill}, now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !admitted || len(r.waiting) >= pending {
		r.skip(1)
		return
	}
	e.Method, e.Path = Printable(e.Method, short), Printable(e.Path, long)
	e.Credential = string(about.Credential)
	if e.Credential == "" {
		e.Credential = string(explain.Unknown)
	}
	e.Provider, e.Issuer = Printable(about.Provider, short), Printable(about.Issuer, long)
	e.ClientID, e.Claim, e.User = Printable(about.ClientID, long), Printable(about.Claim, long), Printable(about.User, long)
	e.Rule, e.Remedy = string(failure.Rule), Printable(failure.Remedy, long)
	e.Expected, e.Found = Printable(failure.Expected, long), Printable(failure.Found, long)
	e.Skipped, r.skipped = r.skipped, 0
	r.waiting = append(r.waiting, e)
}

// skip counts what is not recorded. The caller holds mu.
func (r *Recorder) skip(count int) {
	r.skipped += count
	r.ever += count
}

// How long texts of an explanation may be, in bytes.
const (
	short = 100
	long  = 500
)

// Printable is text in one line that steers no terminal: other characters than printable ones become question marks, and
// what is longer than limit bytes is cut.
func Printable(text string, limit int) string {
	cut := len(text) > limit
	if cut {
		text = text[:limit]
	}
	text = strings.Map(func(char rune) rune {
		if !unicode.IsPrint(char) || char == unicode.ReplacementChar {
			return '?'
		}
		return char
	}, text)
	if cut {
		text += "..."
	}
	return text
}

// Flush stores what was recorded since the last Flush, in one commit; without anything to store it does nothing. Call it
// about once a second, and not from a thread that somebody waits for. What could not be stored waits for the next one.
func (r *Recorder) Flush(ctx context.Context) {
	r.flushing.Lock()
	defer r.flushing.Unlock()
	r.mu.Lock()
	batch := r.waiting
	ever := r.ever
	r.waiting = nil
	r.mu.Unlock()
	r.tell(ever)
	if len(batch) == 0 {
		return
	}
	err := r.store.AddExplanations(ctx, batch...)
	if err == nil {
		return
	}
	level := slog.LevelWarn
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.Canceled) {
		level = slog.LevelDebug // the store itself says so, once; or the server stops, and flushes once more
	}
	r.log.Log(ctx, level, "why requests were refused could not be stored; the next try is in a second", "err", err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = append(batch, r.waiting...)
	if over := len(r.waiting) - pending; over > 0 {
		for _, one := range r.waiting[pending:] {
			r.skipped += one.Skipped
		}
		r.waiting = r.waiting[:pending]
		r.skip(over)
	}
}

// tell says on the console that there are more refusals than are recorded, now and then.
func (r *Recorder) tell(ever int) {
	now := r.now()
	soon := !r.saidAt.IsZero() && now.Sub(r.saidAt) < sayEvery && !now.Before(r.saidAt) // unless a clock was set back
	if ever == r.said || soon {
		return
	}
	r.log.Warn("so many tokens are refused that not all are recorded for doapctl explain", "not_recorded", ever-r.said)
	r.said, r.saidAt = ever, now
}
