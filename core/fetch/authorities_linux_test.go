// SPDX-License-Identifier: Apache-2.0

package fetch

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A named pipe stands for a file on a disk that hangs: whoever opens it waits. A request does not wait with it, and what
// is left behind is bounded.
func TestCAFileOnADiskThatHangs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, syscall.Mkfifo(file, 0o600))
	fetcher := &Fetcher{Policy: func() Policy { return Policy{CAFile: file} }}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range maxReads {
		_, err := fetcher.Get(over, "https://app.example.com/keys")
		require.ErrorIs(t, err, context.Canceled)
		assert.ErrorContains(t, err, "cannot read fetch.caFile")
	}
	_, err := fetcher.Get(t.Context(), "https://app.example.com/keys")
	require.ErrorContains(t, err, "20 reads of it have not come back")

	require.Eventually(t, func() bool { // until all have met the end of the file
		writer, err := os.OpenFile(file, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			require.NoError(t, writer.Close())
		}
		return fetcher.reading.Load() == 0
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.WriteFile(file, []byte("none"), 0o600))
	_, err = fetcher.Get(t.Context(), "https://app.example.com/keys")
	assert.ErrorContains(t, err, "holds no certificate", "it is read again")
}
