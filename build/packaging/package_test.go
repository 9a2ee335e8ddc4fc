// SPDX-License-Identifier: Apache-2.0

package packaging

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrapped makes both packages from made-up programs and returns the folder they are in.
func wrapped(t *testing.T) string {
	t.Helper()
	binaries, out := t.TempDir(), filepath.Join(t.TempDir(), "a b", "dist")
	for _, name := range []string{"libndoap.so", "doapctl"} {
		require.NoError(t, os.WriteFile(filepath.Join(binaries, name), []byte("new "+name), 0o600))
	}
	code, said := command(t, "sh", "package.sh", binaries, out)
	require.Zero(t, code, said)
	require.Empty(t, said)
	return out
}

func version(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(read(t, "../version/version.txt"))
}

func TestTheSameFilesMakeTheSamePackages(t *testing.T) {
	one, other := wrapped(t), wrapped(t)
	entries, err := os.ReadDir(one)
	require.NoError(t, err)
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		assert.Equal(t, read(t, filepath.Join(one, entry.Name())), read(t, filepath.Join(other, entry.Name())), entry.Name())
	}
	assert.Equal(t, []string{"ndoap-" + version(t) + "-linux-amd64.tar.gz", "ndoap_" + version(t) + "_amd64.deb"}, names)
}

func TestArchive(t *testing.T) {
	name := "ndoap-" + version(t) + "-linux-amd64"
	archive := filepath.Join(wrapped(t), name+".tar.gz")
	code, list := command(t, "tar", "--numeric-owner", "-tvzf", archive)
	require.Zero(t, code)
	for line := range strings.Lines(list) {
		assert.Contains(t, line, " 0/0 ", "nobody's name is in it")
		assert.Contains(t, line, name+"/", "everything is in one folder")
		assert.Contains(t, line, " 1980-01-01 ", "the same time for all")
	}

	folder := t.TempDir()
	code, said := command(t, "tar", "-C", folder, "-xzf", archive)
	require.Zero(t, code, said)
	for _, file := range []string{"LICENSE", "CHANGELOG.md", "README.md", "docs/install.md"} {
		assert.FileExists(t, filepath.Join(folder, name, file))
	}
	d := newDomino(t)
	code, said = command(t, filepath.Join(folder, name, "install.sh"), "--root", d.root)
	require.Zero(t, code, said)
	assert.Equal(t, "new libndoap.so", read(t, filepath.Join(d.program, "libndoap.so")))
	assert.Equal(t, "new doapctl", read(t, filepath.Join(d.program, "doapctl")))
}

// dpkg runs dpkg for the made-up server.
func (d domino) dpkg(t *testing.T, arguments ...string) (code int, said string) {
	t.Helper()
	words := []string{"env", "PATH=/usr/sbin:/sbin:" + os.Getenv("PATH")}
	if os.Getuid() != 0 {
		words = append([]string{"unshare", "--map-root-user"}, words...)
	}
	return command(t, append(append(words, "dpkg", "--root="+d.root, "--force-script-chrootless", "--force-depends"), arguments...)...)
}

// withDpkg is a made-up server on a Debian without any package.
func withDpkg(t *testing.T) domino {
	t.Helper()
	d := newDomino(t)
	admin := filepath.Join(d.root, "var/lib/dpkg")
	for _, folder := range []string{"info", "updates"} {
		require.NoError(t, os.MkdirAll(filepath.Join(admin, folder), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(admin, "status"), nil, 0o600))
	return d
}

func TestDebianPackage(t *testing.T) {
	deb := filepath.Join(wrapped(t), "ndoap_"+version(t)+"_amd64.deb")
	d := withDpkg(t)
	library := filepath.Join(d.program, "libndoap.so")

	code, said := d.dpkg(t, "-i", deb)
	require.Zero(t, code, said)
	assert.Contains(t, said, "ndoap is installed")
	assert.Equal(t, "new libndoap.so", read(t, library))
	assert.Contains(t, d.ini(t), "DOAP_App_Path=doap.db")
	d.write(t, filepath.Join(d.data, "doap.db"), "data", 0o600)
	ini := d.ini(t)

	d.write(t, library, "old", 0o555)
	code, said = d.dpkg(t, "-i", deb)
	require.Zero(t, code, said)
	assert.Equal(t, "new libndoap.so", read(t, library), "an upgrade brings the new library")

	for _, how := range []string{"--remove", "--purge"} {
		code, said = d.dpkg(t, how, "ndoap")
		require.Zero(t, code, said)
		assert.NoFileExists(t, library)
		assert.NoFileExists(t, filepath.Join(d.program, "doapctl"))
		assert.NoDirExists(t, filepath.Join(d.root, "usr/lib/ndoap"))
		assert.Equal(t, "data", read(t, filepath.Join(d.data, "doap.db")), "data stays, even at a purge")
		assert.Equal(t, ini, d.ini(t))
		if how == "--remove" {
			code, said = d.dpkg(t, "-i", deb)
			require.Zero(t, code, said)
		}
	}
}

func TestDebianPackageWithoutDomino(t *testing.T) {
	deb := filepath.Join(wrapped(t), "ndoap_"+version(t)+"_amd64.deb")
	d := withDpkg(t)
	require.NoError(t, os.Remove(filepath.Join(d.program, "libnotes.so")))
	code, said := d.dpkg(t, "-i", deb)
	require.Zero(t, code, said)
	assert.Contains(t, said, "To install them: /usr/lib/ndoap/install.sh --program DIR")
	assert.FileExists(t, filepath.Join(d.root, "usr/lib/ndoap/libndoap.so"))
	code, said = d.dpkg(t, "--remove", "ndoap")
	require.Zero(t, code, said)
	assert.NoDirExists(t, filepath.Join(d.root, "usr/lib/ndoap"))
}

func TestDebianPackageSaysWhatFails(t *testing.T) {
	deb := filepath.Join(wrapped(t), "ndoap_"+version(t)+"_amd64.deb")
	d := withDpkg(t)
	require.NoError(t, os.Chmod(filepath.Join(d.data, "notes.ini"), 0o444))
	code, said := d.dpkg(t, "-i", deb)
	assert.NotZero(t, code)
	assert.Contains(t, said, "notes.ini is read-only")
	assert.NoFileExists(t, filepath.Join(d.program, "libndoap.so"))

	require.NoError(t, os.Chmod(filepath.Join(d.data, "notes.ini"), 0o640))
	code, said = d.dpkg(t, "--configure", "ndoap")
	require.Zero(t, code, said)
	assert.FileExists(t, filepath.Join(d.program, "libndoap.so"), "cured and configured")
}
