// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"ndoap/core/key"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type keyCommands struct {
	Generate keyGenerateCommand `cmd:"" help:"Make a new signing key."`
	Import   keyImportCommand   `cmd:"" help:"Import a key from a PEM file."`
	List     keyListCommand     `cmd:"" help:"List all keys."`
}

// keyResult is a key for scripts.
type keyResult struct {
	ID        string `json:"kid"`
	Algorithm string `json:"alg"`
	Use       string `json:"use"` // "signs" for the one that signs new tokens, otherwise "verifies"
	Private   bool   `json:"private"`
	CreatedAt string `json:"created_at"`
}

const (
	signs    = "signs"
	verifies = "verifies"
)

// keyResults describes keys, the newest first.
func keyResults(keys []store.Key) []keyResult {
	results := []keyResult{}
	signer := slices.IndexFunc(keys, func(k store.Key) bool { return len(k.PrivatePEM) > 0 })
	for i, one := range keys {
		result := keyResult{
			ID: one.ID, Algorithm: one.Algorithm, Use: verifies,
			Private: len(one.PrivatePEM) > 0, CreatedAt: timestamp(one.CreatedAt),
		}
		if i == signer {
			result.Use = signs
		}
		results = append(results, result)
	}
	return results
}

// addKey stores a key and tells what it is for.
func (s *session) addKey(added store.Key, done string) error {
	result := keyResults([]store.Key{added})[0]
	known := false
	err := s.withStore(func(keys *sqlite.Store) error {
		err := keys.AddKey(s, added)
		known = errors.Is(err, store.ErrExists)
		if !known {
			return err
		}
		present, err := keys.ListKeys(s)
		at := slices.IndexFunc(present, func(k store.Key) bool { return k.ID == added.ID })
		if err == nil && at >= 0 {
			result = keyResults(present)[at]
		}
		return err
	})
	if err != nil {
		return err
	}
	if known && !s.json {
		s.print("The key %s is in the database already; nothing was changed.", added.ID)
		return nil
	}
	if s.json {
		return s.printJSON(result)
	}
	s.print("%s %s.", done, added.ID)
	if result.Use == signs {
		s.print("It signs all new tokens from now on. Older keys go on verifying what they signed.")
	} else {
		s.print("It verifies tokens. To sign with it, import its private key instead.")
	}
	return nil
}

type keyGenerateCommand struct{}

// Help is shown below the usage line.
func (keyGenerateCommand) Help() string {
	return `Makes an RSA key of 2048 bits for RS256. The newest private key signs all new tokens; the older ones stay, so that
tokens they signed stay good.

Example:

    doapctl key generate`
}

func (keyGenerateCommand) Run(s *session) error {
	made, err := key.Generate(key.RS256, s.now)
	if err != nil {
		return err
	}
	return s.addKey(made, "Made the key")
}

type keyImportCommand struct {
	File string `arg:"" help:"PEM file, or - for standard input."`
}

// Help is shown below the usage line.
func (keyImportCommand) Help() string {
	return `Imports an RSA key of 2048 bits or more as openssl writes it: PKCS#8 (PRIVATE KEY), PKCS#1 (RSA PRIVATE KEY),
or their public counterparts. A private key holds its public half, so that one import is enough. An imported private
key is the newest and signs all new tokens.

Examples:

    openssl genrsa 2048 > private-key.pem
    doapctl key import private-key.pem
    openssl genrsa 2048 | doapctl key import -

Delete the file after it was imported.`
}

func (c *keyImportCommand) Run(s *session) error {
	file, err := c.read(s.stdin)
	if err != nil {
		return err
	}
	imported, err := key.Import(file, s.now)
	if err != nil {
		return fmt.Errorf("%s cannot be imported: %w", c.File, err)
	}
	return s.addKey(imported, "Imported the key")
}

// read returns the file; the limit is far above any key.
func (c *keyImportCommand) read(stdin io.Reader) ([]byte, error) {
	const limit = 1 << 20
	input := stdin
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, fmt.Errorf("the key cannot be read: %w", err)
		}
		defer file.Close() //nolint:errcheck // it was only read
		input = file
	}
	content, err := io.ReadAll(io.LimitReader(input, limit))
	if err != nil {
		return nil, fmt.Errorf("the key cannot be read: %w", err)
	}
	return content, nil
}

type keyListCommand struct{}

// Help is shown below the usage line.
func (keyListCommand) Help() string {
	return `Lists the keys, the newest first, and tells which one signs. All of them are published at /doap/jwks.

Examples:

    doapctl key list
    doapctl key list --json`
}

func (keyListCommand) Run(s *session) error {
	var results []keyResult
	err := s.withStore(func(keys *sqlite.Store) error {
		present, err := keys.ListKeys(s)
		results = keyResults(present)
		return err
	})
	if err != nil {
		return err
	}
	if s.json {
		return s.printJSON(results)
	}
	if len(results) == 0 {
		s.print("There is no key yet: make one with doapctl key generate.")
		return nil
	}
	rows := [][]string{{"KEY ID", "ALGORITHM", "USE", "CREATED"}}
	for _, one := range results {
		rows = append(rows, []string{one.ID, one.Algorithm, one.Use, one.CreatedAt})
	}
	return s.table(rows)
}
