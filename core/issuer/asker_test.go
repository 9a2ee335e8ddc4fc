// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/token"
)

// inBubble runs a test with a provider that is asked, and a clock that goes on when everybody waits.
func inBubble(t *testing.T, test func(t *testing.T, f *fixture, i *informer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f, i := newInformed(t)
		f.Now = time.Now
		i.says(answered(object{"iat": time.Now().Unix(), "exp": time.Now().Add(12 * time.Hour).Unix()}))
		ctx, cancel := context.WithCancel(t.Context())
		f.Refresh(ctx, time.Now())
		test(t, f, i)
		cancel()
		f.Wait()
	})
}

// none is the answer about a token that is not active.
var none = reply{status: http.StatusOK, body: `{"active":false}`}

// hangs is a provider that answers nothing until whoever asks gives up.
func hangs(r *http.Request) reply {
	<-r.Context().Done()
	return reply{err: r.Context().Err()}
}

// flood has n requests come at once, each with a token of its own, and returns what becomes of them.
func (f *fixture) flood(n int) []error {
	outcomes := make([]error, n)
	var all sync.WaitGroup
	for k := range n {
		all.Go(func() { _, outcomes[k] = f.VerifyOpaque(context.Background(), fmt.Sprint("token-", k)) })
	}
	all.Wait()
	return outcomes
}

// count tells how many errors say something.
func count(errs []error, says string) int {
	found := 0
	for _, err := range errs {
		if err != nil && strings.Contains(err.Error(), says) {
			found++
		}
	}
	return found
}

func (f *fixture) asks(t *testing.T, text string, want error) {
	t.Helper()
	_, err := f.VerifyOpaque(t.Context(), text)
	require.ErrorIs(t, err, want)
}

func TestGoodTokensAreAskedAboutOnceAMinute_B4(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		f.asks(t, opaque, nil)
		i.says(nil) // the provider has ended it
		time.Sleep(config.MaxIntrospectionCache - time.Nanosecond)
		f.asks(t, opaque, nil)
		assert.Equal(t, 1, i.count())
		time.Sleep(time.Nanosecond)
		f.asks(t, opaque, ErrInactive)
		assert.Equal(t, 2, i.count())
		f.asks(t, opaque, ErrInactive)
		assert.Equal(t, 2, i.count())
		time.Sleep(inactiveKept - time.Nanosecond)
		f.asks(t, opaque, ErrInactive)
		assert.Equal(t, 2, i.count())
		i.says(answered(object{"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}))
		time.Sleep(time.Nanosecond)
		known := f.view().asked.asker
		assert.Empty(t, known.active, "it has no place of a good one any more")
		f.asks(t, opaque, nil)
		assert.Equal(t, 3, i.count())
		assert.Empty(t, known.inactive)
	})
}

func TestTheCacheCanBeShorter_B4(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		f.configure(t, introspecting(func(p *config.Provider) { p.Introspection.Cache = time.Second }))
		f.asks(t, opaque, nil)
		i.says(nil)
		time.Sleep(time.Second)
		f.asks(t, opaque, ErrInactive)
	})
}

// What is remembered of a token does not outlive it.
func TestRememberedTokensExpire_B2(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		i.says(answered(object{"iat": time.Now().Unix(), "exp": time.Now().Add(time.Second).Unix()}))
		f.asks(t, opaque, nil)
		time.Sleep(time.Second + leeway)
		require.Less(t, time.Second+leeway, 2*config.MaxIntrospectionCache)
		f.asks(t, opaque, token.ErrExpired)
	})
	f, i := newInformed(t)
	f.asks(t, opaque, nil)
	f.now = f.now.Add(-time.Second)
	f.asks(t, opaque, nil)
	assert.Equal(t, 2, i.count(), "a clock that goes back makes nothing younger")
}

func TestOneCallForRequestsWithOneToken(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		answer := make(chan struct{})
		i.replies(func(*http.Request) reply {
			<-answer
			return none
		})
		var all sync.WaitGroup
		for range MaxWaiting - reservedWaiting {
			all.Go(func() { f.asks(t, opaque, ErrInactive) })
		}
		synctest.Wait()
		assert.Equal(t, 1, i.count())
		f.asks(t, opaque, token.ErrUnavailable)
		close(answer)
		all.Wait()
		assert.Equal(t, 1, i.count())
		f.asks(t, opaque, ErrInactive)
	})
}

