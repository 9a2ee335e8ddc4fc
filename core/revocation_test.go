// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/key"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// bearer buys an access token for Anna at a client, and returns it with its claims.
func (f *fixture) bearer(t testing.TB, client string) (authorization string, claims map[string]any) {
	t.Helper()
	got := f.token(t, "client_id", client, "grant_type", "authorization_code", "code", f.code(t, client))
	require.Equal(t, http.StatusOK, got.status, got.body)
	return "Bearer " + got.text("access_token"), payload(t, got.text("access_token"))
}

// A revocation ends the token that is given to it by its claims, and spares Anna's token at another client or not.
type revocation struct {
	end    func(t *testing.T, s store.Store, claims map[string]any)
	spares bool
	says   string
}

var revocations = map[string]revocation{
	"A45 the token": {func(t *testing.T, s store.Store, claims map[string]any) {
		t.Helper()
		expires, _ := claims["exp"].(float64)
		require.NoError(t, s.RevokeToken(t.Context(), claims["jti"].(string), time.Unix(int64(expires), 0)))
	}, true, "The token was revoked."},
	"A45 the grant": {func(t *testing.T, s store.Store, claims map[string]any) {
		t.Helper()
		require.NoError(t, s.RevokeGrant(t.Context(), claims["gid"].(string)))
	}, true, "The token was revoked."},
	"A45 the user": {func(t *testing.T, s store.Store, claims map[string]any) {
		t.Helper()
		ended, err := s.RevokeUser(t.Context(), claims["sub"].(string))
		require.NoError(t, err)
		assert.Equal(t, 2, ended)
	}, false, "The token was revoked."},
	"A45 the user, spelled in another case, without her grants": {func(t *testing.T, s store.Store, _ map[string]any) {
		t.Helper()
		ended, err := s.RevokeUser(t.Context(), "CN=anna berg/OU=SALES/O=Acme")
		require.NoError(t, err)
		assert.Zero(t, ended)
	}, false, "The token was revoked."},
	"A45 the client's grants": {func(t *testing.T, s store.Store, claims map[string]any) {
		t.Helper()
		ended, err := s.RevokeClientGrants(t.Context(), claims["client_id"].(string))
		require.NoError(t, err)
		assert.Equal(t, 1, ended)
	}, true, "The token was revoked."},
	"A45 the client is disabled": {func(t *testing.T, s store.Store, claims map[string]any) {
		t.Helper()
		require.NoError(t, s.UpdateClient(t.Context(), claims["client_id"].(string), func(c *store.Client) error {
			c.Disabled = true
			return nil
		}))
	}, true, "The token was revoked."},
	"A45 the client is removed": {func(t *testing.T, s store.Store, claims map[string]any) {
		t.Helper()
		require.NoError(t, s.RemoveClient(t.Context(), claims["client_id"].(string)))
	}, true, "The token was revoked."},
	"A45 the key": {func(t *testing.T, s store.Store, _ map[string]any) {
		t.Helper()
		successor, err := key.Generate(key.ES256, time.Now())
		require.NoError(t, err)
		require.NoError(t, s.UpdateKeys(t.Context(), func(known []store.Key) (store.KeyChange, error) {
			return store.KeyChange{Add: []store.Key{successor}, Retire: []string{known[0].ID}, At: time.Now()}, nil
		}))
	}, false, "The token was not issued by this server."},
}

// What is revoked stops with the next request, whatever it is that was revoked.
func TestRevokedAtOnce_B4(t *testing.T) {
	for name, c := range revocations {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			token, claims := f.bearer(t, clientID)
			spared, _ := f.bearer(t, "other")
			require.Equal(t, anna, f.resource(t, token).body)
			c.end(t, f.store, claims)
			got := f.resource(t, token)
			assert.Equal(t, http.StatusUnauthorized, got.status)
			assert.Equal(t, "invalid_token", got.text("error"))
			assert.Equal(t, c.says, got.text("error_description"))
			assert.Contains(t, got.header.Get("Www-Authenticate"), `error="invalid_token"`)
			assert.Equal(t, c.spares, f.resource(t, spared).body == anna, "another grant of the same user")
		})
	}
}

