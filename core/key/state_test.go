// SPDX-License-Identifier: Apache-2.0

package key

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"ndoap/core/config"
	"ndoap/store"
)

func TestStates(t *testing.T) {
	private := []byte("private")
	keys := []store.Key{
		{ID: "long gone", RetiredAt: noon.Add(-90 * day), ActiveFrom: noon.Add(-200 * day)},
		{ID: "old", PrivatePEM: private, ActiveFrom: noon.Add(-90 * day)},
		{ID: "imported", ActiveFrom: noon.Add(-time.Hour)},
		{ID: "next", PrivatePEM: private, ActiveFrom: noon.Add(time.Hour)},
		{ID: "signer", PrivatePEM: private, ActiveFrom: noon},
		{ID: "stolen", RetiredAt: noon.Add(-day), ActiveFrom: noon.Add(-300 * day)},
	}
	schedule := config.Keys{RotateEvery: 90 * day, PublishBefore: day}
	type line struct {
		id  string
		use Use
		at  time.Time
	}
	read := func(schedule config.Keys, now time.Time, keys ...store.Key) (lines []line) {
		for _, state := range States(keys, schedule, now) {
			lines = append(lines, line{state.ID, state.Use, state.At})
		}
		return lines
	}
	assert.Equal(t, []line{
		{"next", Waits, noon.Add(time.Hour)},
		{"signer", Signs, time.Time{}},
		{"imported", Verifies, time.Time{}},
		{"old", Verifies, noon.Add(overlap)},
		{"stolen", Retired, noon.Add(-day)},
		{"long gone", Retired, noon.Add(-90 * day)},
	}, read(schedule, noon, keys...))
	assert.Equal(t, []line{
		{"next", Signs, time.Time{}},
		{"signer", Verifies, noon.Add(time.Hour + overlap)},
		{"imported", Verifies, time.Time{}},
		{"old", Verifies, noon.Add(overlap)},
	}, read(schedule, noon.Add(time.Hour), keys...)[:4])
	assert.Equal(t, line{"old", Verifies, time.Time{}}, read(config.Keys{}, noon, keys...)[3], "nothing is retired without a schedule")
	assert.Equal(t, []line{{"next", Signs, time.Time{}}}, read(schedule, noon, keys[3]), "it is the only one")
	assert.Empty(t, read(schedule, noon))
}
