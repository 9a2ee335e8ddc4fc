// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ourLine = "DOAP_App_Path=doap.db\r\n"

func TestInstallAndUninstall(t *testing.T) {
	for _, arch := range bothArchitectures {
		t.Run(arch.name, func(t *testing.T) {
			s := newServer(t, arch)
			before := s.snapshot(t)

			got := s.install(t, current, "")
			require.Zerof(t, got.code, "%s", got.log)
			s.assertInstalled(t, current)
			for _, name := range []string{"LICENSE", "CHANGELOG.md", "docs/install.md", "docs/adr/README.md", "samples/50-example.json", "uninstall.exe"} {
				assert.FileExists(t, filepath.Join(s.program, "ndoap", name))
			}
			assert.Contains(t, read(t, filepath.Join(s.data, "domino", "html", "ndoap.html")), "ndoap did not answer")
			assert.Equal(t, plainINI+ourLine, read(t, s.ini))
			assert.Equal(t, plainINI, read(t, s.ini+".ndoap-backup"))
			assert.Contains(t, got.log, "DSAPI filter file names")
			assert.Contains(t, got.log, "tell http quit")
			entry, registered := s.appsAndFeatures()
			assert.True(t, registered)
			assert.Contains(t, entry, current)
			for name := range s.snapshot(t) {
				assert.NotContains(t, name, ".ndoap-old")
			}

			write(t, filepath.Join(s.data, "doap.db"), "clients and keys")
			write(t, filepath.Join(s.data, "doapconfig.d", "10-ndoap.json"), "{}")
			got = s.uninstall(t, "")
			require.Zerof(t, got.code, "%s", got.log)
			after := s.snapshot(t)
			for _, kept := range []string{"Domino/データ/doap.db", "Domino/データ/doapconfig.d/10-ndoap.json", "Domino/notes.ini.ndoap-backup"} {
				assert.Contains(t, after, kept)
				delete(after, kept)
			}
			delete(after, "Domino/データ/doapconfig.d")
			assert.Equal(t, plainINI+ourLine, read(t, s.ini))
			after["Domino/notes.ini"] = before["Domino/notes.ini"]
			assert.Equal(t, before, after, "all but these is gone")
			_, registered = s.appsAndFeatures()
			assert.False(t, registered)
		})
	}
}

func TestPurgeLeavesNothing(t *testing.T) {
	s := newServer(t, x64)
	before := s.snapshot(t)
	s.mustInstall(t, current)
	for _, name := range []string{"doap.db", "doap.db-wal", "doap.db-shm", "doap.db.key", "doap.db.key.lost", "doapconfig.d/10-ndoap.json", "doapconfig.d/50-site.json"} {
		write(t, filepath.Join(s.data, name), "ours")
	}
	got := s.uninstall(t, "/PURGE")
	require.Zerof(t, got.code, "%s", got.log)
	assert.Equal(t, before, s.snapshot(t))
}

func TestPurgeKeepsWhatIsSomebodyElses(t *testing.T) {
	s := newServer(t, x64)
	elsewhere := "DOAP_App_Path=D:\\databases\\doap.db\r\n"
	write(t, s.ini, plainINI+elsewhere)
	write(t, filepath.Join(s.data, "doapconfig.d", "notes.txt"), "why we did this")
	write(t, filepath.Join(s.data, "domino", "html", "ndoap.html"), "made by hand")
	before := s.snapshot(t)
	s.mustInstall(t, current)
	got := s.uninstall(t, "/PURGE")
	require.Zerof(t, got.code, "%s", got.log)
	assert.Contains(t, got.log, `stays, as the line does: DOAP_App_Path=D:\databases\doap.db`)
	assert.Equal(t, before, s.snapshot(t))
}

func TestUninstallerWaitsForTheHTTPTask(t *testing.T) {
	s := newServer(t, x64)
	s.mustInstall(t, current)
	s.hold(t, "load", filepath.Join(s.program, "ndoap.dll"))
	before := s.snapshot(t)
	got := s.uninstall(t, "/PURGE")
	assert.Equal(t, 15, got.code)
	assert.Contains(t, got.log, "tell http quit")
	assert.Equal(t, before, s.snapshot(t))
}

