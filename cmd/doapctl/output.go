// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
)

// printJSON prints a result for scripts.
func (s *session) printJSON(result any) error {
	encoder := json.NewEncoder(s.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(result)
}

// print writes one line to people; with --json, standard output belongs to the result.
func (s *session) print(line string, arguments ...any) {
	if !s.json {
		fmt.Fprintf(s.stdout, line+"\n", arguments...)
	}
}

// table prints rows in aligned columns, the first row being the heading.
func (s *session) table(rows [][]string) error {
	aligned := tabwriter.NewWriter(s.stdout, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(aligned, strings.Join(row, "\t"))
	}
	return aligned.Flush()
}

// fields prints names and values in two columns; a value of several lines stays in its column.
func (s *session) fields(pairs [][2]string) error {
	aligned := tabwriter.NewWriter(s.stdout, 0, 8, 2, ' ', 0)
	for _, pair := range pairs {
		for i, line := range strings.Split(pair[1], "\n") {
			name := pair[0]
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(aligned, "  %s\t%s\n", name, line)
		}
	}
	return aligned.Flush()
}
