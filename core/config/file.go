// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ReadNamed reads a file that a setting names: absolute, or relative to the directory of the configuration. One of more
// than most bytes is refused. Disks may hang: never call it while a request waits.
func ReadNamed(directory, name string, most int) ([]byte, error) {
	if !filepath.IsAbs(name) {
		name = filepath.Join(directory, name)
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, fmt.Errorf("cannot read the file %s: %w", name, errNoFile) // opening it might never end
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot open the file: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err != nil {
		return nil, fmt.Errorf("cannot read the file: %w", err)
	}
	if len(content) > most {
		return nil, fmt.Errorf("the file %s is longer than %d bytes", name, most)
	}
	return content, nil
}
