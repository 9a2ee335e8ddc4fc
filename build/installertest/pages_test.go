// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	initBox  = "1. Run 'doapctl init' now: it makes configuration, database and signing key"
	purgeBox = "Delete its database and its configuration, too"
)

// From the first page to the last, with the real doapctl: the offer to run it is kept.
func TestPagesToTheLast(t *testing.T) {
	for _, arch := range bothArchitectures {
		t.Run(arch.name, func(t *testing.T) {
			s := newServer(t, arch)
			p := newPerson(t, shippedInstaller(t, arch), s.places())

			page := p.await(t, "Program directory, with nserver.exe:")
			assert.Contains(t, page, "the Domino server that the command line names")
			require.Contains(t, page, "|"+windows(s.program)+"\n", "given by /PROGRAM=")
			require.Contains(t, page, "|"+windows(s.data)+"\n", "given by /DATA=")
			p.press(t, "Install")
			p.await(t, "Next: what is left to do in Domino.")
			p.press(t, "Next >")

			page = p.await(t, "doapctl client add")
			for _, left := range []string{
				initBox + "|ticked", "Issuer: the URL under which", `Write  ndoap  into the field "DSAPI filter file names"`,
				"Server document", "Web Site document", "HTTP methods GET and POST", "tell http quit,  load http", "ndoap is installed",
			} {
				assert.Contains(t, page, left)
			}
			assert.Contains(t, page, "|Cancel|off", "what is done is done")
			assert.NoDirExists(t, filepath.Join(s.data, "doapconfig.d"))
			_, rest, found := strings.Cut(page, "|https://")
			require.True(t, found, page)
			host, _, found := strings.Cut(rest, "/doap\n")
			require.True(t, found, page)

			p.fill(t, "https://"+host+"/doap", "https://domino.example.com")
			p.press(t, "Close")
			refused := p.await(t, "doapctl init failed (1)")
			assert.Contains(t, refused, `the issuer "https://domino.example.com" cannot be used`)
			p.press(t, "OK")
			p.fill(t, "https://domino.example.com", "https://domino.example.com/doap")
			inTheWay := filepath.Join(s.data, "doap.db")
			require.NoError(t, os.Mkdir(inTheWay, 0o755))
			p.press(t, "Close")
			assert.Contains(t, p.await(t, "doapctl init failed (1)"), windows(inTheWay), "its letters can be read")
			p.press(t, "OK")
			require.NoError(t, os.Remove(inTheWay))
			p.press(t, "Close")
			assert.Contains(t, p.await(t, "Step 1 is done"), windows(s.data))
			p.press(t, "OK")
			assert.Equal(t, "0", p.exit(t))

			assert.Contains(t, read(t, filepath.Join(s.data, "doapconfig.d", "10-ndoap.json")), "https://domino.example.com/doap")
			assert.FileExists(t, filepath.Join(s.data, "doap.db"))
			out, err := output(wine("run", arch.bits, filepath.Join(s.program, "doapctl.exe"), "--data", windows(s.data), "--ini", windows(s.ini), "key", "list"))
			require.NoErrorf(t, err, "%s", out)
			assert.Contains(t, out, "RS256", "the database has a signing key")
		})
	}
}

