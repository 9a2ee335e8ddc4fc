// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Fifty times "tell http restart" while clients work: the filter is terminated, unloaded, loaded and started again in
// one process, and nothing that was acknowledged is lost.
func TestReloadUnderLoad(t *testing.T) {
	s := start(t, options{})
	const chains, restarts, settled = 4, 50, 10
	var stop atomic.Bool
	var refreshes, reads atomic.Int64
	var work sync.WaitGroup
	for range chains {
		first := s.tokens(t, alice)
		work.Go(func() {
			refresh := first.text("refresh_token")
			for !stop.Load() {
				renewed := s.token(t, "grant_type", "refresh_token", "refresh_token", refresh)
				if !assert.Equal(t, http.StatusOK, renewed.status, renewed.body) {
					return
				}
				refresh = renewed.text("refresh_token")
				refreshes.Add(1)
				documents := s.read(t, "/sales.nsf/api/data/documents", renewed.text("access_token"))
				if !assert.Equal(t, http.StatusOK, documents.status, documents.body) {
					return
				}
				reads.Add(1)
			}
		})
	}
	held := map[int]resources{}
	for restart := range restarts {
		if restart == settled {
			held[settled] = s.resources(t)
		}
		before := refreshes.Load()
		from := len(s.printed())
		s.tell(t, "tell http restart")
		s.awaitAfter(t, from, "ndoap: ready")
		require.Eventually(t, func() bool { return refreshes.Load() > before || t.Failed() }, patience, tick, "work goes on")
	}
	held[restarts] = s.resources(t)
	stop.Store(true)
	work.Wait()
	t.Logf("%d refreshes and %d reads over %d restarts", refreshes.Load(), reads.Load(), restarts)
	assert.Zero(t, count(s.printed(), "out of service"))
	assert.Equal(t, restarts+1, count(s.printed(), "ndoap: ready"))
	t.Logf("held after %d restarts: %+v, after %d: %+v", settled, held[settled], restarts, held[restarts])
	assert.LessOrEqual(t, held[restarts].handles, held[settled].handles+inUse, "open files or handles")
	assert.LessOrEqual(t, held[restarts].threads, held[settled].threads+inUse, "threads")
}

// inUse is how much more the requests in progress, and Go for them, may hold at one moment than at another. What each
// restart leaves behind comes to more over forty of them.
const inUse = 20

// resources are what the host holds of its system.
type resources struct{ handles, threads int }

func (s *server) resources(t *testing.T) resources {
	t.Helper()
	from := len(s.printed())
	s.tell(t, "show resources")
	s.awaitAfter(t, from, "standin: these are the resources")
	number := func(name string) int {
		_, value, found := strings.Cut(s.awaitAfter(t, from, name), " = ")
		require.True(t, found)
		n, err := strconv.Atoi(value)
		require.NoError(t, err)
		require.Positive(t, n, name)
		return n
	}
	return resources{number("Server.Handles"), number("Server.Threads")}
}

// A code from before a restart is good after it, and so is a token.
func TestRestartBetweenAuthorizationAndToken_A31(t *testing.T) {
	s := start(t, options{})
	tokens, code := s.tokens(t, alice), s.code(t, alice)
	from := len(s.printed())
	s.tell(t, "tell http restart")
	s.awaitAfter(t, from, "ndoap: ready")
	assert.Equal(t, http.StatusOK, s.token(t, "grant_type", "authorization_code", "code", code).status)
	assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", tokens.text("access_token")).status)
}

// Internet Sites: FilterInit twice without TerminateFilter.
func TestFilterInitTwice(t *testing.T) {
	s := start(t, options{extra: []string{"--host-arg", "--init-twice"}})
	tutorial(t, s, alice)
	assert.Equal(t, 1, count(s.printed(), "ndoap: ready"))
}

// Nobody says that TerminateFilter comes as often. Where it does not, the instance outlives a restart, and works.
func TestFilterInitTwiceTerminateOnce(t *testing.T) {
	s := start(t, options{extra: []string{"--host-arg", "--init-twice", "--host-arg", "--terminate-once"}})
	tokens := s.tokens(t, alice)
	for range 2 {
		s.tell(t, "tell http restart")
		assert.Equal(t, http.StatusOK, s.read(t, "/sales.nsf/api/data/documents", tokens.text("access_token")).status)
	}
	tutorial(t, s, alice)
	assert.Equal(t, 1, count(s.printed(), "ndoap: ready"))
}

// 64 threads of the host redeem one code; one of them gets tokens.
func TestConcurrentRedemption_A29(t *testing.T) {
	s := start(t, options{extra: []string{"--threads", "64"}})
	code := s.code(t, alice)
	var won, lost atomic.Int32
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() {
			got := s.token(t, "grant_type", "authorization_code", "code", code)
			switch {
			case got.status == http.StatusOK:
				won.Add(1)
			case got.status == http.StatusBadRequest && got.text("error") == "invalid_grant":
				lost.Add(1)
			}
		})
	}
	clients.Wait()
	assert.EqualValues(t, 1, won.Load())
	assert.EqualValues(t, 63, lost.Load())
}

// One connection, a token, then none, then another: three identities.
func TestIdentityBelongsToOneRequest_B4(t *testing.T) {
	s := start(t, options{auth: "basic", extra: []string{"--threads", "1"}})
	first, second := s.tokens(t, alice).text("access_token"), s.tokens(t, joerg).text("access_token")
	for range 20 {
		assert.Equal(t, alice.canonical, s.read(t, "/public.nsf/api/data/documents", first).header.Get("X-Standin-User"))
		nobody := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/public.nsf/api/data/documents", ""))
		assert.Equal(t, "Anonymous", nobody.header.Get("X-Standin-User"))
		assert.Equal(t, http.StatusUnauthorized, s.read(t, "/public.nsf/api/data/documents", first+"x").status)
		assert.Equal(t, joerg.canonical, s.read(t, "/public.nsf/api/data/documents", second).header.Get("X-Standin-User"))
	}
}

func count(lines []string, text string) int {
	found := 0
	for _, line := range lines {
		if strings.Contains(line, text) {
			found++
		}
	}
	return found
}
