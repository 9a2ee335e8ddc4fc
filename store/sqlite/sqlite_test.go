// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"ndoap/store"
	"ndoap/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(writerPath); path != "" {
		writeUntilKilled(path)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return create(t, Options{}) })
}

// create makes a store in a new directory and closes it at the end of the test.
func create(t testing.TB, options Options) *Store {
	t.Helper()
	return closing(t)(Create(filepath.Join(storetest.TempDir(t), "doap.db"), options))
}

// reopen opens a store that is there, as another process would.
func reopen(t testing.TB, path string, options Options) *Store {
	t.Helper()
	return closing(t)(Open(path, options))
}

func closing(t testing.TB) func(*Store, error) *Store {
	return func(s *Store, err error) *Store {
		t.Helper()
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.Close()) })
		return s
	}
}

// faults collects what OnFault is told. Its channel has room for every call of a test.
func faults(options Options) (Options, <-chan error) {
	told := make(chan error, 100)
	options.OnFault = func(err error) { told <- err }
	return options, told
}

// next waits for one report. The limit only ends a test that hangs.
func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(30 * time.Second):
		require.FailNow(t, "nothing was reported")
		panic("unreachable")
	}
}

// For require.Eventually, where there is no event to wait for.
const (
	eventually = 30 * time.Second
	poll       = time.Millisecond
)

func newClient(id string) store.Client { return store.Client{ID: id, Name: "Client " + id} }
