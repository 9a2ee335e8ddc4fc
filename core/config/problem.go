// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Problem is something an administrator should know about a configuration file, as a sentence with the place.
type Problem struct {
	Level slog.Level `json:"level"`          // error: the files are not used, unless Contained; warn and info: they are
	File  string     `json:"file,omitempty"` // name inside the directory; empty when it concerns no single file
	Line  int        `json:"line,omitempty"` // from 1; 0 when File is empty or was not read
	Key   string     `json:"key,omitempty"`  // path of the setting, such as lifetimes.code
	Text  string     `json:"text"`
	// Contained, with an error, tells that only what Key names is out of use; everything else in the files holds.
	Contained bool `json:"contained,omitempty"`
}

// isError tells whether what the problem is about cannot be used.
func (p Problem) isError() bool { return p.Level >= slog.LevelError }

// String is the problem in one line: place, key, sentence.
func (p Problem) String() string {
	var line strings.Builder
	if p.File != "" {
		line.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&line, ", line %d", p.Line)
		}
		line.WriteString(": ")
	}
	if p.Key != "" {
		line.WriteString(p.Key + " ")
	}
	return line.String() + p.Text
}

// Problems is the error of a configuration that cannot be used: all that is wrong, not only the first fault.
type Problems []Problem

// Error gives one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// hasErrors tells whether one of the problems is more than a warning.
func hasErrors(problems Problems) bool {
	return slices.ContainsFunc(problems, Problem.isError)
}
