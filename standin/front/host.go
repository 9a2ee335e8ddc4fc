// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"ndoap/standin/front/wire"
)

// host is the running host program, the DSAPI half of the stand-in, with one worker connection for each thread.
type host struct {
	command *exec.Cmd
	console func(line string)
	address string
	threads int

	idle    chan net.Conn // worker connections that no request uses
	mu      sync.Mutex    // one console command at a time
	control net.Conn

	exited chan struct{} // closed when the program has ended and its last line is out
	status int           // valid then
}

// The lines of the host that mean something to the front.
const (
	listening = "standin-host: listening "
	violation = "DSAPI violation: "
)

// startHost starts the program, waits until it has loaded the filter, and connects.
func startHost(words []string, threads int, console func(line string)) (*host, error) {
	h := &host{
		command: exec.CommandContext(context.Background(), words[0], words[1:]...), // ended by quit or kill
		console: console,
		threads: threads,
		idle:    make(chan net.Conn, threads),
		exited:  make(chan struct{}),
	}
	output, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	h.command.Stdout, h.command.Stderr = input, input // Domino's console shows both
	keepFromTerminal(h.command)
	started, address := make(chan error, 1), make(chan string, 1)
	go h.run(started, input, output, address)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start the host %s: %w", words[0], err)
	}
	select {
	case h.address = <-address:
	case <-h.exited:
		return nil, &HostEnded{h.status}
	}
	if err := h.dial(); err != nil {
		h.kill()
		return nil, fmt.Errorf("cannot connect to the host: %w", err)
	}
	return h, nil
}

// HostEnded is the end of the host program before its time.
type HostEnded struct{ Status int }

func (e *HostEnded) Error() string { return fmt.Sprintf("the host ended with status %d", e.Status) }

// run starts the program and stays on one thread until it ends: the kernel ends the program together with the thread
// that started it, so that no host outlives a front that was killed.
func (h *host) run(started chan<- error, input, output *os.File, address chan<- string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(h.exited)
	err := errors.Join(h.command.Start(), input.Close())
	started <- err
	if err != nil {
		return
	}
	relayed := make(chan struct{})
	go func() {
		defer close(relayed)
		h.relay(output, address)
	}()
	err = h.command.Wait()
	// A process that the host leaves behind, such as a Wine server, may hold the pipe open without writing.
	_ = output.SetReadDeadline(time.Now().Add(time.Second)) // fails only where the pipe is closed already
	<-relayed
	_ = output.Close() // nothing is read any more
	h.status = h.command.ProcessState.ExitCode()
	if h.status < 0 {
		h.status = 1
		h.console(fmt.Sprintf("standin: the host was ended: %v", err))
	}
}

// relay passes on what the host prints, line by line.
func (h *host) relay(output io.Reader, address chan<- string) {
	lines := bufio.NewReader(output)
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, listening) && address != nil:
			address <- strings.TrimPrefix(line, listening)
			address = nil
		case strings.HasPrefix(line, violation):
			h.console(line)
		case line != "" || err == nil:
			h.console("console: " + line)
		}
		if err != nil {
			return
		}
	}
}

// dial makes the control connection and the worker connections.
func (h *host) dial() error {
	control, err := h.connect()
	if err != nil {
		return err
	}
	h.control = control
	for range h.threads {
		worker, err := h.connect()
		if err != nil {
			return err
		}
		h.idle <- worker
	}
	return nil
}

func (h *host) connect() (net.Conn, error) {
	dialer := net.Dialer{Timeout: dialPatience}
	return dialer.DialContext(context.Background(), "tcp", h.address)
}

// dialPatience is for a host on the same machine that listens already.
const dialPatience = 10 * time.Second

// exchange pushes one request through the filter on a thread of its own.
func (h *host) exchange(request wire.Message) (wire.Message, error) {
	var worker net.Conn
	select {
	case worker = <-h.idle:
	case <-h.exited:
		return nil, &HostEnded{h.status}
	}
	result, err := converse(worker, request, wire.KindResult)
	if err != nil {
		_ = worker.Close() // it is in an unknown state
		replacement, dialError := h.connect()
		if dialError != nil {
			return nil, errors.Join(err, dialError)
		}
		h.idle <- replacement
		return nil, err
	}
	h.idle <- worker
	return result, nil
}

// restart waits until no request is in the filter, has the host end and start the filter, calls reload, and only then
// lets requests in again.
func (h *host) restart(reload func()) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var workers []net.Conn
	defer func() {
		for _, worker := range workers {
			h.idle <- worker
		}
	}()
	for range h.threads {
		select {
		case worker := <-h.idle:
			workers = append(workers, worker)
		case <-h.exited:
			return &HostEnded{h.status}
		}
	}
	_, err := converse(h.control, wire.New(wire.KindRestart), wire.KindDone)
	reload()
	return err
}

// tell carries out quit or stat and returns the text of the answer.
func (h *host) tell(kind string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	done, err := converse(h.control, wire.New(kind), wire.KindDone)
	return done.Text(wire.StatisticsText), err
}

func converse(conn net.Conn, message wire.Message, want string) (wire.Message, error) {
	if err := wire.Write(conn, message); err != nil {
		return nil, fmt.Errorf("sending to the host: %w", err)
	}
	answer, err := wire.Read(conn)
	if err != nil {
		return nil, fmt.Errorf("waiting for the host: %w", err)
	}
	if kind := answer.Text(wire.Kind); kind != want {
		return nil, fmt.Errorf("the host answered with %q in place of %q", kind, want)
	}
	return answer, nil
}

// quit ends the host in good order, by force when it does not obey within the time, and returns its status.
func (h *host) quit(patience time.Duration) int {
	defer h.disconnect()
	force := time.AfterFunc(patience, h.kill)
	defer force.Stop()
	_, err := h.tell(wire.KindQuit)
	<-h.exited
	if err != nil && h.status == 0 {
		h.console(fmt.Sprintf("standin: the host did not quit in good order: %v", err))
		return 1
	}
	return h.status
}

func (h *host) disconnect() {
	_ = h.control.Close() // the other side is gone
	for {
		select {
		case worker := <-h.idle:
			_ = worker.Close()
		default:
			return
		}
	}
}
