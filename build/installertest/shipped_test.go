// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
)

// shippedInstaller makes the installer of what was built.
func shippedInstaller(t *testing.T, arch architecture) string {
	t.Helper()
	built, err := filepath.Abs(filepath.Join("..", "..", "bin", "windows-"+arch.goarch))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(built, "ndoap.dll"), "nothing to judge; run 'make build-windows' first")
	setup := filepath.Join(t.TempDir(), "setup.exe")
	require.NoError(t, command("sh", "../installer.sh", arch.goarch, built, setup))
	return setup
}

// What is published, with the real library: it installs, and the program that it offers to run does its work.
func TestShippedInstallers(t *testing.T) {
	for _, arch := range bothArchitectures {
		t.Run(arch.name, func(t *testing.T) {
			s := newServer(t, arch)
			got := launch(t, shippedInstaller(t, arch), s.places())
			require.Zerof(t, got.code, "%s", got.log)

			out, err := output(wine("run", arch.bits, filepath.Join(s.program, "doapctl.exe"), "--data", windows(s.data), "--ini", windows(s.ini),
				"init", "--issuer", "https://domino.example.com/doap"))
			require.NoErrorf(t, err, "%s", out)
			assert.FileExists(t, filepath.Join(s.data, "doap.db"))

			got = s.uninstall(t, "")
			require.Zerof(t, got.code, "%s", got.log)
			assert.NoFileExists(t, filepath.Join(s.program, "ndoap.dll"))
			assert.FileExists(t, filepath.Join(s.data, "doap.db"))
		})
	}
}

// The same sources give the same bytes.
func TestInstallersAreReproducible(t *testing.T) {
	var made [2]string
	for i := range made {
		setup := filepath.Join(t.TempDir(), "setup.exe")
		require.NoError(t, command("sh", "../installer.sh", x86.goarch, shop.path(x86.name, current), setup, current))
		made[i] = read(t, setup)
	}
	assert.True(t, made[0] == made[1])
}

func TestTheSampleConfigurationIsGood(t *testing.T) {
	folder := t.TempDir()
	sample, err := os.ReadFile("../../installer/samples/50-example.json")
	require.NoError(t, err)
	require.True(t, json.Valid(sample))
	write(t, filepath.Join(folder, "10-ndoap.json"), `{"issuer": "https://domino.example.com/doap"}`)
	write(t, filepath.Join(folder, "50-example.json"), string(sample))
	source := config.NewSource(folder)
	_, warnings, err := source.Refresh()
	require.NoError(t, err)
	assert.Empty(t, warnings)
}
