// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ndoap/core/dominoname"
)

// One returns the person with a name: hierarchical in canonical or abbreviated form, an alias, a short name or an
// Internet address. Exactly one entry must match, be a person's, and have the name as it is written, but for case:
// Domino's view also finds people by a last name, or letters that it sorts alike.
func One(d Directory, name string) (Person, error) {
	if d == nil {
		return Person{}, ErrUnavailable
	}
	name = strings.Trim(name, " ")
	canonical, err := dominoname.Parse(name)
	switch {
	case err == nil:
		name = canonical
	case !errors.Is(err, dominoname.ErrFlat) && !errors.Is(err, dominoname.ErrAmbiguous):
		return Person{}, err
	}
	found, err := d.Find(name)
	switch {
	case err != nil:
		return Person{}, err
	case len(found) == 0:
		return Person{}, ErrNobody
	case len(found) > 1:
		return Person{}, ErrSeveral
	}
	person := found[0]
	if person.Kind != KindPerson {
		return Person{}, ErrNotPerson
	}
	if person.Name, err = dominoname.Canonical(person.Name); err != nil {
		return Person{}, fmt.Errorf("the name in the entry of the Domino directory is no person's: %w", err)
	}
	if !person.isCalled(name) {
		return Person{}, ErrNobody
	}
	return person, nil
}

// isCalled tells whether the name is one of the person's own.
func (p Person) isCalled(name string) bool {
	known := slices.Concat([]string{p.Name, dominoname.Abbreviated(p.Name), p.InternetAddress}, p.Aliases, p.ShortNames)
	return slices.ContainsFunc(known, func(own string) bool { return own != "" && dominoname.Same(own, name) })
}
