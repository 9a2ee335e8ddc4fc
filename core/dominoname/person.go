// SPDX-License-Identifier: Apache-2.0

package dominoname

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBytes is the longest name in UTF-8 that is looked at: MAXUSERNAME of the Notes API is 256 bytes of LMBCS with
// its NUL, and a character of one to three LMBCS bytes takes at most three in UTF-8.
const MaxBytes = 3 * maxLMBCS

const maxLMBCS = 255

// standingGroups are the groups that every Domino domain has; a name that is one of them is no person's, whatever a
// directory may say.
var standingGroups = []string{"LocalDomainServers", "OtherDomainServers", "LocalDomainAdmins"}

// couldBePerson refuses what no name of a person in Domino looks like, in any form.
func couldBePerson(name string) error {
	if len(name) > MaxBytes {
		return fmt.Errorf("the name is longer than %d bytes", MaxBytes)
	}
	if !utf8.ValidString(name) {
		return errors.New("the name is not valid UTF-8")
	}
	if lmbcsSize(name) > maxLMBCS {
		return fmt.Errorf("the name takes more than the %d bytes that Notes has for one", maxLMBCS)
	}
	for _, char := range name {
		if char == '*' || isInvisible(char) {
			return fmt.Errorf("the name has the character %U, which no person's name has", char)
		}
	}
	common := Common(name)
	if strings.HasPrefix(common, "-") && strings.HasSuffix(common, "-") {
		return errors.New("the name is a placeholder of access control lists")
	}
	if slices.ContainsFunc(standingGroups, func(group string) bool { return Same(common, group) }) {
		return errors.New("the name is that of a group")
	}
	return nil
}

// isInvisible tells characters that cannot be seen, or change how their neighbours are seen: control and format
// characters, separators of lines, fillers, private ones, and what a program writes for a character that it has lost.
// Variation selectors are not among them: Japanese names have them.
func isInvisible(char rune) bool {
	return unicode.In(char, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point) || char == utf8.RuneError
}

// lmbcsSize is how many bytes a name has in LMBCS, in group 1 as the Notes API has it; a few drawing characters count
// for more than they take.
func lmbcsSize(name string) int {
	size := 0
	for _, char := range name {
		switch {
		case char <= unicode.MaxLatin1: // code page 850 has them all
			size++
		case char <= 0xFFFF:
			size += 3
		default:
			size += 6
		}
	}
	return size
}

// lookalikes are characters that are drawn like the separators of names. Domino writes none of them; in a name from
// elsewhere they are there to mislead people, or programs that write the nearest character of a smaller character set.
const lookalikes = "\u2044\u2215\u29f8\uff0f\u2571\u3033" + // slash
	"\ua78a\uff1d\ufe66\u207c\u208c" + // equals sign
	"\u2217\uff0a\ufe61\u204e\u066d" + // asterisk
	"\uff0c\ufe50\u201a\uff0b\ufe62\uff3c\ufe68\u2216" // comma, plus sign, backslash

// couldComeFromOutside checks a value of a name that was written outside of Domino, where more is suspicious.
func couldComeFromOutside(value string) error {
	if value == "" {
		return errors.New("a part of the name is empty")
	}
	for _, char := range value {
		switch {
		case char == '/' || char == '=':
			return fmt.Errorf("a part of the name has %q inside, which would make it another name", char)
		case strings.ContainsRune(lookalikes, char):
			return fmt.Errorf("the name has the character %U, which looks like one that separates parts", char)
		case unicode.Is(unicode.Zs, char) && char != ' ' && char != '\u3000': // the blank of Japanese names
			return fmt.Errorf("the name has the blank %U, which looks like an ordinary one", char)
		}
	}
	if first, _ := utf8.DecodeRuneInString(value); unicode.IsMark(first) {
		return fmt.Errorf("a part of the name begins with the mark %U, which belongs to a letter before it", first)
	}
	if strings.TrimSpace(value) != value {
		return errors.New("a part of the name begins or ends with a blank")
	}
	return nil
}

// Folded is the same text for names that are the Same, and for no others, so that names can be looked up in a map.
func Folded(name string) string {
	return strings.Map(unicode.ToLower, name) + "/" + strings.Map(unicode.ToUpper, name)
}

// Same tells whether two names are the same to Domino, which ignores case. Letters that only look alike, or that
// Unicode merely maps to each other (the Kelvin sign and K, the long s), stay different.
func Same(a, b string) bool {
	for a != "" && b != "" {
		x, xSize := utf8.DecodeRuneInString(a)
		y, ySize := utf8.DecodeRuneInString(b)
		if x != y && (unicode.ToLower(x) != unicode.ToLower(y) || unicode.ToUpper(x) != unicode.ToUpper(y)) {
			return false
		}
		a, b = a[xSize:], b[ySize:]
	}
	return a == b
}
