// SPDX-License-Identifier: Apache-2.0

// Command foreground replaces itself with a program that owns the terminal: Ctrl-C then reaches that program alone, and
// the make that started it reports how the program ended instead of dying of the same signal. Without a terminal it
// changes nothing.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: foreground PROGRAM [ARGUMENT...]")
		os.Exit(2)
	}
	program, err := exec.LookPath(os.Args[1])
	if err == nil {
		err = takeTerminal(int(os.Stdin.Fd()))
	}
	if err == nil {
		err = syscall.Exec(program, os.Args[1:], os.Environ())
	}
	fmt.Fprintf(os.Stderr, "foreground: run %s: %v\n", os.Args[1], err)
	os.Exit(1)
}

// takeTerminal puts this process into a group of its own and makes that the terminal's foreground group, if fd is the
// terminal and this process is in the foreground now. The shell takes the terminal back when make ends.
func takeTerminal(fd int) error {
	owner, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	if err != nil || owner != unix.Getpgrp() {
		return nil // no terminal, or not ours to give: nothing to take
	}
	if err := unix.Setpgid(0, 0); err != nil {
		return fmt.Errorf("leave the process group: %w", err)
	}
	// Asking from the background raises SIGTTOU, which would stop this process.
	signal.Ignore(syscall.SIGTTOU)
	defer signal.Reset(syscall.SIGTTOU)
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPGRP, os.Getpid()); err != nil {
		return fmt.Errorf("take the terminal: %w", err)
	}
	return nil
}
