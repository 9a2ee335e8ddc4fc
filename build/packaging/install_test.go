// SPDX-License-Identifier: Apache-2.0

package packaging

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInstall(t *testing.T) {
	d := newDomino(t)
	before := d.ini(t)
	said := mustRun(t, "--root", d.root)

	assert.Equal(t, "new libndoap.so", read(t, filepath.Join(d.program, "libndoap.so")))
	assert.Equal(t, "new doapctl", read(t, filepath.Join(d.program, "doapctl")))
	model := rightsOf(t, filepath.Join(d.program, "libnotes.so"))
	assert.Equal(t, model, rightsOf(t, filepath.Join(d.program, "libndoap.so")))
	info, err := os.Stat(filepath.Join(d.program, "doapctl"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o555), info.Mode())

	ini := filepath.Join(d.data, "notes.ini")
	assert.Equal(t, before+"DOAP_App_Path=doap.db\n", d.ini(t))
	assert.Equal(t, before, read(t, ini+".before-ndoap"))
	page := filepath.Join(d.data, "domino/html/ndoap.html")
	assert.Equal(t, read(t, "../../installer/ndoap.html"), read(t, page))
	for _, path := range []string{ini + ".before-ndoap", page} {
		assert.Equal(t, rightsOf(t, ini), rightsOf(t, path), path)
	}
	assert.Len(t, d.files(t), 18, "nothing is left over")

	for _, sentence := range []string{"doapctl --data " + d.data + " init", "DSAPI filter file names", "load http"} {
		assert.Contains(t, said, sentence)
	}
}

func TestPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		program   string
		arguments func(d domino) []string
	}{
		"HCL":   {hcl, func(d domino) []string { return []string{"--root", d.root} }},
		"IBM":   {"opt/ibm/domino/notes/latest/linux", func(d domino) []string { return []string{"--root", d.root + "/"} }},
		"named": {"srv/domino", func(d domino) []string { return []string{"--program", d.program + "/", "--data", d.data} }},
	} {
		t.Run(name, func(t *testing.T) {
			d := dominoAt(t, filepath.Join(t.TempDir(), "J\u00fcrgen \u65e5\u672c"), c.program)
			mustRun(t, c.arguments(d)...)
			assert.FileExists(t, filepath.Join(d.program, "libndoap.so"))
			assert.Contains(t, d.ini(t), "DOAP_App_Path")
		})
	}
}

func TestNotesINI(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"Unix lines":         {"[Notes]\nA=1\n", "[Notes]\nA=1\nDOAP_App_Path=doap.db\n"},
		"Windows lines":      {"[Notes]\r\nA=1\r\n", "[Notes]\r\nA=1\r\nDOAP_App_Path=doap.db\r\n"},
		"no end":             {"[Notes]\nA=1", "[Notes]\nA=1\nDOAP_App_Path=doap.db\n"},
		"Windows, no end":    {"[Notes]\r\nA=1", "[Notes]\r\nA=1\r\nDOAP_App_Path=doap.db\r\n"},
		"one line":           {"[Notes]", "[Notes]\nDOAP_App_Path=doap.db\n"},
		"empty":              {"", "DOAP_App_Path=doap.db\n"},
		"bytes":              {"[Notes]\nB=\xe9\x00\xff\\n%s\n\n\n", "[Notes]\nB=\xe9\x00\xff\\n%s\n\n\nDOAP_App_Path=doap.db\n"},
		"there":              {"[Notes]\nDOAP_App_Path=doap.db\nZ=1\n", ""},
		"there in any case":  {"[Notes]\r\n doap_APP_path = other.db\r\nZ=1\r\n", ""},
		"there after binary": {"[Notes]\nB=\xe9\x00\nDOAP_App_Path=doap.db\n", ""},
		"another variable":   {"XDOAP_App_Path=1\n", "XDOAP_App_Path=1\nDOAP_App_Path=doap.db\n"},
		"a value with =":     {"X=DOAP_App_Path=1\n", "X=DOAP_App_Path=1\nDOAP_App_Path=doap.db\n"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDomino(t)
			d.write(t, filepath.Join(d.data, "notes.ini"), c.before, 0o644)
			mustRun(t, "--root", d.root)
			backup := filepath.Join(d.data, "notes.ini.before-ndoap")
			if c.after == "" {
				assert.Equal(t, c.before, d.ini(t))
				assert.NoFileExists(t, backup)
				return
			}
			assert.Equal(t, c.after, d.ini(t))
			assert.Equal(t, c.before, read(t, backup))
			mustRun(t, "--root", d.root)
			assert.Equal(t, c.after, d.ini(t), "the second time changes nothing")
		})
	}
}

