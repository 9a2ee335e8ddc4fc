// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func perMinute(burst int) Rate { return Rate{Burst: burst, Per: time.Minute} }

func TestBucketLetsABurstThroughAndFillsAgain(t *testing.T) {
	buckets := NewBuckets(10)
	for range 3 {
		_, ok := buckets.Take("a", perMinute(3), noon)
		assert.True(t, ok)
	}
	wait, ok := buckets.Take("a", perMinute(3), noon)
	assert.False(t, ok)
	assert.Equal(t, 20*time.Second, wait)
	_, ok = buckets.Take("b", perMinute(3), noon)
	assert.True(t, ok, "each key has its own")

	_, ok = buckets.Take("a", perMinute(3), noon.Add(20*time.Second-1))
	assert.False(t, ok, "asking takes nothing and brings nothing forward")
	_, ok = buckets.Take("a", perMinute(3), noon.Add(20*time.Second))
	assert.True(t, ok)
	_, ok = buckets.Take("a", perMinute(3), noon.Add(20*time.Second))
	assert.False(t, ok)
	for range 3 {
		_, ok = buckets.Take("a", perMinute(3), noon.Add(time.Hour))
		assert.True(t, ok, "it never holds more than its burst")
	}
	_, ok = buckets.Take("a", perMinute(3), noon.Add(time.Hour))
	assert.False(t, ok)
}

func TestBucketFollowsANewRate(t *testing.T) {
	buckets := NewBuckets(10)
	for range 2 {
		buckets.Take("a", perMinute(2), noon)
	}
	_, ok := buckets.Take("a", perMinute(2), noon)
	assert.False(t, ok)
	_, ok = buckets.Take("a", perMinute(600), noon.Add(time.Second))
	assert.True(t, ok)
}

// A clock that is set back by a year must keep nobody out: what was counted is forgotten.
func TestBucketSurvivesAClockSetBack(t *testing.T) {
	buckets := NewBuckets(10)
	buckets.Take("a", perMinute(1), noon)
	back := noon.AddDate(-1, 0, 0)
	_, ok := buckets.Take("a", perMinute(1), back)
	assert.True(t, ok)
	wait, ok := buckets.Take("a", perMinute(1), back)
	assert.False(t, ok)
	assert.LessOrEqual(t, wait, time.Minute)
	_, ok = buckets.Take("a", perMinute(1), back.Add(time.Minute))
	assert.True(t, ok)
}

// Requests that come at once read the clock in one order and are counted in another. That is no clock that was set back: a
// bucket that began anew for it would let through as much again as often as that happens.
func TestBucketIsNotRefilledByDisorder_A60(t *testing.T) {
	for name, early := range map[string]time.Duration{"a moment": 1, "as much as is possible": Disorder} {
		t.Run(name, func(t *testing.T) {
			buckets := NewBuckets(10)
			for range 3 {
				_, ok := buckets.Take("a", perMinute(3), noon)
				assert.True(t, ok)
			}
			for range 5 {
				_, ok := buckets.Take("a", perMinute(3), noon.Add(-early))
				assert.False(t, ok)
			}
			wait, ok := buckets.Take("a", perMinute(3), noon)
			assert.False(t, ok)
			assert.Equal(t, 20*time.Second, wait, "nor is anything taken")
		})
	}
}

// However calls are spread over time, no window of a minute sees more than a burst and what came after it.
func TestBucketNeverLetsMoreThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		buckets, rate, now := NewBuckets(1), perMinute(rapid.IntRange(1, 50).Draw(t, "rate")), noon
		passed := 0
		for range rapid.IntRange(1, 200).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(5*time.Second)).Draw(t, "pause")))
			if wait, ok := buckets.Take("a", rate, now); ok {
				passed++
			} else if wait <= 0 {
				t.Fatal("a refusal without a time to wait")
			}
			if allowed := float64(rate.Burst) * (1 + now.Sub(noon).Minutes()); float64(passed) > allowed+1e-6 {
				t.Fatalf("%d passed, %f were allowed", passed, allowed)
			}
		}
	})
}

func TestBucketUnderManyGoroutines(t *testing.T) {
	buckets := NewBuckets(10)
	var passed atomic.Int64
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 100 {
				if _, ok := buckets.Take("a", perMinute(100), noon); ok {
					passed.Add(1)
				}
			}
		})
	}
	callers.Wait()
	assert.EqualValues(t, 100, passed.Load())
}

// TestMemoryIsBounded_A60 floods with a million keys: what is kept does not grow with them, and who comes often stays.
func TestMemoryIsBounded_A60(t *testing.T) {
	const capacity = 1000
	buckets := NewBuckets(capacity)
	flood := func(from, to int) {
		for i := from; i < to; i++ {
			buckets.Take("flood "+strconv.Itoa(i), perMinute(10), noon)
			if i%(capacity/2) == 0 {
				buckets.Take("regular", perMinute(1), noon)
			}
		}
	}
	live := func() uint64 {
		var memory runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&memory)
		return memory.HeapObjects
	}
	flood(0, 2*capacity)
	before := live()
	flood(2*capacity, 1_000_000)
	after := live()
	assert.Equal(t, capacity, buckets.Len())
	assert.LessOrEqual(t, after, before+capacity, "objects on the heap; a flood that was kept would be a million and more")
	_, ok := buckets.Take("regular", perMinute(1), noon)
	assert.False(t, ok, "it was used again and again, and so was never the oldest")
}

func TestRecentForgets(t *testing.T) {
	recent := NewRecent[int](2)
	*recent.Of("a"), *recent.Of("b") = 1, 2
	*recent.Of("a") += 10
	*recent.Of("c") = 3
	assert.Equal(t, []int{11, 0, 3}, []int{recent.Find("a"), recent.Find("b"), recent.Find("c")}, "b was the oldest")
	recent.Forget("a")
	recent.Forget("a")
	assert.Zero(t, recent.Find("a"))
	assert.Zero(t, *recent.Of("a"), "it begins anew")
	assert.Equal(t, 2, recent.Len())
}