// Two partitions: the page lets one choose, and changes no other.
func TestPageOfTwoPartitions(t *testing.T) {
	first := newServer(t, x64)
	second := first.addPartition(t)
	require.NoError(t, os.Rename(first.ini, filepath.Join(first.data, "notes.ini")))
	first.ini = filepath.Join(first.data, "notes.ini")
	write(t, filepath.Join(second.data, "doapconfig.d", "10-ndoap.json"), "{}")
	register(t, x64.view, "", windows(first.program), windows(first.data))
	register(t, x64.view, `\2`, "", windows(second.data))
	p := newPerson(t, shop.installer(x64, current), "")

	page := p.await(t, "This machine has 2 Domino servers.")
	assert.NotContains(t, page, windows(first.data), "none is chosen beforehand")
	p.press(t, "Install")
	p.await(t, "Enter both directories of the Domino server.")
	p.press(t, "OK")
	p.press(t, windows(first.data))
	p.await(t, "|"+windows(first.data)+"\n")
	p.press(t, windows(second.data))
	page = p.await(t, "|"+windows(second.data)+"\n")
	assert.Contains(t, page, "|"+windows(second.program)+"\n")
	p.press(t, "Install")
	p.await(t, "Next: what is left to do in Domino.")
	p.press(t, "Next >")
	page = p.await(t, "doapctl client add")
	assert.NotContains(t, page, "ticked", "it was set up before")
	p.press(t, "Close")
	assert.Equal(t, "0", p.exit(t))

	assert.Equal(t, plainINI+ourLine, read(t, second.ini))
	assert.Equal(t, plainINI, read(t, first.ini))
	assert.Equal(t, "{}", read(t, filepath.Join(second.data, "doapconfig.d", "10-ndoap.json")))
}

// A refusal is a message, and the page stays; who then gives up has changed nothing.
func TestPageShowsARefusal(t *testing.T) {
	s := newServer(t, x86)
	before := s.snapshot(t)
	p := newPerson(t, shop.installer(x64, current), s.places())
	p.press(t, "Install")
	p.await(t, "is not of 64 bits. Use ndoap-"+current+"-x86-setup.exe.")
	p.press(t, "OK")
	p.press(t, "Cancel")
	p.await(t, "Nothing has been changed. Quit the installation?")
	p.press(t, "Yes")
	assert.Equal(t, "14", p.exit(t))
	assert.Equal(t, before, s.snapshot(t))
}

// What fails while files are written is a message, too, and what was done is taken back.
func TestPageOfAFailure(t *testing.T) {
	s := newServer(t, x64)
	before := s.snapshot(t)
	p := newPerson(t, shop.installer(x64, current), s.places()+" /FAILAT=5")
	p.press(t, "Install")
	p.await(t, "Step 5 fails, as it was told to.")
	p.press(t, "OK")
	p.await(t, "What had been done is taken back.")
	p.press(t, "Cancel")
	assert.Equal(t, "19", p.exit(t))
	assert.Equal(t, before, s.snapshot(t))
}

// The uninstaller asks whether data goes, too; without an answer it stays.
func TestPagesOfTheUninstaller(t *testing.T) {
	for _, purge := range []bool{false, true} {
		t.Run(map[bool]string{false: "data stays", true: "data goes"}[purge], func(t *testing.T) {
			s := newServer(t, x64)
			before := s.snapshot(t)
			s.mustInstall(t, current)
			write(t, filepath.Join(s.data, "doap.db"), "clients and keys")
			uninstaller := filepath.Join(t.TempDir(), "uninstall.exe")
			s.put(t, uninstaller, filepath.Join(s.program, "ndoap", "uninstall.exe"))
			p := newPerson(t, uninstaller, "_?="+windows(filepath.Join(s.program, "ndoap")))

			page := p.await(t, "ndoap will be removed from the Domino server")
			assert.Contains(t, page, windows(s.data))
			assert.NotContains(t, page, "ticked")
			if purge {
				p.press(t, purgeBox)
				p.await(t, purgeBox+"|ticked")
			}
			p.press(t, "Uninstall")
			p.await(t, "Uninstallation Complete")
			p.press(t, "Close")
			assert.Equal(t, "0", p.exit(t))

			assert.NoFileExists(t, filepath.Join(s.program, "ndoap.dll"))
			if purge {
				assert.Equal(t, before, s.snapshot(t))
			} else {
				assert.FileExists(t, filepath.Join(s.data, "doap.db"))
				assert.Equal(t, plainINI+ourLine, read(t, s.ini))
			}
		})
	}
}
