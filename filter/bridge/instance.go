// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ndoap/build/version"
	"ndoap/core"
	"ndoap/core/background"
	"ndoap/core/config"
	"ndoap/store"
	"ndoap/store/sqlite"
)

// instance is ndoap between one Open and its Close: a configuration, a store and the service over them, or the reason
// why there is none. A goroutine keeps all three current.
type instance struct {
	source    *config.Source
	bootstrap config.Bootstrap
	log       *slog.Logger                 // of the instance's own life
	requests  *slog.Logger                 // of what requests cause
	service   atomic.Pointer[core.Service] // nil while out of service
	store     store.Store                  // owned by the goroutine once it runs
	policy    complaint                    // about the configuration
	database  complaint                    // about the store
	keys      complaint                    // about their rotation
	trail     trail                        // where announce has got to
	memory    *memoryMeter
	cancel    context.CancelFunc
	done      sync.WaitGroup   // of the goroutine
	looks     background.Group // at the configuration
	ending    background.Group // what stop leaves to a goroutine

	dataDirectory string // Domino's; empty when it is not known
}

// complaint is what was last said on the console about one thing, so that it is said once.
type complaint string

// start brings an instance up. What does not work is logged, and tried again while the instance lives, except for
// notes.ini, which Domino reads again at its next start.
func start(environment Environment, lines *console, level *slog.LevelVar, memory *memoryMeter) *instance {
	level.Set(slog.LevelInfo)
	log := slog.New(lineHandler{console: lines, level: level})
	requests := slog.New(lineHandler{console: lines, level: level, bounded: true})
	ctx, cancel := context.WithCancel(context.Background())
	in := &instance{log: log, requests: requests, cancel: cancel, memory: memory, dataDirectory: environment.DataDirectory}
	bootstrap, err := config.ResolveBootstrap(environment.lookup, cmp.Or(environment.DataDirectory, "."))
	if err != nil {
		in.outOfService(&in.policy, err)
		return in
	}
	level.Set(bootstrap.LogLevel)
	for _, warning := range bootstrap.Warnings {
		log.Warn(warning)
	}
	in.bootstrap = bootstrap
	in.source = config.NewSource(bootstrap.ConfigDir)
	in.refresh(ctx)
	in.done.Go(func() { in.keepCurrent(ctx) })
	return in
}

// lookup is the notes.ini of this environment.
func (e Environment) lookup(name string) (string, bool) {
	values := map[string]string{
		"DOAP_App_Path": e.AppPath, "DOAP_Config_Dir": e.ConfigDir, "DOAP_Log_Level": e.LogLevel,
	}
	value := values[name]
	return value, value != ""
}

// keepCurrent refreshes until the instance stops. A panic ends one refresh, not the host. The configuration is read beside
// it: a disk that hangs there must not hold up what needs the database alone, and least of all the end.
func (in *instance) keepCurrent(ctx context.Context) {
	ticker := time.NewTicker(retryEvery)
	defer ticker.Stop()
	lastRotation, lastSweep, lastUses := time.Time{}, time.Time{}, time.Time{}
	looks, looking := make(chan look, 1), false
	for {
		select {
		case <-ctx.Done():
			return
		case found := <-looks:
			looking = false
			in.guarded(func() { in.apply(ctx, found) })
		case now := <-ticker.C:
			in.memory.measure()
			if !looking {
				looking = true
				in.looks.Go("the configuration in "+in.bootstrap.ConfigDir, func() {
					var found look
					defer func() { looks <- found }() // also after a panic
					in.guarded(func() { found = in.look() })
				})
			}
			in.guarded(func() { in.announce(ctx) })
			in.guarded(func() { in.refreshProviders(ctx, now) })
			in.guarded(func() { in.flushRefusals(ctx) })
			if now.Sub(lastRotation) >= rotateEvery {
				lastRotation = now
				in.guarded(func() { in.rotate(ctx, now) })
			}
			if now.Sub(lastUses) >= storeUsesEvery {
				lastUses = now
				in.guarded(func() { in.storeKeyUses(ctx) })
			}
			if now.Sub(lastSweep) >= sweepEvery {
				lastSweep = now
				in.guarded(func() { in.sweep(ctx, now) })
			}
		}
	}
}

