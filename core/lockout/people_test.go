// SPDX-License-Identifier: Apache-2.0

package lockout

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

const anna, bert = "CN=Anna Berg/OU=Sales/O=Acme", "CN=Bert/O=Acme"

// from is the nth of many addresses.
func from(n int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("203.0.%d.%d", n/250, n%250+1)) }

func TestPeopleAreLockedWhereTheyFail_A60(t *testing.T) {
	f := newFixture(t)
	people := f.People()
	for range 9 {
		people.Failed(t.Context(), anna, attacker)
	}
	assert.False(t, people.Locked(anna, attacker), "not yet")
	people.Failed(t.Context(), anna, attacker)
	assert.True(t, people.Locked(anna, attacker))
	assert.False(t, people.Locked(anna, owner), "she can log in elsewhere")
	assert.False(t, people.Locked(bert, attacker), "and others there")
	assert.False(t, f.isLocked("anna", attacker), "clients are another matter")

	listed, err := f.store.ListLockouts(t.Context())
	require.NoError(t, err)
	require.Len(t, listed, 1)
	assert.Equal(t, anna, listed[0].Subject)
	assert.Equal(t, "192.0.2.66", listed[0].Address)
	assert.True(t, listed[0].Until.Equal(noon.Add(5*time.Minute)))
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{User: anna})
	require.NoError(t, err)
	details := map[string]string{}
	for _, event := range events {
		assert.Equal(t, store.AuditFailure, event.Outcome)
		assert.Empty(t, event.ClientID)
		assert.Equal(t, "192.0.2.66", event.Address)
		details[string(event.Action)] = event.Detail
	}
	assert.Equal(t, map[string]string{"login": "wrong password", "lockout": "10 failures; locked for 5m0s; 8 refusals before it were not recorded"}, details)
	assert.Contains(t, f.log.String(), "a person is locked out of the login")

	_, err = f.store.LiftLockouts(t.Context(), anna)
	require.NoError(t, err)
	assert.False(t, people.Locked(anna, attacker), "lifted")
	people.Failed(t.Context(), anna, attacker)
	assert.False(t, people.Locked(anna, attacker), "and counted anew")
}

// Few passwords from each of many addresses lock the person for all of them.
func TestGuessesFromManyAddresses_A60(t *testing.T) {
	f := newFixture(t)
	people := f.People()
	for n := range 99 {
		people.Failed(t.Context(), anna, from(n/2))
	}
	people.Succeeded(anna, owner)
	assert.False(t, people.Locked(anna, owner), "not yet")
	people.Failed(t.Context(), anna, from(100))
	assert.True(t, people.Locked(anna, owner), "her own success has not made room for more guesses")
	assert.True(t, people.Locked(anna, from(1)))
	assert.False(t, people.Locked(bert, from(1)))
	listed, err := f.store.ListLockouts(t.Context())
	require.NoError(t, err)
	require.Len(t, listed, 1)
	assert.Equal(t, store.Everywhere, listed[0].Address)
	assert.Equal(t, 100, listed[0].Failures)
	f.now = f.now.Add(5 * time.Minute)
	assert.False(t, people.Locked(anna, owner), "it ends")
}

// Guesses that are sent at once were all under way when the first of them locked the address. None of the others could
// log anybody in any more, so that none counts towards locking the person everywhere: that takes ten addresses.
func TestGuessesAtOnceLockNobodyOutEverywhere_A60(t *testing.T) {
	f := newFixture(t)
	people := f.People()
	for n := range 9 {
		for range 60 {
			people.Failed(t.Context(), anna, from(n))
		}
		assert.True(t, people.Locked(anna, from(n)))
	}
	assert.False(t, people.Locked(anna, owner), "nine addresses")
	for range 60 {
		people.Failed(t.Context(), anna, from(9))
	}
	assert.True(t, people.Locked(anna, owner), "ten")
	listed, err := f.store.ListLockouts(t.Context())
	require.NoError(t, err)
	assert.Len(t, listed, 11, "one of each address, and one of all")
}

// Failures that come at once are counted in another order than that in which they read the clock.
func TestDisorderForgetsNoFailure_A60(t *testing.T) {
	f := newFixture(t)
	people := f.People()
	for range 10 {
		people.Failed(t.Context(), anna, attacker)
		f.fail(t, 1, "app", attacker)
		f.now = f.now.Add(-time.Microsecond)
	}
	assert.True(t, people.Locked(anna, attacker))
	assert.True(t, f.isLocked("app", attacker))
}

func TestWhoSucceedsIsForgiven(t *testing.T) {
	f := newFixture(t)
	people := f.People()
	for range 3 {
		for range 9 {
			people.Failed(t.Context(), anna, attacker)
		}
		people.Succeeded(anna, attacker)
	}
	assert.False(t, people.Locked(anna, attacker))
}

// A name that nobody has may be a password in the wrong field: it is counted, and told nowhere.
func TestNamesThatNobodyHas_A49_A60(t *testing.T) {
	f := newFixture(t)
	people, subject := f.People(), Stranger("s3cret-pw")
	assert.NotContains(t, subject, "s3cret")
	for range 10 {
		require.False(t, people.Locked(subject, attacker))
		people.Failed(t.Context(), subject, attacker)
	}
	assert.True(t, people.Locked(subject, attacker))
	assert.False(t, people.Locked(subject, owner))
	assert.False(t, people.Locked(Stranger("another"), attacker))
	for n := range 100 {
		people.Failed(t.Context(), subject, from(n))
	}
	assert.False(t, people.Locked(subject, owner), "there is nobody to protect")
	listed, err := f.store.ListLockouts(t.Context())
	require.NoError(t, err)
	assert.Empty(t, listed, "made-up names cost no disk")
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{Address: "192.0.2.66"})
	require.NoError(t, err)
	require.NotEmpty(t, events)
	for _, event := range events {
		assert.Empty(t, event.User)
		assert.Contains(t, event.Detail, "name that no one person has: ")
	}
	assert.Contains(t, f.log.String(), "an address is locked out for a name that no one person has")
	assert.NotContains(t, f.log.String(), "s3cret")
}

// Nobody makes the server forget the failures of clients by failing as a person, or the other way round.
func TestPeopleAndClientsAreCountedApart_A60(t *testing.T) {
	f := newFixture(t)
	f.fail(t, 9, "app", attacker)
	people := f.People()
	for n := range kept {
		people.guard.count(pair{anna, from(n % 60_000).String()}, 10, time.Minute, f.now)
	}
	assert.Equal(t, 1, f.clients.Len())
	assert.Equal(t, kept, f.people.Len())
	f.fail(t, 1, "app", attacker)
	assert.True(t, f.isLocked("app", attacker))
}
