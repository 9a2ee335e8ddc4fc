// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"errors"
	"fmt"
	"strings"

	"ndoap/core/directory"
)

// PeopleError words the outcome of a question to the Domino directory: NDOAP_PEOPLE_... of ndoap.h. code is the status
// of the Notes function. The result wraps directory.ErrUnavailable.
func PeopleError(outcome, code int32) error {
	switch outcome {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%w: only the thread of the request may, and until it is answered", directory.ErrUnavailable)
	case 2:
		return fmt.Errorf("%w: the Notes function answered %04X (hexadecimal)", directory.ErrUnavailable, code)
	case 3:
		return fmt.Errorf("%w: an item of the entry is too long, or cannot be translated from LMBCS", directory.ErrUnavailable)
	case 4:
		return fmt.Errorf("%w: there is no memory", directory.ErrUnavailable)
	case 5:
		return fmt.Errorf("%w: this server's Notes API has no SECVerifyPassword, so that no password can be checked here; turn the "+
			"login off with \"disableDominoLogin\": true", directory.ErrUnavailable)
	default:
		return fmt.Errorf("%w: outcome %d", directory.ErrUnavailable, outcome)
	}
}

// itemCount is NDOAP_ITEMS of ndoap.h, whose order ReadPeople follows.
const itemCount = 6

// ReadPeople reads ndoap_people.values: for each entry and item its values, each ended by a NUL, and one NUL more.
func ReadPeople(values string) ([]directory.Person, error) {
	var people []directory.Person
	for values != "" {
		var items [itemCount][]string
		for i := range items {
			for {
				value, rest, ended := strings.Cut(values, "\x00")
				if !ended {
					return nil, errors.New("the values of the Domino directory end too early")
				}
				values = rest
				if value == "" {
					break
				}
				items[i] = append(items[i], value)
			}
		}
		people = append(people, entry(items))
	}
	return people, nil
}

// entry makes a person of the values of one entry's items.
func entry(items [itemCount][]string) directory.Person {
	first := func(values []string) string {
		if len(values) == 0 {
			return ""
		}
		return values[0]
	}
	person := directory.Person{
		Name:            first(items[0]),
		ShortNames:      items[1],
		InternetAddress: first(items[2]),
		MailFile:        first(items[3]),
		MailServer:      first(items[4]),
		Kind:            kindOf(first(items[5])),
	}
	if len(items[0]) > 1 {
		person.Aliases = items[0][1:]
	}
	return person
}

// kindOf reads the item Type.
func kindOf(itemType string) directory.Kind {
	switch itemType {
	case "Person":
		return directory.KindPerson
	case "Group":
		return directory.KindGroup
	case "Server":
		return directory.KindServer
	default:
		return directory.KindOther
	}
}
