// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/audit"
	"ndoap/core/web"
	"ndoap/store"
)

// TestRefusalsAreRecorded has what somebody tried in vain, once a minute for each client, user and address, and nothing
// that the sender made up.
func TestRefusalsAreRecorded_A60_B16(t *testing.T) {
	f := newFixture(t)
	f.auth.Recorder = audit.NewRecorder(f.store, func() time.Time { return f.now }, f.auth.Log)
	send := func(user, client string, changes ...string) web.Response {
		return f.send(f.auth, user, &web.Request{
			Method: http.MethodGet, Path: authPath, RawQuery: parameters(client, changes...).Encode(),
			Peer: netip.MustParseAddr("192.0.2.7"),
		}, nil)
	}
	for range 3 {
		f.onPage(send("", "a-secret-in-the-wrong-place"), http.StatusBadRequest, "not registered")
		f.onPage(send(ada, "trusted", "redirect_uri", "https://evil.example/"), http.StatusBadRequest, "")
		f.redirected(send(bert, "trusted", "response_type", "token"), http.StatusFound, callback)
	}
	events := f.audited()
	require.Len(t, events, 3)
	for _, event := range events {
		assert.Equal(t, store.AuditRequestRefused, event.Action)
		assert.Equal(t, store.AuditFailure, event.Outcome)
		assert.Equal(t, "192.0.2.7", event.Address)
		assert.NotContains(t, event.Detail, "wrong-place")
	}
	assert.Equal(t, []string{"trusted", "trusted", ""}, []string{events[0].ClientID, events[1].ClientID, events[2].ClientID})
	assert.Equal(t, []string{bert, ada, ""}, []string{events[0].User, events[1].User, events[2].User})
	assert.Contains(t, events[0].Detail, "unsupported_response_type: ")

	f.auth.Limit = func(string) (time.Duration, bool) { return time.Second, false }
	f.now = f.now.Add(time.Minute)
	f.onPage(send(ada, "trusted"), http.StatusTooManyRequests, "too often")
	assert.Len(t, f.audited(), 3, "the limiter records its own")
}