// A file that cannot be deleted ends the removal with a sentence; once it can be, a second run goes to the end.
func TestUninstallerSaysWhatItCannotDelete(t *testing.T) {
	s := newServer(t, x64)
	before := s.snapshot(t)
	s.mustInstall(t, current)
	page := filepath.Join(s.data, "domino", "html", "ndoap.html")
	t.Run("held", func(t *testing.T) {
		s.hold(t, "open", page)
		got := s.uninstall(t, "/PURGE")
		assert.Equal(t, 21, got.code)
		assert.Contains(t, got.log, windows(page)+" cannot be deleted: another program has it open, or this account may not.")
		assert.Contains(t, got.log, "run this again")
		assert.FileExists(t, filepath.Join(s.program, "ndoap", "uninstall.exe"), "so that it can be run again")
		_, registered := s.appsAndFeatures()
		assert.True(t, registered)
	})
	got := s.uninstall(t, "/PURGE")
	require.Zerof(t, got.code, "%s", got.log)
	assert.Equal(t, before, s.snapshot(t))
	_, registered := s.appsAndFeatures()
	assert.False(t, registered)
}

// doapctl is looked at before the first file goes, as the library is.
func TestUninstallerWaitsForDoapctl(t *testing.T) {
	s := newServer(t, x64)
	s.mustInstall(t, current)
	s.hold(t, "open", filepath.Join(s.program, "doapctl.exe"))
	before := s.snapshot(t)
	got := s.uninstall(t, "")
	assert.Equal(t, 15, got.code)
	assert.Contains(t, got.log, "doapctl.exe is running. Let it end, and run this again.")
	assert.Equal(t, before, s.snapshot(t))
}

// Versions are compared as numbers, place by place: 0.10.0 is newer than 0.9.0, whatever their letters say.
func TestVersionsAreNumbers(t *testing.T) {
	for _, pair := range []struct{ older, newer string }{{"0.9.0", "0.10.0"}, {"0.10.9", "0.10.10"}, {"9.0.0", "10.0.0"}} {
		t.Run(pair.older+" and "+pair.newer, func(t *testing.T) {
			setups, folder := map[string]string{}, t.TempDir()
			for _, version := range []string{pair.older, pair.newer} {
				require.NoError(t, shop.library(x64, version, "ndoap", version))
				setups[version] = filepath.Join(folder, version+".exe")
				require.NoError(t, command("sh", "../installer.sh", x64.goarch, shop.path(x64.name, version), setups[version], version))
			}
			s := newServer(t, x64)
			got := launch(t, setups[pair.older], s.places())
			require.Zerof(t, got.code, "%s", got.log)
			got = launch(t, setups[pair.newer], s.places())
			require.Zerof(t, got.code, "an upgrade: %s", got.log)
			got = launch(t, setups[pair.older], s.places())
			assert.Equalf(t, 16, got.code, "a downgrade: %s", got.log)
			s.assertInstalled(t, pair.newer)
		})
	}
}

// An upgrade and a repair change the program files only.
func TestUpgradeAndDowngrade(t *testing.T) {
	s := newServer(t, x64)
	s.mustInstall(t, older)
	mine := map[string]string{
		filepath.Join(s.data, "doap.db"):                       "clients and keys",
		filepath.Join(s.data, "doapconfig.d", "10-ndoap.json"): `{"issuer": "https://domino.example.com/doap"}`,
		filepath.Join(s.data, "domino", "html", "ndoap.html"):  "changed by hand",
		s.ini: plainINI + "doap_app_path=other.db\r\n",
	}
	for path, text := range mine {
		write(t, path, text)
	}
	assertMine := func() {
		for path, text := range mine {
			assert.Equal(t, text, read(t, path))
		}
	}

	s.mustInstall(t, current)
	s.assertInstalled(t, current)
	entry, _ := s.appsAndFeatures()
	assert.Contains(t, entry, current)
	assertMine()

	s.mustInstall(t, current)
	s.assertInstalled(t, current)

	before := s.snapshot(t)
	muchOlder := filepath.Join(t.TempDir(), "setup.exe")
	require.NoError(t, command("sh", "../installer.sh", x64.goarch, shop.path(x64.name, older), muchOlder, "1.1.9"))
	got := launch(t, muchOlder, s.places())
	assert.Equal(t, 16, got.code)
	got = s.install(t, older, "")
	assert.Equal(t, 16, got.code)
	assert.Contains(t, got.log, "A newer version than "+older+" is installed")
	assert.Contains(t, got.log, "/FORCE")
	assert.Equal(t, before, s.snapshot(t))

	got = s.install(t, older, "/FORCE")
	require.Zerof(t, got.code, "%s", got.log)
	s.assertInstalled(t, older)
	assertMine()
}

