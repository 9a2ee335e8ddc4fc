// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
)

// process is a program that serves until its standard input ends, so that it ends with the test, however that ends.
type process struct {
	command *exec.Cmd
	input   io.WriteCloser

	mu      sync.Mutex
	printed []string
}

// lastLines is how much of what a program prints is kept for whoever must find out why it failed.
const lastLines = 60

// begin starts a program and returns when it has printed a line with a marker, and what stands behind the marker.
func begin(ctx context.Context, marker string, command *exec.Cmd) (*process, string, error) {
	p := &process{command: command}
	var err error
	if p.input, err = command.StdinPipe(); err != nil {
		return nil, "", fmt.Errorf("input of %s: %w", command.Path, err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("output of %s: %w", command.Path, err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", command.Path, err)
	}
	ready := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.collect(output, marker, ready)
	}()
	select {
	case found := <-ready:
		return p, found, nil
	case <-ended:
		err = errors.New("it ended")
	case <-ctx.Done():
		err = ctx.Err()
	}
	return nil, "", fmt.Errorf("%s did not say %q: %w", command.Path, marker, errors.Join(err, p.stop()))
}

// collect reads all that the program prints, and hands over what stands behind the first marker.
func (p *process) collect(output io.Reader, marker string, ready chan<- string) {
	found := false
	scanner := bufio.NewScanner(output)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		_, behind, marked := strings.Cut(scanner.Text(), marker)
		if marked && !found {
			found = true
			ready <- strings.TrimSpace(behind)
		}
		p.mu.Lock()
		p.printed = append(p.printed, scanner.Text())
		p.printed = slices.Delete(p.printed, 0, max(0, len(p.printed)-lastLines))
		p.mu.Unlock()
	}
}

// stop ends the program in order and demands that it ended well.
func (p *process) stop() error {
	_ = p.input.Close() // it may be gone already; the status tells
	if err := p.command.Wait(); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		return fmt.Errorf("%s: %w; it printed:\n%s", p.command.Path, err, strings.Join(p.printed, "\n"))
	}
	return nil
}
