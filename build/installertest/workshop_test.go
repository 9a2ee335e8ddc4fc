// SPDX-License-Identifier: Apache-2.0

// Package installertest runs the Windows installers under Wine, against made-up Domino servers.
package installertest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// The workshop has what all tests share: a Windows of its own, so that nobody else sees its registry, and installers of
// several versions with a payload of a few kilobytes.
type workshop struct {
	folder string
	// Windows takes seconds to start, and ends with its last program: this one runs all the time.
	keeper     *exec.Cmd
	keepersEnd io.Closer
}

var shop workshop

// architecture is one of the two kinds of Domino on Windows.
type architecture struct {
	name     string // in the name of the installer
	goarch   string
	compiler string
	bits     string // for build/wine.sh
	view     string // of the registry
}

var (
	x64 = architecture{name: "x64", goarch: "amd64", compiler: "x86_64-w64-mingw32", bits: "64", view: "/reg:64"}
	x86 = architecture{name: "x86", goarch: "386", compiler: "i686-w64-mingw32", bits: "32", view: "/reg:32"}
)

func (a architecture) other() architecture {
	if a == x64 {
		return x86
	}
	return x64
}

var bothArchitectures = []architecture{x64, x86}

// Versions of the installers for tests.
const (
	older   = "1.2.2"
	current = "1.2.3"
)

func TestMain(m *testing.M) {
	os.Exit(inWorkshop(m))
}

