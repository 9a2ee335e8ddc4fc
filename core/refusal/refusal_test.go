// SPDX-License-Identifier: Apache-2.0

package refusal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/explain"
	"ndoap/store"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// shelf is a store that keeps explanations in memory, or is in trouble.
type shelf struct {
	store.Explanations // none of its other methods is called

	kept    []store.Explanation
	commits int
	err     error
}

func (s *shelf) AddExplanations(_ context.Context, explanations ...store.Explanation) error {
	if s.err != nil {
		return s.err
	}
	s.kept = append(s.kept, explanations...)
	s.commits++
	return nil
}

type fixture struct {
	*Recorder
	shelf shelf
	now   time.Time
	log   strings.Builder
}

func newFixture() *fixture {
	f := &fixture{now: noon}
	log := slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f.Recorder = NewRecorder(&f.shelf, func() time.Time { return f.now }, log)
	return f
}

// refused records a refusal of a sender and returns nothing: whether it is recorded, Flush shows.
func (f *fixture) refused(sender string, rule explain.Rule, about explain.Token) {
	f.Record(store.Explanation{RequestID: NewID(), Address: sender}, &explain.Failure{Rule: rule, Found: "x", Token: about})
}

func TestNewID(t *testing.T) {
	one, other := NewID(), NewID()
	assert.Regexp(t, regexp.MustCompile(`^[a-z2-7]{16}$`), one)
	assert.NotEqual(t, one, other)
}

func TestWhatIsRecorded(t *testing.T) {
	f := newFixture()
	f.Record(store.Explanation{
		RequestID: "id", Method: "GET", Path: "/a\x1b[2Jb", Address: "192.0.2.7", Status: 401, Error: "invalid_token", Reason: "No.",
	}, &explain.Failure{
		Kind: errors.New("kind"), Rule: explain.Audience, Expected: "e", Found: "f\r\nSet-Cookie: x" + strings.Repeat("\u00e4", 1000), Remedy: "r",
		Token: explain.Token{Credential: explain.ProviderToken, Provider: "acme", Issuer: "iss", ClientID: "c", Claim: "sub", User: "u"},
	})
	f.Record(store.Explanation{RequestID: "id2"}, &explain.Failure{Rule: explain.Form, Found: "garbage"})
	assert.Empty(t, f.shelf.kept, "a request does not wait for the store")
	f.Flush(t.Context())
	require.Len(t, f.shelf.kept, 2)
	first := f.shelf.kept[0]
	assert.True(t, utf8.ValidString(first.Found))
	assert.Less(t, len(first.Found), 520)
	assert.True(t, strings.HasPrefix(first.Found, "f??Set-Cookie: x\u00e4"), first.Found)
	first.Found = ""
	assert.Equal(t, store.Explanation{
		RequestID: "id", At: noon, Method: "GET", Path: "/a?[2Jb", Address: "192.0.2.7", Credential: "identity provider", Provider: "acme",
		Issuer: "iss", ClientID: "c", Claim: "sub", User: "u", Status: 401, Error: "invalid_token", Reason: "No.", Rule: "aud", Expected: "e", Remedy: "r",
	}, first)
	assert.Equal(t, "none of these", f.shelf.kept[1].Credential)
	assert.Equal(t, 1, f.shelf.commits)
	f.Flush(t.Context())
	assert.Equal(t, 1, f.shelf.commits, "nothing is no reason to write")
}

// What strangers send does not hide what people with tokens of a trusted issuer ask about.
func TestAFloodIsBounded_B17(t *testing.T) {
	f := newFixture()
	for range 1000 {
		f.refused("", explain.Form, explain.Token{})
	}
	f.Flush(t.Context())
	assert.Len(t, f.shelf.kept, kind, "of one kind")
	for i := range 10_000 {
		f.refused(fmt.Sprintf("2001:db8:%x::1", i), explain.Signature, explain.Token{Provider: "acme"})
	}
	f.Flush(t.Context())
	assert.Len(t, f.shelf.kept, all, "of all that is not proven")
	f.refused("", explain.Audience, explain.Token{Provider: "acme", Proven: true})
	f.Flush(t.Context())
	require.Len(t, f.shelf.kept, all+1)
	assert.Equal(t, 1000-kind, f.shelf.kept[kind].Skipped)
	assert.Equal(t, 10_000-(all-kind), f.shelf.kept[all].Skipped, "what was left out is told once")
	f.now = f.now.Add(refill)
	f.refused("", explain.Form, explain.Token{})
	f.Flush(t.Context())
	assert.Len(t, f.shelf.kept, all+2, "after a while strangers are heard again")
	assert.Zero(t, f.shelf.kept[all+1].Skipped)
}

func TestOneSenderIsANetwork_B17(t *testing.T) {
	f := newFixture()
	for i := range 1000 {
		f.refused(fmt.Sprintf("2001:db8::%x", i), explain.Form, explain.Token{})
	}
	f.refused("192.0.2.7", explain.Form, explain.Token{})
	f.refused("", explain.Form, explain.Token{})
	f.Flush(t.Context())
	assert.Len(t, f.shelf.kept, kind+2)
}

// A background that hangs lets memory fill no further than a store in trouble does.
func TestWhatNobodyFlushesIsBounded_B17(t *testing.T) {
	f := newFixture()
	for range 5 {
		f.now = f.now.Add(refill)
		for i := range 1000 {
			f.refused(fmt.Sprintf("2001:db8:%x::1", i), explain.Form, explain.Token{})
		}
	}
	assert.Len(t, f.waiting, pending)
}

func TestTheConsoleIsToldOfAFlood(t *testing.T) {
	f := newFixture()
	flood := func() {
		for range kind + 7 {
			f.refused("", explain.Form, explain.Token{})
		}
		f.Flush(t.Context())
		f.Flush(t.Context())
	}
	flood()
	assert.Equal(t, 1, strings.Count(f.log.String(), "doapctl explain"))
	assert.Contains(t, f.log.String(), "not_recorded=7")
	f.log.Reset()
	flood()
	assert.Empty(t, f.log.String(), "not again within ten minutes")
	f.now = f.now.Add(sayEvery)
	f.Flush(t.Context())
	assert.Contains(t, f.log.String(), "not_recorded=67")
}

func TestAStoreInTroubleDelaysWhatIsRecorded(t *testing.T) {
	f := newFixture()
	f.shelf.err = errors.New("the disk is full")
	f.refused("", explain.Form, explain.Token{})
	f.Flush(t.Context())
	assert.Contains(t, f.log.String(), `level=WARN msg="why requests were refused could not be stored`)
	f.log.Reset()
	f.shelf.err = fmt.Errorf("locked: %w", store.ErrUnavailable)
	for i := range 3 {
		f.now = f.now.Add(refill)
		for j := range 10_000 {
			f.refused(fmt.Sprintf("2001:db8:%x::1", j), explain.Form, explain.Token{Proven: i == 1})
		}
		f.Flush(t.Context())
	}
	assert.NotContains(t, f.log.String(), `level=WARN msg="why`, "the store itself says so")
	assert.Len(t, f.waiting, pending, "and memory is bounded, too")
	f.shelf.err = nil
	f.refused("", explain.Form, explain.Token{})
	f.Flush(t.Context())
	assert.Len(t, f.shelf.kept, pending)
	f.now = f.now.Add(refill)
	f.refused("", explain.Form, explain.Token{})
	f.Flush(t.Context())
	skipped := 0
	for _, one := range f.shelf.kept {
		skipped += one.Skipped
	}
	assert.Equal(t, 30_000+3-len(f.shelf.kept), skipped, "everything is recorded or counted")
}
