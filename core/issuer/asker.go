// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"ndoap/core/explain"
	"ndoap/core/token"
)

// What asking a provider may cost. The requests that wait are threads of Domino's HTTP task, of which there are 40 unless
// configured otherwise: a fifth of them may wait, and only so long that a person does not notice.
const (
	MaxWait    = 2 * time.Second // of a request, and of a call to the provider
	MaxWaiting = 8               // requests
	MaxCalls   = 4               // to the provider at once
	Pause      = 5 * time.Second // after a failure, before the provider is asked again

	// Places that tokens do not get which nobody has seen good yet, so that a flood of made-up ones leaves some.
	reservedWaiting = 2
	reservedCalls   = 1

	inactiveKept = 10 * time.Second
	oddPause     = time.Minute // between two lines on the console that whoever makes tokens up can cause
	mostActive   = 5000
	mostInactive = 1000 // apart from the others: made-up tokens do not push out good ones
)

// asker asks one provider about tokens, remembers its answers, and keeps it from holding up this server.
type asker struct {
	mu       sync.Mutex
	active   map[tokenHash]answer
	inactive map[tokenHash]answer
	calls    map[tokenHash]*call
	waiting  int
	failure  error     // the last, until the provider answers again; nil: it does
	silent   time.Time // when it last was to be left alone; zero: it answers
	unsaid   error     // what the failure was when it was last said on the console
	odd      error     // a failure that a token may have caused, to be said
	oddSaid  time.Time // when such a one was said last
}

type tokenHash [sha256.Size]byte

// answer is what a provider said about a token.
type answer struct {
	claims  map[string]any // of an active one
	err     error          // of any other
	askedAt time.Time
}

// call is a request to the provider under way.
type call struct {
	done chan struct{} // closed when it is over
	got  answer
}

func newAsker() *asker {
	return &asker{active: map[tokenHash]answer{}, inactive: map[tokenHash]answer{}, calls: map[tokenHash]*call{}}
}

// ask returns what the provider says about a token, from memory or by a call in the background that it waits for.
func (t *Table) ask(p *provider, text string) (map[string]any, error) {
	hash := tokenHash(sha256.Sum256([]byte(text)))
	if known, found := p.asker.recall(hash, t.Now(), p.settings.Introspection.Cache); found {
		return known.claims, known.err
	}
	awaited, err := t.await(p, hash, text)
	if err != nil {
		return nil, err
	}
	defer p.asker.leave()
	limit := time.NewTimer(MaxWait)
	defer limit.Stop()
	select {
	case <-awaited.done:
		return awaited.got.claims, awaited.got.err
	case <-limit.C: // a call ends by itself, unless a disk holds it
		p.asker.fail(errLate, t.Now())
		return nil, unavailable(errLate)
	}
}

var errLate = fmt.Errorf("it has not answered within %s", MaxWait)

// recall returns an answer that still counts.
func (a *asker) recall(hash tokenHash, now time.Time, activeKept time.Duration) (answer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, found := a.active[hash]; found && within(now, known.askedAt, activeKept) {
		return known, true
	}
	known, found := a.inactive[hash]
	kept := inactiveKept
	if errors.Is(known.err, token.ErrUnavailable) {
		kept = Pause
	}
	return known, found && within(now, known.askedAt, kept)
}

// await takes one of the places for requests that wait, and returns the call for the token, which it begins unless one is
// under way. It refuses at once when there is no place, or when the provider has just failed.
func (t *Table) await(p *provider, hash tokenHash, text string) (*call, error) {
	a, now := p.asker, t.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	waiting, calls := MaxWaiting, MaxCalls
	if _, wasGood := a.active[hash]; !wasGood {
		waiting, calls = waiting-reservedWaiting, calls-reservedCalls
	}
	if !a.silent.IsZero() {
		calls = 1 // which tells whether it answers again
	}
	underWay := a.calls[hash]
	switch {
	case !a.silent.IsZero() && within(now, a.silent, Pause):
		return nil, unavailable(fmt.Errorf("it failed at %s, and is asked again after %s: %w", stamp(a.silent), Pause, a.failure))
	case a.waiting >= waiting:
		return nil, unavailable(fmt.Errorf("%d requests wait for its answers already", a.waiting))
	case underWay == nil && len(a.calls) >= calls:
		return nil, unavailable(fmt.Errorf("it is asked about %d other tokens already", len(a.calls)))
	case underWay == nil:
		underWay = &call{done: make(chan struct{})}
		if !t.start("a question to the identity provider "+p.settings.Name, func(ctx context.Context) { t.carryOut(ctx, p, hash, text, underWay) }) {
			return nil, unavailable(errors.New("the server starts or stops"))
		}
		a.calls[hash] = underWay
	}
	a.waiting++
	return underWay, nil
}

