// SPDX-License-Identifier: Apache-2.0

package front

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSessionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sessions := newSessions(time.Now)
		id := sessions.start("CN=A/O=B")
		for range 3 {
			time.Sleep(sessionIdle) // of the test's own clock
			assert.Equal(t, "CN=A/O=B", sessions.user(id), "use keeps it alive")
		}
		time.Sleep(sessionIdle + time.Nanosecond)
		assert.Empty(t, sessions.user(id))

		other := sessions.start("CN=A/O=B")
		assert.NotEqual(t, id, other)
		sessions.end(other)
		assert.Empty(t, sessions.user(other))
		assert.Empty(t, sessions.user(""))
	})
}

func TestTheLeastUsedSessionMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sessions := newSessions(time.Now)
		first, second := sessions.start("CN=1/O=B"), sessions.start("CN=2/O=B")
		time.Sleep(time.Second)
		for range sessionMax - 2 {
			sessions.start("CN=A/O=B")
		}
		time.Sleep(time.Second)
		assert.NotEmpty(t, sessions.user(first))
		sessions.start("CN=A/O=B")
		assert.NotEmpty(t, sessions.user(first))
		assert.Empty(t, sessions.user(second))
	})
}
