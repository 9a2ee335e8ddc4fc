// SPDX-License-Identifier: Apache-2.0

package background

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatStillRunsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var group Group
		assert.Empty(t, group.WaitFor(t.Context()), "nothing was begun")
		release := make(chan struct{})
		for _, name := range []string{"the disk", "another", "the disk"} {
			group.Go(name, func() { <-release })
		}
		group.Go("what ends", func() {})
		limited, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		assert.Equal(t, []string{"another", "the disk"}, group.WaitFor(limited), "each once")
		close(release)
		group.Wait()
		assert.Empty(t, group.WaitFor(limited), "what has ended is not named, however late it is asked for")
	})
}
