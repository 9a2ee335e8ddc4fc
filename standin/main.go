// SPDX-License-Identifier: Apache-2.0

// Command standin stands in for Domino's HTTP task: it loads a DSAPI filter, through a host program, and serves real
// HTTP with people, logins and databases from a data directory. It is for tests, the demo and benchmarks.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"ndoap/standin/front"
	"ndoap/standin/front/httpwire"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run returns the exit status: 0 after quit, 2 for a wrong command line, 3 after the filter broke the contract.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	config, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		say(stderr, "standin:", err)
		return 2
	}
	config.Console = func(line string) { say(stdout, line) }
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	server, err := front.Start(config)
	var ended *front.HostEnded
	if errors.As(err, &ended) {
		say(stdout, "standin:", err)
		return max(ended.Status, 1)
	}
	if err != nil {
		say(stderr, "standin:", err)
		return 1
	}
	go func() {
		<-signals
		server.Stop()
	}()
	say(stdout, "standin: ready", server.URL())
	go server.ReadConsole(stdin)
	status := server.Wait()
	say(stdout, "standin: ended with status", status)
	return status
}

// say prints a line. Nobody is left to tell when that fails.
func say(out io.Writer, words ...any) { _, _ = fmt.Fprintln(out, words...) }

// parse reads the command line.
func parse(args []string, stderr io.Writer) (front.Config, error) {
	flags := flag.NewFlagSet("standin", flag.ContinueOnError)
	flags.SetOutput(stderr)
	filter := flags.String("filter", "", "the filter `library` to load")
	data := flags.String("data", "", "`directory` with notes.ini, people.json, databases.json and domino/html")
	listen := flags.String("listen", "127.0.0.1:8080", "`address` to listen on; port 0 picks a free one")
	auth := flags.String("auth", string(front.SessionAuth), "how people log in: session or basic")
	order := flags.String("order", "documented", "order of the events: documented or mapped-first")
	userEvent := flags.String("user-event", "authorized", "the last event raised for what a filter mapped: authorized or process")
	threads := flags.Int("threads", 40, "worker threads")
	tls := flags.Bool("tls", false, "serve https with a self-signed certificate, left in the data directory as standin-cert.pem")
	methods := flags.String("methods", strings.Join(front.DominoMethods(), ","), "HTTP methods that are allowed")
	host := flags.String("host", "", "host `program`, with words before it as in \"wine64 host.exe\" (default standin-host beside this program)")
	drive := flags.String("host-drive", "", "for a host on Windows: the `drive` on which it sees this machine's files, as in Z:")
	var hostArgs []string
	flags.Func("host-arg", "an `argument` to pass on to the host; may be repeated", func(arg string) error {
		hostArgs = append(hostArgs, arg)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return front.Config{}, err
	}
	for _, check := range []struct {
		flag, value string
		known       []string
	}{
		{"auth", *auth, []string{"session", "basic"}},
		{"order", *order, []string{"documented", "mapped-first"}},
		{"user-event", *userEvent, []string{"authorized", "process"}},
	} {
		if !slices.Contains(check.known, check.value) {
			return front.Config{}, fmt.Errorf("--%s is %q; it can be %s", check.flag, check.value, strings.Join(check.known, " or "))
		}
	}
	switch {
	case flags.NArg() > 0:
		return front.Config{}, fmt.Errorf("%q is not expected; arguments of the host go into --host-arg", flags.Arg(0))
	case *filter == "" || *data == "":
		return front.Config{}, errors.New("--filter and --data are needed")
	case *threads < 1:
		return front.Config{}, errors.New("--threads is a number from 1 up")
	}
	words := strings.Fields(*host)
	if len(words) == 0 {
		program, err := os.Executable()
		if err != nil {
			return front.Config{}, err
		}
		words = []string{filepath.Join(filepath.Dir(program), "standin-host")}
	}
	config := front.Config{
		Data:    *data,
		Listen:  *listen,
		Drive:   *drive,
		Threads: *threads,
		Auth:    front.AuthMethod(*auth),
		TLS:     *tls,
		Methods: strings.Split(*methods, ","),
		Limits:  httpwire.DominoLimits(),
	}
	var err error
	if *drive != "" { // only an absolute name can be put onto a drive
		if *filter, err = filepath.Abs(*filter); err == nil {
			config.Data, err = filepath.Abs(*data)
		}
	}
	words = append(words, "--filter", config.HostPath(*filter), "--data", config.HostPath(config.Data), "--order", *order, "--user-event", *userEvent)
	config.Host = append(words, hostArgs...)
	return config, err
}
