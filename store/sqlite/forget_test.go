// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/seal"
	"ndoap/store/storetest"
)

// forgotten tells the audit trail which keys were lost.
func forgotten(kids []string) store.AuditEvent {
	return store.AuditEvent{Action: store.AuditKeyChanged, Outcome: store.AuditSuccess, Detail: strings.Join(kids, " ")}
}

func TestLostKeysAreForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		lose     func(t *testing.T, path string)
		kids     []string
		leftover bool
	}{
		"nothing is lost": {func(*testing.T, string) {}, nil, false},
		"the sealing key is missing": {func(t *testing.T, path string) {
			require.NoError(t, os.Remove(seal.FileOf(path)))
		}, []string{"one", "two"}, false},
		"the sealing key is damaged": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(seal.FileOf(path), []byte("damaged"), 0o600))
		}, []string{"one", "two"}, true},
		"the sealing key is another server's": {func(t *testing.T, path string) {
			require.NoError(t, os.Remove(seal.FileOf(path)))
			_, err := seal.Create(seal.FileOf(path))
			require.NoError(t, err)
		}, []string{"one", "two"}, false},
		"one key is damaged": {func(t *testing.T, path string) {
			execute(t, path, "UPDATE keys SET private_pem = CAST('ndoap-sealed-1:damaged' AS BLOB) WHERE id = 'one'")
		}, []string{"one"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(storetest.TempDir(t), "doap.db")
			s := closing(t)(Create(path, Options{}))
			require.NoError(t, s.AddKey(t.Context(), sealedKey("one")))
			require.NoError(t, s.AddKey(t.Context(), sealedKey("two")))
			require.NoError(t, s.AddKey(t.Context(), store.Key{ID: "public", Algorithm: "RS256", PublicPEM: []byte("public")}))
			require.NoError(t, s.AddClient(t.Context(), newClient("app")))
			generation := s.Generation()
			require.NoError(t, s.Close())
			c.lose(t, path)

			kids, err := ForgetLostKeys(t.Context(), path, Options{}, forgotten)
			require.NoError(t, err)
			assert.ElementsMatch(t, c.kids, kids)
			if c.leftover {
				assert.FileExists(t, seal.FileOf(path)+".lost")
			}
			s = reopen(t, path, Options{})
			events, err := s.QueryAudit(t.Context(), store.AuditFilter{})
			require.NoError(t, err)
			require.Len(t, events, min(len(c.kids), 1))
			for _, event := range events {
				assert.ElementsMatch(t, c.kids, strings.Fields(event.Detail))
			}
			keys, err := s.ListKeys(t.Context())
			require.NoError(t, err)
			require.Len(t, keys, 3)
			for _, k := range keys {
				forgotten := slices.Contains(c.kids, k.ID)
				assert.Equal(t, forgotten, !k.RetiredAt.IsZero(), k.ID)
				assert.Equal(t, !forgotten && k.ID != "public", len(k.PrivatePEM) > 0, k.ID)
			}
			if len(c.kids) > 0 {
				assert.Greater(t, s.Generation(), generation)
			}
			_, err = s.Client(t.Context(), "app")
			require.NoError(t, err, "all else stays")
			require.NoError(t, s.AddKey(t.Context(), sealedKey("three")))
		})
	}
	_, err := ForgetLostKeys(t.Context(), filepath.Join(storetest.TempDir(t), "missing.db"), Options{}, forgotten)
	require.ErrorIs(t, err, store.ErrUnavailable)
}
