// SPDX-License-Identifier: Apache-2.0

// Package dominoname knows the forms of Notes names: canonical (CN=Anna Berg/OU=Sales/O=Acme), abbreviated
// (Anna Berg/Sales/Acme) and flat (Anna Berg), and the distinguished names of LDAP that stand for them
// (cn=Anna Berg,ou=Sales,o=Acme). It makes one canonical name of all of them, and decides which names can stand for a
// person at all. Whether there is such a person, only the directory knows.
package dominoname

import (
	"errors"
	"fmt"
	"strings"
)

// ErrAnonymous is returned for the name of a user that is nobody.
var ErrAnonymous = errors.New("the user is Anonymous")

// attributes are the parts of a hierarchical Notes name: common name, up to four organizational units, organization,
// country.
var attributes = map[string]bool{
	"CN": true, "OU": true, "OU1": true, "OU2": true, "OU3": true, "OU4": true, "O": true, "C": true,
}

// Canonical returns the canonical form of a name that Domino reports or a token carries, and refuses what cannot be a
// person: ErrAnonymous for nobody, an error that says why for control characters, wildcards, empty or unknown parts,
// ACL placeholders and names that are too long. A flat name becomes CN=name, as DNCanonicalize of the Notes API has
// it. An abbreviated name is refused: see Parse, which also is stricter with what was not written by Domino.
func Canonical(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || strings.EqualFold(name, "Anonymous") || strings.EqualFold(name, "CN=Anonymous") {
		return "", ErrAnonymous
	}
	if err := couldBePerson(name); err != nil {
		return "", err
	}
	if !strings.ContainsAny(name, "/=") {
		return "CN=" + name, nil
	}
	return hierarchical(name)
}

// hierarchical checks a name of attribute=value parts and writes its attributes in upper case.
func hierarchical(name string) (string, error) {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		attribute, value, found := strings.Cut(part, "=")
		attribute = strings.ToUpper(strings.TrimSpace(attribute))
		value = strings.TrimSpace(value)
		switch {
		case !found || !attributes[attribute]:
			return "", fmt.Errorf("part %d of the name is not of the form CN=, OU=, O= or C=", i+1)
		case value == "" || strings.Contains(value, "="):
			return "", fmt.Errorf("part %d of the name has no usable value", i+1)
		case (attribute == "CN") != (i == 0):
			return "", errors.New("the name does not begin with its one CN=")
		}
		parts[i] = attribute + "=" + value
	}
	return strings.Join(parts, "/"), nil
}

// Abbreviated returns the form shown to people: values without attributes. A name that is not canonical is returned
// as it is.
func Abbreviated(canonical string) string {
	parts := strings.Split(canonical, "/")
	for i, part := range parts {
		if _, value, found := strings.Cut(part, "="); found {
			parts[i] = value
		}
	}
	return strings.Join(parts, "/")
}

// Common returns the common name: the value of CN.
func Common(canonical string) string {
	first, _, _ := strings.Cut(canonical, "/")
	if _, value, found := strings.Cut(first, "="); found {
		return value
	}
	return first
}
