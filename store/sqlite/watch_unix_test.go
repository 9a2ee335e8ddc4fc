// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// Windows lets nobody rename a database that is open.
func TestAFileThatIsGoneOrReplacedIsNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		harm     func(t *testing.T, path string)
		sentence string
	}{
		"gone": {func(*testing.T, string) {}, "was removed while in use"},
		"replaced": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, nil, 0o600))
		}, "was replaced while in use"},
	} {
		t.Run(name, func(t *testing.T) {
			options, told := faults(still)
			s := create(t, options)
			path := s.file.path
			require.NoError(t, os.Rename(path, path+".away"))
			c.harm(t, path)
			s.watcher.look(t.Context())
			s.watcher.look(t.Context())
			require.ErrorIs(t, s.Check(), store.ErrUnavailable)
			require.ErrorContains(t, s.Check(), c.sentence)
			require.ErrorContains(t, s.Check(), path)
			assert.Equal(t, s.Check(), next(t, told))

			require.NoError(t, os.Rename(path+".away", path))
			s.watcher.look(t.Context())
			require.NoError(t, s.Check())
			require.NoError(t, next(t, told))
			assert.Empty(t, told, "one report for each change")
		})
	}
}
