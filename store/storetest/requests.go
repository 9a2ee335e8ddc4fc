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
	"requests come back as they were stored": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		for _, request := range []store.AuthorizationRequest{newRequest("full", "app"), {IDHash: "bare", ClientID: "app"}} {
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), request))
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
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), request), name)
			found, err := s.AuthorizationRequest(t.Context(), request.IDHash)
			require.NoError(t, err, name)
			assert.Equal(t, request, found, name)
		}
	},
	"requests need their client": func(t *testing.T, s store.Store) {
		require.ErrorIs(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "ghost")), store.ErrNotFound)
	},
	"requests cannot take an id twice": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")))
		require.ErrorIs(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")), store.ErrExists)
	},
	"requests can be changed": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")))
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
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")))
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
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")))
		consent := store.Consent{User: "CN=Jane Doe/O=Acme", ClientID: "app", Scope: "domino", GrantedAt: noon}
		code := newCode("c", "app")
		require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r",
			func(request store.AuthorizationRequest) (*store.Code, *store.Consent, error) {
				assert.Equal(t, newRequest("r", "app"), request)
				return &code, &consent, nil
			}))
		_, err := s.AuthorizationRequest(t.Context(), "r")
		require.ErrorIs(t, err, store.ErrNotFound)
		found, err := s.Consent(t.Context(), consent.User, "app")
		require.NoError(t, err)
		assert.Equal(t, consent, found)
		require.Equal(t, errRefused, s.RedeemCode(t.Context(), "c",
			func(found store.Code) (store.Grant, store.RefreshToken, error) {
				assert.Equal(t, code, found)
				return store.Grant{}, store.RefreshToken{}, errRefused
			}))
	},
	"requests that are refused leave nothing": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")))
		require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r",
			func(store.AuthorizationRequest) (*store.Code, *store.Consent, error) { return nil, nil, nil }))
		_, err := s.AuthorizationRequest(t.Context(), "r")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Consent(t.Context(), "CN=Jane Doe/O=Acme", "app")
		require.ErrorIs(t, err, store.ErrNotFound)
	},
	"requests stay when the decision fails": func(t *testing.T, s store.Store) {
		addClient(t, s, "app")
		require.NoError(t, s.AddCode(t.Context(), newCode("taken", "app")))
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")))
		for name, decide := range map[string]func(store.AuthorizationRequest) (*store.Code, *store.Consent, error){
			"refused": func(store.AuthorizationRequest) (*store.Code, *store.Consent, error) {
				return new(newCode("c", "app")), nil, errRefused
			},
			"code taken": func(store.AuthorizationRequest) (*store.Code, *store.Consent, error) {
				return new(newCode("taken", "app")), &store.Consent{User: "CN=X", ClientID: "app"}, nil
			},
			"consent to a stranger": func(store.AuthorizationRequest) (*store.Code, *store.Consent, error) {
				return new(newCode("c", "app")), &store.Consent{User: "CN=X", ClientID: "ghost"}, nil
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
		require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r", "app")))
		var decided, won atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				err := s.CompleteAuthorizationRequest(t.Context(), "r",
					func(store.AuthorizationRequest) (*store.Code, *store.Consent, error) {
						decided.Add(1)
						return new(newCode("c", "app")), nil, nil
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
			require.NoError(t, s.AddAuthorizationRequest(t.Context(), newRequest("r "+scope, "app")))
			require.NoError(t, s.CompleteAuthorizationRequest(t.Context(), "r "+scope,
				func(store.AuthorizationRequest) (*store.Code, *store.Consent, error) { return nil, &want, nil }))
			found, err := s.Consent(t.Context(), "CN=Jane Doe/O=Acme", "app")
			require.NoError(t, err)
			assert.Equal(t, want, found)
		}
		_, err = s.Consent(t.Context(), "CN=jane doe/O=Acme", "app")
		require.ErrorIs(t, err, store.ErrNotFound, "users are told apart byte by byte")
	},
}
