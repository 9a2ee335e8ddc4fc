// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

// hangingFile makes a file that whoever opens it waits for, as on a disk that hangs, until what it returns is closed: it has
// the lease of it. Linux takes a lease away from whoever does not give it up within 45 seconds; the test takes a few.
func hangingFile(t *testing.T, name string) *os.File {
	t.Helper()
	draft := name + ".draft" // nobody reads it before it hangs
	file, err := os.OpenFile(draft, os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() }) // most often it is closed already
	require.NoError(t, lease(file, syscall.F_SETLEASE, syscall.F_WRLCK))
	require.NoError(t, os.Rename(draft, name))
	return file
}

// waitForReader returns when somebody waits for a hanging file.
func waitForReader(t *testing.T, file *os.File) {
	t.Helper()
	require.Eventually(t, func() bool {
		return !errors.Is(lease(file, syscall.F_GETLEASE, 0), errNobody)
	}, time.Minute, 10*time.Millisecond, file.Name())
}

var errNobody = errors.New("nobody wants the file")

// lease calls fcntl(2). While somebody waits for the file, the lease that is left is one of another kind.
func lease(file *os.File, command, kind uintptr) error {
	left, _, failure := syscall.Syscall(syscall.SYS_FCNTL, file.Fd(), command, kind)
	switch {
	case failure != 0:
		return failure
	case command == syscall.F_GETLEASE && left == syscall.F_WRLCK:
		return errNobody
	}
	return nil
}

// The files of keys and of the configuration are on a disk that hangs: the server goes on with what it has, stops, and
// names them; what comes back later has no effect.
func TestStopWithFilesThatHang(t *testing.T) {
	dir := dataDirectory(t)
	inConfig := func(name string) string { return filepath.Join(dir, "doapconfig.d", name) }
	configure(t, dir, `{"issuer": "`+issuer+`", "JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtPrivateKeyFile": "private.pem",
		"JwtPublicKeyFile": "public.pem", "jwt": {"acme": {"active": true, "iss": "https://idp.example.com", "keyFile": "idp.pem"}}}`)
	files := []*os.File{hangingFile(t, inConfig("idp.pem")), hangingFile(t, inConfig("public.pem"))}
	library := &Bridge{}
	library.Open(Environment{DataDirectory: dir})
	running := library.instance.Load()
	files = append(files, hangingFile(t, inConfig("20.json")))
	for _, file := range files {
		waitForReader(t, file)
	}

	database := elsewhere(t, dir)
	_, err := database.RevokeUser(t.Context(), "CN=Anna Berg/O=Acme", event(time.Now(), administrator), event(time.Now(), "192.0.2.7"))
	require.NoError(t, err)
	var said []string
	require.Eventually(t, func() bool {
		said = append(said, library.Serve(machine("/doap/jwks")).Console...)
		return strings.Contains(strings.Join(said, "|"), "an administrator used doapctl")
	}, time.Minute, 10*time.Millisecond, "what needs no file goes on")

	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		running.stop(ctx)
	}()
	require.Eventually(t, func() bool {
		_, err := running.store.QueryAudit(t.Context(), store.AuditFilter{})
		return errors.Is(err, store.ErrUnavailable)
	}, time.Minute, 10*time.Millisecond, "the store is closed, whatever hangs")
	running.ending.Wait()
	giveUp()
	<-stopped
	said = library.console.take()
	require.Len(t, said, 1)
	for _, hanging := range []string{"the configuration in " + inConfig(""), "the keys of the identity provider acme", "the key pair of the login in "} {
		assert.Contains(t, said[0], strings.TrimSuffix(hanging, "/"))
	}
	assert.NotContains(t, said[0], "the database")

	for _, file := range files {
		require.NoError(t, file.Close())
	}
	running.looks.Wait()
	running.service.Load().Wait()
	assert.Empty(t, library.console.take(), "what comes back late says and does nothing")
}