// A clock that is hours ahead for a while, and has what has expired removed meanwhile, brings nothing back that was revoked.
func TestRevokedWhileAClockWasAhead_B4(t *testing.T) {
	const ahead = 20 * time.Hour
	for name, c := range revocations {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			token, claims := f.bearer(t, clientID)
			spared, _ := f.bearer(t, "other")
			c.end(t, f.store, claims)
			f.wait(ahead)
			_, err := f.store.DeleteExpired(t.Context(), f.now())
			require.NoError(t, err)
			f.wait(-ahead)
			got := f.resource(t, token)
			assert.Equal(t, http.StatusUnauthorized, got.status)
			assert.Equal(t, c.says, got.text("error_description"))
			assert.Equal(t, c.spares, f.resource(t, spared).body == anna)
		})
	}
}

// A client that is registered again under the id of a removed one does not inherit what was issued to that.
func TestRemovedClientStaysRevoked_A45(t *testing.T) {
	f := newFixture(t)
	token, _ := f.bearer(t, clientID)
	registered, err := f.store.Client(t.Context(), clientID)
	require.NoError(t, err)
	require.NoError(t, f.store.RemoveClient(t.Context(), clientID))
	require.NoError(t, f.store.AddClient(t.Context(), registered))
	assert.Equal(t, "The token was revoked.", f.resource(t, token).text("error_description"))
	again, _ := f.bearer(t, clientID)
	assert.Equal(t, anna, f.resource(t, again).body)
}

// What one server revokes, another that shares the store refuses as soon as it has looked.
func TestRevocationReachesOtherServers_A45(t *testing.T) {
	for name, c := range revocations {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			other := f.neighbour(t)
			token, claims := f.bearer(t, clientID)
			spared, _ := f.bearer(t, "other")
			require.Equal(t, anna, other.resource(t, token).body)
			c.end(t, f.store, claims)
			require.Eventually(t, func() bool { return other.resource(t, token).status == http.StatusUnauthorized },
				time.Minute, time.Millisecond)
			assert.Equal(t, c.says, other.resource(t, token).text("error_description"))
			assert.Equal(t, c.spares, other.resource(t, spared).body == anna)
		})
	}
}

// One code, presented at two servers at once, buys one token.
func TestRedemptionOnTwoServers_A29_M7(t *testing.T) {
	f := newFixture(t)
	other := f.neighbour(t)
	for range 8 {
		code := f.code(t, clientID)
		answers := make(chan int, 2)
		for _, server := range []*fixture{f, other} {
			go func() { answers <- server.token(t, "grant_type", "authorization_code", "code", code).status }()
		}
		assert.ElementsMatch(t, []int{http.StatusOK, http.StatusBadRequest}, []int{<-answers, <-answers})
	}
}

// countingStore is a store that counts reads; it has no more than verification may use, so that anything else panics.
type countingStore struct {
	store.Store
	kept  *sqlite.Store
	reads atomic.Int64
}

func (s *countingStore) Check() error       { return s.kept.Check() }
func (s *countingStore) Generation() uint64 { return s.kept.Generation() }

func (s *countingStore) ListKeys(ctx context.Context) ([]store.Key, error) {
	s.reads.Add(1)
	return s.kept.ListKeys(ctx)
}

func (s *countingStore) Standing(ctx context.Context) (store.Standing, error) {
	s.reads.Add(1)
	return s.kept.Standing(ctx)
}

