// SPDX-License-Identifier: Apache-2.0

package apikey

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/explain"
	"ndoap/core/token"
	"ndoap/store"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// shelf is a store of keys in memory that counts what is asked of it.
type shelf struct {
	keys       []store.APIKey
	generation uint64
	read       int
	noted      []map[string]time.Time
	err        error
}

func (s *shelf) ListAPIKeys(context.Context, store.APIKeyFilter) ([]store.APIKey, error) {
	s.read++
	return s.keys, s.err
}

func (s *shelf) NoteAPIKeyUse(_ context.Context, uses map[string]time.Time) error {
	if s.err == nil {
		s.noted = append(s.noted, uses)
	}
	return s.err
}

func (s *shelf) register() *Register {
	return NewRegister(s, func() uint64 { return s.generation })
}

func TestWhichKeysAreGood_B4(t *testing.T) {
	good, expired, revoked, both := New(), New(), New(), New()
	s := &shelf{keys: []store.APIKey{
		{ID: "good", Hash: good.Hash(), User: "CN=Anna Berg/O=Acme"},
		{ID: "expired", Hash: expired.Hash(), User: "CN=Anna Berg/O=Acme", ExpiresAt: noon},
		{ID: "revoked", Hash: revoked.Hash(), User: "CN=Anna Berg/O=Acme", RevokedAt: noon.Add(-time.Hour)},
		{ID: "both", Hash: both.Hash(), ExpiresAt: noon, RevokedAt: noon},
	}}
	r := s.register()
	for range 3 {
		key, err := r.Verify(t.Context(), good.Reveal(), noon)
		require.NoError(t, err)
		assert.Equal(t, "good", key.ID)
	}
	key, err := r.Verify(t.Context(), expired.Reveal(), noon.Add(-time.Microsecond))
	require.NoError(t, err)
	assert.Equal(t, "expired", key.ID)
	for name, c := range map[string]struct {
		key   string
		kind  error
		rule  explain.Rule
		found string
	}{
		"no key":  {"doap_x", token.ErrNotOurs, explain.Form, "1 characters after doap_"},
		"unknown": {New().Reveal(), token.ErrNotOurs, explain.Standing, "does not have"},
		"expired": {expired.Reveal(), token.ErrExpired, explain.Expiry, "the API key expired of CN=Anna Berg/O=Acme, which ended on 2026-03-14T12:00:00Z"},
		"revoked": {revoked.Reveal(), token.ErrRevoked, explain.Standing, "revoked on 2026-03-14T11:00:00Z"},
		"both":    {both.Reveal(), token.ErrRevoked, explain.Standing, "revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Verify(t.Context(), c.key, noon)
			require.ErrorIs(t, err, c.kind)
			failure, told := errors.AsType[*explain.Failure](err)
			require.True(t, told)
			assert.Equal(t, c.rule, failure.Rule)
			assert.Contains(t, failure.Found, c.found)
			assert.NotEmpty(t, failure.Remedy)
			assert.NotContains(t, err.Error(), c.key[5:min(len(c.key), 25)]+"-", "B16")
			if len(c.key) > 10 {
				assert.NotContains(t, err.Error(), c.key, "B16: no key in the log")
			}
		})
	}
	assert.Equal(t, 1, s.read, "once while the generation stands")

	s.keys[0].RevokedAt, s.generation = noon, 1
	_, err = r.Verify(t.Context(), good.Reveal(), noon)
	require.ErrorIs(t, err, token.ErrRevoked)
	s.generation, s.err = 2, store.ErrUnavailable
	_, err = r.Verify(t.Context(), good.Reveal(), noon)
	require.ErrorIs(t, err, token.ErrUnavailable, "what cannot be read opens nothing")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorContains(t, err, "standing: found cannot read the API keys")
}

func TestUsesAreStoredTogether(t *testing.T) {
	s := &shelf{}
	r := s.register()
	require.NoError(t, r.Flush(t.Context()))
	assert.Empty(t, s.noted, "nothing to store")
	for i := range 1000 {
		r.Note("a", noon.Add(time.Duration(i)*time.Second))
	}
	r.Note("a", noon)
	r.Note("b", noon)
	require.NoError(t, r.Flush(t.Context()))
	want := map[string]time.Time{"a": noon.Add(999 * time.Second), "b": noon}
	assert.Equal(t, []map[string]time.Time{want}, s.noted, "the latest of each, at once")
	require.NoError(t, r.Flush(t.Context()))
	assert.Len(t, s.noted, 1, "once")
}

func TestUsesAreKeptWhileTheStoreIsInTrouble(t *testing.T) {
	s := &shelf{err: store.ErrUnavailable}
	r := s.register()
	r.Note("a", noon)
	r.Note("b", noon)
	require.ErrorIs(t, r.Flush(t.Context()), store.ErrUnavailable)
	r.Note("a", noon.Add(time.Hour))
	s.err = nil
	require.NoError(t, r.Flush(t.Context()))
	assert.Equal(t, []map[string]time.Time{{"a": noon.Add(time.Hour), "b": noon}}, s.noted)
}
