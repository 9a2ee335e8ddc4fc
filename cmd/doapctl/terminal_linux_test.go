// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestWhatIsTypedIsHidden(t *testing.T) {
	controller, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	defer controller.Close()
	require.NoError(t, unix.IoctlSetPointerInt(int(controller.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(controller.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	defer terminal.Close()
	shown := func() bool {
		mode, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
		require.NoError(t, err)
		return mode.Lflag&unix.ECHO != 0
	}
	require.True(t, shown())
	show, err := hide(terminal)
	require.NoError(t, err)
	assert.False(t, shown())
	require.NoError(t, show())
	assert.True(t, shown())

	file, err := os.Open("/dev/null")
	require.NoError(t, err)
	defer file.Close()
	_, err = hide(file)
	require.Error(t, err, "no terminal")
}
