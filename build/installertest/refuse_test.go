// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each refusal has an exit code of its own and a sentence, and nothing is changed.
func TestRefusals(t *testing.T) {
	cases := map[string]struct {
		prepare    func(t *testing.T, s *server)
		parameters func(s *server) string // instead of the right ones
		code       int
		sentence   string
	}{
		"no Domino": {
			parameters: func(*server) string { return "" },
			code:       11, sentence: `No Domino server was found in the registry (HKLM\SOFTWARE\Lotus\Domino). If there is one, say where`,
		},
		"a data directory that the registry does not know": {
			parameters: func(s *server) string { return `/DATA="` + windows(s.data) + `"` },
			code:       11, sentence: "Give both directories: /PROGRAM= and /DATA=.",
		},
		"a relative directory": {
			parameters: func(s *server) string { return `/DATA=Data /PROGRAM="` + windows(s.program) + `"` },
			code:       10, sentence: "Data is not a complete path: begin with a drive letter",
		},
		"the directories exchanged": {
			parameters: func(s *server) string { return `/PROGRAM="` + windows(s.data) + `" /DATA="` + windows(s.program) + `"` },
			code:       13, sentence: "is not the program directory of a Domino server: neither nserver.exe nor nhttp.exe is there.",
		},
		"no data directory": {
			prepare: func(t *testing.T, s *server) { require.NoError(t, os.RemoveAll(s.data)) },
			code:    13, sentence: `データ does not exist.`,
		},
		"no notes.ini": {
			prepare: func(t *testing.T, s *server) { require.NoError(t, os.Remove(s.ini)) },
			code:    13, sentence: "There is no notes.ini in",
		},
		"a program that is none": {
			prepare: func(t *testing.T, s *server) { write(t, filepath.Join(s.program, "nserver.exe"), "#!/bin/sh\n") },
			code:    13, sentence: "is not a program for x64 or x86",
		},
		"a library of DOAP": {
			prepare: func(t *testing.T, s *server) {
				s.put(t, filepath.Join(s.program, "ndoap.dll"), shop.path(s.arch.name, "foreign", "ndoap.dll"))
			},
			code: 17, sentence: "is of another product. Remove that first",
		},
		"a library without a version": {
			prepare: func(t *testing.T, s *server) {
				s.put(t, filepath.Join(s.program, "ndoap.dll"), shop.path(s.arch.name, "server.exe"))
			},
			code: 17, sentence: "is of another product. Remove that first",
		},
		"the HTTP task has the library open": {
			prepare: func(t *testing.T, s *server) {
				s.mustInstall(t, older)
				s.hold(t, "load", filepath.Join(s.program, "ndoap.dll"))
			},
			code: 15, sentence: `ndoap.dll open. Type 'tell http quit' on the Domino console`,
		},
		"doapctl is running": {
			prepare: func(t *testing.T, s *server) {
				s.mustInstall(t, older)
				s.hold(t, "open", filepath.Join(s.program, "doapctl.exe"))
			},
			code: 15, sentence: `doapctl.exe is running. Let it end`,
		},
		"notes.ini is read-only": {
			prepare: func(t *testing.T, s *server) {
				mount(t, s.ini, "-o", "bind,ro", s.ini)
			},
			code: 18, sentence: "notes.ini cannot be written (Windows error",
		},
		"notes.ini is open in another program": {
			prepare: func(t *testing.T, s *server) { s.hold(t, "open", s.ini) },
			code:    18, sentence: "notes.ini cannot be read (Windows error 32): another program has it open",
		},
		"notes.ini is UTF-16": {
			prepare: func(t *testing.T, s *server) { write(t, s.ini, "\xff\xfe[\x00N\x00]\x00\r\x00\n\x00") },
			code:    18, sentence: "is not in a character set of Domino (is it UTF-16?)",
		},
		"the program directory cannot be written": {
			prepare: func(t *testing.T, s *server) {
				mount(t, s.program, "-o", "bind,ro", s.program)
				writable := filepath.Join(t.TempDir(), "notes.ini") // so that it is not this file that fails
				write(t, writable, plainINI)
				mount(t, s.ini, "--bind", writable)
			},
			code: 19, sentence: "cannot be written: the disk is full, or this account may not.",
		},
		"the registry cannot be written": {
			prepare: func(t *testing.T, s *server) { s.holdOn(t, "lock "+s.entry()) },
			code:    20, sentence: "in the registry cannot be written: run the installer as an administrator.",
		},
		"the data directory cannot be written": {
			prepare: func(t *testing.T, s *server) {
				mount(t, s.data, "-o", "bind,ro", s.data)
			},
			code: 19, sentence: "cannot be written: the disk is full, or this account may not.",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, x64)
			if c.prepare != nil {
				c.prepare(t, s)
			}
			before := s.snapshot(t)
			parameters := s.places()
			if c.parameters != nil {
				parameters = c.parameters(s)
			}

			got := launch(t, shop.installer(s.arch, current), parameters)

			assert.Equalf(t, c.code, got.code, "%s", got.log)
			assert.Contains(t, got.log, c.sentence)
			assert.NotContains(t, got.log, "not possible", "all is taken back")
			assert.Equal(t, before, s.snapshot(t))
		})
	}
}