// A provider that hangs costs a bounded number of threads a bounded time in each interval, whatever is sent.
func TestAProviderThatHangs_B21(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		i.replies(hangs)
		for round, calls := range []int{MaxCalls - reservedCalls, 1, 1} {
			started, before := time.Now(), i.count()
			outcomes := f.flood(200)
			assert.Equal(t, MaxWait, time.Since(started), "the longest wait, by the clock of the test")
			assert.Equal(t, calls, i.count()-before, "round %d", round)
			assert.Equal(t, calls, count(outcomes, "not answered within 2s"))
			assert.Equal(t, 200-calls, count(outcomes, "other tokens already"))

			started, before = time.Now(), i.count()
			time.Sleep(Pause - time.Nanosecond)
			assert.Equal(t, 200, count(f.flood(200), "is asked again after 5s"))
			assert.Equal(t, Pause-time.Nanosecond, time.Since(started), "nobody waits")
			assert.Equal(t, before, i.count())
			time.Sleep(time.Nanosecond)
		}
		assert.Equal(t, 1, strings.Count(f.said(), "cannot be asked"), "said once")
		i.replies(nil)
		f.asks(t, opaque, nil)
		synctest.Wait()
		assert.Contains(t, f.said(), "answers again about tokens")
		i.replies(hangs)
		before := i.count()
		f.flood(200)
		assert.Equal(t, MaxCalls-reservedCalls, i.count()-before, "it had its places again")
	})
}

// Requests that wait for one token take the places of all, and no more than there are.
func TestHowManyWait_B21(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		i.replies(hangs)
		outcomes := make([]error, 200)
		var all sync.WaitGroup
		for k := range outcomes {
			all.Go(func() { _, outcomes[k] = f.VerifyOpaque(t.Context(), opaque) })
		}
		all.Wait()
		assert.Equal(t, MaxWaiting-reservedWaiting, count(outcomes, "not answered within"))
		assert.Equal(t, 200-MaxWaiting+reservedWaiting, count(outcomes, "requests wait for its answers already"))
		assert.Zero(t, f.view().asked.asker.waiting)
	})
}

// Made-up tokens take neither the places nor the memory of good ones.
func TestMadeUpTokensLeaveGoodOnesTheirPlace_B21(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		f.asks(t, opaque, nil)
		time.Sleep(config.MaxIntrospectionCache)
		release := make(chan struct{})
		good := answered(object{"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()})
		i.replies(func(r *http.Request) reply {
			i.mu.Lock()
			form := i.forms[len(i.forms)-1]
			i.mu.Unlock()
			if strings.Contains(form, "kU1") {
				return reply{status: http.StatusOK, body: string(must(json.Marshal(good)))}
			}
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return none
		})
		var flood sync.WaitGroup
		for k := range 100 {
			flood.Go(func() { _, _ = f.VerifyOpaque(t.Context(), fmt.Sprint("made-up-", k%3)) })
		}
		synctest.Wait()
		f.asks(t, "a-new-one", token.ErrUnavailable)
		f.asks(t, opaque, nil)
		close(release)
		flood.Wait()
	})

	a := newAsker()
	for k := range mostInactive + 10 {
		a.remember(tokenHash{byte(k), byte(k >> 8)}, answer{err: ErrInactive}, noon)
	}
	assert.Len(t, a.inactive, mostInactive)
	for k := range mostActive + 10 {
		a.remember(tokenHash{byte(k), byte(k >> 8), 1}, answer{claims: object{}, askedAt: noon}, noon)
	}
	assert.Len(t, a.active, mostActive)
	assert.Len(t, a.inactive, mostInactive)
	_, found := a.recall(tokenHash{byte((mostActive + 9) & 0xff), (mostActive + 9) >> 8, 1}, noon, time.Minute)
	assert.True(t, found, "the newest is there")
}

// A call that does not end even when it should lets the request go.
func TestACallThatCannotBeEnded_B21(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		release := make(chan struct{})
		i.replies(func(*http.Request) reply {
			<-release
			return none
		})
		started := time.Now()
		f.asks(t, opaque, token.ErrUnavailable)
		assert.Equal(t, MaxWait, time.Since(started))
		f.asks(t, "another", token.ErrUnavailable)
		assert.Equal(t, MaxWait, time.Since(started), "nobody waits any more")
		close(release)
		f.Wait()
	})
}

// Nobody is asked before the server runs, and when it stops; who waits then is let go.
func TestAskingEndsWithTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, i := newInformed(t)
		f.Now, f.life = time.Now, nil
		f.asks(t, opaque, token.ErrUnavailable)
		ctx, cancel := context.WithCancel(t.Context())
		f.Refresh(ctx, time.Now())
		i.replies(hangs)
		var waits sync.WaitGroup
		waits.Go(func() { f.asks(t, opaque, token.ErrUnavailable) })
		synctest.Wait()
		cancel()
		waits.Wait()
		f.Wait()
		assert.NoError(t, f.view().asked.asker.failure, "it was not the provider that failed")
		assert.Empty(t, f.view().asked.asker.calls)
		f.asks(t, opaque, token.ErrUnavailable)
		assert.Equal(t, 1, i.count())
	})
}
