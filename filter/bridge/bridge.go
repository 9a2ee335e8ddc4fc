// SPDX-License-Identifier: Apache-2.0

// Package bridge is the pure Go twin of the library's exports: Open, Serve and Close do what ndoap_open, ndoap_serve
// and ndoap_close do, without cgo, so that plain tests cover them. It owns the life of an instance: open, close, open
// again in one process, the configuration and the store that are in use, the console queue, and the promise that no
// panic leaves it.
package bridge

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/directory"
)

// Environment is what the host tells at start: ndoap_environment in Go types.
type Environment struct {
	DataDirectory string
	AppPath       string // notes.ini DOAP_App_Path
	ConfigDir     string // notes.ini DOAP_Config_Dir
	LogLevel      string // notes.ini DOAP_Log_Level
}

// Opening is what the host is told: ndoap_opening in Go types.
type Opening struct {
	UserEvent config.UserEvent
	Console   []string
	Memory    MemoryUse
}

// Bridge is one loaded library. Its zero value is ready; a process has one.
type Bridge struct {
	mu       sync.Mutex // held while instances come and go
	openings int        // calls of Open without their Close
	calls    sync.RWMutex
	instance atomic.Pointer[instance]
	console  console
	level    slog.LevelVar
	memory   memoryMeter

	// fault, when set, is called inside each export, with "open", "close" or the request target, then with its directory
	// of people. Tests and builds with the tag faultinjection panic there.
	fault func(where string, people directory.Directory)
}

// Open starts an instance, or joins the running one: Domino may call FilterInit twice without TerminateFilter between,
// once for each Internet Site. It never fails: what is broken is said on the console and served as out of service.
func (b *Bridge) Open(environment Environment) (opening Opening) {
	defer func() {
		if problem := recover(); problem != nil {
			b.reportPanic("open", problem)
		}
		opening.Console = b.console.take()
		opening.Memory = b.memory.measure()
	}()
	b.mu.Lock()
	defer b.mu.Unlock()
	opening.UserEvent = config.UserEventAuthorized
	b.openings++
	b.provoke("open", nil)
	if b.openings == 1 {
		b.instance.Store(start(environment, &b.console, &b.level, &b.memory))
	}
	if running := b.instance.Load(); running != nil {
		opening.UserEvent = running.userEvent()
	}
	return opening
}

// Close ends the instance with the last of as many calls as Open had. It waits for calls of Serve under way; what
// they were told is on disk. For files that a disk does not give back it waits no longer than stopTime.
func (b *Bridge) Close() (closing Opening) {
	defer func() {
		if problem := recover(); problem != nil {
			b.reportPanic("close", problem)
		}
		closing.Console = b.console.take()
		closing.Memory = b.memory.measure()
	}()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.openings == 0 {
		return closing
	}
	b.openings--
	if b.openings > 0 {
		return closing
	}
	b.provoke("close", nil)
	running := b.instance.Swap(nil)
	b.calls.Lock()   // the last call under way has returned
	b.calls.Unlock() //nolint:staticcheck // empty on purpose: the lock is the wait
	if running != nil {
		ctx, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		running.stop(ctx)
	}
	return closing
}

// Serve answers one crossing. A panic becomes 500, a refused token or a refused user; nothing else.
func (b *Bridge) Serve(call Call) (out Reply) {
	request := callRequest{&call}
	defer func() {
		if problem := recover(); problem != nil {
			b.reportPanic("serve", problem)
			out = reply(request.Method(), afterPanic(request))
		}
		out.Console = b.console.take()
		out.Memory = b.memory.latest()
	}()
	b.calls.RLock()
	defer b.calls.RUnlock()
	return reply(request.Method(), b.decide(request))
}

func (b *Bridge) decide(request core.Request) core.Decision {
	b.provoke(request.Target(), request.Directory())
	running := b.instance.Load()
	if running == nil {
		return core.OutOfService(request)
	}
	return running.serve(request)
}

func (b *Bridge) provoke(where string, people directory.Directory) {
	if b.fault != nil {
		b.fault(where, people)
	}
}

// Contain is deferred by an export around its copying: it logs a panic and ends it there.
func (b *Bridge) Contain(where string) {
	if problem := recover(); problem != nil {
		b.reportPanic(where, problem)
	}
}

// afterPanic fails closed: a route of ours answers 500, a token is refused as in a server that is out of service.
func afterPanic(request core.Request) core.Decision {
	decision := core.OutOfService(request)
	if decision.Verdict == core.Answer && decision.Response.Status == http.StatusServiceUnavailable {
		decision.Response.Status = http.StatusInternalServerError
		decision.Response.Header.Del("Retry-After")
	}
	return decision
}

// reportPanic writes one console line with the stack.
func (b *Bridge) reportPanic(where string, problem any) {
	slog.New(lineHandler{console: &b.console, level: &b.level}).LogAttrs(context.Background(), slog.LevelError,
		"a defect in ndoap was contained; please report this line", slog.String("in", where),
		slog.Any("panic", problem), slog.String("stack", stack()))
}

// retryEvery is how often an instance looks for a changed configuration, and tries again to open a store that it
// could not open.
const retryEvery = time.Second
