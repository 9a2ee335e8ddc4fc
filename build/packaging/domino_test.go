// SPDX-License-Identifier: Apache-2.0

package packaging

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// domino is a made-up server in a folder that stands for /. It has what the installer looks at.
type domino struct {
	root, program, data string
}

const hcl = "opt/hcl/domino/notes/latest/linux"

// elf is the beginning of a library: class 2 is 64 bit, machine 0x3e is x86-64.
func elf(class, machine byte) []byte {
	header := make([]byte, 64)
	copy(header, "\x7fELF")
	header[4], header[18] = class, machine
	return header
}

// owner is whom the made-up files belong to: somebody else than the installer, where that can be.
func owner() (uid, gid int) {
	if os.Getuid() == 0 {
		return 1234, 2345
	}
	return os.Getuid(), os.Getgid()
}

func newDomino(t *testing.T) domino {
	t.Helper()
	return dominoAt(t, filepath.Join(t.TempDir(), "a b"), hcl)
}

func dominoAt(t *testing.T, root, program string) domino {
	t.Helper()
	d := domino{root: root, program: filepath.Join(root, program), data: filepath.Join(root, "local/notesdata")}
	require.NoError(t, os.MkdirAll(d.program, 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(d.data, "domino/html"), 0o750))
	d.write(t, filepath.Join(d.program, "libnotes.so"), string(elf(2, 0x3e)), 0o555)
	d.write(t, filepath.Join(d.data, "notes.ini"), "[Notes]\nServerTasks=HTTP\n", 0o640)
	return d
}

// write makes a file of the server's account.
func (d domino) write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	uid, gid := owner()
	require.NoError(t, os.Chown(path, uid, gid))
	require.NoError(t, os.Chmod(path, mode))
}

func (d domino) ini(t *testing.T) string {
	t.Helper()
	return read(t, filepath.Join(d.data, "notes.ini"))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// files are all files and folders of the server with their contents, owners and rights.
func (d domino) files(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(d.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(d.root, path)
		require.NoError(t, err)
		text := ""
		if entry.Type().IsRegular() {
			text = read(t, path)
		}
		found[name] = rightsOf(t, path) + " " + text
		return nil
	}))
	return found
}

func rightsOf(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	require.NoError(t, err)
	system, isUnix := info.Sys().(*syscall.Stat_t)
	require.True(t, isUnix)
	return info.Mode().String() + " " + string(rune('0'+system.Uid%10)) + string(rune('0'+system.Gid%10))
}

// unpacked is what an archive unpacks to, with made-up programs.
func unpacked(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, path := range []string{"install.sh", "../../installer/ndoap.html"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.Base(path)), []byte(read(t, path)), 0o600))
	}
	for _, name := range []string{"libndoap.so", "doapctl"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("new "+name), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "version.txt"), []byte("0.9.0\n"), 0o600))
	return folder
}

// run runs the installer and returns its exit code and what it says.
func run(t *testing.T, arguments ...string) (code int, said string) {
	t.Helper()
	return command(t, append([]string{"sh", filepath.Join(unpacked(t), "install.sh")}, arguments...)...)
}

func command(t *testing.T, words ...string) (code int, said string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), words[0], words[1:]...).CombinedOutput()
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		require.NoErrorf(t, err, "%s", out)
		return 0, string(out)
	}
	return ended.ExitCode(), string(out)
}

// mustRun is run for what must work.
func mustRun(t *testing.T, arguments ...string) string {
	t.Helper()
	code, said := run(t, arguments...)
	require.Zero(t, code, said)
	assert.NotContains(t, said, "install.sh: ", "a command that failed unnoticed")
	return said
}
