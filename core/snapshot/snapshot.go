// SPDX-License-Identifier: Apache-2.0

// Package snapshot keeps what was read from the store for as long as the store stays as it is. It is what lets every
// request be judged by the present state without reading the database.
package snapshot

import (
	"context"
	"sync"
	"sync/atomic"
)

// Cache gives one value per generation of the store.
type Cache[T any] struct {
	generation func() uint64
	load       func(context.Context) (T, error)

	latest  atomic.Pointer[loaded[T]]
	begun   atomic.Uint64 // how many loads have begun
	loading sync.Mutex    // one goroutine loads, the others wait for its result
}

type loaded[T any] struct {
	generation uint64
	number     uint64 // of the load, from 1
	value      T
}

// New returns a cache of what load reads. generation is Store.Generation. The value is shared by all who get it.
func New[T any](generation func() uint64, load func(context.Context) (T, error)) *Cache[T] {
	return &Cache[T]{generation: generation, load: load}
}

// Get returns the value of the present generation. It takes no lock while the generation stands. An error of load is
// returned and not kept: an old value never takes the place of one that cannot be read.
//
// Whoever has waited takes what was loaded meanwhile, if that load began after its own call: it knows of every change
// that was acknowledged before. Were it to ask for the very last generation, each change during a load would cost each
// of those who wait another load, one after the other.
func (c *Cache[T]) Get(ctx context.Context) (T, error) {
	begun := c.begun.Load()
	if latest := c.latest.Load(); latest != nil && latest.generation == c.generation() {
		return latest.value, nil
	}
	c.loading.Lock()
	defer c.loading.Unlock()
	// Read before the value: a change in between costs one more load instead of being missed.
	generation := c.generation()
	if latest := c.latest.Load(); latest != nil && (latest.generation == generation || latest.number > begun) {
		return latest.value, nil
	}
	number := c.begun.Add(1)
	value, err := c.load(ctx)
	if err != nil {
		var none T
		return none, err
	}
	c.latest.Store(&loaded[T]{generation, number, value})
	return value, nil
}
