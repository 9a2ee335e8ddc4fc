// SPDX-License-Identifier: Apache-2.0

package front

import (
	"os/exec"
	"syscall"
)

// keepFromTerminal puts the host into a process group of its own, so that Ctrl-C reaches the front only, which then
// ends the host in good order; and it has the kernel end the host when the front dies.
func keepFromTerminal(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// kill ends the host and what it started.
func (h *host) kill() {
	// It fails when everything has ended already, which is what is wanted.
	_ = syscall.Kill(-h.command.Process.Pid, syscall.SIGKILL)
}
