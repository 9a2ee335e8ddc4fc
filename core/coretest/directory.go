// SPDX-License-Identifier: Apache-2.0

package coretest

import (
	"fmt"
	"slices"
	"strings"

	"ndoap/core/directory"
	"ndoap/core/dominoname"
	"ndoap/core/oauth"
)

// Directory is a directory.Directory in memory. Like Domino's it also finds entries by the last name.
type Directory struct {
	Entries   []directory.Person
	Passwords map[string]string // by canonical name
	Failure   error             // what every call returns, wrapped in directory.ErrUnavailable
	Asked     int               // how often Find was called
}

var _ directory.Directory = (*Directory)(nil)

// Find implements directory.Directory.
func (d *Directory) Find(name string) ([]directory.Person, error) {
	d.Asked++
	if d.Failure != nil {
		return nil, fmt.Errorf("%w: %w", directory.ErrUnavailable, d.Failure)
	}
	var found []directory.Person
	for _, entry := range d.Entries {
		common := dominoname.Common(entry.Name)
		names := slices.Concat(
			[]string{entry.Name, dominoname.Abbreviated(entry.Name), common, common[strings.LastIndex(common, " ")+1:], entry.InternetAddress},
			entry.Aliases, entry.ShortNames,
		)
		if slices.ContainsFunc(names, func(own string) bool { return own != "" && dominoname.Same(own, name) }) {
			found = append(found, entry)
		}
	}
	return found, nil
}

// VerifyPassword implements directory.Directory.
func (d *Directory) VerifyPassword(person directory.Person, password oauth.Secret) (bool, error) {
	if d.Failure != nil {
		return false, fmt.Errorf("%w: %w", directory.ErrUnavailable, d.Failure)
	}
	right, known := d.Passwords[person.Name]
	return known && right == password.Reveal(), nil
}
