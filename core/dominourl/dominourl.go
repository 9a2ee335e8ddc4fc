// SPDX-License-Identifier: Apache-2.0

// Package dominourl reads request targets as Domino will: which database or other resource a URL leads to, and which
// command it gives. It is the one place that knows the spellings of a URL, and refuses those that Domino could take
// in more than one way: a rule about a URL is worth nothing if Domino serves another one.
//
// The syntax is that of "Domino URL commands" in the Domino Designer help: /Database/Object?Action&Arguments, where !
// may stand for ?, a database may be named by its replica ID, and an action may be left out.
package dominourl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxTarget is twice what Domino takes by default ("Maximum URL length" of the Server document).
const maxTarget = 8 << 10

// Resource is what Domino will serve for a request target.
type Resource struct {
	// Path is the path in its one spelling: decoded, in lower case, without empty and dot segments and without a slash
	// at the end. It begins with a slash.
	Path string
	// Database is the part of Path that names the database; empty when the path leads into none. A replica ID stays
	// what it is, /__852562f3007abfd6.nsf: which database has it is Domino's to know.
	Database string
	// Command is the action in lower case. One that the URL leaves out is filled in where only one can be meant, and is
	// Open otherwise. What is no Domino URL command has one of the names that begin with a slash.
	Command string
}

// Parse reads a request target: a path with its query, or an absolute URL. The error says what cannot be told.
func Parse(target string) (Resource, error) {
	segments, query, err := read(target)
	if err != nil {
		return Resource{}, err
	}
	return resourceOf(segments, query)
}

// read gives the segments of a target's path, as they count, and its query.
func read(target string) (segments []string, query string, err error) {
	if len(target) > maxTarget {
		return nil, "", fmt.Errorf("the URL is longer than %d bytes", maxTarget)
	}
	rooted, err := cutAuthority(target)
	if err != nil {
		return nil, "", err
	}
	path, query, err := cutQuery(rooted)
	if err != nil {
		return nil, "", err
	}
	segments, err = readPath(path)
	return segments, query, err
}

func resourceOf(segments []string, query string) (Resource, error) {
	resource := Resource{Path: "/" + strings.Join(segments, "/")}
	elements := []string(nil)
	if at := slices.IndexFunc(segments, isDatabase); at >= 0 {
		resource.Database, elements = "/"+strings.Join(segments[:at+1], "/"), segments[at+1:]
	}
	var err error
	resource.Command, err = commandOf(kindOf(segments, resource.Database != "", elements), elements, query)
	return resource, err
}

// In gives the same of another database: its path takes the place of the one that the Resource names.
func (r Resource) In(database string) Resource {
	r.Path = database + strings.TrimPrefix(r.Path, r.Database)
	r.Database = database
	return r
}

// cutAuthority takes scheme and host from an absolute URL.
func cutAuthority(target string) (string, error) {
	if strings.HasPrefix(target, "//") {
		return "", errors.New("the URL begins with two slashes, after which a host or a path may follow")
	}
	if strings.HasPrefix(target, "/") {
		return target, nil
	}
	scheme, rest, found := strings.Cut(target, "://")
	if !found || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", errors.New("the request target is neither a path nor a URL of http or https")
	}
	end := strings.IndexAny(rest, "/?!#\\")
	switch {
	case end < 0:
		return "/", nil
	case rest[end] != '/':
		return "", errors.New("the URL has no slash after its host")
	}
	return cutAuthority(rest[end:])
}

// cutQuery splits at the first ? or !, which Domino takes for the same.
func cutQuery(target string) (path, query string, err error) {
	for _, c := range []byte(target) {
		if c <= ' ' || c == 0x7f || c == '#' {
			return "", "", fmt.Errorf("the URL has the byte %#02x, which no URL has on the wire", c)
		}
	}
	at := strings.IndexAny(target, "?!")
	if at < 0 {
		return target, "", nil
	}
	path, query = target[:at], target[at+1:]
	if target[at] == '!' && strings.Contains(query, "?") {
		return "", "", errors.New("the URL has an exclamation mark before its question mark: either may begin the command")
	}
	return path, query, nil
}
