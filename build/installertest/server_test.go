// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const plainINI = "[Notes]\r\nKitType=2\r\nServerTasks=Update,HTTP\r\n"

// server is a made-up Domino server.
type server struct {
	root    string // with both directories, of which no test may see anything else
	program string
	data    string
	ini     string
	arch    architecture
}

// newServer makes one in a folder with blanks and Japanese letters in its name.
func newServer(t *testing.T, arch architecture) *server {
	t.Helper()
	root := filepath.Join(t.TempDir(), "HCL ドミノ 日本")
	s := &server{root: root, program: filepath.Join(root, "Domino"), data: filepath.Join(root, "Domino", "データ"), arch: arch}
	s.ini = filepath.Join(s.program, "notes.ini")
	require.NoError(t, os.MkdirAll(filepath.Join(s.data, "domino", "html"), 0o755))
	s.put(t, filepath.Join(s.program, "nserver.exe"), shop.path(arch.name, "server.exe"))
	write(t, s.ini, plainINI)
	write(t, filepath.Join(s.data, "names.nsf"), "a directory")
	return s
}

// addPartition makes a second server with the same programs.
func (s *server) addPartition(t *testing.T) *server {
	t.Helper()
	partition := *s
	partition.data = filepath.Join(s.root, "Partition 2")
	partition.ini = filepath.Join(partition.data, "notes.ini")
	require.NoError(t, os.MkdirAll(partition.data, 0o755))
	write(t, partition.ini, plainINI)
	return &partition
}

func (s *server) put(t *testing.T, to, from string) {
	t.Helper()
	data, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, data, 0o755))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(data)
}

// places are the parameters that name this server.
func (s *server) places() string {
	return fmt.Sprintf(`/PROGRAM="%s" /DATA="%s"`, windows(s.program), windows(s.data))
}

// install runs an installer of the server's architecture.
func (s *server) install(t *testing.T, version, parameters string) outcome {
	t.Helper()
	return launch(t, shop.installer(s.arch, version), s.places()+" "+parameters)
}

func (s *server) mustInstall(t *testing.T, version string) {
	t.Helper()
	got := s.install(t, version, "")
	require.Zerof(t, got.code, "%s", got.log)
}

// uninstall runs a copy of the uninstaller, for the original deletes itself and its exit code would get lost.
func (s *server) uninstall(t *testing.T, parameters string) outcome {
	t.Helper()
	uninstaller := filepath.Join(t.TempDir(), "uninstall.exe")
	s.put(t, uninstaller, filepath.Join(s.program, "ndoap", "uninstall.exe"))
	return launch(t, uninstaller, parameters+" _?="+windows(filepath.Join(s.program, "ndoap")))
}

// snapshot is all there is in the folder of the server, with a hash of every file.
func (s *server) snapshot(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	root := os.DirFS(s.root)
	require.NoError(t, fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			all[name] = "directory"
			return nil
		}
		data, err := fs.ReadFile(root, name)
		all[name] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	}))
	return all
}

// assertInstalled compares the program files with those that the installer was made of.
func (s *server) assertInstalled(t *testing.T, version string) {
	t.Helper()
	for _, name := range []string{"ndoap.dll", "doapctl.exe"} {
		assert.Truef(t, read(t, shop.path(s.arch.name, version, name)) == read(t, filepath.Join(s.program, name)), "%s is not that of %s", name, version)
	}
}

// hold keeps a file in use, until the test ends.
func (s *server) hold(t *testing.T, how, path string) {
	t.Helper()
	s.holdOn(t, how+" "+windows(path))
}

// holdOn does what testdata/hold.c makes of the line, until the test ends.
func (s *server) holdOn(t *testing.T, line string) {
	t.Helper()
	holder := wine("run", s.arch.bits, shop.path("hold-"+s.arch.name+".exe"))
	input, err := holder.StdinPipe()
	require.NoError(t, err)
	output, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	t.Cleanup(func() {
		assert.NoError(t, input.Close())
		assert.NoError(t, holder.Wait())
	})
	_, err = fmt.Fprintln(input, line)
	require.NoError(t, err)
	answer, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err, line)
	require.Equal(t, "held", strings.TrimSpace(answer))
}

// register writes a server into a view of the registry; it takes the entries away when the test ends.
func register(t *testing.T, view, subkey, program, data string) {
	t.Helper()
	key := `HKLM\SOFTWARE\Lotus\Domino` + subkey
	for name, value := range map[string]string{"Path": program, "DataPath": data} {
		if value != "" {
			reg(t, "add", key, "/v", name, "/d", value, "/f", view)
		}
	}
	t.Cleanup(func() {
		_, _ = output(wine("run", "64", "reg", "delete", `HKLM\SOFTWARE\Lotus`, "/f", view)) // another cleanup may have done it
	})
}

func reg(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := output(wine(append([]string{"run", "64", "reg"}, arguments...)...))
	require.NoErrorf(t, err, "reg %v: %s", arguments, out)
	return out
}

// entry is the key of the server under Apps & features.
func (s *server) entry() string {
	return `Software\Microsoft\Windows\CurrentVersion\Uninstall\ndoap ` + strings.ReplaceAll(windows(s.data), `\`, "/")
}

// appsAndFeatures is the entry of a server under Apps & features, and whether there is one.
func (s *server) appsAndFeatures() (string, bool) {
	out, err := output(wine("run", "64", "reg", "query", `HKLM\`+s.entry(), s.arch.view))
	return out, err == nil
}

// mount puts a file system over a folder. Wine has its own view of mounts, from when its first program started.
func mount(t *testing.T, folder string, arguments ...string) {
	t.Helper()
	require.NoError(t, shop.stop())
	out, err := exec.Command("mount", append(arguments, folder)...).CombinedOutput()
	require.NoErrorf(t, err, "mount (as root, with CAP_SYS_ADMIN): %s", out)
	t.Cleanup(func() {
		assert.NoError(t, shop.stop())
		assert.NoError(t, command("umount", folder))
		assert.NoError(t, shop.start())
	})
	require.NoError(t, shop.start())
}
