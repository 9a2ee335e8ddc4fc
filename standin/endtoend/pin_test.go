// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The library stays in the process from its first loading on. FilterInit would be too late: Go's threads run by then,
// and a server that frees a filter whose entry points it does not like never calls it.
func TestPinnedBeforeFilterInit(t *testing.T) {
	program := filepath.Join(t.TempDir(), tested.Program("pin"))
	require.NoError(t, tested.CompileProgram(t.Context(), filepath.Join("testdata", "pin"), program))
	words := append(tested.Words(binaryPath(""), program), tested.Path(tested.library(t)))
	out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
	assert.Equal(t, "pinned", strings.TrimSpace(string(out)))
}
