// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite

import (
	"os"
	"path/filepath"
)

// besideOf finds the files that SQLite has beside an open database. Where the database is a link, some systems have them
// beside the link and some beside its target.
func besideOf(path string) ([]file, error) {
	if _, err := os.Stat(path + "-wal"); err != nil {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, err
		}
	}
	var found []file
	for _, name := range []string{path + "-wal", path + "-shm"} {
		identity, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		os.SameFile(identity, identity) // as for the database itself
		found = append(found, file{path: name, identity: identity})
	}
	return found, nil
}
