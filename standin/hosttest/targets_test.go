// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// target is a system that the host is built for and runs on: this one, or Windows under Wine. The current folder is on
// the drive where Wine has the files of this machine, so that absolute names are the same for both.
type target struct {
	compiler string
	other    string // how the names of sources end that are not for it

	program, notes, library string // file names

	shared []string // how the compiler makes a library
	system []string // and what programs are linked with
	wine   string   // what runs its programs; empty: nothing is needed

	apart map[string]string // tests that are not for it, and why
}

// targets has every target, by the name that the variable NDOAP_TARGET takes.
var targets = map[string]target{
	"linux": {
		compiler: "gcc", other: "_windows.c",
		program: "standin-host", notes: "libnotes.so", library: "libright.so",
		shared: []string{"-fPIC", "-shared", "-fvisibility=hidden"},
		system: []string{"-Wl,-rpath,$ORIGIN", "-pthread", "-ldl"},
	},
	"win64": windows("x86_64-w64-mingw32-gcc", "run64"),
	"win32": windows("i686-w64-mingw32-gcc", "run32"),
}

func windows(compiler, wine string) target {
	return target{
		compiler: compiler, other: "_linux.c",
		program: "standin-host.exe", notes: "nnotes.dll", library: "right.dll",
		shared: []string{"-static", "-shared", "-Wl,--kill-at"},
		system: []string{"-static", "-lws2_32", "-lntdll"},
		wine:   filepath.Join("..", "..", "bin", "wine", wine),
		apart: map[string]string{
			"TestRestart":                 "the filter waits at a FIFO of this machine; endtoend restarts under load",
			"TestReplayCountsAllocations": "each library brings its own allocator",
		},
	}
}

// tested is the target of this run.
var tested = targets["linux"]

// choose takes the target with that name and leaves out what is not for it: a test that did not run is not counted.
func choose(name string) error {
	if name == "" {
		name = "linux"
	}
	chosen, known := targets[name]
	if !known {
		return fmt.Errorf("NDOAP_TARGET is %q; it can be %s", name, strings.Join(slices.Sorted(maps.Keys(targets)), ", "))
	}
	if chosen.wine != "" && os.Getenv("WINEPREFIX") == "" {
		return errors.New("tests on Windows need one that runs; run: sh build/wine.sh alone go test ... (from the root of the tree)")
	}
	tested = chosen
	if len(tested.apart) == 0 {
		return nil
	}
	for _, test := range slices.Sorted(maps.Keys(tested.apart)) {
		fmt.Printf("hosttest: not on %s: %s: %s\n", name, test, tested.apart[test])
	}
	return flag.Set("test.skip", "^("+strings.Join(slices.Collect(maps.Keys(tested.apart)), "|")+")$")
}

// build compiles the C sources below standin.
func (g target) build(folder string) error {
	notes := filepath.Join(folder, g.notes)
	for _, piece := range []struct {
		folder  string
		options []string
	}{
		{"notes", slices.Concat(g.shared, []string{"-o", notes})},
		{"host", slices.Concat([]string{notes, "-o", filepath.Join(folder, g.program)})},
		{"wrongfilters", slices.Concat(g.shared, []string{"-o", filepath.Join(folder, g.library)})},
	} {
		sources, err := filepath.Glob(filepath.Join("..", piece.folder, "*.c"))
		if err != nil {
			return err
		}
		sources = slices.DeleteFunc(sources, func(name string) bool { return strings.HasSuffix(name, g.other) })
		arguments := slices.Concat([]string{"-std=c11", "-O1"}, sources, piece.options, g.system)
		if output, err := exec.Command(g.compiler, arguments...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", piece.folder, err, output)
		}
	}
	return nil
}

// filter is the built test filter.
func (g target) filter() string { return filepath.Join(built, g.library) }

// host is the host with these arguments, not started.
func (g target) host(t *testing.T, arguments []string) *exec.Cmd {
	t.Helper()
	words := append([]string{filepath.Join(built, g.program)}, arguments...)
	if g.wine != "" {
		words = append([]string{g.wine}, words...)
	}
	return exec.CommandContext(t.Context(), words[0], words[1:]...)
}
