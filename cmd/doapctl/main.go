// SPDX-License-Identifier: Apache-2.0

// Command doapctl is the administrator's command line: it sets ndoap up, registers clients, manages signing keys and
// checks the configuration. It works on the same files as the server, while the server runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/alecthomas/kong"
)

const description = `Administers ndoap, the OAuth 2 authorization server inside HCL Domino.

doapctl works on the files in the Domino data directory. It may be used while the server runs; the server sees a
change within a second. Run it as the account that Domino runs as, so that Domino may read what it creates.

Examples:

    doapctl --data /local/notesdata init --issuer https://domino.example.com/doap
    doapctl --data /local/notesdata client add --name "Demo web site" --redirect-uri https://app.example.com/callback
    doapctl --data /local/notesdata client list`

// arguments is the command line.
type arguments struct {
	places
	JSON bool `name:"json" help:"Print the result as JSON, for scripts."`

	Init    initCommand     `cmd:"" help:"Set ndoap up in a Domino data directory."`
	Client  clientCommands  `cmd:"" help:"Register and change clients: the applications that log users in through ndoap."`
	Key     keyCommands     `cmd:"" help:"Manage the keys that sign tokens."`
	Seal    sealCommands    `cmd:"" help:"Carry the sealing key of the database over to another server."`
	Grant   grantCommands   `cmd:"" help:"See and end what applications may do."`
	User    userCommands    `cmd:"" help:"End what applications may do in the name of a user."`
	APIKey  apikeyCommands  `cmd:"" name:"apikey" help:"Issue, see and end API keys, for programs that cannot log in."`
	Token   tokenCommands   `cmd:"" help:"End single tokens."`
	Lockout lockoutCommands `cmd:"" help:"See and lift lockouts of clients and people."`
	Audit   auditCommand    `cmd:"" help:"Show the audit trail."`
	Explain explainCommand  `cmd:"" help:"Say why a token is refused, by the request id or by the token."`
	Config  configCommands  `cmd:"" help:"Check the configuration."`
	Version versionCommand  `cmd:"" help:"Print the version of doapctl."`
}

// session is one run of a command.
type session struct {
	context.Context
	places *places
	json   bool
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	now    time.Time
}

// Exit codes.
const (
	exitFailure = 1 // refused or failed, with a sentence on stderr
	exitUsage   = 2 // the command line was not understood
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(commandLine []string) int {
	var parsed arguments
	parser, err := kong.New(&parsed,
		kong.Name("doapctl"),
		kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "doapctl:", err)
		return exitFailure
	}
	if slices.Equal(commandLine, []string{"--version"}) { // what people try first
		commandLine = []string{"version"}
	}
	command, err := parser.Parse(commandLine)
	if err != nil {
		fmt.Fprintf(os.Stderr, "doapctl: %v\n", err)
		if slices.ContainsFunc(commandLine, looksLikeKeyID) {
			fmt.Fprintln(os.Stderr, `Write "--" before an id that begins with a hyphen, and options before that.`)
		}
		if mistake, isMistake := errors.AsType[*kong.ParseError](err); isMistake && mistake.Context.Command() != "" {
			fmt.Fprintf(os.Stderr, "Run \"doapctl %s --help\" for help.\n", commandWords(mistake.Context))
		} else {
			fmt.Fprintln(os.Stderr, `Run "doapctl --help" for help.`)
		}
		return exitUsage
	}
	interruptible, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err = command.Run(&session{
		Context: interruptible,
		places:  &parsed.places,
		json:    parsed.JSON,
		stdin:   os.Stdin,
		stdout:  os.Stdout,
		stderr:  os.Stderr,
		now:     time.Now(),
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "doapctl: %v\n", err)
		return exitFailure
	}
	return 0
}

// looksLikeKeyID tells whether a word is the id of an imported key that begins with a hyphen; those that doapctl makes
// do not.
func looksLikeKeyID(word string) bool {
	const length = 43 // base64url of a SHA-256 thumbprint
	return len(word) == length && word[0] == '-' && word[1] != '-'
}

// commandWords are the words of a command without its arguments.
func commandWords(parsed *kong.Context) string {
	words := ""
	for _, step := range parsed.Path {
		if step.Command != nil {
			words += " " + step.Command.Name
		}
	}
	return words[min(len(words), 1):]
}
