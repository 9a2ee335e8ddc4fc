// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
)

func TestEnvFileIsSafeForAShell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.env")
	user := front.Person{Name: "CN=Pat O'Hara; $(id)/O=Acme", Password: "a'b\"c `x` $HOME\\"}
	require.NoError(t, writeEnv(file, "/opt/a b/bin", place{base: "http://127.0.0.1:8080", auth: "basic"}, state{ClientSecret: "s"}, user))
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	said, err := exec.Command("sh", "-c", `. "$1" && printf '%s|%s|%s|%s|%s' "$USER_NAME" "$USER_PASSWORD" "$RESOURCE" "$AUTH" "$DOAPCTL"`, "sh", file).Output()
	require.NoError(t, err)
	assert.Equal(t, "Pat O'Hara; $(id)|"+user.Password+"|http://127.0.0.1:8080/demo.nsf/api/data/documents|basic|/opt/a b/bin/doapctl", string(said))
}

func TestADemoThatRunsIsKnownByItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.env")
	assert.Empty(t, running(t.Context(), file), "no file")
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	base := "http://" + listener.Addr().String()
	require.NoError(t, writeEnv(file, "/opt/bin", place{base: base}, state{}, front.Person{}))
	assert.Equal(t, base, running(t.Context(), file))
	require.NoError(t, listener.Close())
	assert.Empty(t, running(t.Context(), file), "it was killed")
	require.NoError(t, os.WriteFile(file, []byte("BASE='ftp://x'\n"), 0o600))
	assert.Empty(t, running(t.Context(), file), "something else")
}

func TestSettings(t *testing.T) {
	bin := t.TempDir()
	environ := map[string]string{"DEMO_BIN": bin}
	_, err := readSettings(func(name string) string { return environ[name] })
	assert.ErrorContains(t, err, "run make build first")
	for _, name := range []string{"doapctl", "standin", "standin-host", "libndoap.so"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), nil, 0o600))
	}
	chosen, err := readSettings(func(name string) string { return environ[name] })
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:8080", chosen.listen)
	assert.Equal(t, "session", chosen.auth)
	assert.True(t, filepath.IsAbs(chosen.data))
	environ["DEMO_AUTH"] = "digest"
	_, err = readSettings(func(name string) string { return environ[name] })
	assert.ErrorContains(t, err, "session or basic")
}

func TestAddresses(t *testing.T) {
	taken, err := listenSite(t.Context(), "127.0.0.1:0", 0)
	require.NoError(t, err)
	defer func() { assert.NoError(t, taken.Close()) }()

	other, err := listenSite(t.Context(), taken.Addr().String(), portOf(taken))
	require.NoError(t, err)
	assert.NotEqual(t, portOf(taken), portOf(other), "another port when it is taken")
	before := portOf(other)
	require.NoError(t, other.Close())

	address, base, err := pickAddress(t.Context(), "127.0.0.1:0", before)
	require.NoError(t, err)
	assert.Equal(t, other.Addr().String(), address, "the port of the start before")
	assert.Equal(t, "http://"+address, base)
	address, _, err = pickAddress(t.Context(), "127.0.0.1:0", portOf(taken))
	require.NoError(t, err)
	assert.NotEqual(t, taken.Addr().String(), address)
	_, base, err = pickAddress(t.Context(), "0.0.0.0:8080", 0)
	require.NoError(t, err)
	assert.Equal(t, "http://127.0.0.1:8080", base)
	_, _, err = pickAddress(t.Context(), "8080", 0)
	assert.ErrorContains(t, err, "write it as")
}