// rotateEvery is how often the schedule of the signing keys is looked at.
const rotateEvery = time.Minute

// guarded runs background work so that a panic in it is logged and over.
func (in *instance) guarded(work func()) {
	defer func() {
		if problem := recover(); problem != nil {
			in.log.Error("a defect in ndoap was contained; please report this line", "panic", problem, "stack", stack())
		}
	}()
	work()
}

// look is what a look at the configuration found.
type look struct {
	changed  bool
	problems []config.Problem
	err      error
}

// look reads a changed configuration.
func (in *instance) look() (found look) {
	found.changed, found.problems, found.err = in.source.Refresh()
	return found
}

// refresh reads a changed configuration and opens a store that is not open yet.
func (in *instance) refresh(ctx context.Context) { in.apply(ctx, in.look()) }

// apply says what a look at the configuration found, and opens a store that is not open yet.
func (in *instance) apply(ctx context.Context, found look) {
	if ctx.Err() != nil {
		return // stopped meanwhile
	}
	for _, problem := range found.problems {
		in.log.Log(ctx, problem.Level, problem.String())
	}
	if found.err != nil {
		if in.source.Current() == nil {
			in.outOfService(&in.policy, found.err)
			return
		}
		in.sayOnce(&in.policy, "the configuration was not changed: "+found.err.Error())
	} else {
		in.policy = ""
	}
	if in.service.Load() != nil {
		if found.changed && found.err == nil {
			in.log.Info("the configuration was read again", "dir", in.bootstrap.ConfigDir)
		}
		return
	}
	opened, err := sqlite.Open(in.bootstrap.Database, sqlite.Options{Log: in.log, OnFault: in.storeFault})
	if err != nil {
		in.outOfService(&in.database, err)
		return
	}
	if ctx.Err() != nil {
		_ = opened.Close() // stopped meanwhile; nothing was written
		return
	}
	in.store = opened
	in.database = ""
	in.trail = trail{newest: notLooked}
	in.announce(ctx)
	service := core.New(core.Deps{
		Config: in.source.Current, Store: opened, Now: time.Now, Log: in.requests, DataDirectory: in.dataDirectory,
	})
	// Before the first request that is served, which takes the line to the console.
	in.log.Info("ready", "version", version.Version, "issuer", in.source.Current().Issuer, "store", in.bootstrap.Database)
	in.service.Store(service)
	in.refreshProviders(ctx, time.Now())
}

// storeFault is told by the store when it becomes unusable, and with nil when it works again. On a disk with one bad place
// that may be with each request that leads there.
func (in *instance) storeFault(err error) {
	if err == nil {
		in.requests.Info("the store works again")
		return
	}
	in.requests.Error("out of service: /doap answers 503 and access tokens are refused until this is mended", "cause", err)
}

// outOfService says why nothing works.
func (in *instance) outOfService(about *complaint, err error) {
	in.sayOnce(about, "out of service: /doap answers 503 and access tokens are refused until this is mended: "+err.Error())
}

func (in *instance) sayOnce(about *complaint, text string) {
	if *about != complaint(text) {
		*about = complaint(text)
		in.log.Error(text)
	}
}

// rotate changes the signing keys when their schedule says so.
func (in *instance) rotate(ctx context.Context, now time.Time) {
	service := in.service.Load()
	if service == nil {
		return
	}
	err := service.RotateKeys(ctx, now)
	switch {
	case err == nil:
		in.keys = ""
	case !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrUnavailable): // the store speaks for itself
		in.sayOnce(&in.keys, "the signing keys were not rotated, and go on as they are: "+err.Error())
	}
}

// refreshProviders lets the keys of identity providers be read that are due.
func (in *instance) refreshProviders(ctx context.Context, now time.Time) {
	if service := in.service.Load(); service != nil {
		service.RefreshProviders(ctx, now)
	}
}

func (in *instance) serve(request core.Request) core.Decision {
	if service := in.service.Load(); service != nil {
		return service.Serve(request)
	}
	return core.OutOfService(request)
}

// userEvent is the configured event for user routes.
func (in *instance) userEvent() config.UserEvent {
	if in.source != nil {
		if current := in.source.Current(); current != nil {
			return current.UserEvent
		}
	}
	return config.UserEventAuthorized
}
