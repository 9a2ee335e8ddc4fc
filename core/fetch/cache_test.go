// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const address = "https://keys.example/"

// source is what a cache fetches from.
type source struct {
	document string
	err      error
	fetches  atomic.Int32
	slow     time.Duration // in the time of a synctest bubble
}

func (s *source) cache() *Cache[string] {
	return &Cache[string]{
		Get: func(context.Context, string) ([]byte, error) {
			s.fetches.Add(1)
			document, err := s.document, s.err
			time.Sleep(s.slow)
			return []byte(document), err
		},
		Parse: func(document []byte) (string, error) {
			if string(document) == "bad" {
				return "", errors.New("it is bad")
			}
			return string(document), nil
		},
		Now: time.Now,
	}
}

func anything(string) bool { return true }

func has(part string) func(string) bool {
	return func(value string) bool { return strings.Contains(value, part) }
}

// found asserts what a cache returns.
func found(t *testing.T, c *Cache[string], enough func(string) bool, want string) {
	t.Helper()
	value, err := c.Find(t.Context(), address, enough)
	require.NoError(t, err)
	assert.Equal(t, want, value)
}

func TestCacheFetchesWhenNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{document: "a"}
		cache := from.cache()
		found(t, cache, has("a"), "a")
		found(t, cache, has("a"), "a")
		assert.EqualValues(t, 1, from.fetches.Load())

		from.document = "ab"
		time.Sleep(Fresh - 1)
		found(t, cache, has("a"), "a")
		assert.EqualValues(t, 1, from.fetches.Load(), "it is fresh")
		found(t, cache, has("b"), "ab")
		assert.EqualValues(t, 2, from.fetches.Load(), "it is not enough")
		from.document = "c"
		time.Sleep(Fresh)
		found(t, cache, has("a"), "c")
		assert.EqualValues(t, 3, from.fetches.Load(), "what is old is fetched again, so that a key that was removed goes")
	})
}

// A flood of unknown kids must not become a flood of fetches.
func TestCacheKeepsToItsInterval_B18(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{document: "a"}
		cache := from.cache()
		for i := range 1000 {
			found(t, cache, has(fmt.Sprint("kid", i)), "a")
		}
		assert.EqualValues(t, 1, from.fetches.Load())
		time.Sleep(Interval)
		for range 1000 {
			found(t, cache, has("x"), "a")
		}
		assert.EqualValues(t, 2, from.fetches.Load())
	})
}

func TestCacheRemembersFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := errors.New("it is down")
		from := &source{err: fault}
		cache := from.cache()
		for range 10 {
			_, err := cache.Find(t.Context(), address, anything)
			require.ErrorIs(t, err, fault)
		}
		assert.EqualValues(t, 1, from.fetches.Load())
		time.Sleep(Interval)
		from.err, from.document = nil, "bad"
		value, err := cache.Find(t.Context(), address, anything)
		require.ErrorIs(t, err, ErrAnswer)
		require.ErrorContains(t, err, "it is bad")
		assert.Empty(t, value)
		time.Sleep(Interval)
		from.document = "a"
		found(t, cache, anything, "a")
	})
}

func TestCacheKeepsTheLastGood_B19(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{document: "a"}
		cache := from.cache()
		found(t, cache, anything, "a")
		from.err = errors.New("it is down")
		time.Sleep(Stale - 1)
		found(t, cache, anything, "a")
		time.Sleep(time.Nanosecond)
		value, err := cache.Find(t.Context(), address, anything)
		require.ErrorContains(t, err, "it is down")
		assert.Empty(t, value, "never what is too old")
		assert.EqualValues(t, 2, from.fetches.Load())
	})
}

func TestCacheFetchesOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{document: "a", slow: time.Second}
		cache := from.cache()
		var busy, good atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				value, err := cache.Find(t.Context(), address, anything)
				if errors.Is(err, ErrBusy) {
					assert.Empty(t, value)
					busy.Add(1)
				} else if assert.NoError(t, err) {
					assert.Equal(t, "a", value)
					good.Add(1)
				}
			})
		}
		start := time.Now()
		all.Wait()
		assert.Equal(t, time.Second, time.Since(start))
		assert.EqualValues(t, 1, from.fetches.Load())
		assert.EqualValues(t, maxWaiting+1, good.Load(), "the others do not block the server's threads")
		assert.EqualValues(t, 50-maxWaiting-1, busy.Load())
		found(t, cache, anything, "a")
	})
}

// Slow answers at many addresses hold no more threads of the host than at a few.
func TestCacheHoldsFewThreads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{document: "a"}
		cache := from.cache()
		found(t, cache, anything, "a")
		time.Sleep(Fresh)
		from.slow = time.Second
		var busy, good atomic.Int32
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				_, err := cache.Find(t.Context(), fmt.Sprint(address, i), anything)
				if errors.Is(err, ErrBusy) {
					busy.Add(1)
				} else if assert.NoError(t, err) {
					good.Add(1)
				}
			})
		}
		synctest.Wait()
		found(t, cache, anything, "a") // an old value is there at once
		assert.EqualValues(t, 50-maxHeld, busy.Load())
		assert.Zero(t, good.Load())
		all.Wait()
		assert.EqualValues(t, maxHeld, good.Load())
		for i := range 50 { // nobody is held any more, and nobody has to wait for what was not tried
			_, err := cache.Find(t.Context(), fmt.Sprint(address, i), anything)
			require.NoError(t, err)
		}
	})
}

// Whoever asked first may go away; those who wait get their answer.
func TestCacheOutlivesItsFirstCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{document: "a", slow: time.Second}
		cache := from.cache()
		gone, cancel := context.WithCancel(t.Context())
		var both sync.WaitGroup
		both.Go(func() { _, _ = cache.Find(gone, address, anything) })
		synctest.Wait()
		cancel()
		both.Go(func() { found(t, cache, anything, "a") })
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := cache.Find(impatient, address, anything)
		require.ErrorIs(t, err, ErrBusy)
		both.Wait()
	})
}

func TestCacheSurvivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := (&source{}).cache()
		cache.Parse = func([]byte) (string, error) { panic("a defect") }
		for range 2 {
			assert.Panics(t, func() { _, _ = cache.Find(t.Context(), address, anything) })
			_, err := cache.Find(t.Context(), address, anything)
			require.ErrorContains(t, err, "without an answer")
			time.Sleep(Interval)
		}
	})
}

// A clock that goes back makes nothing fresh for longer.
func TestCacheWhenTheClockGoesBack_A90(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	from := &source{document: "a"}
	cache := from.cache()
	cache.Now = func() time.Time { return now }
	found(t, cache, anything, "a")
	now, from.document = now.Add(-time.Hour), "b"
	found(t, cache, anything, "b")
	assert.EqualValues(t, 2, from.fetches.Load())
}

func TestCacheIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := &source{document: "a"}
		cache := from.cache()
		for i := range maxEntries + 10 {
			_, err := cache.Find(t.Context(), fmt.Sprint(address, i), anything)
			require.NoError(t, err)
			time.Sleep(time.Millisecond)
		}
		assert.Len(t, cache.entries, maxEntries)
		assert.NotContains(t, cache.entries, address+"9", "the oldest are gone")
		assert.Contains(t, cache.entries, address+"10")
	})
}
