// SPDX-License-Identifier: Apache-2.0

package dominoname

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrFlat is returned for a name of one part: a common name, a short name or an address, of a person or of
	// anything else. Only the directory can tell whose it is.
	ErrFlat = errors.New("the name has one part only; it has to be looked up in the directory")

	// ErrAmbiguous is returned for an abbreviated name whose last part may be an organization or a country.
	ErrAmbiguous = errors.New("the last part of the abbreviated name may be a country or an organization; " +
		"it has to be looked up in the directory, or written with CN=, OU=, O= and C=")
)

const maxUnits = 4 // organizational units of a Notes name

// component is one attribute of a hierarchical name: CN, OU, O or C, and its value.
type component struct{ attribute, value string }

// Parse returns the canonical form of a hierarchical name that was not written by Domino, as a token's claim has it:
// canonical (CN=Anna Berg/OU=Sales/O=Acme), or abbreviated (Anna Berg/Sales/Acme). It refuses all that Canonical
// refuses, names of one part (ErrFlat), names that can be read in two ways (ErrAmbiguous), parts that are missing or out
// of order, and what only looks like a name.
func Parse(text string) (string, error) {
	text = strings.Trim(text, " ")
	if !strings.ContainsAny(text, "/=") {
		if _, err := Canonical(text); err != nil {
			return "", err
		}
		return "", ErrFlat
	}
	if len(text) > MaxBytes {
		return "", fmt.Errorf("the name is longer than %d bytes", MaxBytes)
	}
	parts := strings.Split(text, "/")
	if strings.Contains(text, "=") {
		return labelled(parts)
	}
	return unlabelled(parts)
}

// labelled reads a canonical name: every part has its attribute.
func labelled(parts []string) (string, error) {
	components := make([]component, len(parts))
	for i, part := range parts {
		attribute, value, found := strings.Cut(part, "=")
		if !found {
			return "", fmt.Errorf("part %d of the name has no attribute, others have one", i+1)
		}
		attribute = strings.ToUpper(strings.Trim(attribute, " "))
		switch attribute {
		case "CN", "OU", "O", "C":
		default:
			return "", fmt.Errorf("part %d of the name is not of the form CN=, OU=, O= or C=", i+1)
		}
		components[i] = component{attribute, strings.Trim(value, " ")}
	}
	return assemble(components)
}

// unlabelled reads an abbreviated name: the first part is the common name, the last the organization.
func unlabelled(parts []string) (string, error) {
	components := make([]component, len(parts))
	for i, part := range parts {
		components[i] = component{"OU", strings.Trim(part, " ")}
	}
	last := len(parts) - 1
	if last > 1 && isCountry(components[last].value) {
		return "", ErrAmbiguous
	}
	components[0].attribute, components[last].attribute = "CN", "O"
	return assemble(components)
}

// isCountry tells whether a value has the form of a country code (ISO 3166: two letters).
func isCountry(value string) bool {
	letter := func(char byte) bool { return char|0x20 >= 'a' && char|0x20 <= 'z' }
	return len(value) == 2 && letter(value[0]) && letter(value[1])
}

// assemble writes a canonical name of its components, which must be one CN, up to four OU, one O and perhaps one C, in
// this order; that the CN is first, Canonical sees.
func assemble(components []component) (string, error) {
	var count struct{ common, units, organization, country int }
	parts := make([]string, len(components))
	for i, part := range components {
		if err := couldComeFromOutside(part.value); err != nil {
			return "", err
		}
		ordered := true
		switch part.attribute {
		case "CN":
			count.common++
			if Same(part.value, "Anonymous") {
				return "", ErrAnonymous
			}
		case "OU":
			count.units++
			ordered = count.organization+count.country == 0
		case "O":
			count.organization++
			ordered = count.country == 0
		case "C":
			count.country++
			if !isCountry(part.value) {
				return "", errors.New("the country of the name is not a code of two letters")
			}
		}
		if !ordered {
			return "", errors.New("the parts of the name are not in the order CN, OU, O, C")
		}
		parts[i] = part.attribute + "=" + part.value
	}
	switch {
	case count.common != 1 || count.organization != 1 || count.country > 1:
		return "", errors.New("a name has one CN, one O and at most one C")
	case count.units > maxUnits:
		return "", fmt.Errorf("the name has more than %d organizational units", maxUnits)
	}
	return Canonical(strings.Join(parts, "/"))
}
