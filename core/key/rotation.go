// SPDX-License-Identifier: Apache-2.0

package key

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"ndoap/core/config"
	"ndoap/store"
)

const (
	// overlap is how long a key verifies after its successor began to sign: as long as a token may live, and a little
	// for clocks that differ and for resource servers that keep the JWK Set for its five minutes.
	overlap = store.MaxAccessTokenLife + 15*time.Minute
	// horizon is how far ahead of its time, beyond the schedule, a key may have been made. One that lies further in
	// the future comes from a clock that was wrong, and nothing waits for it.
	horizon = time.Hour
)

// Rotation replaces the signing keys by the schedule of the configuration: the next key is published before it signs,
// and the one before it stops to verify when no token of it can be alive. Servers that share a store may all run it:
// the one whose transaction comes first makes the key.
type Rotation struct {
	Keys   store.Keys
	Config func() *config.Config
	Log    *slog.Logger
}

// Tick does what is due at now; mostly nothing, at the price of a look at the keys.
func (r *Rotation) Tick(ctx context.Context, now time.Time) error {
	schedule := r.Config().Keys
	present, err := r.Keys.ListKeys(ctx)
	if err != nil {
		return fmt.Errorf("look for signing keys to rotate: %w", err)
	}
	expected := plan(present, schedule, now)
	if expected.algorithm == "" && len(expected.retire) == 0 {
		return nil
	}
	var next store.Key
	if expected.algorithm != "" { // made here, because it takes longer than a transaction may
		if next, err = Generate(expected.algorithm, now); err != nil {
			return err
		}
		next.ActiveFrom = now.Add(schedule.PublishBefore)
	}
	var change store.KeyChange
	err = r.Keys.UpdateKeys(ctx, func(present []store.Key) (store.KeyChange, error) {
		due := plan(present, schedule, now)
		change = store.KeyChange{Retire: due.retire, At: now}
		if due.algorithm != "" && due.algorithm == next.Algorithm {
			change.Add = []store.Key{next}
		}
		change.Audit = events(change, now)
		return change, nil
	})
	if err != nil {
		return fmt.Errorf("rotate the signing keys: %w", err)
	}
	for _, made := range change.Add {
		r.Log.Info("the next signing key was made", "kid", made.ID, "alg", made.Algorithm,
			"signs from", made.ActiveFrom.UTC().Format(time.RFC3339))
	}
	for _, kid := range change.Retire {
		r.Log.Info("a signing key was retired", "kid", kid)
	}
	return nil
}

// events are what the audit trail keeps of a change.
func events(change store.KeyChange, now time.Time) (told []store.AuditEvent) {
	tell := func(detail string) {
		told = append(told, store.AuditEvent{
			At: now, Action: store.AuditKeyChanged, Outcome: store.AuditSuccess, Detail: detail + ", by schedule",
		})
	}
	for _, made := range change.Add {
		tell("made " + made.ID)
	}
	for _, kid := range change.Retire {
		tell("retired " + kid)
	}
	return told
}

// due is what a schedule demands of the keys at one moment.
type due struct {
	algorithm string   // of the next key; empty: none is needed
	retire    []string // kids
}

// plan decides what is due. Without a schedule, or without a key that was made or imported by hand, that is nothing.
func plan(keys []store.Key, schedule config.Keys, now time.Time) due {
	if schedule.RotateEvery <= 0 {
		return due{}
	}
	signing := signers(keys)
	if len(signing) == 0 {
		return due{}
	}
	slices.SortFunc(signing, latestFirst)
	current := signerAt(signing, activeFrom, now)
	var demanded due
	for i := current + 1; i < len(signing); i++ {
		if now.After(signing[i-1].ActiveFrom.Add(overlap)) {
			demanded.retire = append(demanded.retire, signing[i].ID)
		}
	}
	if isNextNeeded(signing, current, schedule, now) {
		demanded.algorithm = string(schedule.Algorithm)
	}
	return demanded
}

// isNextNeeded tells whether a key has to be made: the signer is near its end, has another algorithm than the
// configuration by now, or was made by a clock that was far ahead; and no other key waits to replace it.
func isNextNeeded(signing []store.Key, current int, schedule config.Keys, now time.Time) bool {
	latest := now.Add(schedule.PublishBefore + horizon)
	waits := slices.ContainsFunc(signing[:current], func(k store.Key) bool {
		return k.Algorithm == string(schedule.Algorithm) && !k.ActiveFrom.After(latest)
	})
	if waits {
		return false
	}
	signer := signing[current]
	return signer.Algorithm != string(schedule.Algorithm) ||
		!now.Before(signer.ActiveFrom.Add(schedule.RotateEvery-schedule.PublishBefore)) ||
		signer.ActiveFrom.After(latest)
}
