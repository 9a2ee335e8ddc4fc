// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
)

// createPrivate makes an empty file that only its owner can read and write. It must be there before SQLite opens it:
// SQLite would ask the umask, and gives the files beside it the rights of the database.
func createPrivate(path string) error {
	created, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return created.Close()
}

// tighten takes away what group and others may do with the database and the files beside it: they hold signing keys.
func tighten(path string, log *slog.Logger) error {
	for _, name := range fileNames(path) {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(name, 0o600); err != nil {
			return err
		}
		log.Warn("other accounts could read the database; now only its owner can", "path", name,
			"before", info.Mode().Perm().String())
	}
	return nil
}
