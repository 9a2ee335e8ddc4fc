// SPDX-License-Identifier: Apache-2.0

package dominourl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Place is where Domino leads a request, as far as rules for URLs go: into a database, or into none.
type Place struct {
	Database string // as a Resource has it; empty when the path leads into none

	elements []string // what the path shows behind the database
}

// ParseMapped reads the path that Domino maps a request to. How Domino writes it is documented nowhere. So it may be
// absolute or relative to the data directory, have slashes of either kind, any case, and name something inside the
// database. The error says what cannot be told of a path that may be a database's.
func ParseMapped(path, dataDirectory string) (Place, error) {
	if !utf8.ValidString(path) {
		return Place{}, fmt.Errorf("%.300q is not UTF-8", path)
	}
	segments := splitFile(path)
	rest, below := cutFolder(segments, splitFile(dataDirectory))
	at := -1
	for i, segment := range rest {
		isOne, err := namesDatabase(segment)
		if err != nil {
			return Place{}, err
		}
		if isOne {
			at = i
			break
		}
	}
	switch {
	case at < 0:
		return Place{}, nil
	case !below && isAbsolute(path):
		return Place{}, fmt.Errorf("the database %.300q lies outside the data directory", path)
	}
	database, err := DatabasePath(strings.Join(rest[:at+1], "/"))
	if err != nil {
		return Place{}, fmt.Errorf("%.300q: %w", path, err)
	}
	place := Place{Database: database}
	for i, segment := range rest[at+1:] {
		folded, err := fold(segment)
		if err == nil {
			err = checkSegment(folded, at+1+i, true)
		}
		if err == nil && segment == ".." {
			err = errors.New("it leaves a database by two dots")
		}
		if err != nil {
			return Place{}, fmt.Errorf("%.300q: %w", path, err)
		}
		place.elements = append(place.elements, folded)
	}
	return place, nil
}

// splitFile gives the names in a path of a file system, with slashes of either kind.
func splitFile(path string) []string {
	names := strings.FieldsFunc(path, func(char rune) bool { return char == '/' || char == '\\' })
	return slices.DeleteFunc(names, func(name string) bool { return name == "." })
}

// isAbsolute tells whether a path begins at a root, a drive or another machine.
func isAbsolute(path string) bool {
	return strings.HasPrefix(path, "/") || strings.HasPrefix(path, `\`) || len(path) >= 2 && path[1] == ':'
}

// cutFolder takes a folder, in any case, from the front of a path.
func cutFolder(path, folder []string) ([]string, bool) {
	if len(folder) == 0 || len(path) < len(folder) || !slices.EqualFunc(path[:len(folder)], folder, strings.EqualFold) {
		return path, false
	}
	return path[len(folder):], true
}

// namesDatabase tells whether a name in a path of a file system is that of a database. A name that only a file system,
// or Domino, would take for one cannot be told.
func namesDatabase(name string) (bool, error) {
	folded, err := fold(name)
	if err != nil {
		return false, fmt.Errorf("%.300q: %w", name, err)
	}
	if isDatabase(folded) {
		return true, nil
	}
	trimmed := strings.TrimRight(folded, " .") // as Windows does
	if end := strings.IndexAny(trimmed, ":?!;#"); end >= 0 {
		trimmed = trimmed[:end] // where a stream, a command or an argument may begin
	}
	if trimmed != folded && isDatabase(trimmed) {
		return false, fmt.Errorf("%.300q may or may not be a database", name)
	}
	return false, nil
}

// mostReplaced bounds how many segments of a URL are considered for what Domino puts a database in the place of.
const mostReplaced = 32

// Readings gives all that a request for target may ask for in the database of the place. What stands behind the database
// is what stands behind the one that the URL names. Where the URL names none, a part of its path stands for the
// database, and which one is Domino's to know: then each rest of the path is one of the readings.
func (p Place) Readings(target string) ([]Resource, error) {
	segments, query, err := read(target)
	if err != nil {
		return nil, err
	}
	named := slices.IndexFunc(segments, isDatabase)
	var rests [][]string
	switch {
	case p.elements != nil:
		rests = [][]string{p.elements}
	case named >= 0:
		rests = [][]string{segments[named+1:]}
	case len(segments) > mostReplaced:
		return nil, fmt.Errorf("the URL has more than %d segments and names no database", mostReplaced)
	default:
		for i := range max(len(segments), 1) {
			rests = append(rests, segments[min(i+1, len(segments)):])
		}
	}
	readings := make([]Resource, len(rests))
	for i, rest := range rests {
		readings[i], err = resourceOf(slices.Concat(strings.Split(p.Database[1:], "/"), rest), query)
		if err != nil {
			return nil, err
		}
	}
	return readings, nil
}
