// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"io"
	"sync"
)

// lockedWriter lets many goroutines log into one buffer.
type lockedWriter struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *lockedWriter) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(text)
}
