// SPDX-License-Identifier: Apache-2.0

package artifact

import (
	"debug/pe"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var architectures = []struct {
	name    string
	machine uint16
}{
	{"amd64", pe.IMAGE_FILE_MACHINE_AMD64},
	{"386", pe.IMAGE_FILE_MACHINE_I386},
}

func openBuilt(t *testing.T, arch, name string) *image {
	t.Helper()
	file, err := openImage(built(t, "build-windows", "windows-"+arch, name))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	return file
}

// The names of the entry points must be undecorated in the 32-bit table too. Besides them the tables hold every
// function that Go code of the library offers to C code of the library, because cgo marks them all for export and
// mingw's linker has no way to take that back: the crossing (ndoap_...) and the callbacks of go-sqlite3 (...Trampoline).
// Windows resolves symbols by library and name, so these cannot meet anybody else's.
func TestWindowsExports(t *testing.T) {
	for _, arch := range architectures {
		t.Run(arch.name, func(t *testing.T) {
			names, err := openBuilt(t, arch.name, "ndoap.dll").exports()
			require.NoError(t, err)
			assertGolden(t, "exports-windows-"+arch.name+".txt", names)
		})
	}
}

// Whatever else the loader had to find would have to be installed, and could be planted.
func TestWindowsImportsSystemLibrariesOnly(t *testing.T) {
	system := []string{"kernel32.dll", "msvcrt.dll", "advapi32.dll", "ws2_32.dll", "ntdll.dll"}
	for _, arch := range architectures {
		for _, name := range []string{"ndoap.dll", "doapctl.exe"} {
			t.Run(arch.name+"/"+name, func(t *testing.T) {
				libraries, err := openBuilt(t, arch.name, name).imports()
				require.NoError(t, err)
				assert.Contains(t, libraries, "kernel32.dll")
				assert.Subset(t, system, libraries)
			})
		}
	}
}

func TestWindowsIsHardenedAndReproducible(t *testing.T) {
	for _, arch := range architectures {
		for _, name := range []string{"ndoap.dll", "doapctl.exe"} {
			t.Run(arch.name+"/"+name, func(t *testing.T) {
				file := openBuilt(t, arch.name, name)
				assert.Equal(t, arch.machine, file.Machine)
				assert.NotZero(t, file.characteristics&pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "data can be executed")
				assert.NotZero(t, file.characteristics&pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "loads at a known address")
				assert.Zero(t, file.TimeDateStamp, "the time of the build makes every build differ")
				assertAnonymous(t, built(t, "build-windows", "windows-"+arch.name, name))
			})
		}
	}
}

func TestWindowsVersionResource(t *testing.T) {
	text, err := os.ReadFile("../version/version.txt")
	require.NoError(t, err)
	want := strings.TrimSpace(string(text))
	numbers, _, _ := strings.Cut(want, "-")

	for _, arch := range architectures {
		for _, name := range []string{"ndoap.dll", "doapctl.exe"} {
			t.Run(arch.name+"/"+name, func(t *testing.T) {
				version, err := openBuilt(t, arch.name, name).version()
				require.NoError(t, err)
				assert.Equal(t, want, version.text["FileVersion"])
				assert.Equal(t, want, version.text["ProductVersion"])
				assert.Equal(t, name, version.text["OriginalFilename"])
				assert.NotEmpty(t, version.text["FileDescription"])
				n := version.numbers
				assert.Equal(t, numbers+".0", fmt.Sprintf("%d.%d.%d.%d", n[0], n[1], n[2], n[3]))
			})
		}
	}
}
