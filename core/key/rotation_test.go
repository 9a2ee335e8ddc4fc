// SPDX-License-Identifier: Apache-2.0

package key

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/store"
	"ndoap/store/sqlite"
	"ndoap/store/storetest"
)

const day = 24 * time.Hour

// house is a store of keys, a schedule and a clock.
type house struct {
	drawer

	schedule config.Keys
	now      time.Time
	log      bytes.Buffer
	audit    []store.AuditEvent
}

// UpdateKeys implements store.Keys as a real store does it.
func (h *house) UpdateKeys(_ context.Context, change func([]store.Key) (store.KeyChange, error)) error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	changes, err := change(slices.Clone(h.keys))
	if err != nil {
		return err
	}
	h.keys = append(h.keys, changes.Add...)
	for i, k := range h.keys {
		if slices.Contains(changes.Retire, k.ID) {
			h.keys[i].PrivatePEM, h.keys[i].RetiredAt = nil, changes.At
		}
	}
	h.audit = append(h.audit, changes.Audit...)
	h.generation.Add(1)
	return nil
}

// newHouse has one key, which signs since noon, and the schedule of a configuration that says nothing. Ed25519 keys
// are made in no time.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{now: noon, schedule: config.Keys{Algorithm: config.EdDSA, RotateEvery: 90 * day, PublishBefore: day}}
	h.add(t, EdDSA, noon)
	return h
}

func (h *house) add(t *testing.T, algorithm string, from time.Time) store.Key {
	t.Helper()
	made, err := Generate(algorithm, from)
	require.NoError(t, err)
	require.NoError(t, h.AddKey(t.Context(), made))
	return made
}

func (h *house) rotation() *Rotation {
	return &Rotation{
		Keys:   h,
		Config: func() *config.Config { return &config.Config{Keys: h.schedule} },
		Log:    slog.New(slog.NewTextHandler(&h.log, nil)),
	}
}

// tick sets the clock and runs the rotation.
func (h *house) tick(t *testing.T, at time.Time) {
	t.Helper()
	h.now = at
	require.NoError(t, h.rotation().Tick(t.Context(), at))
}

func (h *house) set(t *testing.T) *Set {
	t.Helper()
	set, err := newSet(h.keys)
	require.NoError(t, err)
	return set
}

// signer is the kid of the key that signs now.
func (h *house) signer(t *testing.T) string {
	t.Helper()
	kid, _, _, ok := h.set(t).Signer(h.now)
	require.True(t, ok, "there is always a key to sign with")
	return kid
}

func TestKeysAreRotatedBySchedule_A37(t *testing.T) {
	h := newHouse(t)
	first := h.keys[0]
	h.tick(t, noon.Add(89*day-time.Second))
	require.Len(t, h.keys, 1, "nothing is due")
	require.Empty(t, h.log.String())

	h.tick(t, noon.Add(89*day))
	require.Len(t, h.keys, 2)
	second := h.keys[1]
	assert.Equal(t, noon.Add(90*day), second.ActiveFrom)
	assert.Contains(t, string(h.set(t).JWKS()), second.ID, "the next key is published")
	assert.Equal(t, first.ID, h.signer(t), "before it signs")
	assert.Contains(t, h.log.String(), `msg="the next signing key was made" kid=`+second.ID+` alg=EdDSA "signs from"=2026-09-29T12:00:00Z`)

	h.tick(t, second.ActiveFrom.Add(-time.Second))
	assert.Equal(t, first.ID, h.signer(t))
	h.tick(t, second.ActiveFrom)
	assert.Equal(t, second.ID, h.signer(t), "it takes its turn on the second")
	assert.Len(t, h.keys, 2)

	h.tick(t, second.ActiveFrom.Add(store.MaxAccessTokenLife+15*time.Minute))
	_, _, verifies := h.set(t).Public(first.ID)
	assert.True(t, verifies, "tokens of the old key may be alive")
	assert.NotEmpty(t, h.keys[0].PrivatePEM)

	h.tick(t, second.ActiveFrom.Add(store.MaxAccessTokenLife+15*time.Minute+1))
	_, _, verifies = h.set(t).Public(first.ID)
	assert.False(t, verifies, "none is")
	assert.NotContains(t, string(h.set(t).JWKS()), first.ID)
	assert.Empty(t, h.keys[0].PrivatePEM, "the private part is erased")
	assert.Contains(t, h.log.String(), `msg="a signing key was retired" kid=`+first.ID)

	require.Len(t, h.audit, 2)
	assert.Equal(t, "made "+second.ID+", by schedule", h.audit[0].Detail)
	assert.Equal(t, "retired "+first.ID+", by schedule", h.audit[1].Detail)
	assert.Equal(t, store.AuditKeyChanged, h.audit[1].Action)
}