// judge has a service over a counting store serve requests with a token.
func judge(tb testing.TB, f *fixture, authorization string) (counted *countingStore, serve func()) {
	tb.Helper()
	counted = &countingStore{kept: f.store}
	service := core.New(core.Deps{Config: func() *config.Config { return f.config }, Store: counted, Now: f.now, Log: slog.New(slog.DiscardHandler)})
	request := raw(core.RawRequest, "/db.nsf")
	request.Headers.Set("Authorization", authorization)
	return counted, func() {
		if service.Serve(request).Verdict != core.Authenticated {
			tb.Fatal("the token is not accepted")
		}
	}
}

// revokeMany revokes n grants and n tokens.
func revokeMany(tb testing.TB, f *fixture, n int) {
	tb.Helper()
	for i := range n {
		id := strconv.Itoa(i)
		require.NoError(tb, f.store.AddGrant(tb.Context(), store.Grant{
			ID: id, Type: store.ClientCredentials, ClientID: "other", CreatedAt: f.now(), ExpiresAt: f.now().Add(time.Hour),
		}))
		require.NoError(tb, f.store.RevokeGrant(tb.Context(), id))
		require.NoError(tb, f.store.RevokeToken(tb.Context(), id, f.now().Add(time.Hour)))
	}
}

// While nothing changes, a verification reads nothing and allocates as much as if nothing had ever been revoked.
func TestVerificationReadsNoDatabase(t *testing.T) {
	f := newFixture(t)
	token, _ := f.bearer(t, clientID)
	counted, serve := judge(t, f, token)
	before := testing.AllocsPerRun(100, serve)
	assert.EqualValues(t, 2, counted.reads.Load(), "keys and standing, once")
	revokeMany(t, f, 100)
	serve()
	reads := counted.reads.Load()
	assert.EqualValues(t, 4, reads, "and once more after all the changes")
	assert.InDelta(t, before, testing.AllocsPerRun(100, serve), 0)
	assert.Equal(t, reads, counted.reads.Load())
}

// BenchmarkVerification compares a server where nothing was revoked with one where much was; x-empty is the ratio.
func BenchmarkVerification(b *testing.B) {
	var empty float64
	for _, n := range []int{0, 1000} {
		b.Run(strconv.Itoa(n)+" revoked", func(b *testing.B) {
			f := newFixture(b)
			token, _ := f.bearer(b, clientID)
			revokeMany(b, f, n)
			_, serve := judge(b, f, token)
			serve()
			b.ReportAllocs()
			for b.Loop() {
				serve()
			}
			each := float64(b.Elapsed()) / float64(b.N)
			if n == 0 {
				empty = each
			}
			b.ReportMetric(each/empty, "x-empty")
		})
	}
}

// forgetful is a store that works but for what was revoked.
type forgetful struct{ *sqlite.Store }

func (forgetful) Standing(context.Context) (store.Standing, error) {
	return store.Standing{}, store.ErrUnavailable
}

// When nobody can say what was revoked, no token is good, and none is said to be bad.
func TestUnreadableRevocationsFailClosed_B4(t *testing.T) {
	f := newFixture(t)
	token, _ := f.bearer(t, clientID)
	service := core.New(core.Deps{
		Config: func() *config.Config { return f.config }, Store: forgetful{f.store}, Now: f.now, Log: slog.New(slog.DiscardHandler),
	})
	request := raw(core.RawRequest, "/db.nsf")
	request.Headers.Set("Authorization", token)
	refused := service.Serve(request)
	require.Equal(t, core.Answer, refused.Verdict)
	assert.Equal(t, http.StatusUnauthorized, refused.Response.Status)
	assert.Contains(t, string(refused.Response.Body), "The token cannot be verified at the moment.")
	for _, path := range []string{"/doap/revoke", "/doap/introspect"} {
		request = raw(core.RawRequest, path)
		request.Verb, request.Content = http.MethodPost, []byte(secretForm(clientID, "token", token[len("Bearer "):]))
		request.Headers.Set("Content-Type", "application/x-www-form-urlencoded")
		assert.Equal(t, http.StatusServiceUnavailable, service.Serve(request).Response.Status, path)
	}
}
