// SPDX-License-Identifier: Apache-2.0

// Command demo follows the DOAP tutorial on one machine: it makes a data directory with people, a database, a key and
// clients, starts the stand-in for Domino with the real filter on it, and serves the web site of a client that logs in
// through it. The environment chooses: DEMO_LISTEN and DEMO_DATA, DEMO_AUTH (session or basic), DEMO_SITE_LISTEN, and
// DEMO_BIN, where the programs are.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"ndoap/standin/front"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv, os.Stdin, os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// settings are what the environment chooses.
type settings struct {
	listen, data, auth, siteListen, bin string
}

func readSettings(environ func(string) string) (settings, error) {
	s := settings{
		listen:     cmp.Or(environ("DEMO_LISTEN"), "127.0.0.1:8080"),
		data:       cmp.Or(environ("DEMO_DATA"), "demo-data"),
		auth:       cmp.Or(environ("DEMO_AUTH"), "session"),
		siteListen: cmp.Or(environ("DEMO_SITE_LISTEN"), "127.0.0.1:3000"),
		bin:        environ("DEMO_BIN"),
	}
	if s.auth != "session" && s.auth != "basic" {
		return s, fmt.Errorf("DEMO_AUTH is %q; it can be session or basic", s.auth)
	}
	var err error
	if s.data, err = filepath.Abs(s.data); err != nil {
		return s, err
	}
	if s.bin == "" {
		s.bin = findPrograms()
	}
	if s.bin, err = filepath.Abs(s.bin); err != nil {
		return s, err
	}
	for _, name := range []string{"doapctl", "standin", "standin-host", "libndoap.so"} {
		if _, err := os.Stat(filepath.Join(s.bin, name)); err != nil {
			return s, fmt.Errorf("%s is not in %s; run make build first, or name its directory in DEMO_BIN", name, s.bin)
		}
	}
	return s, nil
}

// findPrograms returns the directory of this program when the others are beside it, and bin for `go run`.
func findPrograms() string {
	if program, err := os.Executable(); err == nil {
		beside := filepath.Dir(program)
		if _, err := os.Stat(filepath.Join(beside, "standin")); err == nil {
			return beside
		}
	}
	return "bin"
}

// run sets everything up and serves until ctx ends or the stand-in is told to quit on its console.
func run(ctx context.Context, environ func(string) string, stdin io.Reader, stdout io.Writer) (err error) {
	chosen, err := readSettings(environ)
	if err != nil {
		return err
	}
	envFile := filepath.Join(chosen.data, "demo.env")
	if base := running(ctx, envFile); base != "" {
		return fmt.Errorf("a demo with the data in %s runs already, at %s: end it with Ctrl-C, or choose another directory with "+
			"DEMO_DATA", chosen.data, base)
	}
	if err := remove(envFile); err != nil { // of a start that was killed
		return err
	}
	ready, err := prepare(ctx, chosen)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	site := newSite(ready.place, ready.registered)
	server := &http.Server{Handler: site.handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ready.listener) }()
	defer func() { err = errors.Join(err, server.Close()) }()

	domino, err := startDomino(ctx, chosen, ready.address, stdin, stdout)
	if err != nil {
		return unlessEnded(ctx, err)
	}
	defer func() { err = errors.Join(err, domino.stop()) }()
	if err := writeEnv(envFile, chosen.bin, ready.place, ready.registered, ready.user); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove(envFile)) }()
	text := instructions(chosen.data, ready.place, ready.registered, ready.user)
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-domino.ended:
	case err = <-served:
	}
	return err
}

func remove(file string) error {
	if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// unlessEnded drops an error that only says that the demo was told to end.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// preparation is what has to stand before the stand-in starts.
type preparation struct {
	place      place
	address    string       // for the stand-in
	listener   net.Listener // of the client's web site
	user       front.Person
	registered state
}

func prepare(ctx context.Context, chosen settings) (preparation, error) {
	before, err := readState(chosen.data)
	if err != nil {
		return preparation{}, err
	}
	address, base, err := pickAddress(ctx, chosen.listen, before.Port)
	if err != nil {
		return preparation{}, err
	}
	listener, err := listenSite(ctx, chosen.siteListen, before.SitePort)
	if err != nil {
		return preparation{}, err
	}
	ready := preparation{address: address, listener: listener}
	ready.place = place{base: base, issuer: base + "/doap", site: "http://" + listener.Addr().String(), auth: chosen.auth}
	if ready.user, err = makeData(chosen.data, ready.place); err == nil {
		ready.registered, err = register(ctx, chosen, ready.place, before)
	}
	if err != nil {
		return preparation{}, errors.Join(err, listener.Close())
	}
	return ready, nil
}