func TestFindsTheServerInEitherRegistry(t *testing.T) {
	for _, arch := range bothArchitectures {
		t.Run(arch.name, func(t *testing.T) {
			s := newServer(t, arch)
			register(t, arch.view, "", windows(s.program)+`\`, windows(s.data)+`\`)
			got := launch(t, shop.installer(arch, current), "")
			require.Zerof(t, got.code, "%s", got.log)
			s.assertInstalled(t, current)
			assert.FileExists(t, filepath.Join(s.data, "domino", "html", "ndoap.html"))
		})
	}
}

// An entry that a removed server left behind is no server.
func TestAnEntryWithoutServerDoesNotCount(t *testing.T) {
	s := newServer(t, x64)
	register(t, x64.view, "", windows(s.program), windows(s.data))
	register(t, x86.view, "", `C:\Lotus\Domino`, `C:\Lotus\Domino\Data`)
	got := launch(t, shop.installer(x64, current), "")
	require.Zerof(t, got.code, "%s", got.log)
	assert.Contains(t, got.log, `The registry names C:\Lotus\Domino, but no server is there.`)
}

func TestPartitions(t *testing.T) {
	first := newServer(t, x64)
	second := first.addPartition(t)
	require.NoError(t, os.Rename(first.ini, filepath.Join(first.data, "notes.ini")))
	first.ini = filepath.Join(first.data, "notes.ini")
	register(t, x64.view, "", windows(first.program), windows(first.data))
	register(t, x64.view, `\1`, "", windows(first.data)) // the same once more
	register(t, x64.view, `\2`, "", windows(second.data))
	before := first.snapshot(t)

	got := launch(t, shop.installer(x64, current), "")
	assert.Equal(t, 12, got.code)
	assert.Contains(t, got.log, "This machine has 2 Domino servers")
	assert.Contains(t, got.log, first.places())
	assert.Contains(t, got.log, second.places())
	assert.Equal(t, before, first.snapshot(t))

	// The data directory alone chooses; each partition has its own settings.
	got = launch(t, shop.installer(x64, current), `/DATA="`+windows(second.data)+`"`)
	require.Zerof(t, got.code, "%s", got.log)
	assert.Equal(t, plainINI+ourLine, read(t, second.ini))
	assert.Equal(t, plainINI, read(t, first.ini))
	first.mustInstall(t, current)
	assert.Equal(t, plainINI+ourLine, read(t, first.ini))

	// They share the program files, which go with the last.
	got = first.uninstall(t, "")
	assert.Equal(t, 12, got.code)
	assert.Contains(t, got.log, "Say which one")
	got = first.uninstall(t, `/PURGE /DATA="`+windows(second.data)+`"`)
	require.Zerof(t, got.code, "%s", got.log)
	first.assertInstalled(t, current)
	assert.Equal(t, plainINI, read(t, second.ini))
	got = first.uninstall(t, "/PURGE")
	require.Zerof(t, got.code, "%s", got.log)
	after := first.snapshot(t)
	assert.Equal(t, "directory", after["Partition 2/domino/html"], "may hold pages by now")
	delete(after, "Partition 2/domino/html")
	delete(after, "Partition 2/domino")
	assert.Equal(t, before, after)
}

// Without /LOG= the log is in the data directory.
func TestTheLogIsInTheDataDirectory(t *testing.T) {
	s := newServer(t, x64)
	code, said := start(t, shop.installer(x64, current), s.places())
	require.Zero(t, code, said)
	assert.Contains(t, fromUTF16(t, []byte(read(t, filepath.Join(s.data, "ndoap-install.log")))), "Installed.")
}
