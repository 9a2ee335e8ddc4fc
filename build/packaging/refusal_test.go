// SPDX-License-Identifier: Apache-2.0

package packaging

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever is refused, and whatever fails half-way, leaves the server as it was.
func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		prepare   func(t *testing.T, d domino)
		arguments func(d domino) []string // besides --root
		code      int
		sentence  string
	}{
		"no Domino": {
			prepare: func(t *testing.T, d domino) { require.NoError(t, os.Remove(filepath.Join(d.program, "libnotes.so"))) },
			code:    3, sentence: "no Domino was found",
		},
		"a program directory that is none": {
			arguments: func(d domino) []string { return []string{"--program", d.root} },
			code:      3, sentence: "has no libnotes.so",
		},
		"a 32-bit Domino": {
			prepare: func(t *testing.T, d domino) {
				d.write(t, filepath.Join(d.program, "libnotes.so"), string(elf(1, 3)), 0o555)
			},
			code: 4, sentence: "is not for 64-bit x86",
		},
		"a Domino for another processor": {
			prepare: func(t *testing.T, d domino) {
				d.write(t, filepath.Join(d.program, "libnotes.so"), string(elf(2, 0xb7)), 0o555)
			},
			code: 4, sentence: "is not for 64-bit x86",
		},
		"a Domino that is no library": {
			prepare: func(t *testing.T, d domino) {
				d.write(t, filepath.Join(d.program, "libnotes.so"), "", 0o555)
			},
			code: 4, sentence: "is not for 64-bit x86",
		},
		"no notes.ini": {
			prepare: func(t *testing.T, d domino) { require.NoError(t, os.Remove(filepath.Join(d.data, "notes.ini"))) },
			code:    5, sentence: "there is no notes.ini in",
		},
		"a read-only notes.ini": {
			prepare: func(t *testing.T, d domino) {
				require.NoError(t, os.Chmod(filepath.Join(d.data, "notes.ini"), 0o444))
			},
			code: 6, sentence: "notes.ini is read-only",
		},
		"a folder where the library should be": {
			prepare: func(t *testing.T, d domino) {
				require.NoError(t, os.MkdirAll(filepath.Join(d.program, "libndoap.so/x"), 0o755))
			},
			code: 7, sentence: "libndoap.so is a folder",
		},
		"a folder where the backup of doapctl should be, after the library was put": {
			prepare: func(t *testing.T, d domino) {
				d.write(t, filepath.Join(d.program, "libndoap.so"), "old", 0o555)
				d.write(t, filepath.Join(d.program, "doapctl"), "old", 0o555)
				require.NoError(t, os.MkdirAll(filepath.Join(d.program, "doapctl.ndoap-old/doapctl"), 0o755))
			},
			code: 7, sentence: "doapctl cannot be kept",
		},
		"an unknown option": {
			arguments: func(domino) []string { return []string{"--overwrite"} },
			code:      2, sentence: "usage:",
		},
		"an option without its folder": {
			arguments: func(domino) []string { return []string{"--data"} },
			code:      2, sentence: "--data needs a folder",
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDomino(t)
			if c.prepare != nil {
				c.prepare(t, d)
			}
			before := d.files(t)
			arguments := []string{"--root", d.root}
			if c.arguments != nil {
				arguments = append(arguments, c.arguments(d)...)
			}
			code, said := run(t, arguments...)
			assert.Equal(t, c.code, code, said)
			assert.Contains(t, said, c.sentence)
			assert.Equal(t, before, d.files(t))
		})
	}
}

// onSmallDisk runs the installer in a mount namespace where folder is a disk of that many KiB, on which the server's
// files are, and prints the names of the files there afterwards.
const onSmallDisk = `set -e
folder=$1 size=$2 install=$3 root=$4
cp -a "$folder" "$folder.model"
mount -t tmpfs -o "size=${size}k" tmpfs "$folder"
cp -a "$folder.model/." "$folder"
status=0
sh "$install" --root "$root" || status=$?
diff -r "$folder.model" "$folder" && echo "as before"
exit $status`

func TestFullDisk(t *testing.T) {
	for name, c := range map[string]struct {
		folder string
		code   int
	}{
		"of the program": {hcl, 7},
		"of the data":    {"local/notesdata", 6},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDomino(t)
			// Pages of a tmpfs have 4 KiB: these fit, but nothing beside them.
			d.write(t, filepath.Join(d.data, "domino/html/ndoap.html"), "mine", 0o640)
			d.write(t, filepath.Join(d.data, "notes.ini"), string(make([]byte, 40_000)), 0o640)
			d.write(t, filepath.Join(d.program, "libnotes.so"), string(append(elf(2, 0x3e), make([]byte, 40_000)...)), 0o555)
			folder := unpacked(t)
			require.NoError(t, os.WriteFile(filepath.Join(folder, "libndoap.so"), make([]byte, 40_000), 0o600))

			words := []string{"unshare", "--mount"}
			if os.Getuid() != 0 {
				words = append(words, "--map-root-user")
			}
			code, said := command(t, append(words, "sh", "-c", onSmallDisk, "sh", filepath.Join(d.root, c.folder), "64",
				filepath.Join(folder, "install.sh"), d.root)...)
			assert.Equal(t, c.code, code, said)
			assert.Contains(t, said, "is the disk full")
			assert.Contains(t, said, "as before")
			assert.NoFileExists(t, filepath.Join(d.program, "libndoap.so"), "the other disk")
		})
	}
}
