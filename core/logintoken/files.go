// SPDX-License-Identifier: Apache-2.0

package logintoken

import (
	"context"
	"crypto"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"ndoap/core/config"
	"ndoap/core/jwk"
	"ndoap/core/key"
)

// Interval is how often the PEM files are read, so that new keys need no restart.
const Interval = 10 * time.Second

// maxFile is far more than a key takes.
const maxFile = 64 << 10

// files are the settings that say which key pair it is.
type files struct{ private, public, algorithm string }

func filesOf(current *config.Config) files {
	at := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(current.Directory, name)
	}
	login := current.DominoLogin
	return files{at(login.PrivateKeyFile), at(login.PublicKeyFile), login.Algorithm}
}

// Refresh reads the key pair if it is due, in a goroutine, and returns at once: a disk that hangs delays nobody. Call it
// about once a second. What it starts ends without an effect once ctx has ended; Wait waits for it.
func (i *Issuer) Refresh(ctx context.Context, now time.Time) {
	current := i.config()
	if _, err := current.LoginFault(); err != nil || !current.DominoLogin.UseKeyPair {
		return
	}
	wanted := filesOf(current)
	if !i.begin(wanted, now) {
		return
	}
	i.running.Go("the key pair of the login in "+wanted.private+" and "+wanted.public, func() {
		defer i.end()
		defer func() {
			if problem := recover(); problem != nil {
				i.log.Error("a defect in ndoap was contained; please report this line", "panic", problem, "stack", string(debug.Stack()))
			}
		}()
		found, err := load(wanted, current.DominoLogin.Algorithms())
		if ctx.Err() == nil {
			i.take(wanted, found, err, now)
		}
	})
}

// Wait returns when nothing that Refresh started runs any more.
func (i *Issuer) Wait() { i.running.Wait() }

// WaitFor does the same until ctx ends, and returns the names of what runs then.
func (i *Issuer) WaitFor(ctx context.Context) []string { return i.running.WaitFor(ctx) }

// begin tells whether the files are due, and then marks them as being read.
func (i *Issuer) begin(wanted files, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	age := now.Sub(i.triedAt)
	if i.busy || i.read == wanted && age >= 0 && age < Interval {
		return false
	}
	i.busy, i.triedAt = true, now
	return true
}

func (i *Issuer) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.busy = false
}

// take makes what was read the key pair in force, and says, once for each cause, when that fails and when it works.
func (i *Issuer) take(from files, found *pair, err error, now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.read, i.fault = from, err
	if err != nil {
		if i.complaint != err.Error() {
			i.complaint = err.Error()
			known := i.files.Load()
			i.log.Error("the key pair of the login cannot be used: nobody can log in with a name and a password until that is mended",
				"last_good_keys", known != nil && known.from == from, "err", err)
		}
		return
	}
	if said := found.kid + " " + found.algorithm; i.complaint != said {
		i.complaint = said
		i.log.Info("the key pair of the login was read", "algorithm", found.algorithm, "kid", found.kid, "private_key", from.private)
		if found.open {
			i.log.Warn("others than the server's account may read the private key of the login, and could log in as anybody: "+
				"take that right from them (chmod 600)", "private_key", from.private)
		}
	}
	found.from, found.readAt = from, now
	i.files.Store(found)
}

// Check reads the key pair that a configuration names and tells why it cannot be used; nil when it can, or none is named.
func Check(current *config.Config) error {
	if _, err := current.LoginFault(); err != nil || !current.DominoLogin.UseKeyPair {
		return nil
	}
	_, err := load(filesOf(current), current.DominoLogin.Algorithms())
	return err
}

// load reads a key pair. Errors name the setting, the file and what to do.
func load(from files, algorithms []string) (*pair, error) {
	text, err := config.ReadNamed("", from.public, maxFile)
	if err != nil {
		return nil, fmt.Errorf("JwtPublicKeyFile: %w", err)
	}
	set, err := jwk.ParsePEM(text, "", algorithms) // any kid: KEEP's tokens may have another one, or none
	if err != nil {
		return nil, fmt.Errorf("JwtPublicKeyFile: %s: %w", from.public, err)
	}
	read := &pair{public: set}
	var public crypto.PublicKey
	for _, algorithm := range algorithms { // a key is for one
		if known, err := set.Find("", algorithm); err == nil {
			public, read.algorithm = known, algorithm
		}
	}
	if text, err = config.ReadNamed("", from.private, maxFile); err != nil {
		return nil, fmt.Errorf("JwtPrivateKeyFile: %w", err)
	}
	read.open = isOpenToOthers(from.private)
	defer clear(text)
	if read.private, err = key.ParsePrivate(text); err != nil {
		return nil, fmt.Errorf("JwtPrivateKeyFile: %s: %w", from.private, err)
	}
	half, comparesKeys := read.private.Public().(interface {
		Equal(other crypto.PublicKey) bool
	})
	if !comparesKeys || !half.Equal(public) {
		return nil, fmt.Errorf("JwtPrivateKeyFile: %s: it is not the private half of the key in JwtPublicKeyFile (%s): make "+
			"that file anew with: openssl pkey -in PRIVATE -pubout", from.private, from.public)
	}
	if read.kid, err = key.Thumbprint(public); err != nil {
		return nil, err
	}
	return read, nil
}

// isOpenToOthers looks at the mode of a file, which means nothing on Windows.
func isOpenToOthers(name string) bool {
	info, err := os.Stat(name)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0
}
