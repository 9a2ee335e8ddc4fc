// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/apikey"
	"ndoap/core/coretest"
	"ndoap/core/directory"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// elsewhere opens the database of a running instance as another process would.
func elsewhere(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	database, err := sqlite.Open(filepath.Join(dir, "doap.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })
	return database
}

// stopped opens an instance whose goroutine has ended, so that the test alone does its upkeep.
func stopped(t *testing.T, dir string) (*Bridge, *instance) {
	t.Helper()
	library := open(t, dir)
	running := library.instance.Load()
	running.cancel()
	running.done.Wait()
	library.console.take()
	return library, running
}

// post is POST in DSAPI.
const post = 3

func event(at time.Time, address string) store.AuditEvent {
	return store.AuditEvent{
		At: at, Action: store.AuditUserRevoked, Outcome: store.AuditSuccess, User: "notes", Address: address, Detail: "CN=Anna Berg/O=Acme",
	}
}

func TestSweepKeepsToTheRetention(t *testing.T) {
	dir := dataDirectory(t)
	configure(t, dir, `{"issuer": "`+issuer+`", "audit": {"retention": "2d"}}`)
	_, running := stopped(t, dir)
	now := time.Now()
	require.NoError(t, running.store.AppendAudit(t.Context(), event(now.Add(-49*time.Hour), "old"), event(now.Add(-47*time.Hour), "young")))
	code := store.Code{Hash: "h", ClientID: "c1", User: "CN=Anna Berg/O=Acme", ExpiresAt: now.Add(-time.Second)}
	require.NoError(t, running.store.AddCode(t.Context(), code))

	running.sweep(t.Context(), now)
	events, err := running.store.QueryAudit(t.Context(), store.AuditFilter{})
	require.NoError(t, err)
	require.Len(t, events, 1)
	assert.Equal(t, "young", events[0].Address)
	err = running.store.RedeemCode(t.Context(), "h", func(store.Code) (store.Purchase, error) { return store.Purchase{}, nil })
	require.ErrorIs(t, err, store.ErrNotFound, "the expired code went as well")
}

func TestTroubleOfTheSweepIsLeftToTheStore(t *testing.T) {
	library, running := stopped(t, dataDirectory(t))
	require.NoError(t, running.store.Close())
	running.sweep(t.Context(), time.Now())
	running.announce(t.Context())
	assert.Empty(t, library.console.take())
}

// When an API key was used last is in the store a minute later, and at the latest when the instance stops.
func TestTheUseOfAPIKeysIsStored(t *testing.T) {
	dir := dataDirectory(t)
	other := elsewhere(t, dir)
	secret := apikey.New()
	key := store.APIKey{ID: "k1", Hash: secret.Hash(), Kind: store.PersonKey, User: "CN=Anna Berg/O=Acme", Label: "a", Scope: "domino"}
	require.NoError(t, other.AddAPIKey(t.Context(), key, 0))
	lastUse := func() time.Time {
		keys, err := other.ListAPIKeys(t.Context(), store.APIKeyFilter{})
		require.NoError(t, err)
		return keys[0].LastUsedAt
	}
	call := withToken(core.RawRequest)
	call.AuthorizationText = "Bearer " + secret.Reveal()
	call.People = &coretest.Directory{Entries: []directory.Person{{Name: key.User, Kind: directory.KindPerson}}}
	library := open(t, dir)
	use := func() { require.Equal(t, core.Authenticated, library.Serve(call).Verdict) }
	require.Eventually(t, func() bool { use(); return !lastUse().IsZero() }, 2*time.Minute, 10*time.Millisecond)
	stored := lastUse()
	use()
	assert.Equal(t, stored, lastUse(), "not for each request")
	library.Close()
	assert.True(t, lastUse().After(stored))

	stopped, running := stopped(t, dir)
	require.Equal(t, core.Authenticated, stopped.Serve(call).Verdict)
	require.NoError(t, running.store.Close())
	running.storeKeyUses(t.Context())
	assert.Empty(t, stopped.console.take(), "the store speaks for itself")
}

// What an administrator does in another process is said on the console of each server.
func TestChangesOfAdministratorsAreAnnounced(t *testing.T) {
	dir := dataDirectory(t)
	other := elsewhere(t, dir)
	require.NoError(t, other.AppendAudit(t.Context(), event(time.Now(), administrator)))
	library, running := stopped(t, dir)
	running.announce(t.Context())
	assert.Empty(t, library.console.take(), "what was done before the start is old news")

	_, err := other.RevokeUser(t.Context(), "CN=Anna Berg/O=Acme", event(time.Now(), administrator), event(time.Now(), "192.0.2.7"))
	require.NoError(t, err)
	var said []string
	look := func() bool {
		running.announce(t.Context())
		said = append(said, library.console.take()...)
		return len(said) > 0
	}
	require.Eventually(t, look, time.Minute, time.Millisecond)
	assert.Equal(t, []string{`ndoap: an administrator used doapctl action="user revoked" account=notes client_id="" detail="CN=Anna Berg/O=Acme"`}, said)

	changed := event(time.Now(), administrator)
	changed.Action, changed.ClientID, changed.Detail = store.AuditClientChanged, "c1", "updated"
	rename := func(client *store.Client) error { client.Name = "New"; return nil }
	require.NoError(t, other.UpdateClient(t.Context(), "c1", rename, changed))
	said = nil
	require.Eventually(t, look, time.Minute, time.Millisecond)
	assert.Equal(t, []string{`ndoap: an administrator used doapctl action="client changed" account=notes client_id=c1 detail=updated`}, said)
	look()
	look()
	assert.Len(t, said, 1, "each is said once")
}

// A store that fails and works again by turns must not fill the log database.
func TestAFlappingStoreIsSaidWithinBounds(t *testing.T) {
	library, running := stopped(t, dataDirectory(t))
	const turns = 5 * perMinute
	for range turns {
		running.storeFault(errors.New("the disk of the database reports errors"))
		running.storeFault(nil)
	}
	said := library.console.take()
	assert.Contains(t, said[0], "ndoap: error: out of service: /doap answers 503")
	assert.Contains(t, said[1], "ndoap: the store works again")
	assert.LessOrEqual(t, len(said), 2*2*perMinute, "of two messages, in two minutes, should one begin meanwhile")
}

func TestManyChangesAreAnnouncedInOrder(t *testing.T) {
	_, running := stopped(t, dataDirectory(t))
	for i := range 450 {
		told := event(time.Now(), administrator)
		told.Detail = fmt.Sprint(i)
		require.NoError(t, running.store.AppendAudit(t.Context(), told))
	}
	events, newest, err := running.changesSince(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, events, 450)
	assert.Equal(t, "0", events[0].Detail)
	assert.Equal(t, "449", events[449].Detail)
	assert.Equal(t, events[449].ID, newest)
	events, again, err := running.changesSince(t.Context(), newest)
	require.NoError(t, err)
	assert.Empty(t, events)
	assert.Equal(t, newest, again)

	events, back, err := running.changesSince(t.Context(), newest+1000)
	require.NoError(t, err)
	assert.Empty(t, events)
	assert.Equal(t, newest, back, "a backup was put into the database: what follows is to be said")
}

// TestLimitsLiveWithTheInstance_A60 counts on while a second site opens the library, and anew after a restart.
func TestLimitsLiveWithTheInstance_A60(t *testing.T) {
	dir := dataDirectory(t)
	configure(t, dir, `{"issuer": "`+issuer+`", "limits": {"tokenPerAddress": 2}}`)
	library := open(t, dir)
	status := func() int {
		call := machine("/doap/token")
		call.RequestMethod = post
		return library.Serve(call).Status
	}
	require.NotEqual(t, http.StatusTooManyRequests, status())
	require.NotEqual(t, http.StatusTooManyRequests, status())
	limited := library.Serve(Call{Event: core.RawRequest, RequestMethod: post, RequestTarget: "/doap/token", PeerAddress: "127.0.0.1"})
	assert.Equal(t, http.StatusTooManyRequests, limited.Status)
	assert.Contains(t, limited.Headers, "Retry-After: 30")
	assert.Contains(t, strings.Join(limited.Console, "|"), "too many requests: answered with 429 class=token address=127.0.0.1")

	library.Open(Environment{DataDirectory: dir})
	assert.Equal(t, http.StatusTooManyRequests, status(), "a second site joins the first")
	library.Close()
	assert.Equal(t, http.StatusTooManyRequests, status())
	library.Close()
	library.Open(Environment{DataDirectory: dir})
	assert.NotEqual(t, http.StatusTooManyRequests, status(), "a restart forgets")
}
