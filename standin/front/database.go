// SPDX-License-Identifier: Apache-2.0

package front

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Level is an access level of an access control list.
type Level int

// The access levels, lowest first.
const (
	NoAccess Level = iota
	Depositor
	Reader
	Author
	Editor
	Designer
	Manager
)

var levelNames = []string{"none", "depositor", "reader", "author", "editor", "designer", "manager"}

// UnmarshalText reads a level by its name.
func (l *Level) UnmarshalText(text []byte) error {
	i := slices.Index(levelNames, string(text))
	if i < 0 {
		return fmt.Errorf("access %q is none of %s", text, strings.Join(levelNames, ", "))
	}
	*l = Level(i)
	return nil
}

// MarshalText writes a level by its name.
func (l Level) MarshalText() ([]byte, error) { return []byte(levelNames[l]), nil }

// Entry is one entry of an access control list: a person, a group, */Organization, -Default- or Anonymous.
type Entry struct {
	Name   string `json:"name"`
	Access Level  `json:"access"`
}

// Document is one document: its items by name. The special item names @unid, @form and @modified fill what Domino
// keeps beside the items, and an item value "@UserName" is computed when it is read.
type Document map[string]any

// Database is one entry of databases.json.
type Database struct {
	Path      string     `json:"path"`                // below the data directory, with slashes: mail/aadams.nsf
	ReplicaID string     `json:"replicaId,omitempty"` // 16 hexadecimal digits; URLs may name the database by it
	Title     string     `json:"title,omitempty"`
	ACL       []Entry    `json:"acl"`
	Documents []Document `json:"documents,omitempty"`
}

// LoadDatabases reads databases.json of a data directory; a missing file is a server without databases.
func LoadDatabases(data string) ([]*Database, error) {
	var databases []*Database
	file := filepath.Join(data, "databases.json")
	if err := readJSON(file, &databases); err != nil {
		return nil, err
	}
	for _, database := range databases {
		clean := strings.TrimPrefix(path.Clean("/"+database.Path), "/")
		if clean != database.Path || !strings.HasSuffix(strings.ToLower(clean), ".nsf") {
			return nil, fmt.Errorf("%s: path %q is not a relative path that ends in .nsf", file, database.Path)
		}
		if id := database.ReplicaID; id != "" && replicaOf("__"+id+".nsf") == "" {
			return nil, fmt.Errorf("%s: replicaId %q of %s does not have 16 hexadecimal digits", file, id, database.Path)
		}
	}
	return databases, nil
}

// Access returns the level of a user, as Domino finds it: the entry that names the user, else the highest one of the
// user's groups, else the one of an organization above the user, else -Default-. Anonymous has an entry of its own.
func (d *Database) Access(user string, groups []string) Level {
	anyName := func(names ...string) (Level, bool) {
		level, found := NoAccess, false
		for _, entry := range d.ACL {
			if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, entry.Name) }) {
				level, found = max(level, entry.Access), true
			}
		}
		return level, found
	}
	candidates := [][]string{{"Anonymous"}}
	if user != "" {
		candidates = [][]string{{user, abbreviate(user)}, groups, aboveOf(user)}
	}
	for _, names := range append(candidates, []string{"-Default-"}) {
		if level, found := anyName(names...); found {
			return level
		}
	}
	return NoAccess
}

// aboveOf returns the wildcard entries that hold a hierarchical name: */OU=Sales/O=Acme, */Sales/Acme, */O=Acme ...
func aboveOf(user string) []string {
	var entries []string
	for _, name := range []string{user, abbreviate(user)} {
		for rest := name; ; {
			_, above, found := strings.Cut(rest, "/")
			if !found {
				break
			}
			entries, rest = append(entries, "*/"+above), above
		}
	}
	return entries
}

// entry is a document as Domino Access Services gives it to a user.
func (d *Database) entry(i int, user string) map[string]any {
	unid := d.unid(i)
	entry := map[string]any{
		"@href":     "/" + d.Path + "/api/data/documents/unid/" + unid,
		"@unid":     unid,
		"@noteid":   fmt.Sprintf("%X", 0x8FA+4*i),
		"@form":     "Document",
		"@modified": "2026-01-05T09:30:00Z",
	}
	for name, value := range d.Documents[i] {
		if value == "@UserName" {
			value = userName(user)
		}
		entry[name] = value
	}
	return entry
}

// unid returns the universal id of a document, the same at every start.
func (d *Database) unid(i int) string {
	if given, ok := d.Documents[i]["@unid"].(string); ok {
		return given
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s#%d", strings.ToLower(d.Path), i))
	return fmt.Sprintf("%X", sum[:16])
}

// userName is what the @function @UserName gives.
func userName(user string) string {
	if user == "" {
		return "Anonymous"
	}
	return user
}

// dataService answers the part of Domino Access Services that reads documents. rest is the URL path behind the
// database.
func (d *Database) dataService(rest, user string) response {
	const documents = "/api/data/documents"
	entries := make([]map[string]any, len(d.Documents))
	for i := range d.Documents {
		entries[i] = d.entry(i, user)
	}
	if rest == documents {
		return jsonAnswer(200, entries)
	}
	if unid, found := strings.CutPrefix(rest, documents+"/unid/"); found {
		for _, entry := range entries {
			if given, _ := entry["@unid"].(string); strings.EqualFold(given, unid) {
				return jsonAnswer(200, entry)
			}
		}
	}
	return jsonAnswer(404, map[string]any{"code": 404, "text": "Not Found", "message": "There is no such resource in this database."})
}

func jsonAnswer(status int, value any) response {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil { // values come out of JSON, so this is a defect
		return response{status: 500, contentType: "text/plain; charset=utf-8", body: []byte(err.Error())}
	}
	return response{status: status, contentType: "application/json; charset=utf-8", body: append(body, '\n')}
}
