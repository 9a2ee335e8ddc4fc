// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

func explanation(requestID string) store.Explanation {
	return store.Explanation{
		RequestID: requestID, At: noon, Method: "GET", Path: "/sales.nsf", Address: "192.0.2.1", Credential: "identity provider",
		Provider: "acme", Issuer: "https://idp.example", ClientID: "app", Claim: "sub", User: "CN=Jane Doe/O=Acme", Status: 401,
		Error: "invalid_token", Reason: "The token has expired.", Rule: "exp", Expected: "later", Found: "earlier", Remedy: "a new one",
		Skipped: 3,
	}
}

var explanationTests = map[string]func(*testing.T, store.Store){
	"explanations come back as they were": func(t *testing.T, s store.Store) {
		require.NoError(t, s.AddExplanations(t.Context(), explanation("a"), explanation("b"), store.Explanation{}))
		found, err := s.Explanation(t.Context(), "b")
		require.NoError(t, err)
		want := explanation("b")
		want.ID = found.ID
		assert.Equal(t, want, found)
		_, err = s.Explanation(t.Context(), "c")
		require.ErrorIs(t, err, store.ErrNotFound)
		for name, text := range awkward {
			one := explanation("awkward " + name)
			one.Found, one.User = text, text
			require.NoError(t, s.AddExplanations(t.Context(), one), name)
			found, err := s.Explanation(t.Context(), one.RequestID)
			require.NoError(t, err, name)
			one.ID = found.ID
			assert.Equal(t, one, found, name)
		}
	},
	"explanations are listed with the newest first": func(t *testing.T, s store.Store) {
		require.NoError(t, s.AddExplanations(t.Context()), "none at all")
		require.NoError(t, s.AddExplanations(t.Context(), explanation("a"), explanation("b"), explanation("c")))
		assert.Equal(t, "cba", listed(t, s, 0))
		assert.Equal(t, "cb", listed(t, s, 2))
		skipped, err := s.SkippedExplanations(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 9, skipped)
	},
	"explanations can be stored again": func(t *testing.T, s store.Store) {
		require.NoError(t, s.AddExplanations(t.Context(), explanation("a")))
		other := explanation("a")
		other.Found = "another"
		require.NoError(t, s.AddExplanations(t.Context(), other, explanation("b")))
		assert.Equal(t, "ba", listed(t, s, 0))
		found, err := s.Explanation(t.Context(), "a")
		require.NoError(t, err)
		assert.Equal(t, "earlier", found.Found)
	},
	"the oldest explanations give way": func(t *testing.T, s store.Store) {
		var many []store.Explanation
		for i := range store.MaxExplanations + 2 {
			many = append(many, explanation(fmt.Sprint(i)))
		}
		require.NoError(t, s.AddExplanations(t.Context(), many[:store.MaxExplanations]...))
		_, err := s.Explanation(t.Context(), "0")
		require.NoError(t, err)
		require.NoError(t, s.AddExplanations(t.Context(), many[store.MaxExplanations:]...))
		_, err = s.Explanation(t.Context(), "1")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Explanation(t.Context(), "2")
		require.NoError(t, err)
		_, err = s.Explanation(t.Context(), fmt.Sprint(store.MaxExplanations+1))
		require.NoError(t, err)
	},
	"explanations go when their time is over": func(t *testing.T, s store.Store) {
		late := explanation("b")
		late.At = noon.Add(time.Microsecond)
		require.NoError(t, s.AddExplanations(t.Context(), explanation("a"), late))
		removed, err := s.DeleteExpired(t.Context(), noon.Add(store.ExplanationsKept-time.Microsecond))
		require.NoError(t, err)
		assert.Zero(t, removed)
		removed, err = s.DeleteExpired(t.Context(), noon.Add(store.ExplanationsKept))
		require.NoError(t, err)
		assert.Equal(t, 1, removed)
		assert.Equal(t, "b", listed(t, s, 0))
	},
	"explanations leave the generation": func(t *testing.T, s store.Store) {
		before := s.Generation()
		require.NoError(t, s.AddExplanations(t.Context(), explanation("a")))
		assert.Equal(t, before, s.Generation())
	},
}

// listed are the request ids of explanations, in order.
func listed(t *testing.T, s store.Store, limit int) string {
	t.Helper()
	found, err := s.ListExplanations(t.Context(), limit)
	require.NoError(t, err)
	ids := ""
	for _, one := range found {
		ids += one.RequestID
	}
	return ids
}