// A year of ticks: a key never verifies less than the life of a token after its last signature, and there are never
// more keys than the schedule needs.
func TestAYearOfRotation_A37(t *testing.T) {
	h := newHouse(t)
	h.schedule.RotateEvery = 7 * day
	lastSigned := map[string]time.Time{}
	for at := noon; at.Before(noon.Add(365 * day)); at = at.Add(3 * time.Hour) {
		h.tick(t, at)
		set := h.set(t)
		lastSigned[h.signer(t)] = at
		for kid, signed := range lastSigned {
			if !at.After(signed.Add(store.MaxAccessTokenLife)) {
				_, _, verifies := set.Public(kid)
				require.True(t, verifies, "%s at %s", kid, at)
			}
		}
		require.LessOrEqual(t, len(set.public), 3)
	}
	assert.Len(t, lastSigned, 53)
}

func TestKeysOfAFastScheduleGoOneByOne(t *testing.T) {
	h := newHouse(t)
	h.schedule.RotateEvery, h.schedule.PublishBefore = 2*time.Hour, time.Hour
	for at := noon; at.Before(noon.Add(5 * day)); at = at.Add(10 * time.Minute) {
		h.tick(t, at)
		require.LessOrEqual(t, len(h.set(t).public), 16, "those of the last day, the next one and the one before")
	}
}

func TestAnotherAlgorithmIsAnotherKey(t *testing.T) {
	h := newHouse(t)
	h.schedule.Algorithm = config.ES256
	h.tick(t, noon.Add(time.Hour))
	require.Len(t, h.keys, 2)
	assert.Equal(t, ES256, h.keys[1].Algorithm)
	assert.Equal(t, noon.Add(25*time.Hour), h.keys[1].ActiveFrom)
	h.tick(t, noon.Add(2*time.Hour))
	require.Len(t, h.keys, 2, "one is enough")

	h.schedule.Algorithm = config.RS256 // changed again, before that key signs
	h.tick(t, noon.Add(3*time.Hour))
	require.Len(t, h.keys, 3)
	h.tick(t, noon.Add(28*time.Hour))
	_, alg, _, _ := h.set(t).Signer(h.now)
	assert.Equal(t, RS256, alg)
	h.tick(t, noon.Add(60*time.Hour))
	assert.Len(t, h.set(t).public, 1, "both others have gone")
}

func TestWhatTheScheduleLeavesAlone(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, h *house){
		"no schedule":           func(_ *testing.T, h *house) { h.schedule.RotateEvery = 0 },
		"no key":                func(_ *testing.T, h *house) { h.keys = nil },
		"keys that only verify": func(_ *testing.T, h *house) { h.keys[0].PrivatePEM = nil },
		"retired keys": func(_ *testing.T, h *house) {
			h.keys[0].RetiredAt = noon // whatever else its record says
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.add(t, EdDSA, noon.Add(-10*day))
			prepare(t, h)
			h.keys = h.keys[:min(len(h.keys), 1)]
			before := slices.Clone(h.keys)
			h.tick(t, noon.Add(1000*day))
			assert.Equal(t, before, h.keys)
			assert.Empty(t, h.log.String())
		})
	}
	h := newHouse(t)
	imported := h.add(t, RS256, noon.Add(-100*day))
	h.keys[1].PrivatePEM = nil
	for at := noon; at.Before(noon.Add(365 * day)); at = at.Add(3 * time.Hour) {
		h.tick(t, at)
	}
	_, _, verifies := h.set(t).Public(imported.ID)
	assert.True(t, verifies, "an imported key that only verifies is the administrator's business")
}

