// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// ADDR_NO_RANDOMIZE of personality(2), as /proc shows it. Without it one Windows program in some thousands does not start
// (see build/wine.sh).
const fixedAddresses = "00040000"

// The addresses of Windows programs are not random, on machines where an ordinary program can be had without.
func TestAddressesOfWindowsProgramsAreFixed(t *testing.T) {
	want := fixedAddresses
	if exec.CommandContext(t.Context(), "setarch", "-R", "true").Run() != nil {
		want = "00000000"
	}
	got := read(t, fmt.Sprintf("/proc/%d/personality", shop.keeper.Process.Pid))
	assert.Equal(t, want, strings.TrimSpace(got))
}
