// SPDX-License-Identifier: Apache-2.0

package dominourl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// databaseExtensions are those that the HTTP task takes for databases and templates; the numbers are older formats.
var databaseExtensions = []string{".nsf", ".ntf", ".nsg", ".nsh", ".ns2", ".ns3", ".ns4", ".ns5", ".ns6", ".ns7", ".ns8", ".ns9", ".box"}

// isDatabase tells whether a segment in lower case names a database.
func isDatabase(segment string) bool {
	return slices.ContainsFunc(databaseExtensions, func(extension string) bool { return strings.HasSuffix(segment, extension) })
}

// replicaDigits is the length of a replica ID in a URL.
const replicaDigits = 16

// looksLikeReplica tells whether a segment in lower case is a replica ID: __852562f3007abfd6.nsf.
func looksLikeReplica(segment string) bool {
	id, found := strings.CutPrefix(segment, "__")
	return found && len(id) >= replicaDigits && isHex(id[:replicaDigits]) && (len(id) == replicaDigits || id[replicaDigits] == '.')
}

func isHex(text string) bool {
	return !strings.ContainsFunc(text, func(char rune) bool { return (char < '0' || char > '9') && (char < 'a' || char > 'f') })
}

// readPath gives the segments of a path as they count: decoded once, folded, without empty ones and dots.
func readPath(path string) ([]string, error) {
	if strings.Contains(path, "+") && strings.Contains(path, "%20") {
		// The Designer help shows that such a plus sign stays one, while alone it is a space.
		return nil, errors.New("the path has a plus sign beside an encoded space: it may be either")
	}
	segments := []string{}
	inside := false // behind the segment of a database
	for raw := range strings.SplitSeq(path, "/") {
		segment, err := decode(raw, inside)
		if err != nil {
			return nil, err
		}
		switch {
		case segment == "" || segment == ".":
			continue
		case segment == ".." && inside:
			return nil, errors.New("the path leaves a database by two dots")
		case segment == ".." && len(segments) == 0:
			return nil, errors.New("the path leads above the root")
		case segment == "..":
			segments = segments[:len(segments)-1]
			continue
		}
		if segment, err = fold(segment); err != nil {
			return nil, err
		}
		if err := checkSegment(segment, len(segments), inside); err != nil {
			return nil, err
		}
		segments = append(segments, segment)
		inside = inside || isDatabase(segment)
	}
	return segments, nil
}

// checkSegment refuses what a file system, or Domino's search for the database, could take for something else.
func checkSegment(segment string, place int, inside bool) error {
	if !inside {
		if err := checkFileName(segment); err != nil {
			return err
		}
	}
	switch {
	case inside && isDatabase(segment):
		return errors.New("the path has two segments that may be the database")
	case looksLikeReplica(segment) && (place > 0 || len(segment) != len("__.nsf")+replicaDigits || !strings.HasSuffix(segment, ".nsf")):
		return errors.New("the path has a replica ID where none is documented")
	}
	return nil
}

// checkFileName refuses names under which a file system finds a file of another name: Windows drops dots and spaces
// at the end, knows short names with a tilde and streams after a colon, and replaces letters that its code page lacks
// by similar ones.
func checkFileName(name string) error {
	switch {
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " ") || strings.HasPrefix(name, " "):
		return errors.New("a name in the path begins with a space, or ends with a dot or a space")
	case strings.ContainsAny(name, `:*"<>|+`):
		return errors.New(`a name in the path has one of the characters : * " < > | +`)
	}
	for i := range len(name) - 1 {
		if name[i] == '~' && name[i+1] >= '0' && name[i+1] <= '9' {
			return errors.New("a name in the path may be the short name of another file")
		}
	}
	for _, char := range name {
		fullWidth := char >= 0xFF01 && char <= 0xFF5E
		if char > '~' && (fullWidth || !unicode.In(char, unicode.Letter, unicode.Mark, unicode.Digit)) {
			return fmt.Errorf("a name in the path has the character %U, which a file system may replace by another", char)
		}
	}
	return nil
}

// decode takes the percent-encoding from a segment, once. A plus sign is a space behind the database.
func decode(raw string, inside bool) (string, error) {
	decoded := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '%':
			if i+2 >= len(raw) || !isHex(strings.ToLower(raw[i+1:i+3])) {
				return "", errors.New("the path has a percent sign without two hexadecimal digits")
			}
			c = hexValue(raw[i+1])<<4 | hexValue(raw[i+2])
			i += 2
			if strings.IndexByte(`/\%?!#;`, c) >= 0 {
				return "", fmt.Errorf("the path has %q encoded: it may or may not count as such", c)
			}
		case c == '\\' || c == ';':
			return "", fmt.Errorf("the path has %q: it may or may not separate", c)
		case c == '+' && inside:
			c = ' '
		}
		if c < ' ' || c == 0x7f {
			return "", errors.New("the path has a control character")
		}
		decoded = append(decoded, c)
	}
	if !utf8.Valid(decoded) {
		return "", errors.New("the path is not UTF-8: which characters it means depends on the server's settings")
	}
	return string(decoded), nil
}

func hexValue(digit byte) byte {
	if digit <= '9' {
		return digit - '0'
	}
	return (digit | 0x20) - 'a' + 10
}

// fold makes one spelling of upper and lower case: Domino, and the file systems of Windows, know no difference.
func fold(text string) (string, error) {
	var folded strings.Builder
	for _, char := range text {
		lower := unicode.ToLower(unicode.ToUpper(char))
		if char > '~' && lower <= '~' || unicode.Is(unicode.Cf, char) || unicode.IsControl(char) {
			return "", fmt.Errorf("the path has the character %U, which may count as another or as none", char)
		}
		folded.WriteRune(lower)
	}
	return folded.String(), nil
}
