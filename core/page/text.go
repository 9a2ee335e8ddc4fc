// SPDX-License-Identifier: Apache-2.0

package page

import (
	"strings"
	"unicode"
)

// How many characters of a text that somebody else wrote are shown.
const (
	maxName        = 80
	maxHeading     = 120
	maxExplanation = 600
	maxResource    = 300 // a DNS name, which is at most 253, is never cut
)

// displayText makes a text that somebody else wrote fit to be shown: one line without characters that are invisible
// or that change how their neighbours read (controls, zero-width characters, bidirectional marks, variation
// selectors), cut at limit characters. Escaping is left to the templates.
func displayText(text string, limit int) string {
	var kept []rune
	space := false // one is due before the next visible character
	for _, char := range text {
		if unicode.IsSpace(char) {
			space = len(kept) > 0
			continue
		}
		if !visible(char) {
			continue
		}
		if space {
			kept, space = append(kept, ' '), false
		}
		if len(kept) >= limit {
			return strings.TrimRight(string(kept[:limit-1]), " ") + "\u2026"
		}
		kept = append(kept, char)
	}
	return string(kept)
}

// visible tells whether a character shows as itself. Category C holds controls, formats (which zero-width and
// bidirectional characters are), private use and surrogates; what else is ignorable are fillers and joiners.
func visible(char rune) bool {
	return !unicode.In(char, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		char != '\u2800' && // the empty Braille pattern
		char != unicode.ReplacementChar
}
