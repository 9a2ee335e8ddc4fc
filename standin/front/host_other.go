// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package front

import "os/exec"

// keepFromTerminal does nothing: the stand-in is at home on Linux, where it has an effect.
func keepFromTerminal(*exec.Cmd) {}

// kill ends the host.
func (h *host) kill() {
	// It fails when the host has ended already, which is what is wanted.
	_ = h.command.Process.Kill()
}
