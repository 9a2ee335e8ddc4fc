// SPDX-License-Identifier: Apache-2.0

// Package fakehost is a host program for tests of the front: it speaks the wire protocol and has no filter. What the
// filter would do is asked for by request headers.
package fakehost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"ndoap/standin/front/wire"
)

// The request headers that ask for something.
const (
	Echo    = "Fake-Echo"    // answer with the request as JSON, tags by number
	Outcome = "Fake-Outcome" // give this outcome
	User    = "Fake-User"    // serve as this user, named by the filter
	Path    = "Fake-Path"    // serve this path
	Frozen  = "Fake-Frozen"  // NAME=value, frozen
	Status  = "Fake-Status"  // of an answer
	Header  = "Fake-Header"  // header text of an answer, as a Go string literal
	Body    = "Fake-Body"    // of an answer
	Hold    = "Fake-Hold"    // connect to this address and go on when it closes the connection
	End     = "Fake-End"     // end the program with this status
)

// Main is the program; it returns the exit status.
func Main(args []string) int {
	fmt.Println("started with", strings.Join(args, " "))
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if len(args) > 0 && args[len(args)-1] == "--refuse" {
		fmt.Println("DSAPI violation: the filter refuses to load")
		return 3
	}
	fmt.Println("standin-host: listening", listener.Addr())
	h := &host{ended: make(chan int)}
	go h.accept(listener)
	return <-h.ended
}

type host struct {
	mu       sync.Mutex
	restarts int
	requests int
	inside   int // requests in progress
	ended    chan int
}

func (h *host) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			h.ended <- 1
			return
		}
		go h.serve(conn)
	}
}

func (h *host) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }() // the front may have closed it first
	for {
		message, err := wire.Read(conn)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Println("broken frame:", err)
			return
		}
		if err := wire.Write(conn, h.handle(message)); err != nil {
			fmt.Println("cannot answer:", err)
			return
		}
		if message.Text(wire.Kind) == wire.KindQuit {
			h.ended <- 0
		}
	}
}

func (h *host) handle(message wire.Message) wire.Message {
	done := wire.New(wire.KindDone)
	switch message.Text(wire.Kind) {
	case wire.KindRequest:
		h.count(1)
		defer h.count(-1)
		return h.request(message)
	case wire.KindRestart:
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.inside > 0 {
			fmt.Println("DSAPI violation: a restart with requests in progress")
			h.ended <- 3
		}
		h.restarts++
	case wire.KindStat:
		h.mu.Lock()
		defer h.mu.Unlock()
		done.Set(wire.StatisticsText, fmt.Sprintf("Doap.Requests = %d\nDoap.Restarts = %d\n", h.requests, h.restarts))
	}
	return done
}

func (h *host) count(change int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inside += change
	h.requests += max(change, 0)
}

func (h *host) request(message wire.Message) wire.Message {
	wishes := map[string]string{}
	for line := range strings.Lines(message.Text(wire.Header)) {
		if name, value, found := strings.Cut(line, ":"); found {
			wishes[name] = strings.TrimSpace(value)
		}
	}
	if address := wishes[Hold]; address != "" {
		hold(address)
	}
	if status, err := strconv.Atoi(wishes[End]); err == nil {
		fmt.Println("DSAPI violation: asked to end")
		h.ended <- status
		select {} // the program ends
	}
	if wishes[Echo] != "" {
		return echo(message)
	}
	result := wire.New(wire.KindResult)
	result.Set(wire.Outcome, outcome(message, wishes))
	result.Set(wire.Status, wishes[Status])
	result.Set(wire.AnswerBody, wishes[Body])
	if header, err := strconv.Unquote(wishes[Header]); err == nil {
		result.Set(wire.AnswerHeader, header)
	}
	result.Set(wire.ServeUser, message.Text(wire.User))
	if user := wishes[User]; user != "" {
		result.Set(wire.ServeUser, user)
		result.Set(wire.NamedBy, "filter")
	}
	result.Set(wire.ServeHeader, message.Text(wire.Header))
	result.Set(wire.ServePath, message.Text(wire.Path))
	if path := wishes[Path]; path != "" {
		result.Set(wire.ServePath, path)
	}
	result.Set(wire.ServeMapType, message.Text(wire.MapType))
	result.Set(wire.FrozenCGI, wishes[Frozen])
	return result
}

func outcome(message wire.Message, wishes map[string]string) string {
	switch {
	case wishes[Outcome] != "":
		return wishes[Outcome]
	case message.Text(wire.BasicState) == "bad":
		return wire.Refused
	case message.Text(wire.Path) == "":
		return wire.Unmapped
	default:
		return wire.Serve
	}
}

func echo(message wire.Message) wire.Message {
	fields := map[string]string{}
	for tag, value := range message {
		fields[strconv.Itoa(int(tag))] = string(value)
	}
	result := wire.New(wire.KindResult)
	body, err := json.Marshal(fields)
	if err != nil {
		result.Set(wire.Outcome, wire.Failed)
		return result
	}
	result.Set(wire.Outcome, wire.Answered)
	result.Set(wire.Status, "200")
	result.Set(wire.AnswerHeader, fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)))
	result.Set(wire.AnswerBody, string(body))
	return result
}

// hold stays in the filter until the test lets go.
func hold(address string) {
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", address)
	if err != nil {
		fmt.Println("cannot hold:", err)
		return
	}
	defer func() { _ = conn.Close() }() // the test has closed it
	if _, err := io.Copy(io.Discard, conn); err != nil {
		fmt.Println("cannot hold:", err)
	}
}

// Variable is the environment variable that makes a test program run as the host: TestMain calls Main when it is set.
const Variable = "STANDIN_FAKE_HOST"

// Asked tells whether this process is to be the host.
func Asked() bool { return os.Getenv(Variable) != "" }
