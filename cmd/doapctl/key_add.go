// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"ndoap/core/key"
	"ndoap/store"
	"ndoap/store/sqlite"
)

type keyGenerateCommand struct {
	Algorithm string `help:"RS256, ES256 or EdDSA. Default: keys.algorithm in the configuration, RS256." placeholder:"ALG"`
	activation
}

// Help is shown below the usage line.
func (keyGenerateCommand) Help() string {
	return `Makes a key that signs all new tokens from now on: RSA of 2048 bits (RS256), P-256 (ES256) or Ed25519 (EdDSA). The
older ones stay, so that tokens they signed stay good, and are retired by the schedule.

Servers other than this Domino that verify tokens may have kept the list of keys for five minutes, and refuse the new
key for so long. Where there are any, use --next.

The schedule makes keys by itself, with the algorithm of the configuration: to change the algorithm for good, change
keys.algorithm there, and nothing has to be done here.

Examples:

    doapctl key generate
    doapctl key generate --next
    doapctl key generate --algorithm ES256`
}

func (c *keyGenerateCommand) Run(s *session) error {
	policy, _, err := s.policy()
	if err != nil {
		return err
	}
	made, err := key.Generate(cmp.Or(c.Algorithm, string(policy.Keys.Algorithm)), s.now)
	if err != nil {
		return err
	}
	if made.ActiveFrom, err = c.from(s); err != nil {
		return err
	}
	return s.addKey(made, "Made the key")
}

type keyImportCommand struct {
	File string `arg:"" help:"PEM file, or - for standard input."`
	activation
}

// Help is shown below the usage line.
func (keyImportCommand) Help() string {
	return `Imports a key as openssl writes it: RSA of 2048 bits or more (signs with RS256), P-256 (ES256) or Ed25519 (EdDSA), as
PRIVATE KEY (PKCS#8), RSA PRIVATE KEY, EC PRIVATE KEY, PUBLIC KEY or RSA PUBLIC KEY. A private key holds its public
half, so that one import is enough. An imported private key is the latest and signs all new tokens. A public key only
verifies, and is never retired by the schedule.

Examples:

    openssl genrsa 2048 > private-key.pem
    doapctl key import private-key.pem
    openssl genpkey -algorithm ed25519 | doapctl key import -

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
	if imported.ActiveFrom, err = c.from(s); err != nil {
		return err
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

// addKey stores a key and tells what it is for.
func (s *session) addKey(added store.Key, done string) error {
	return s.withStore(func(keys *sqlite.Store) error {
		err := s.changeKeys(keys, func([]store.Key) (store.KeyChange, error) {
			return store.KeyChange{Add: []store.Key{added}}, nil
		})
		known := errors.Is(err, store.ErrExists)
		if err != nil && !known {
			return err
		}
		results, err := s.presentKeys(keys)
		if err != nil {
			return err
		}
		result := results[slices.IndexFunc(results, func(r keyResult) bool { return r.ID == added.ID })]
		if s.json {
			return s.printJSON(result)
		}
		if known {
			s.print("The key %s is in the database already (%s); nothing was changed.", result.ID, result.summary())
			return nil
		}
		s.print("%s %s.", done, result.ID)
		switch key.Use(result.Use) {
		case key.Signs:
			s.print("It signs all new tokens from now on. Older keys go on verifying what they signed.")
		case key.Waits:
			s.print("It is published now and signs all new tokens from %s on.", result.ActiveFrom)
		case key.Verifies, key.Retired:
			s.print("It verifies tokens. To sign with it, import its private key instead.")
		}
		return nil
	})
}