func TestAKeyMadeByHandTakesOver(t *testing.T) {
	h := newHouse(t)
	byHand := h.add(t, EdDSA, noon.Add(10*day))
	h.tick(t, noon.Add(10*day))
	assert.Equal(t, byHand.ID, h.signer(t))
	require.Len(t, h.keys, 2)
	h.tick(t, noon.Add(12*day))
	assert.Len(t, h.set(t).public, 1, "the one before it has gone")
	h.tick(t, noon.Add(98*day))
	require.Len(t, h.keys, 2)
	h.tick(t, noon.Add(99*day))
	require.Len(t, h.keys, 3, "its own 90 days count")
}

// A server that stood still for a year publishes the next key first all the same.
func TestALateTickPublishesFirst_A37(t *testing.T) {
	h := newHouse(t)
	first := h.signer(t)
	h.tick(t, noon.Add(365*day))
	require.Len(t, h.keys, 2)
	assert.Equal(t, first, h.signer(t))
	assert.Equal(t, noon.Add(366*day), h.keys[1].ActiveFrom)
}

func TestAWrongClockLosesNoSigner(t *testing.T) {
	for name, wrong := range map[string]time.Time{
		"a year ahead":    noon.Add(365 * day),
		"a century ahead": noon.Add(36500 * day),
		"a year behind":   noon.Add(-365 * day),
		"at the epoch":    time.Unix(0, 0),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for at := wrong; at.Before(wrong.Add(5 * day)); at = at.Add(time.Hour) {
				h.tick(t, at)
				h.signer(t)
			}
			made := len(h.keys)
			// The clock is right again: the schedule goes on, and does not run away.
			for at := noon.Add(day); at.Before(noon.Add(200 * day)); at = at.Add(12 * time.Hour) {
				h.tick(t, at)
				h.signer(t)
			}
			assert.LessOrEqual(t, len(h.keys)-made, 4)
			at := slices.IndexFunc(h.keys, func(k store.Key) bool { return k.ID == h.signer(t) })
			assert.WithinRange(t, h.keys[at].ActiveFrom, h.now.Add(-91*day), h.now)
		})
	}
}

func TestServersThatShareAStoreMakeOneKey_A37(t *testing.T) {
	h := newHouse(t)
	path := filepath.Join(storetest.TempDir(t), "doap.db")
	logs := make([]bytes.Buffer, 4)
	stores := make([]*sqlite.Store, len(logs))
	for i := range stores {
		var err error
		stores[i], err = sqlite.Create(path, sqlite.Options{BusyTimeout: time.Minute})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, stores[i].Close()) })
	}
	require.NoError(t, stores[0].AddKey(t.Context(), h.keys[0]))
	var servers sync.WaitGroup
	for i, shared := range stores {
		servers.Go(func() {
			r := h.rotation()
			r.Keys, r.Log = shared, slog.New(slog.NewTextHandler(&logs[i], nil))
			assert.NoError(t, r.Tick(context.Background(), noon.Add(89*day)))
		})
	}
	servers.Wait()
	keys, err := stores[0].ListKeys(t.Context())
	require.NoError(t, err)
	assert.Len(t, keys, 2)
	told := 0
	for i := range logs {
		told += bytes.Count(logs[i].Bytes(), []byte("the next signing key was made"))
	}
	assert.Equal(t, 1, told, "the server that made it says so")
	events, err := stores[0].QueryAudit(t.Context(), store.AuditFilter{Action: store.AuditKeyChanged})
	require.NoError(t, err)
	require.Len(t, events, 1)
	assert.Equal(t, "made "+keys[0].ID+", by schedule", events[0].Detail)
}

func TestAFailedRotationChangesNothing(t *testing.T) {
	h := newHouse(t)
	h.fault = errors.Join(store.ErrUnavailable, errors.New("disk on fire"))
	err := h.rotation().Tick(t.Context(), noon.Add(89*day))
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.Len(t, h.keys, 1)
	assert.Empty(t, h.log.String())
}
