// SPDX-License-Identifier: Apache-2.0

// Package target has the systems that the suites of the stand-in run on: this machine, and Windows of 64 and of 32 bits
// under Wine. It owns their names, what runs their programs, which names they have for files, and how C is compiled for
// them. Only the host, the filters and doapctl are the target's; tests and front are native.
package target

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Target is a system that a suite runs on.
type Target struct {
	Name     string // which the variable NDOAP_TARGET takes
	Bits     string // of a Windows program; empty: this machine
	Arch     string // and for whom Go built it
	Compiler string // of C
	Shipped  string // folder in bin of library and doapctl, if those are not the ones built for tests

	// Allocations tells whether the host can count calls of the allocator. It takes the C library's functions over, whose
	// callers find the program's first on Linux. On Windows each library is bound to an allocator of its own.
	Allocations bool
}

var targets = []Target{
	{Name: "linux", Compiler: "gcc", Allocations: true},
	{Name: "shipped", Compiler: "gcc", Allocations: true, Shipped: "linux-amd64/"},
	{Name: "win64", Compiler: "x86_64-w64-mingw32-gcc", Bits: "64", Arch: "amd64"},
	{Name: "win32", Compiler: "i686-w64-mingw32-gcc", Bits: "32", Arch: "386"},
}

// Drive is where Wine has the files of this machine.
const Drive = "Z:"

// Names are those of all targets.
func Names() []string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Name)
	}
	return names
}

// Choose returns the target of this run, the one that NDOAP_TARGET names; nothing names this machine.
func Choose() (Target, error) {
	name := os.Getenv("NDOAP_TARGET")
	if name == "" {
		return targets[0], nil
	}
	at := slices.Index(Names(), name)
	if at < 0 {
		return Target{}, fmt.Errorf("NDOAP_TARGET is %q; it can be %s", name, strings.Join(Names(), ", "))
	}
	if targets[at].Windows() && os.Getenv("WINEPREFIX") == "" {
		return Target{}, errors.New("tests on Windows need one that runs; run: sh build/wine.sh alone go test ... (from the root of the tree)")
	}
	return targets[at], nil
}

// LeaveOut keeps tests from running that are not for the target, and says so with the reasons, by name of the test: a
// test that did not run is not counted. It is for TestMain, after flag.Parse.
func (t Target) LeaveOut(apart map[string]string) error {
	if len(apart) == 0 {
		return nil
	}
	var names []string
	for name := range apart {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Printf("not on %s: %s: %s\n", t.Name, name, apart[name])
	}
	pattern := "^(" + strings.Join(names, "|") + ")$"
	if also := flag.Lookup("test.skip").Value.String(); also != "" {
		pattern += "|" + also
	}
	return flag.Set("test.skip", pattern)
}

// Windows tells whether the target is one.
func (t Target) Windows() bool { return t.Bits != "" }

// Path is the name that programs of the target have for a file.
func (t Target) Path(name string) string {
	if !t.Windows() {
		return name
	}
	return Drive + strings.ReplaceAll(name, "/", `\`)
}

// Program is the file name of a program.
func (t Target) Program(name string) string {
	if t.Windows() {
		return name + ".exe"
	}
	return name
}

// Library is the file name of a library.
func (t Target) Library(name string) string {
	if t.Windows() {
		return name + ".dll"
	}
	return "lib" + name + ".so"
}

// Notes is the file name of the library with the Notes functions.
func (t Target) Notes() string {
	if t.Windows() {
		return "nnotes.dll"
	}
	return "libnotes.so"
}

// Words start a program; bin is the folder that `make setup-wine` puts what runs Windows programs into.
func (t Target) Words(bin, program string) []string {
	if !t.Windows() {
		return []string{program}
	}
	return []string{filepath.Join(bin, "wine", "run"+t.Bits), program}
}
