// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"os"
	"strings"
)

// NotesINI is the variables of a notes.ini file, by name in lower case.
type NotesINI map[string]string

// ReadNotesINI reads a notes.ini file as leniently as Notes: the [Notes] header and whatever is no NAME=VALUE line
// are skipped, names count in any case, the first of a repeated name counts, and bytes that are not UTF-8 are kept.
func ReadNotesINI(path string) (NotesINI, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the Notes settings: %w", err)
	}
	variables := NotesINI{}
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\xef\xbb\xbf")) {
		name, value, found := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !found || name == "" || strings.HasPrefix(name, "[") {
			continue
		}
		if _, repeated := variables[name]; !repeated {
			variables[name] = value
		}
	}
	return variables, nil
}

// Lookup finds a variable, its name in any case.
func (n NotesINI) Lookup(name string) (string, bool) {
	value, found := n[strings.ToLower(name)]
	return value, found
}
