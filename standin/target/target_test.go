// SPDX-License-Identifier: Apache-2.0

package target

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChoose(t *testing.T) {
	for _, test := range []struct{ name, prefix, want, refused string }{
		{"", "", "linux", ""},
		{"linux", "", "linux", ""},
		{"shipped", "", "shipped", ""},
		{"win64", "/somewhere", "win64", ""},
		{"win32", "/somewhere", "win32", ""},
		{"win32", "", "", "build/wine.sh alone"},
		{"windows", "/somewhere", "", "it can be linux, shipped, win64, win32"},
	} {
		t.Run(test.name+test.prefix, func(t *testing.T) {
			t.Setenv("NDOAP_TARGET", test.name)
			t.Setenv("WINEPREFIX", test.prefix)
			got, err := Choose()
			if test.refused != "" {
				require.ErrorContains(t, err, test.refused)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.want, got.Name)
		})
	}
}

func TestNamesOfFiles(t *testing.T) {
	here, windows := Target{}, Target{Bits: "32"}
	assert.Equal(t, "/tmp/J\u00f6rg \u5c71", here.Path("/tmp/J\u00f6rg \u5c71"))
	assert.Equal(t, `Z:\tmp\J`+"\u00f6rg \u5c71", windows.Path("/tmp/J\u00f6rg \u5c71"))
	assert.Equal(t, []string{"/b/host"}, here.Words("bin", "/b/host"))
	assert.Equal(t, []string{"bin/wine/run32", "/b/host.exe"}, windows.Words("bin", "/b/"+windows.Program("host")))
	assert.Equal(t, []string{"libx.so", "x.dll"}, []string{here.Library("x"), windows.Library("x")})
}

// What the command line leaves out stays out.
func TestLeaveOut(t *testing.T) {
	asked := flag.Lookup("test.skip").Value.String()
	t.Cleanup(func() { require.NoError(t, flag.Set("test.skip", asked)) })
	require.NoError(t, flag.Set("test.skip", "Slow"))
	require.NoError(t, Target{Name: "win64"}.LeaveOut(nil))
	assert.Equal(t, "Slow", flag.Lookup("test.skip").Value.String())
	require.NoError(t, Target{Name: "win64"}.LeaveOut(map[string]string{"TestB": "why", "TestA": "why"}))
	assert.Equal(t, "^(TestA|TestB)$|Slow", flag.Lookup("test.skip").Value.String())
}

func TestCompilersThatFailSayWhy(t *testing.T) {
	err := Target{Compiler: "gcc"}.CompileLibrary(t.Context(), t.TempDir(), t.TempDir()+"/libx.so", "--no-such-option")
	require.ErrorContains(t, err, "--no-such-option")
}
