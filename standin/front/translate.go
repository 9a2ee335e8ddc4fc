// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/url"
	"path"
	"path/filepath"
	"strings"
)

// The map types of FilterURLMapTypes that Domino's own translation uses here.
const (
	mapPass   = "1" // a file
	mapExec   = "2" // a CGI program
	mapDomino = "5" // a database or a Domino command
)

// resource is what a URL leads to by Domino's own translation.
type resource struct {
	urlPath string // decoded and cleaned, after substitution
	query   string // undecoded
	command string // the first argument, ?OpenDatabase, in lower case

	mapped  string // file system path, empty for unmapped
	mapType string

	database *Database // when the URL leads into one
	rest     string    // the part of urlPath behind the database
	file     string    // for mapPass: the path below domino/html
}

// environURL shows what an application would see as CGI variables.
const environURL = "/standin/environ"

// translate maps a request target, which may be absolute.
func (s *site) translate(target string) resource {
	if _, rest, found := strings.Cut(target, "://"); found && !strings.HasPrefix(target, "/") {
		_, rest, _ = strings.Cut(rest, "/")
		target = "/" + rest
	}
	raw, query, _ := strings.Cut(target, "?")
	decoded, err := url.PathUnescape(raw)
	if err != nil || !strings.HasPrefix(decoded, "/") || strings.ContainsRune(decoded, 0) {
		return resource{query: query}
	}
	first, _, _ := strings.Cut(query, "&")
	at := resource{urlPath: s.substitute(path.Clean(decoded)), query: query, command: strings.ToLower(first)}
	domino := filepath.Join(s.data, "domino")
	if before, after, found := cutDatabase(at.urlPath); found {
		at.database, at.rest = s.database(before), after
		if at.database != nil && replicaOf(before) != "" {
			before = at.database.Path
		}
		at.mapped, at.mapType = filepath.Join(s.data, filepath.FromSlash(before)), mapDomino
		return at
	}
	switch {
	case at.command == "login" || at.command == "logout":
		at.mapped, at.mapType = s.data, mapDomino
	case at.urlPath == environURL:
		at.mapped, at.mapType = filepath.Join(domino, "cgi-bin", "environ"), mapExec
	default:
		name := strings.TrimPrefix(at.urlPath, "/")
		if strings.HasSuffix(decoded, "/") {
			name = path.Join(name, "index.html")
		}
		if s.isFile(name) {
			at.file, at.mapped, at.mapType = name, filepath.Join(domino, "html", filepath.FromSlash(name)), mapPass
		}
	}
	return at
}

// cutDatabase splits a URL path behind its first part that ends in .nsf; before is without the leading slash.
func cutDatabase(urlPath string) (before, after string, found bool) {
	end := 0
	for part := range strings.SplitSeq(urlPath[1:], "/") {
		end += 1 + len(part)
		if strings.HasSuffix(strings.ToLower(part), ".nsf") {
			return urlPath[1:end], urlPath[end:], true
		}
	}
	return "", "", false
}

// demandsLogin tells whether a Login argument forces authentication, as in ?OpenDatabase&Login.
func (r resource) demandsLogin() bool {
	for argument := range strings.SplitSeq(r.query, "&") {
		if strings.EqualFold(argument, "login") {
			return true
		}
	}
	return false
}

// argument returns the decoded value of an argument of the query; the name in any case.
func (r resource) argument(name string) string {
	for argument := range strings.SplitSeq(r.query, "&") {
		key, value, _ := strings.Cut(argument, "=")
		if decoded, err := url.QueryUnescape(value); err == nil && strings.EqualFold(key, name) {
			return decoded
		}
	}
	return ""
}
