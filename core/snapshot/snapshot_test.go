// SPDX-License-Identifier: Apache-2.0

package snapshot

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// source is a store whose value is its generation.
type source struct {
	generation atomic.Uint64
	loads      atomic.Int64
	err        atomic.Pointer[error]
}

func (s *source) load(context.Context) (uint64, error) {
	s.loads.Add(1)
	if err := s.err.Load(); err != nil {
		return 99, *err
	}
	return s.generation.Load(), nil
}

func TestValueIsReadOncePerGeneration(t *testing.T) {
	s := &source{}
	cache := New(s.generation.Load, s.load)
	for generation := range uint64(3) {
		s.generation.Store(generation)
		for range 3 {
			value, err := cache.Get(t.Context())
			require.NoError(t, err)
			assert.Equal(t, generation, value)
		}
		assert.EqualValues(t, generation+1, s.loads.Load())
	}
}

// An old value is never used in place of one that cannot be read, and what failed is tried again.
func TestErrorIsNotKept(t *testing.T) {
	s := &source{}
	cache := New(s.generation.Load, s.load)
	_, err := cache.Get(t.Context())
	require.NoError(t, err)
	broken := errors.New("broken")
	s.err.Store(&broken)
	s.generation.Add(1)
	for range 2 {
		value, err := cache.Get(t.Context())
		require.ErrorIs(t, err, broken)
		assert.Zero(t, value)
	}
	s.err.Store(nil)
	value, err := cache.Get(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, value)
}

// A change while the value is read is not missed.
func TestChangeWhileReading(t *testing.T) {
	var generation atomic.Uint64
	loads := 0
	cache := New(generation.Load, func(context.Context) (uint64, error) {
		loads++
		before := generation.Load()
		if loads == 1 {
			generation.Add(1) // after the value was read
		}
		return before, nil
	})
	_, err := cache.Get(t.Context())
	require.NoError(t, err)
	value, err := cache.Get(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, value)
	assert.Equal(t, 2, loads)
}

// Many who find the value out of date wait for one to read it.
func TestOneReadsForAll(t *testing.T) {
	s := &source{}
	const readers = 32
	var looks atomic.Int64
	held := make(chan struct{})
	cache := New(func() uint64 {
		looks.Add(1)
		return s.generation.Load()
	}, func(ctx context.Context) (uint64, error) {
		if s.loads.Load() > 0 {
			<-held
		}
		return s.load(ctx)
	})
	_, err := cache.Get(t.Context())
	require.NoError(t, err)
	s.generation.Add(1)
	looks.Store(0)
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			_, err := cache.Get(t.Context())
			assert.NoError(t, err)
		})
	}
	require.Eventually(t, func() bool { return looks.Load() == readers+1 }, time.Minute, time.Millisecond,
		"all have seen that it is out of date, and one reads")
	close(held)
	all.Wait()
	assert.EqualValues(t, 2, s.loads.Load())
}

// Changes that come faster than a value is read cost those who wait one more load, and not one each.
func TestOneReadsForAllWhileChangesGoOn(t *testing.T) {
	s := &source{}
	const readers = 32
	var looks atomic.Int64
	held := make(chan struct{})
	cache := New(func() uint64 {
		looks.Add(1)
		return s.generation.Load()
	}, func(ctx context.Context) (uint64, error) {
		if s.loads.Load() > 0 {
			<-held
		}
		value, err := s.load(ctx)
		s.generation.Add(1) // out of date at once
		return value, err
	})
	_, err := cache.Get(t.Context())
	require.NoError(t, err)
	looks.Store(0)
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			value, err := cache.Get(t.Context())
			assert.NoError(t, err)
			assert.NotZero(t, value, "what was read after the call")
		})
	}
	require.Eventually(t, func() bool { return looks.Load() == readers+1 }, time.Minute, time.Millisecond,
		"all have seen that it is out of date, and one reads")
	close(held)
	all.Wait()
	assert.LessOrEqual(t, s.loads.Load(), int64(3))
}
