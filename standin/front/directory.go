// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Person is one entry of people.json, a document of the Domino directory: a Person, unless Type says that it is
// something else, which nobody can log in as.
type Person struct {
	Name      string   `json:"name"` // canonical: CN=Alice Adams/O=Acme
	Type      string   `json:"type,omitempty"`
	ShortName string   `json:"shortName,omitempty"`
	Email     string   `json:"email,omitempty"`
	Password  string   `json:"password"`
	MailFile  string   `json:"mailFile,omitempty"`
	Groups    []string `json:"groups,omitempty"`
}

func (p Person) isPerson() bool { return p.Type == "" || p.Type == "Person" }

// Directory is the people that Domino knows.
type Directory struct{ people []Person }

// LoadDirectory reads people.json of a data directory; a missing file is a directory without people.
func LoadDirectory(data string) (*Directory, error) {
	var people []Person
	file := filepath.Join(data, "people.json")
	if err := readJSON(file, &people); err != nil {
		return nil, err
	}
	for i, person := range people {
		if person.isPerson() && !strings.HasPrefix(person.Name, "CN=") {
			return nil, fmt.Errorf("%s: name %q is not canonical; write it as CN=Alice Adams/O=Acme", file, person.Name)
		}
		if person.isPerson() && person.Password == "" {
			return nil, fmt.Errorf("%s: %s has no password; nobody could log in with it", file, person.Name)
		}
		if slices.ContainsFunc(people[:i], func(other Person) bool { return strings.EqualFold(other.Name, person.Name) }) {
			return nil, fmt.Errorf("%s: %s is there twice", file, person.Name)
		}
	}
	return &Directory{people}, nil
}

// Find looks a person up by any name that Domino takes at a login: canonical, abbreviated, common or short name, or
// e-mail address, in any case. A name that fits two people fits nobody.
func (d *Directory) Find(name string) (Person, bool) {
	var found []Person
	for _, person := range d.people {
		names := []string{person.Name, abbreviate(person.Name), commonName(person.Name), person.ShortName, person.Email}
		fits := func(known string) bool { return known != "" && strings.EqualFold(known, name) }
		if person.isPerson() && slices.ContainsFunc(names, fits) {
			found = append(found, person)
		}
	}
	if len(found) != 1 {
		return Person{}, false
	}
	return found[0], true
}

// Authenticate finds a person and checks the password.
func (d *Directory) Authenticate(name, password string) (Person, bool) {
	person, found := d.Find(name)
	if !found || subtle.ConstantTimeCompare([]byte(person.Password), []byte(password)) != 1 {
		return Person{}, false
	}
	return person, true
}

// groups returns the groups of a canonical name; a name outside the directory has none.
func (d *Directory) groups(name string) []string {
	for _, person := range d.people {
		if strings.EqualFold(person.Name, name) {
			return person.Groups
		}
	}
	return nil
}

// abbreviate drops the attribute types of a canonical name: CN=Alice Adams/O=Acme becomes Alice Adams/Acme.
func abbreviate(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		if _, value, found := strings.Cut(part, "="); found {
			parts[i] = value
		}
	}
	return strings.Join(parts, "/")
}

func commonName(name string) string {
	common, _, _ := strings.Cut(abbreviate(name), "/")
	return common
}

// readJSON reads a file into value and names the file and the unknown key or place when it cannot. A missing file
// leaves value as it is.
func readJSON(file string, value any) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(value)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%s, line %d: %w", file, 1+bytes.Count(text[:syntax.Offset], []byte("\n")), err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: something follows the JSON value", file)
	}
	return nil
}
