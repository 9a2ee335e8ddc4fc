// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"log/slog"
	"os"
)

// createPrivate makes an empty file. On Windows a file has the access list of its directory; Domino's data directory
// is by default open to administrators and the account of the server.
func createPrivate(path string) error {
	created, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return created.Close()
}

// tighten leaves the access list as the administrator has set it: mode bits have no meaning here.
func tighten(string, *slog.Logger) error { return nil }
