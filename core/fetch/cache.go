// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// How long what was fetched counts, and how often a URL is asked at most.
const (
	Fresh    = 10 * time.Minute // then the document is fetched again when it is needed
	Stale    = 24 * time.Hour   // so long the last good document serves when it cannot be fetched
	Interval = 30 * time.Second // between two fetches of a URL, also after a failure

	maxEntries = 1000
	maxWaiting = 16 // of callers that wait for one fetch; the others do with what is there
	maxHeld    = 20 // of callers that fetch or wait, whatever URL: each is a thread of the host, which has few
)

// ErrBusy means that a document is being fetched, or others are, and too many wait already.
var ErrBusy = errors.New("documents are being fetched at the moment, and too many wait for them")

// Cache keeps what documents mean, by URL. Each URL is fetched once at a time and once per Interval, whatever is asked
// for. A caller waits for one fetch at the longest, which is MaxTime.
type Cache[Value any] struct {
	Get   func(ctx context.Context, url string) ([]byte, error)
	Parse func(document []byte) (Value, error)
	Now   func() time.Time

	mu      sync.Mutex
	entries map[string]*entry[Value]
	held    int // callers that fetch or wait now
}

// entry is what is known of one URL. The mutex of its cache guards it.
type entry[Value any] struct {
	value     Value
	fetchedAt time.Time // of value; zero when there is none
	triedAt   time.Time
	usedAt    time.Time
	err       error         // of the last try
	running   chan struct{} // closed when the fetch under way is done; nil when there is none
	waiting   int
}

// Find returns what the document at a URL means. When the value that is known is old, or not enough for the caller, as a
// key set is not that lacks a key, the document is fetched first, if the URL may be asked again already. What is
// returned in the end need not be enough.
func (c *Cache[Value]) Find(ctx context.Context, url string, enough func(Value) bool) (Value, error) {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entry(url, now)
	switch {
	case within(now, e.fetchedAt, Fresh) && enough(e.value):
		return e.value, nil
	case c.held >= maxHeld: // what is there must do
	case e.running != nil:
		c.await(ctx, e)
	case !within(now, e.triedAt, Interval):
		c.fetch(ctx, url, e, now)
	}
	if within(now, e.fetchedAt, Stale) {
		return e.value, nil
	}
	var none Value
	if e.running != nil || e.err == nil {
		return none, ErrBusy
	}
	return none, e.err
}

// within tells whether now is less than limit after a time that is not in the future. A clock that went back makes
// nothing younger.
func within(now, then time.Time, limit time.Duration) bool {
	age := now.Sub(then)
	return !then.IsZero() && age >= 0 && age < limit
}

// fetch asks the URL in the caller's own goroutine; the mutex is not held meanwhile. That the caller goes away does not
// end it, since others may wait.
func (c *Cache[Value]) fetch(ctx context.Context, url string, e *entry[Value], now time.Time) {
	e.triedAt = now
	e.running = make(chan struct{})
	c.held++
	e.err = errors.New("the fetch ended without an answer")
	var value Value
	var err error
	defer func() { // also when Parse panics: others must not wait for ever
		close(e.running)
		e.running = nil
		c.held--
	}()
	func() {
		c.mu.Unlock()
		defer c.mu.Lock()
		value, err = c.read(context.WithoutCancel(ctx), url)
	}()
	if e.err = err; err == nil {
		e.value, e.fetchedAt = value, now
	}
}

func (c *Cache[Value]) read(ctx context.Context, url string) (Value, error) {
	var none Value
	document, err := c.Get(ctx, url)
	if err != nil {
		return none, err
	}
	value, err := c.Parse(document)
	if err != nil {
		return none, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return value, nil
}

// await waits for the fetch under way; the mutex is not held meanwhile.
func (c *Cache[Value]) await(ctx context.Context, e *entry[Value]) {
	if e.waiting >= maxWaiting {
		return
	}
	e.waiting++
	c.held++
	running := e.running
	c.mu.Unlock()
	select {
	case <-running:
	case <-ctx.Done():
	}
	c.mu.Lock()
	c.held--
	e.waiting--
}

// entry returns the entry of a URL. A new one may take the place of the one that was not used for the longest time.
func (c *Cache[Value]) entry(url string, now time.Time) *entry[Value] {
	e, known := c.entries[url]
	if !known {
		if c.entries == nil {
			c.entries = map[string]*entry[Value]{}
		}
		if len(c.entries) >= maxEntries {
			c.forgetOldest()
		}
		e = &entry[Value]{}
		c.entries[url] = e
	}
	e.usedAt = now
	return e
}

func (c *Cache[Value]) forgetOldest() {
	oldest := ""
	for url, e := range c.entries {
		if e.running == nil && (oldest == "" || e.usedAt.Before(c.entries[oldest].usedAt)) {
			oldest = url
		}
	}
	delete(c.entries, oldest)
}
