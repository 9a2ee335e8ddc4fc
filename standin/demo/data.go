// SPDX-License-Identifier: Apache-2.0

package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ndoap/standin/front"
)

// place is where things are reached.
type place struct {
	base, issuer, site, auth string
}

// resource is the database URL that the tutorial reads with a token.
func (p place) resource() string { return p.base + "/demo.nsf/api/data/documents" }

//go:embed data
var dataFiles embed.FS

// makeData fills the data directory with what is not there yet, and returns the person whose login is shown.
func makeData(data string, place place) (front.Person, error) {
	err := fs.WalkDir(dataFiles, "data", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		target := filepath.Join(data, filepath.FromSlash(strings.TrimPrefix(name, "data/")))
		if _, err := os.Stat(target); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		text, err := dataFiles.ReadFile(name)
		if err != nil {
			return err
		}
		return writeFile(target, text)
	})
	if err != nil {
		return front.Person{}, fmt.Errorf("cannot fill the data directory: %w", err)
	}
	// The issuer and the way to log in follow the environment, whatever an earlier start chose.
	policy, err := json.MarshalIndent(map[string]any{
		"issuer": place.issuer,
		"login":  map[string]string{"method": place.auth},
		"pages":  map[string]string{"organization": "Acme"},
	}, "", "  ")
	if err != nil {
		return front.Person{}, err
	}
	if err := writeFile(filepath.Join(data, "doapconfig.d", "90-demo.json"), append(policy, '\n')); err != nil {
		return front.Person{}, err
	}
	return firstPerson(filepath.Join(data, "people.json"))
}

func firstPerson(file string) (front.Person, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return front.Person{}, err
	}
	var people []front.Person
	if err := json.Unmarshal(text, &people); err != nil {
		return front.Person{}, fmt.Errorf("%s: %w", file, err)
	}
	if len(people) == 0 {
		return front.Person{}, fmt.Errorf("%s holds nobody; remove the file to have it made anew", file)
	}
	return people[0], nil
}

// commonName is the name people log in with: Alice Adams of CN=Alice Adams/O=Acme.
func commonName(name string) string {
	first, _, _ := strings.Cut(name, "/")
	return strings.TrimPrefix(first, "CN=")
}

// writeFile writes a file that only its owner may read, in one step: a reader sees all of it or nothing.
func writeFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
