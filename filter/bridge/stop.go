// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"strings"
)

// stopTime is how long Close waits for disks. Domino waits meanwhile, and whoever typed "tell http restart".
const stopTime = 2 * flushTime

// stop ends what the instance does in the background and closes the store. What has not come back when ctx ends is named
// on the console and left to itself: reading a file cannot be broken off.
//
// Nothing is used after it was closed. All that uses the store ends before finish closes it, in one goroutine, which
// keeps that order however late it is. What reads key files and the configuration uses no store, and has no effect any
// more, because the context of the instance has ended.
func (in *instance) stop(ctx context.Context) {
	in.cancel()
	in.ending.Go("the database "+in.bootstrap.Database, func() {
		in.done.Wait()
		in.guarded(in.finish)
	})
	hanging := in.ending.WaitFor(ctx)
	hanging = append(hanging, in.looks.WaitFor(ctx)...)
	if service := in.service.Load(); service != nil {
		hanging = append(hanging, service.WaitFor(ctx)...)
	}
	if len(hanging) > 0 {
		in.log.Warn("stopped, without what has not come back and is not waited for any more: see whether a disk hangs",
			"hanging", strings.Join(hanging, ", "))
		return
	}
	in.log.Info("stopped")
}

// finish stores what is only in memory yet, and closes the store.
func (in *instance) finish() {
	if in.service.Load() != nil {
		ctx, cancel := context.WithTimeout(context.Background(), flushTime)
		defer cancel()
		in.guarded(func() { in.flushRefusals(ctx) })
		in.guarded(func() { in.storeKeyUses(ctx) })
	}
	if in.store != nil {
		if err := in.store.Close(); err != nil {
			in.log.Error("the store was not closed properly", "err", err)
		}
	}
}
