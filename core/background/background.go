// SPDX-License-Identifier: Apache-2.0

// Package background runs what no request waits for, and knows what of it still runs. Reading a file from a disk that hangs
// cannot be broken off: whoever stops the server waits for a while, and then says by name what did not come back.
package background

import (
	"context"
	"slices"
	"sync"
)

// Group is work in the background. Its zero value is ready; its methods may be called by any number of goroutines.
type Group struct {
	all     sync.WaitGroup
	mu      sync.Mutex
	running map[string]int // how often, by name
}

// Go runs work in a goroutine. name tells an administrator what it is about.
func (g *Group) Go(name string, work func()) {
	g.count(name, 1)
	g.all.Go(func() {
		defer g.count(name, -1)
		work()
	})
}

func (g *Group) count(name string, change int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running == nil {
		g.running = map[string]int{}
	}
	g.running[name] += change
	if g.running[name] == 0 {
		delete(g.running, name)
	}
}

// Wait returns when nothing runs any more.
func (g *Group) Wait() { g.all.Wait() }

// WaitFor returns when nothing runs any more or ctx has ended, with the names of what runs then.
func (g *Group) WaitFor(ctx context.Context) []string {
	over := make(chan struct{})
	go func() {
		defer close(over)
		g.all.Wait()
	}()
	select {
	case <-over:
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	names := make([]string, 0, len(g.running))
	for name := range g.running {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