func TestTheWrongInstallerNamesTheRightOne(t *testing.T) {
	for _, arch := range bothArchitectures {
		t.Run(arch.name, func(t *testing.T) {
			s := newServer(t, arch)
			before := s.snapshot(t)
			got := launch(t, shop.installer(arch.other(), current), s.places())
			assert.Equal(t, 14, got.code)
			assert.Contains(t, got.log, "Use ndoap-"+current+"-"+arch.name+"-setup.exe.")
			assert.Equal(t, before, s.snapshot(t))
		})
	}
}

// A disk becomes full in the middle: what was written is taken back, at a first installation and at an upgrade.
func TestFullDisk(t *testing.T) {
	for _, upgrade := range []bool{false, true} {
		t.Run(map[bool]string{false: "first", true: "upgrade"}[upgrade], func(t *testing.T) {
			s := newServer(t, x64)
			disk := s.program // with the data directory in it
			copied := filepath.Join(t.TempDir(), "copy")
			require.NoError(t, command("cp", "-a", disk, copied))
			mount(t, disk, "-t", "tmpfs", "-o", "size=2m", "none")
			require.NoError(t, command("cp", "-a", copied+"/.", disk))
			if upgrade {
				s.mustInstall(t, older)
			}
			filler := filepath.Join(disk, "filler")
			_ = os.WriteFile(filler, make([]byte, 4<<20), 0o600) // as much as fits
			info, err := os.Stat(filler)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(filler, info.Size()-100<<10)) // the libraries fit, the documentation does not
			before := s.snapshot(t)

			got := s.install(t, current, "")

			assert.Equalf(t, 19, got.code, "%s", got.log)
			assert.Contains(t, got.log, "the disk is full")
			assert.Contains(t, got.log, "Taking back what was done")
			assert.Equal(t, before, s.snapshot(t))
		})
	}
}

// Wherever it fails, all before is taken back.
func TestEveryStepIsTakenBack(t *testing.T) {
	const steps = "1234567"
	for _, step := range steps {
		t.Run("first "+string(step), func(t *testing.T) {
			s := newServer(t, x64)
			require.NoError(t, os.RemoveAll(filepath.Join(s.data, "domino"))) // so that it is made, and taken back
			before := s.snapshot(t)
			got := s.install(t, current, "/FAILAT="+string(step))
			assert.Equalf(t, 19, got.code, "%s", got.log)
			assert.NotContains(t, got.log, "not possible")
			assert.Equal(t, before, s.snapshot(t))
			_, registered := s.appsAndFeatures()
			assert.False(t, registered)
		})
		t.Run("upgrade "+string(step), func(t *testing.T) {
			s := newServer(t, x64)
			s.mustInstall(t, older)
			before := s.snapshot(t)
			got := s.install(t, current, "/FAILAT="+string(step))
			assert.Equalf(t, 19, got.code, "%s", got.log)
			assert.NotContains(t, got.log, "not possible")
			assert.Equal(t, before, s.snapshot(t))
			entry, _ := s.appsAndFeatures()
			assert.Contains(t, entry, older)
		})
	}
}
