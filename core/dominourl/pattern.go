// SPDX-License-Identifier: Apache-2.0

package dominourl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Pattern matches paths of resources, segment by segment. In a segment, * stands for any characters; ** as the last
// segment stands for any number of segments, also for none.
type Pattern struct {
	segments []string
	open     bool // ends with **
}

// anything is the last segment of a pattern for a path and all below it.
const anything = "**"

// ParsePattern reads a pattern, in any case. It is written decoded, as people see names.
func ParsePattern(text string) (Pattern, error) {
	rest, rooted := strings.CutPrefix(text, "/")
	if !rooted {
		return Pattern{}, errors.New("it does not begin with a slash")
	}
	var pattern Pattern
	rest, pattern.open = strings.CutSuffix("/"+rest, "/"+anything)
	if rest == "" || rest == "/" {
		return pattern, nil
	}
	inside := false
	for segment := range strings.SplitSeq(rest[1:], "/") {
		switch {
		case segment == "" || segment == "." || segment == "..":
			return Pattern{}, errors.New("it has an empty segment, or one of dots")
		case strings.ContainsAny(segment, `%?!#;\`):
			return Pattern{}, errors.New(`it has one of the characters % ? ! # ; \: write names as people see them`)
		case strings.Contains(segment, anything):
			return Pattern{}, errors.New("it has ** before its end, or beside other characters")
		}
		folded, err := fold(segment)
		if err == nil {
			// A star is no character of a name.
			err = checkSegment(strings.ReplaceAll(folded, "*", "x"), len(pattern.segments), inside)
		}
		if err != nil {
			return Pattern{}, fmt.Errorf("no path can match it: %w", err)
		}
		pattern.segments = append(pattern.segments, folded)
		inside = inside || isDatabase(folded)
	}
	return pattern, nil
}

// String is the pattern in its one spelling.
func (p Pattern) String() string {
	segments := p.segments
	if p.open {
		segments = slices.Concat(segments, []string{anything})
	}
	return "/" + strings.Join(segments, "/")
}

// Match tells whether the pattern holds the path of a Resource.
func (p Pattern) Match(path string) bool {
	var segments []string
	if path != "/" {
		segments = strings.Split(strings.TrimPrefix(path, "/"), "/")
	}
	if len(segments) < len(p.segments) || len(segments) > len(p.segments) && !p.open {
		return false
	}
	for i, pattern := range p.segments {
		// A replica ID may be that of any database, wherever it lies: no star of a folder means it.
		if !matchSegment(pattern, segments[i]) || looksLikeReplica(segments[i]) && strings.Contains(pattern, "*") {
			return false
		}
	}
	return true
}

// matchSegment compares a segment with one that may have stars.
func matchSegment(pattern, segment string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == segment
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(segment) < len(first)+len(last) || !strings.HasPrefix(segment, first) || !strings.HasSuffix(segment, last) {
		return false
	}
	segment = segment[len(first) : len(segment)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, rest, found := strings.Cut(segment, part)
		if !found {
			return false
		}
		segment = rest
	}
	return true
}

// DatabasePath gives the path of a Resource for the file name of a database below the data directory, as Domino's
// directory and people have it: mail\aadams, apps/crm.nsf.
func DatabasePath(file string) (string, error) {
	path := strings.TrimPrefix(strings.ReplaceAll(file, `\`, "/"), "/")
	if strings.ContainsAny(path, "%?!#;") {
		return "", errors.New("it has one of the characters % ? ! # ;")
	}
	folded, err := fold(path)
	if err != nil {
		return "", err
	}
	segments := strings.Split(folded, "/")
	if last := &segments[len(segments)-1]; *last != "" && !strings.Contains(*last, ".") {
		*last += ".nsf"
	}
	for i, segment := range segments {
		if segment == "" || segment == "." || segment == ".." || isDatabase(segment) != (i == len(segments)-1) {
			return "", errors.New("it is not the path of a database below the data directory")
		}
		if err := checkSegment(segment, i, false); err != nil {
			return "", err
		}
	}
	return "/" + strings.Join(segments, "/"), nil
}

// ParseReplicaID reads a replica ID as URLs have it, 852562F3007ABFD6, or as people see it in Notes, 852562F3:007ABFD6.
// It comes back in upper case, without the colon.
func ParseReplicaID(text string) (string, error) {
	first, second, found := strings.Cut(text, ":")
	if found && len(first) != len(second) || len(first)+len(second) != replicaDigits || !isHex(strings.ToLower(first+second)) {
		return "", errors.New("it does not have 16 hexadecimal digits, with or without a colon in the middle")
	}
	return strings.ToUpper(first + second), nil
}

// ReplicaID is the replica ID by which the Database of a Resource is named; empty when it is named by its path.
func ReplicaID(database string) string {
	name := strings.TrimPrefix(database, "/")
	if !looksLikeReplica(name) {
		return ""
	}
	return strings.ToUpper(name[len("__"):][:replicaDigits])
}
