// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// domino is the running stand-in.
type domino struct {
	command *exec.Cmd
	ended   chan struct{}
	err     error // valid when ended
}

// startDomino starts the stand-in and waits until it accepts requests. Its console is ours: commands typed here reach
// it, its lines are shown.
func startDomino(ctx context.Context, chosen settings, address string, stdin io.Reader, stdout io.Writer) (*domino, error) {
	// Not with ctx: the stand-in is told to quit, and not killed, when the demo ends.
	command := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(chosen.bin, "standin"),
		"--filter", filepath.Join(chosen.bin, "libndoap.so"), "--data", chosen.data, "--listen", address, "--auth", chosen.auth)
	tie(command)
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	command.Stderr = stdout
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	d := &domino{command: command, ended: make(chan struct{})}
	started, ready := make(chan error, 1), make(chan struct{})
	go d.run(output, stdout, started, ready)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start the stand-in: %w", err)
	}
	go func() { _, _ = io.Copy(input, stdin) }() // ends with either side; the end of input is no command
	select {
	case <-ready:
		return d, nil
	case <-d.ended:
		return nil, fmt.Errorf("the stand-in did not start (DEMO_LISTEN chooses another address): %w", d.err)
	case <-ctx.Done():
		return nil, d.stop()
	}
}

// run stays on one thread from start to end: the kernel tells the stand-in when that thread ends.
func (d *domino) run(output io.Reader, stdout io.Writer, started chan<- error, ready chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(d.ended)
	err := d.command.Start()
	started <- err
	if err != nil {
		return
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		_, _ = fmt.Fprintln(stdout, lines.Text()) // nobody is left to tell when the console is gone
		if strings.HasPrefix(lines.Text(), "standin: ready ") {
			close(ready)
		}
	}
	d.err = d.command.Wait()
}

// stop ends the stand-in in good order.
func (d *domino) stop() error {
	select {
	case <-d.ended:
	default:
		if err := d.command.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
	}
	<-d.ended
	return d.err
}
