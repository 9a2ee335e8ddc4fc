// SPDX-License-Identifier: Apache-2.0

//go:build unix

package sqlite

import "log/slog"

// createDatabase makes the file of a new database.
func createDatabase(path string) error { return createPrivate(path) }

// createBeside has nothing to do: SQLite gives the files beside the database its owner and mode.
func createBeside(string) error { return nil }

// tightenBeside has nothing to do, for the same reason.
func tightenBeside(string, *slog.Logger) error { return nil }
