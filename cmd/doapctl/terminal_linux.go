// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// hide stops a terminal from showing what is typed, until show is called.
func hide(terminal *os.File) (show func() error, err error) {
	descriptor := int(terminal.Fd())
	before, err := unix.IoctlGetTermios(descriptor, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(descriptor, unix.TCSETS, &hidden); err != nil {
		return nil, err
	}
	return func() error { return unix.IoctlSetTermios(descriptor, unix.TCSETS, before) }, nil
}