func TestALineOfDOAPIsToldOf(t *testing.T) {
	d := newDomino(t)
	d.write(t, filepath.Join(d.data, "notes.ini"), "[Notes]\r\ndoap_app_path=doap.NSF\r\n", 0o644)
	assert.Contains(t, mustRun(t, "--root", d.root), "names a Notes database of DOAP")
}

func TestNotesINIBehindALink(t *testing.T) {
	d := newDomino(t)
	elsewhere := filepath.Join(d.root, "etc-notes.ini")
	require.NoError(t, os.Rename(filepath.Join(d.data, "notes.ini"), elsewhere))
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(d.data, "notes.ini")))
	mustRun(t, "--root", d.root)
	assert.Contains(t, read(t, elsewhere), "DOAP_App_Path")
	info, err := os.Lstat(filepath.Join(d.data, "notes.ini"))
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink, "the link stays")
}

func TestUpgradeTouchesNoData(t *testing.T) {
	d := newDomino(t)
	mine := map[string]string{
		"doap.db": "database", "doap.db-wal": "log", "doapconfig.d/10-ndoap.json": "{}", "domino/html/ndoap.html": "mine",
		"notes.ini.before-ndoap": "an older backup",
	}
	require.NoError(t, os.Mkdir(filepath.Join(d.data, "doapconfig.d"), 0o700))
	for name, text := range mine {
		d.write(t, filepath.Join(d.data, name), text, 0o600)
	}
	d.write(t, filepath.Join(d.program, "libndoap.so"), "old", 0o555)
	mustRun(t, "--root", d.root)
	assert.Equal(t, "new libndoap.so", read(t, filepath.Join(d.program, "libndoap.so")))
	assert.FileExists(t, filepath.Join(d.data, "notes.ini.before-ndoap.2"))
	for name, text := range mine {
		assert.Equal(t, text, read(t, filepath.Join(d.data, name)), name)
	}

	assert.Contains(t, mustRun(t, "--root", d.root, "--uninstall"), "Its data stays")
	assert.NoFileExists(t, filepath.Join(d.program, "libndoap.so"))
	assert.NoFileExists(t, filepath.Join(d.program, "doapctl"))
	assert.Contains(t, d.ini(t), "DOAP_App_Path")
	for name, text := range mine {
		assert.Equal(t, text, read(t, filepath.Join(d.data, name)), name)
	}
}

func TestPurge(t *testing.T) {
	d := newDomino(t)
	mustRun(t, "--root", d.root)
	for _, name := range []string{"doap.db", "doap.db-wal", "doap.db-shm", "doap.db.key", "doap.db.key.lost"} {
		d.write(t, filepath.Join(d.data, name), "data", 0o600)
	}
	require.NoError(t, os.Mkdir(filepath.Join(d.data, "doapconfig.d"), 0o700))
	d.write(t, filepath.Join(d.data, "doapconfig.d/10-ndoap.json"), "{}", 0o600)
	mustRun(t, "--root", d.root, "--purge")

	left := d.files(t)
	delete(left, "local/notesdata/notes.ini.before-ndoap")
	delete(left, "local/notesdata/notes.ini.before-ndoap.2")
	fresh := newDomino(t)
	assert.Equal(t, fresh.files(t), left, "as if it had never been there")
	assert.Contains(t, mustRun(t, "--root", d.root, "--uninstall"), "removed", "what is gone already is no failure")
}

