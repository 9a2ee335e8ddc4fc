// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"

	"ndoap/core/config"
	"ndoap/store"
)

// slowStore is a store on a disk that hangs until released.
type slowStore struct {
	store.Store
	released chan struct{}
	closed   chan struct{} // closed when it is; panics when it is closed twice
}

func (s *slowStore) Close() error {
	<-s.released
	close(s.closed)
	return errors.New("the disk was slow")
}

// runningInstance is a library with an instance of which a test makes the parts that hang.
func runningInstance(parts func(*instance)) *Bridge {
	library := &Bridge{openings: 1}
	ctx, cancel := context.WithCancel(context.Background())
	in := &instance{
		log: slog.New(lineHandler{console: &library.console, level: &library.level}), cancel: cancel, memory: &library.memory,
		bootstrap: config.Bootstrap{ConfigDir: "/conf", Database: "/data/doap.db"},
	}
	in.done.Go(func() { <-ctx.Done() })
	parts(in)
	library.instance.Store(in)
	return library
}

const stoppedWithout = "ndoap: warn: stopped, without what has not come back and is not waited for any more: see whether a disk hangs hanging="

func TestCloseDoesNotWaitForDisksForEver(t *testing.T) {
	for name, c := range map[string]struct {
		parts func(in *instance, released chan struct{})
		says  string
	}{
		"nothing hangs": {func(*instance, chan struct{}) {}, "ndoap: stopped"},
		"the configuration": {func(in *instance, released chan struct{}) {
			in.looks.Go("the configuration in /conf", func() { <-released })
		}, stoppedWithout + `"the configuration in /conf"`},
		"the database, at the end": {func(in *instance, released chan struct{}) {
			in.store = &slowStore{released: released, closed: make(chan struct{})}
		}, stoppedWithout + `"the database /data/doap.db"`},
		"the database, before that, and the configuration": {func(in *instance, released chan struct{}) {
			in.done.Go(func() { <-released })
			in.looks.Go("the configuration in /conf", func() { <-released })
		}, stoppedWithout + `"the database /data/doap.db, the configuration in /conf"`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				released := make(chan struct{})
				library := runningInstance(func(in *instance) { c.parts(in, released) })
				assert.Equal(t, []string{c.says}, library.Close().Console)
				close(released) // what is left behind ends by itself, or this bubble does not
			})
		})
	}
}

// What uses the store late, because a disk held it, still finds it open: it is closed when that has ended, and once.
func TestNothingIsUsedAfterItWasClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held, disk := make(chan struct{}), &slowStore{released: make(chan struct{}), closed: make(chan struct{})}
		close(disk.released)
		isClosed := func() bool {
			select {
			case <-disk.closed:
				return true
			default:
				return false
			}
		}
		library := runningInstance(func(in *instance) {
			in.store = disk
			in.done.Go(func() {
				<-held
				assert.False(t, isClosed(), "in use")
			})
		})
		library.Close()
		synctest.Wait()
		assert.False(t, isClosed())
		close(held)
		synctest.Wait()
		assert.True(t, isClosed())
		assert.Equal(t, []string{`ndoap: error: the store was not closed properly err="the disk was slow"`}, library.console.take())
	})
}
