// SPDX-License-Identifier: Apache-2.0

package artifact

import (
	"debug/elf"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// libraries are the filter as this machine's compiler links it, for tests and the demo, and as it is shipped.
var libraries = []struct {
	name, target string
	path         []string
}{
	{"tested", "build", []string{"libndoap.so"}},
	{"shipped", "build-linux", []string{"linux-amd64", "libndoap.so"}},
}

// eachLibrary runs a test for every build of the library.
func eachLibrary(t *testing.T, test func(t *testing.T, file *elf.File)) {
	for _, library := range libraries {
		t.Run(library.name, func(t *testing.T) {
			test(t, openELF(t, built(t, library.target, library.path...)))
		})
	}
}

func openELF(t *testing.T, path string) *elf.File {
	t.Helper()
	file, err := elf.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	return file
}

// Anything more would meet the server's own symbols: it carries libraries of its own, and so do its neighbours.
func TestLinuxExportsTheEntryPointsOnly(t *testing.T) {
	eachLibrary(t, exportsTheEntryPointsOnly)
}

func exportsTheEntryPointsOnly(t *testing.T, file *elf.File) {
	t.Helper()
	symbols, err := file.DynamicSymbols()
	require.NoError(t, err)
	var exported []string
	for _, symbol := range symbols {
		if symbol.Section != elf.SHN_UNDEF {
			exported = append(exported, symbol.Name)
		}
	}
	slices.Sort(exported)
	assertGolden(t, "exports-linux-amd64.txt", exported)
}

func TestLinuxNeedsTheCLibraryOnly(t *testing.T) {
	eachLibrary(t, needsTheCLibraryOnly)
}

func needsTheCLibraryOnly(t *testing.T, file *elf.File) {
	t.Helper()
	needed, err := file.DynString(elf.DT_NEEDED)
	require.NoError(t, err)
	// Before glibc 2.34 threads and dlopen were libraries of their own.
	assert.Subset(t, []string{"libc.so.6", "libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2"}, needed)
	assert.Contains(t, needed, "libc.so.6")

	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		paths, err := file.DynString(tag)
		require.NoError(t, err)
		assert.Emptyf(t, paths, "%s: libraries would be looked for where an attacker may write", tag)
	}
}

func TestLinuxIsHardened(t *testing.T) {
	eachLibrary(t, isHardened)
}

func isHardened(t *testing.T, file *elf.File) {
	t.Helper()
	flags := func(tag elf.DynTag) uint64 {
		values, err := file.DynValue(tag)
		require.NoError(t, err)
		var all uint64
		for _, value := range values {
			all |= value
		}
		return all
	}
	assert.NotZero(t, flags(elf.DT_FLAGS_1)&uint64(elf.DF_1_NODELETE), "could be unloaded under the running Go runtime")
	assert.NotZero(t, flags(elf.DT_FLAGS)&uint64(elf.DF_BIND_NOW), "symbols are bound late, so their table stays writable")
	assert.Zero(t, flags(elf.DT_FLAGS)&uint64(elf.DF_TEXTREL), "code is patched while loading")
	text, err := file.DynValue(elf.DT_TEXTREL)
	require.NoError(t, err)
	assert.Empty(t, text, "code is patched while loading")

	segments := map[elf.ProgType]elf.ProgFlag{}
	for _, segment := range file.Progs {
		segments[segment.Type] |= segment.Flags
		assert.NotEqualf(t, elf.PF_W|elf.PF_X, segment.Flags&(elf.PF_W|elf.PF_X), "%s is writable code", segment.Type)
	}
	assert.Contains(t, segments, elf.PT_GNU_RELRO)
	require.Contains(t, segments, elf.PT_GNU_STACK)
	assert.Zero(t, segments[elf.PT_GNU_STACK]&elf.PF_X, "the stack is executable")
}

// The Go runtime makes the loader put all thread-local variables of the library into a block that has the size it had
// when the server started, with about 1.5 KB to spare for everything that is loaded later. What does not fit fails with
// "cannot allocate memory in static TLS block", depending on what else the server has loaded before.
func TestLinuxHasHardlyAnyThreadLocalMemory(t *testing.T) {
	eachLibrary(t, hasHardlyAnyThreadLocalMemory)
}

func hasHardlyAnyThreadLocalMemory(t *testing.T, file *elf.File) {
	t.Helper()
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_TLS {
			assert.LessOrEqual(t, segment.Memsz, uint64(64), "keep a pointer there, and the memory on the heap")
			return
		}
	}
	t.Fatal("the Go runtime has at least one thread-local variable")
}

func TestLinuxTellsNothingOfTheBuilder(t *testing.T) {
	assertAnonymous(t, built(t, "build", "libndoap.so"))
	assertAnonymous(t, built(t, "build-linux", "linux-amd64", "libndoap.so"))
	assertAnonymous(t, built(t, "build-linux", "linux-amd64", "doapctl"))
}

// A host that unloads the filter at a restart and loads it again must get the same one, alive.
func TestLinuxStaysLoaded(t *testing.T) {
	program := filepath.Join(t.TempDir(), "reload")
	compile := exec.CommandContext(t.Context(), "gcc", "-Wall", "-Wextra", "-Werror", "-o", program, "testdata/reload.c", "-ldl")
	out, err := compile.CombinedOutput()
	require.NoErrorf(t, err, "%s", out)

	for _, library := range libraries {
		t.Run(library.name, func(t *testing.T) {
			path, err := filepath.Abs(built(t, library.target, library.path...))
			require.NoError(t, err)
			out, err := exec.CommandContext(t.Context(), program, path).CombinedOutput()
			require.NoErrorf(t, err, "%s", out)
		})
	}
}

// Domino runs on Red Hat Enterprise Linux 8 and its relatives, which have glibc 2.28. A file that needs a newer symbol
// is not loaded there at all.
func TestLinuxRunsWithTheOldCLibrary(t *testing.T) {
	for _, name := range []string{"libndoap.so", "doapctl"} {
		t.Run(name, func(t *testing.T) {
			imported, err := openELF(t, built(t, "build-linux", "linux-amd64", name)).ImportedSymbols()
			require.NoError(t, err)
			versioned := 0
			for _, symbol := range imported {
				if symbol.Version == "" {
					continue
				}
				versioned++
				version, isGlibc := strings.CutPrefix(symbol.Version, "GLIBC_")
				require.Truef(t, isGlibc, "%s needs %s of %s", symbol.Name, symbol.Version, symbol.Library)
				assert.LessOrEqualf(t, compareVersions(t, version, "2.28"), 0, "%s needs glibc %s", symbol.Name, version)
			}
			assert.NotZero(t, versioned, "the symbols carry no versions, so this proves nothing")
		})
	}
}

// compareVersions orders versions such as 2.4 and 2.28 by their numbers.
func compareVersions(t *testing.T, one, other string) int {
	t.Helper()
	numbers := func(version string) []int {
		var all []int
		for part := range strings.SplitSeq(version, ".") {
			number, err := strconv.Atoi(part)
			require.NoErrorf(t, err, "glibc version %s", version)
			all = append(all, number)
		}
		return all
	}
	return slices.Compare(numbers(one), numbers(other))
}
