// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

var requestTests = map[string]func(*testing.T, store.Store){
	"requests that wait are bounded": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		waiting, expired := newRequest("r1", "app"), newRequest("r2", "app")
		waiting.ExpiresAt, expired.ExpiresAt = time.Now().Add(time.Hour), time.Now().Add(-time.Second)
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), waiting, 1))
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), expired, 2))
		waiting.IDHash = "r3"
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), waiting, 2), "one of the two waits no more")
		waiting.IDHash, waiting.ConsentUser = "r4", ""
		require.ErrorIs(t, s.AddAuthorizationRequest(t.Context(), waiting, 2), store.ErrFull)
		_, err := s.AuthorizationRequest(t.Context(), "r4")
		require.ErrorIs(t, err, store.ErrNotFound)
	},
	"requests without a user give way, the oldest first": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		hour := time.Now().Add(time.Hour)
		add := func(id, user string, minutes int) error {
			request := newRequest(id, "app")
			request.ConsentUser, request.ExpiresAt = user, hour.Add(time.Duration(minutes)*time.Minute)
			return s.AddAuthorizationRequest(t.Context(), request, 3)
		}
		require.NoError(t, add("asked", "CN=Jane Doe/O=Acme", 0))
		require.NoError(t, add("old", "", 1))
		require.NoError(t, add("older", "", 0))
		for i, gone := range []string{"older", "old"} {
			require.NoError(t, add("asked since "+gone, "CN=Jane Doe/O=Acme", 2+i))
			_, err := s.AuthorizationRequest(t.Context(), gone)
			require.ErrorIs(t, err, store.ErrNotFound)
		}
		require.ErrorIs(t, add("late", "", 5), store.ErrFull)
		for _, stays := range []string{"asked", "asked since older", "asked since old"} {
			_, err := s.AuthorizationRequest(t.Context(), stays)
			require.NoError(t, err)
		}
	},
	"requests come back as they were stored": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		for _, request := range []store.AuthorizationRequest{newRequest("full", "app"), {IDHash: "bare", ClientID: "app"}} {
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), request, 0))
			found, err := s.AuthorizationRequest(t.Context(), request.IDHash)
			require.NoError(t, err)
			assert.Equal(t, request, found)
		}
	},
	"requests keep awkward state byte by byte": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		for name, text := range awkward {
			request := newRequest("request "+name, "app")
			request.State = text
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), request, 0), name)
			found, err := s.AuthorizationRequest(t.Context(), request.IDHash)
			require.NoError(t, err, name)
			assert.Equal(t, request, found, name)
		}
	},
	"requests need their client": func(t *testing.T, s store.Store) {
		require.ErrorIs(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "ghost"), 0), store.ErrNotFound)
	},
	"requests cannot take an id twice": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		require.ErrorIs(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0), store.ErrExists)
	},
	"requests can be changed": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		want := store.AuthorizationRequest{
			IDHash: "r", BrowserHash: "b2", ClientID: "app", RedirectURI: "https://two.example",
			Scope: "mail", State: "s2", CodeChallenge: "c2", ConsentUser: "CN=Two", ConsentHash: "f2", ExpiresAt: noon.Add(time.Hour),
		}
		require.NoError(t, s.UpdateAuthorizationRequest(t.Context(), "r", func(request *store.AuthorizationRequest) error {
			assert.Equal(t, newRequest("r", "app"), *request)
			*request = want
			request.IDHash, request.ClientID = "other", "other" // these two stay
			return nil
		}))
		found, err := s.AuthorizationRequest(t.Context(), "r")
		require.NoError(t, err)
		assert.Equal(t, want, found)
	},
	"requests do not change when the closure refuses": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		assert.Equal(t, errRefused, s.UpdateAuthorizationRequest(t.Context(), "r",
			func(request *store.AuthorizationRequest) error {
				request.ConsentUser = "CN=Mallory"
				return errRefused
			}))
		found, err := s.AuthorizationRequest(t.Context(), "r")
		require.NoError(t, err)
		assert.Equal(t, newRequest("r", "app"), found)
	},
	"requests that are not there": func(t *testing.T, s store.Store) {
		_, err := s.AuthorizationRequest(t.Context(), "ghost")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.ErrorIs(t, s.UpdateAuthorizationRequest(t.Context(), "ghost", nil), store.ErrNotFound)
		require.ErrorIs(t, s.CompleteAuthorizationRequest(t.Context(), "ghost", nil), store.ErrNotFound)
	},
	"requests become a code and a consent": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		consent := store.Consent{User: "CN=Jane Doe/O=Acme", ClientID: "app", Scope: "domino", GrantedAt: noon}
		code := newCode("c", "app")
		require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r",
			func(request store.AuthorizationRequest) (store.Completion, error) {
				assert.Equal(t, newRequest("r", "app"), request)
				return store.Completion{Code: &code, Consent: &consent}, nil
			}))
		_, err := s.AuthorizationRequest(t.Context(), "r")
		require.ErrorIs(t, err, store.ErrNotFound)
		found, err := s.Consent(t.Context(), consent.User, "app")
		require.NoError(t, err)
		assert.Equal(t, consent, found)
		require.Equal(t, errRefused, s.RedeemCode(t.Context(), "c",
			func(found store.Code) (store.Purchase, error) {
				assert.Equal(t, code, found)
				return store.Purchase{}, errRefused
			}))
	},
	"requests that are refused leave nothing": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r",
			func(store.AuthorizationRequest) (store.Completion, error) { return store.Completion{}, nil }))
		_, err := s.AuthorizationRequest(t.Context(), "r")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Consent(t.Context(), "CN=Jane Doe/O=Acme", "app")
		require.ErrorIs(t, err, store.ErrNotFound)
	},
	"requests stay when the decision fails": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("taken", "app")))
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		for name, decide := range map[string]func(store.AuthorizationRequest) (store.Completion, error){
			"refused": func(store.AuthorizationRequest) (store.Completion, error) {
				return store.Completion{Code: new(newCode("c", "app"))}, errRefused
			},
			"code taken": func(store.AuthorizationRequest) (store.Completion, error) {
				return store.Completion{
					Code: new(newCode("taken", "app")), Consent: &store.Consent{User: "CN=X", ClientID: "app"},
				}, nil
			},
			"consent to a stranger": func(store.AuthorizationRequest) (store.Completion, error) {
				return store.Completion{
					Code: new(newCode("c", "app")), Consent: &store.Consent{User: "CN=X", ClientID: "ghost"},
				}, nil
			},
		} {
			require.Error(t, s.CompleteAuthorizationRequest(t.Context(), "r", decide), name)
			_, err := s.AuthorizationRequest(t.Context(), "r")
			require.NoError(t, err, name)
			require.ErrorIs(t, s.RedeemCode(t.Context(), "c", refuse), store.ErrNotFound, name)
			_, err = s.Consent(t.Context(), "CN=X", "app")
			require.ErrorIs(t, err, store.ErrNotFound, name)
		}
	},
	"requests are completed once, however many try": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app"), 0))
		var decided, won atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				err := s.CompleteAuthorizationRequest(t.Context(), "r",
					func(store.AuthorizationRequest) (store.Completion, error) {
						decided.Add(1)
						return store.Completion{Code: new(newCode("c", "app"))}, nil
					})
				if err == nil {
					won.Add(1)
				} else {
					assert.True(t, errors.Is(err, store.ErrNotFound), err)
				}
			})
		}
		all.Wait()
		assert.EqualValues(t, 1, won.Load())
		assert.EqualValues(t, 1, decided.Load())
	},
	"consents are replaced by later ones": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		_, err := s.Consent(t.Context(), "CN=Jane Doe/O=Acme", "app")
		require.ErrorIs(t, err, store.ErrNotFound)
		for _, scope := range []string{"openid", "openid mail"} {
			want := store.Consent{User: "CN=Jane Doe/O=Acme", ClientID: "app", Scope: scope, GrantedAt: noon}
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r "+scope, "app"), 0))
			require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r "+scope,
				func(store.AuthorizationRequest) (store.Completion, error) {
					return store.Completion{Consent: &want}, nil
				}))
			found, err := s.Consent(t.Context(), "CN=Jane Doe/O=Acme", "app")
			require.NoError(t, err)
			assert.Equal(t, want, found)
		}
		_, err = s.Consent(t.Context(), "CN=jane doe/O=Acme", "app")
		require.ErrorIs(t, err, store.ErrNotFound, "users are told apart byte by byte")
	},
}
