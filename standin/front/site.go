// SPDX-License-Identifier: Apache-2.0

package front

import (
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// site is what the data directory holds for one life of the HTTP task; a restart reads it again.
type site struct {
	data      string // absolute
	directory *Directory
	databases []*Database
	rules     []Substitution
}

func loadSite(data string) (*site, error) {
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("the data directory %s is not there; create it or name another with --data", data)
	}
	absolute, err := filepath.Abs(data)
	if err != nil {
		return nil, err
	}
	directory, err := LoadDirectory(data)
	if err != nil {
		return nil, err
	}
	databases, err := LoadDatabases(data)
	if err != nil {
		return nil, err
	}
	rules, err := LoadRules(data)
	if err != nil {
		return nil, err
	}
	return &site{absolute, directory, databases, rules}, nil
}

// database finds a database by its path or its replica ID, in any case, as Domino does.
func (s *site) database(path string) *Database {
	id := replicaOf(path)
	for _, database := range s.databases {
		if strings.EqualFold(database.Path, path) || id != "" && strings.EqualFold(database.ReplicaID, id) {
			return database
		}
	}
	return nil
}

// html opens domino/html; a link that leads out of it is not followed.
func (s *site) html() (fs.FS, func(), error) {
	root, err := os.OpenRoot(filepath.Join(s.data, "domino", "html"))
	if err != nil {
		return nil, nil, err
	}
	return root.FS(), func() { _ = root.Close() }, nil // it was only read from
}

// isFile tells whether a file is below domino/html.
func (s *site) isFile(name string) bool {
	html, done, err := s.html()
	if err != nil {
		return false
	}
	defer done()
	info, err := fs.Stat(html, name)
	return err == nil && info.Mode().IsRegular()
}

// readFile answers with a file below domino/html.
func (s *site) readFile(name string) response {
	html, done, err := s.html()
	if err != nil {
		return errorPage(http.StatusNotFound, "Couldn't find the file.")
	}
	defer done()
	body, err := fs.ReadFile(html, name)
	if err != nil {
		return errorPage(http.StatusNotFound, "Couldn't find the file.")
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	return response{status: http.StatusOK, contentType: kind, body: body}
}