func TestPurgeSparesOtherDatabases(t *testing.T) {
	d := newDomino(t)
	d.write(t, filepath.Join(d.data, "notes.ini"), "[Notes]\nDOAP_App_Path=/srv/other.db\n", 0o640)
	before := d.ini(t)
	assert.Contains(t, mustRun(t, "--root", d.root, "--purge"), "names another database, /srv/other.db")
	assert.Equal(t, before, d.ini(t))
}

func TestTwoPartitions(t *testing.T) {
	d := newDomino(t)
	second := filepath.Join(d.root, "local/notesdata2")
	require.NoError(t, os.MkdirAll(second, 0o750))
	d.write(t, filepath.Join(second, "notes.ini"), "[Notes]\nPartition=2\n", 0o640)
	mustRun(t, "--root", d.root)
	mustRun(t, "--root", d.root, "--data", second)
	assert.Equal(t, "[Notes]\nPartition=2\nDOAP_App_Path=doap.db\n", read(t, filepath.Join(second, "notes.ini")))
	assert.FileExists(t, filepath.Join(second, "domino/html/ndoap.html"))
}

// Whatever a program directory's files are like, nothing of ndoap runs with the rights of its owner.
func TestNothingIsSetuid(t *testing.T) {
	d := newDomino(t)
	require.NoError(t, os.Chmod(filepath.Join(d.program, "libnotes.so"), 0o755|os.ModeSetuid|os.ModeSetgid))
	mustRun(t, "--root", d.root)
	for _, name := range []string{"libndoap.so", "doapctl"} {
		info, err := os.Stat(filepath.Join(d.program, name))
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o755), info.Mode(), name)
	}
}

// The version that is installed decides, compared as numbers: 0.10.0 is newer than 0.9.0.
func TestUpgradeAndDowngrade(t *testing.T) {
	for name, c := range map[string]struct {
		installed string // the package is 0.9.0
		code      int
		sentence  string
	}{
		"older":                 {"0.8.10\n", 0, "ndoap is installed"},
		"the same":              {"0.9.0\n", 0, "ndoap is installed"},
		"its release candidate": {"0.9.0-rc.1\n", 0, "ndoap is installed"},
		"a newer patch":         {"0.9.1\n", 8, "version 0.9.1 is installed, which is newer than 0.9.0"},
		"a newer minor":         {"0.10.0\n", 8, "version 0.10.0 is installed, which is newer than 0.9.0"},
		"a newer major":         {"10.0.0\n", 8, "use --force"},
		"a newer candidate":     {"0.10.0-rc.1\n", 8, "version 0.10.0-rc.1 is installed"},
		"no version":            {"\n", 8, "names no version"},
		"not a version":         {"latest\n", 8, "names no version"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDomino(t)
			library, version := filepath.Join(d.program, "libndoap.so"), filepath.Join(d.program, "ndoap.version")
			d.write(t, library, "old", 0o555)
			d.write(t, version, c.installed, 0o555)
			before := d.files(t)

			code, said := run(t, "--root", d.root)
			assert.Equal(t, c.code, code, said)
			assert.Contains(t, said, c.sentence)
			if code == 0 {
				assert.Equal(t, "0.9.0\n", read(t, version))
				return
			}
			assert.Equal(t, before, d.files(t))

			mustRun(t, "--root", d.root, "--force")
			assert.Equal(t, "new libndoap.so", read(t, library))
			assert.Equal(t, "0.9.0\n", read(t, version))
		})
	}
}

// What was copied by hand has no version beside it, and a version without the library says nothing.
func TestVersionWithoutItsLibrary(t *testing.T) {
	d := newDomino(t)
	d.write(t, filepath.Join(d.program, "ndoap.version"), "10.0.0\n", 0o555)
	mustRun(t, "--root", d.root)
	mustRun(t, "--root", d.root, "--uninstall")
	assert.NoFileExists(t, filepath.Join(d.program, "ndoap.version"))
}