func inWorkshop(m *testing.M) int {
	folder, err := os.MkdirTemp("", "ndoap-installer")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	shop = workshop{folder: folder}
	defer func() {
		if err := shop.stop(); err != nil { // what it holds open cannot be removed
			fmt.Fprintln(os.Stderr, err)
		}
		if err := os.RemoveAll(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	if err := shop.furnish(); err != nil {
		fmt.Fprintln(os.Stderr, "installertest:", err)
		return 1
	}
	if err := shop.start(); err != nil {
		fmt.Fprintln(os.Stderr, "installertest:", err)
		return 1
	}
	return m.Run()
}

// start starts Windows, which sees the file systems that are mounted now.
func (w *workshop) start() error {
	w.keeper = wine("run", "64", w.path("hold-x64.exe"))
	input, err := w.keeper.StdinPipe()
	if err != nil {
		return err
	}
	w.keepersEnd = input
	output, err := w.keeper.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.keeper.Start(); err != nil {
		return err
	}
	fmt.Fprintln(input, "wait")
	if answer, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		return fmt.Errorf("windows does not start: %q: %w", answer, err)
	}
	return nil
}

// stop ends Windows and all programs in it.
func (w *workshop) stop() error {
	if w.keeper == nil {
		return nil
	}
	err := w.keepersEnd.Close()
	_ = w.keeper.Wait() // it may end as it likes
	w.keeper = nil
	_ = wine("stop").Run() // fails when it ended by itself
	return err
}

func (w *workshop) furnish() error {
	if err := command("sh", "../wine.sh", "prefix", w.path("windows")); err != nil {
		return err
	}
	// Windows without a display has no windows, but with a driver that shows nothing it has. Once that is written, it
	// must start anew.
	if out, err := output(wine("run", "64", "reg", "add", `HKCU\Software\Wine\Drivers`, "/v", "Graphics", "/d", "null", "/f")); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	_ = wine("stop").Run() // fails when it has ended by itself
	// hold.exe is of the bitness of the DLL that it loads.
	for _, arch := range bothArchitectures {
		for _, program := range []string{"launch", "hold", "person"} {
			if err := command(arch.compiler+"-gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-s", "testdata/"+program+".c",
				"-o", w.path(program+"-"+arch.name+".exe")); err != nil {
				return err
			}
		}
		if err := w.program(arch, "server.exe"); err != nil {
			return err
		}
		if err := w.library(arch, "foreign", "DOAP", current); err != nil {
			return err
		}
		for _, version := range []string{older, current} {
			if err := w.library(arch, version, "ndoap", version); err != nil {
				return err
			}
			if err := command("sh", "../installer.sh", arch.goarch, w.path(arch.name, version), w.installer(arch, version), version,
				"-DFAILING_STEPS"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *workshop) path(elements ...string) string {
	return filepath.Join(append([]string{w.folder}, elements...)...)
}

func (w *workshop) installer(arch architecture, version string) string {
	return w.path("setup-" + version + "-" + arch.name + ".exe")
}

// program makes what stands for a program of a Domino server.
func (w *workshop) program(arch architecture, name string) error {
	if err := os.MkdirAll(w.path(arch.name), 0o755); err != nil {
		return err
	}
	return command(arch.compiler+"-gcc", "-s", "testdata/payload.c", "-o", w.path(arch.name, name))
}

// library makes a folder with what stands for ndoap.dll and doapctl.exe of a product and version.
func (w *workshop) library(arch architecture, folder, product, version string) error {
	into := w.path(arch.name, folder)
	if err := os.MkdirAll(into, 0o755); err != nil {
		return err
	}
	resource := filepath.Join(into, "resource.o")
	if err := command(arch.compiler+"-windres", `-DPRODUCT=\"`+product+`\"`,
		"-DNUMBERS="+strings.ReplaceAll(version, ".", ",")+",0", "testdata/payload.rc", resource); err != nil {
		return err
	}
	if err := command(arch.compiler+"-gcc", "-s", "-shared", "testdata/payload.c", resource, "-o", filepath.Join(into, "ndoap.dll")); err != nil {
		return err
	}
	return command(arch.compiler+"-gcc", "-s", "testdata/payload.c", resource, "-o", filepath.Join(into, "doapctl.exe"))
}

// command runs a program on this machine; the error has its output.
func command(name string, arguments ...string) error {
	if out, err := exec.Command(name, arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(arguments, " "), err, out)
	}
	return nil
}

// wine is a command of build/wine.sh in the workshop's Windows.
func wine(arguments ...string) *exec.Cmd {
	made := exec.Command("sh", append([]string{"../wine.sh"}, arguments...)...)
	made.Env = append(os.Environ(), "WINEPREFIX="+shop.path("windows"), "LC_ALL=C.UTF-8")
	return made
}

// output runs a Windows program and returns what it says. Not through a pipe: background programs of Wine may keep that
// open for as long as Windows runs.
func output(run *exec.Cmd) (string, error) {
	file, err := os.CreateTemp(shop.folder, "output")
	if err != nil {
		return "", err
	}
	run.Stdout, run.Stderr = file, file
	err = run.Run()
	said, readError := os.ReadFile(file.Name())
	return string(said), errors.Join(err, readError, file.Close(), os.Remove(file.Name()))
}

// windows is the name that a file of this machine has for Windows programs.
func windows(path string) string {
	return "Z:" + strings.ReplaceAll(path, "/", `\`)
}

// outcome is how a run of an installer or uninstaller ended.
type outcome struct {
	code int
	log  string
}

// launch runs a Windows program with this command line after its name, and reads the log that it was told to write.
func launch(t *testing.T, program, arguments string) outcome {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	if before, last, found := strings.Cut(arguments, " _?="); found {
		arguments = fmt.Sprintf(`%s /LOG="%s" _?=%s`, before, windows(log), last) // that one must be the last
	} else {
		arguments = fmt.Sprintf(`%s /LOG="%s"`, arguments, windows(log))
	}
	code, said := start(t, program, arguments)
	written, err := os.ReadFile(log)
	require.NoErrorf(t, err, "exit code %d without a log: %s", code, said)
	return outcome{code: code, log: fromUTF16(t, written)}
}

// start runs a Windows program silently, with this command line after its name.
func start(t *testing.T, program, arguments string) (code int, said string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "line")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, `"%s" /S %s`, windows(program), arguments), 0o600))
	run := wine("run", "32", shop.path("launch-x86.exe"), windows(file))
	said, err := output(run)
	if err != nil {
		_, isExit := errors.AsType[*exec.ExitError](err)
		require.Truef(t, isExit, "%v: %s", err, said)
	}
	require.NotEqualf(t, 99, run.ProcessState.ExitCode(), "launch.exe failed: %s", said)
	return run.ProcessState.ExitCode(), said
}

func fromUTF16(t *testing.T, data []byte) string {
	t.Helper()
	require.Truef(t, bytes.HasPrefix(data, []byte{0xff, 0xfe}), "no byte order mark: %q", data)
	var units []uint16
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, uint16(data[i])|uint16(data[i+1])<<8)
	}
	return string(utf16.Decode(units))
}
