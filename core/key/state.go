// SPDX-License-Identifier: Apache-2.0

package key

import (
	"cmp"
	"slices"
	"time"

	"ndoap/core/config"
	"ndoap/store"
)

// Use is what a key is for at one moment.
type Use string

// The uses, in the order of a key's life.
const (
	Waits    Use = "next" // published, and signs later
	Signs    Use = "signs"
	Verifies Use = "verifies"
	Retired  Use = "retired"
)

// State is a key at one moment.
type State struct {
	store.Key

	Use Use
	// At is when a key that waits begins to sign, when one that verifies will be retired (zero: never by itself), or
	// when one was retired.
	At time.Time
}

// States tells for an administrator what the keys are for at now, as a schedule has it: the latest first, retired ones
// at the end.
func States(keys []store.Key, schedule config.Keys, now time.Time) []State {
	ordered := slices.SortedFunc(slices.Values(keys), func(a, b store.Key) int {
		if a.RetiredAt.IsZero() != b.RetiredAt.IsZero() {
			return a.RetiredAt.Compare(b.RetiredAt) // the zero time is before all others
		}
		return cmp.Or(b.RetiredAt.Compare(a.RetiredAt), latestFirst(a, b))
	})
	signing := signers(ordered)
	current := ""
	if len(signing) > 0 {
		current = signing[signerAt(signing, activeFrom, now)].ID
	}
	states := make([]State, 0, len(ordered))
	successor := store.Key{}
	passed := false // the one that signs
	for _, k := range ordered {
		state := State{Key: k, Use: Verifies}
		switch {
		case !k.RetiredAt.IsZero():
			state.Use, state.At = Retired, k.RetiredAt
		case len(k.PrivatePEM) == 0:
		case k.ID == current:
			state.Use, passed = Signs, true
		case !passed:
			state.Use, state.At = Waits, k.ActiveFrom
		case schedule.RotateEvery > 0:
			state.At = successor.ActiveFrom.Add(overlap)
		}
		if len(k.PrivatePEM) > 0 {
			successor = k
		}
		states = append(states, state)
	}
	return states
}

// signers are the keys that sign or may sign some day, in their order.
func signers(keys []store.Key) []store.Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k store.Key) bool {
		return len(k.PrivatePEM) == 0 || !k.RetiredAt.IsZero()
	})
}

func activeFrom(k store.Key) time.Time { return k.ActiveFrom }
