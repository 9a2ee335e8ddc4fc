// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"errors"
	"io/fs"
	"log/slog"

	"ndoap/store/rights"
	"ndoap/store/seal"
)

// createPrivate makes an empty file that only its owner can read and write. It must be there before SQLite opens it,
// which knows nothing of rights but those of its system's defaults.
func createPrivate(path string) error {
	created, err := rights.Create(path)
	if err != nil {
		return err
	}
	return created.Close()
}

// tighten takes away what others may do with the database and the files beside it: together they hold signing keys.
func tighten(path string, log *slog.Logger) error {
	for _, name := range append(fileNames(path), seal.FileOf(path)) {
		before, err := rights.Tighten(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if before != "" {
			log.Warn("other accounts could read the database; now only its owner can", "path", name, "before", before)
		}
	}
	return nil
}

// warnLoose is for rights that cannot be changed. The server goes on: without it nobody could log in.
func warnLoose(path string, log *slog.Logger, err error) {
	log.Warn("other accounts can read the database, and this one may not change that", "path", path, "err", err)
}