func (a *asker) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting--
}

// start runs work in the background until the context of Refresh ends; false when that has not begun, or has ended.
func (t *Table) start(name string, work func(context.Context)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.life == nil || t.life.Err() != nil {
		return false
	}
	life := t.life
	t.running.Go(name, func() { work(life) })
	return true
}

// carryOut makes a call and tells those who wait for it.
func (t *Table) carryOut(ctx context.Context, p *provider, hash tokenHash, text string, of *call) {
	of.got = answer{askedAt: t.Now(), err: unavailable(errors.New("a defect in ndoap"))}
	defer func() {
		if problem := recover(); problem != nil {
			t.Log.Error("a defect in ndoap was contained; please report this line", "provider", p.settings.Name,
				"panic", problem, "stack", string(debug.Stack()))
		}
		if ctx.Err() == nil {
			p.asker.remember(hash, of.got, t.Now())
			t.report(p)
		}
		p.asker.end(hash)
		close(of.done)
	}()
	limited, cancel := context.WithTimeout(ctx, MaxWait)
	defer cancel()
	of.got.claims, of.got.err = t.introspect(limited, p, text)
}

func (a *asker) end(hash tokenHash) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.calls, hash)
}

// remember keeps an answer, or that there was none. When there is no place, any other answer of its kind gives way. An answer
// about an active token stays after its time, to tell that the token was a good one.
func (a *asker) remember(hash tokenHash, got answer, now time.Time) {
	failed, _ := errors.AsType[*explain.Failure](got.err)
	isFailure := failed != nil && errors.Is(failed, token.ErrUnavailable)
	if isFailure && !isPerhapsAboutToken(failed.Cause) {
		a.fail(failed.Cause, now)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failure, a.silent = nil, time.Time{}
	if isFailure {
		a.odd = failed.Cause
	} else {
		delete(a.active, hash)
	}
	answers, most := a.active, mostActive
	delete(a.inactive, hash)
	if got.err != nil {
		answers, most = a.inactive, mostInactive
	}
	for other := range answers {
		if len(answers) < most {
			break
		}
		delete(answers, other)
	}
	answers[hash] = got
}

// fail notes that the provider did not answer, and is to be left alone.
func (a *asker) fail(err error, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failure, a.silent = err, now
}

// report says on the console, once for each cause, when a provider fails and when it answers again.
func (t *Table) report(p *provider) {
	a := p.asker
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.failure == nil && a.unsaid != nil:
		t.Log.Info("an identity provider answers again about tokens that are no JWTs", "provider", p.settings.Name)
	case a.failure != nil && (a.unsaid == nil || a.unsaid.Error() != a.failure.Error()):
		t.Log.Warn("an identity provider cannot be asked about tokens that are no JWTs, which are refused meanwhile",
			"provider", p.settings.Name, "err", a.failure)
	}
	a.unsaid = a.failure
	if now := t.Now(); a.odd != nil && !within(now, a.oddSaid, oddPause) {
		t.Log.Warn("an identity provider answers about a token that is no JWT as if it failed; the token is refused",
			"provider", p.settings.Name, "err", a.odd)
		a.oddSaid = now
	}
	a.odd = nil
}

// unavailable refuses a token because the provider could not be asked.
func unavailable(cause error) error {
	return &explain.Failure{
		Kind: token.ErrUnavailable, Rule: explain.Active, Found: "that the provider cannot be asked: " + cause.Error(), Cause: cause,
		Remedy: "the console says so once for each cause, and when the provider answers again",
	}
}
