// SPDX-License-Identifier: Apache-2.0

//go:build unix

package seal

import (
	"errors"
	"os"
	"path/filepath"
)

// protection is what keeps the key from others: here nothing but the mode of the file.
const protection = "file mode"

func protect(secret []byte) ([]byte, error)    { return secret, nil }
func unprotect(content []byte) ([]byte, error) { return content, nil }

// publish gives a file its name unless the name is taken (fs.ErrExist), and returns after that is on disk. A hard link
// never replaces, as a rename does.
func publish(draft, path string) error {
	if err := os.Link(draft, path); err != nil {
		return err
	}
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(os.Remove(draft), directory.Sync(), directory.Close())
}

// open opens a file for reading.
func open(path string) (*os.File, error) { return os.Open(path) }
