// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"sync"
	"time"
)

// Disorder is how far apart, and the wrong way round, times may be that were read at once: whoever reads the clock first
// may be counted last. Only a time that is earlier by more is of a clock that was set back.
const Disorder = time.Second

// Rate is what a token bucket lets through: Burst at once, and as many again within Per.
type Rate struct {
	Burst int
	Per   time.Duration
}

// Buckets are token buckets by key, no more than a fixed number of them. Methods may be called from any number of
// goroutines.
type Buckets struct {
	mu sync.Mutex
	// full is all that a token bucket must remember: when it will be full again (the generic cell rate algorithm of
	// ITU-T I.371).
	full *Recent[time.Time]
}

// NewBuckets returns buckets of which capacity are kept. One that gives way starts full when it is asked for again.
func NewBuckets(capacity int) *Buckets { return &Buckets{full: NewRecent[time.Time](capacity)} }

// Take takes one from the bucket of a key. The rate may differ from call to call. When the bucket is empty it takes
// nothing and tells after which time there will be one.
func (b *Buckets) Take(key string, rate Rate, now time.Time) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.full.Of(key)
	full := *kept
	if full.Before(now) {
		full = now
	}
	if full.After(now.Add(rate.Per + Disorder)) { // the clock was set back, or the rate was changed: count anew
		full = now
	}
	full = full.Add(rate.Per / time.Duration(max(rate.Burst, 1)))
	if wait = full.Sub(now) - rate.Per; wait > 0 {
		return wait, false
	}
	*kept = full
	return 0, true
}

// Len is how many buckets are kept now.
func (b *Buckets) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.full.Len()
}
