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

// hangingFile puts a named pipe at the place of a file: whoever opens it waits, as with a disk that hangs.
func hangingFile(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, syscall.Mkfifo(name, 0o600))
}

// waitForReader returns when somebody reads a hanging file. Closing what it returns ends the wait.
func waitForReader(t *testing.T, name string) *os.File {
	t.Helper()
	var file *os.File
	require.Eventually(t, func() (read bool) {
		var err error
		file, err = os.OpenFile(name, os.O_WRONLY|syscall.O_NONBLOCK, 0) // fails while nobody reads
		return err == nil
	}, time.Minute, 10*time.Millisecond, name)
	return file
}

// The files of keys and of the configuration are on a disk that hangs: the server goes on with what it has, stops, and
// names them; what comes back later has no effect.
func TestStopWithFilesThatHang(t *testing.T) {
	dir := dataDirectory(t)
	inConfig := func(name string) string { return filepath.Join(dir, "doapconfig.d", name) }
	configure(t, dir, `{"issuer": "`+issuer+`", "JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtPrivateKeyFile": "private.pem",
		"JwtPublicKeyFile": "public.pem", "jwt": {"acme": {"active": true, "iss": "https://idp.example.com", "keyFile": "idp.pem"}}}`)
	files := []string{inConfig("idp.pem"), inConfig("public.pem")}
	for _, name := range files {
		hangingFile(t, name)
	}
	library := &Bridge{}
	library.Open(Environment{DataDirectory: dir})
	running := library.instance.Load()
	files = append(files, inConfig("20.json"))
	hangingFile(t, inConfig("20.json"))
	var held []*os.File
	for _, name := range files {
		held = append(held, waitForReader(t, name))
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

	for _, file := range held {
		require.NoError(t, file.Close())
	}
	running.looks.Wait()
	running.service.Load().Wait()
	assert.Empty(t, library.console.take(), "what comes back late says and does nothing")
}
