// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// passphraseSource says where a passphrase comes from. It never comes from an argument, which other processes can see.
type passphraseSource struct {
	PassphraseFile string `help:"File with the passphrase, or - for standard input. Default: it is asked for." placeholder:"FILE"`
}

// read returns the passphrase; one that was typed for the first time is asked for twice.
func (p passphraseSource) read(s *session, twice bool) ([]byte, error) {
	switch p.PassphraseFile {
	case "-":
		return firstLine(s.stdin)
	case "":
		return ask(s, twice)
	}
	content, err := readLimited(p.PassphraseFile)
	if err != nil {
		return nil, fmt.Errorf("the passphrase cannot be read: %w", err)
	}
	return firstLine(bytes.NewReader(content))
}

func firstLine(from io.Reader) ([]byte, error) {
	line, err := bufio.NewReader(io.LimitReader(from, 4096)).ReadBytes('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("the passphrase cannot be read: %w", err)
	}
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if len(line) == 0 {
		return nil, errors.New("there is no passphrase: its first line is empty")
	}
	return line, nil
}

// ask has the passphrase typed, without showing it.
func ask(s *session, twice bool) (_ []byte, err error) {
	terminal, isFile := s.stdin.(*os.File)
	if !isFile {
		return nil, errNoTerminal
	}
	show, err := hide(terminal)
	if err != nil {
		return nil, errNoTerminal
	}
	defer func() { err = errors.Join(err, show()) }()
	typed := bufio.NewReader(terminal)
	prompt := func(text string) ([]byte, error) {
		fmt.Fprint(s.stderr, text)
		line, err := typed.ReadBytes('\n')
		fmt.Fprintln(s.stderr)
		if err != nil {
			return nil, errors.New("no passphrase was typed; nothing was done")
		}
		return firstLine(bytes.NewReader(line))
	}
	passphrase, err := prompt("Passphrase: ")
	if err != nil || !twice {
		return passphrase, err
	}
	again, err := prompt("Once more: ")
	if err == nil && !bytes.Equal(passphrase, again) {
		err = errors.New("the two passphrases differ; nothing was done")
	}
	return passphrase, err
}

var errNoTerminal = errors.New("there is no terminal to ask for the passphrase: give it with --passphrase-file FILE, " +
	"or --passphrase-file - for standard input")
