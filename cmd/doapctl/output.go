// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"
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
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-width(cell)+2))
			}
		}
		if _, err := fmt.Fprintln(s.stdout, line.String()); err != nil {
			return err
		}
	}
	return nil
}

// wide are the characters that terminals give two columns, by the blocks of Unicode (Standard Annex 11): those of
// Chinese, Japanese and Korean names.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115F, Stride: 1}, // Hangul Jamo
		{Lo: 0x2E80, Hi: 0x303E, Stride: 1}, // radicals, punctuation, the ideographic space
		{Lo: 0x3041, Hi: 0x4DBF, Stride: 1}, // Hiragana, Katakana, Bopomofo, squared forms, ideographs
		{Lo: 0x4E00, Hi: 0xA4CF, Stride: 1}, // ideographs, Yi
		{Lo: 0xAC00, Hi: 0xD7A3, Stride: 1}, // Hangul
		{Lo: 0xF900, Hi: 0xFAFF, Stride: 1}, // compatibility ideographs
		{Lo: 0xFE30, Hi: 0xFE6F, Stride: 1}, // compatibility and small forms
		{Lo: 0xFF01, Hi: 0xFF60, Stride: 1}, // fullwidth forms; the halfwidth ones follow
		{Lo: 0xFFE0, Hi: 0xFFE6, Stride: 1}, // fullwidth signs
	},
	R32: []unicode.Range32{
		{Lo: 0x1F300, Hi: 0x1FAFF, Stride: 1}, // pictographs
		{Lo: 0x20000, Hi: 0x3FFFD, Stride: 1}, // more ideographs
	},
}

// width is how many columns of a terminal a text takes.
func width(text string) int {
	columns := 0
	for _, char := range text {
		switch {
		case unicode.Is(wide, char):
			columns += 2
		case !unicode.In(char, unicode.Mn, unicode.Me, unicode.Cf):
			columns++
		}
	}
	return columns
}

// none says that a list is empty. Without all, what has ended was left out of it; filters are what else it was asked for.
func (s *session) none(noun string, all bool, filters ...string) {
	sentence := "There is no " + noun + "."
	if strings.Join(filters, "") != "" {
		sentence = "There is no such " + noun + "."
	}
	if !all {
		sentence += " Those that have ended are listed with --all."
	}
	s.print("%s", sentence)
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
