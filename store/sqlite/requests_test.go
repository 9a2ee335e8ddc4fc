// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// A flood of requests that nobody logs in for is said, and does not reach the console itself.
func TestRequestsThatGiveWayAreSaidOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := create(t, Options{
		Log: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now },
	})
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
	flood := func(name string) {
		for i := range 5 {
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), store.AuthorizationRequest{
				IDHash: fmt.Sprint(name, i), ClientID: "app", ExpiresAt: now.Add(time.Hour),
			}, 2))
		}
	}
	said := func() int { return strings.Count(log.String(), "the oldest give way") }
	require.NoError(t, s.AddAuthorizationRequest(t.Context(), store.AuthorizationRequest{
		IDHash: "only", ClientID: "app", ExpiresAt: now.Add(time.Hour),
	}, 2))
	assert.Zero(t, said())
	flood("a")
	assert.Equal(t, 1, said())
	now = now.Add(time.Minute)
	flood("b")
	assert.Equal(t, 2, said())
}
