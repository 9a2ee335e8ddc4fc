// SPDX-License-Identifier: Apache-2.0

package front

import (
	"fmt"
	"io"
	"mime"
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
	return &site{absolute, directory, databases}, nil
}

// database finds a database by its path, in any case, as Domino does.
func (s *site) database(path string) *Database {
	for _, database := range s.databases {
		if strings.EqualFold(database.Path, path) {
			return database
		}
	}
	return nil
}

// isFile tells whether a file is below domino/html.
func (s *site) isFile(name string) bool {
	root, err := os.OpenRoot(filepath.Join(s.data, "domino", "html"))
	if err != nil {
		return false
	}
	defer root.Close()
	info, err := root.Stat(filepath.FromSlash(name))
	return err == nil && info.Mode().IsRegular()
}

// readFile answers with a file below domino/html; a link that leads out of it is not followed.
func (s *site) readFile(name string) response {
	root, err := os.OpenRoot(filepath.Join(s.data, "domino", "html"))
	if err != nil {
		return errorPage(404, "Couldn't find the file.")
	}
	defer root.Close()
	file, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return errorPage(404, "Couldn't find the file.")
	}
	defer file.Close()
	body, err := io.ReadAll(file)
	if err != nil {
		return errorPage(500, "Couldn't read the file.")
	}
	kind := mime.TypeByExtension(path.Ext(name))
	if kind == "" {
		kind = "application/octet-stream"
	}
	return response{status: 200, contentType: kind, body: body}
}
