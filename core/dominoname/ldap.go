// SPDX-License-Identifier: Apache-2.0

package dominoname

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// notesAttributes are the attribute types of LDAP that Notes names have, by their short names, long names and object
// identifiers (RFC 4519), in lower case.
var notesAttributes = map[string]string{
	"cn": "CN", "commonname": "CN", "2.5.4.3": "CN",
	"ou": "OU", "organizationalunitname": "OU", "2.5.4.11": "OU",
	"o": "O", "organizationname": "O", "2.5.4.10": "O",
	"c": "C", "countryname": "C", "2.5.4.6": "C",
}

// ParseLDAP returns the canonical form of the Notes name that an LDAP distinguished name (RFC 4514) stands for:
// cn=Anna Berg,ou=Sales,o=Acme is CN=Anna Berg/OU=Sales/O=Acme. Attribute types that Notes names do not have are
// refused, unless they are among the ignored ones: then they are left out, and so all names that differ in nothing else
// become one person. A relative name of several attributes (cn=Anna Berg+uid=aberg) counts as the one that Notes has;
// two such are refused. What Parse refuses is refused here, after escapes are read.
func ParseLDAP(text string, ignored ...string) (string, error) {
	if len(text) > 3*MaxBytes { // each byte may be written as an escape of three
		return "", fmt.Errorf("the name is longer than %d bytes", 3*MaxBytes)
	}
	ignores := func(attribute string) bool {
		return slices.ContainsFunc(ignored, func(one string) bool { return strings.EqualFold(one, attribute) })
	}
	var components []component
	for rest, more := text, true; more; {
		named := component{}
		for joined := true; joined; {
			attribute, value, separator, after, err := nextAttribute(rest)
			if err != nil {
				return "", err
			}
			rest, joined, more = after, separator == '+', separator != 0
			notes := notesAttributes[strings.ToLower(attribute)]
			switch {
			case ignores(attribute):
			case notes == "":
				return "", fmt.Errorf("the attribute type %q has no place in a Notes name", attribute)
			case named.attribute != "":
				return "", errors.New("two attributes of one part have a place in a Notes name, which has no such part")
			default:
				named = component{notes, value}
			}
		}
		if named.attribute != "" {
			components = append(components, named)
		}
	}
	if len(components) == 0 {
		return "", errors.New("nothing of the name has a place in a Notes name")
	}
	return assemble(components)
}

// nextAttribute reads type=value from the start of a distinguished name, up to the comma or plus sign that ends it;
// separator is 0 at the end of the text.
func nextAttribute(text string) (attribute, value string, separator byte, rest string, err error) {
	attribute, text, found := strings.Cut(text, "=")
	attribute = strings.Trim(attribute, " ")
	if !found || attribute == "" || strings.ContainsAny(attribute, `,+"\;<># `) {
		return "", "", 0, "", errors.New("the name is not made of parts of the form type=value")
	}
	value, separator, rest, err = nextValue(strings.TrimLeft(text, " "))
	return attribute, value, separator, rest, err
}

// nextValue reads a value and undoes its escapes. Blanks around it go, unless they are escaped; what RFC 4514 wants
// escaped must be: quoted values and semicolons are of LDAP version 2, where they meant something else.
func nextValue(text string) (value string, separator byte, rest string, err error) {
	var read []byte
	kept := 0 // bytes of read that are no blank to cut off
	if strings.HasPrefix(text, "#") {
		return "", 0, "", errors.New("a value of the name is given in hexadecimal form")
	}
	for i := 0; i < len(text); i++ {
		switch char := text[i]; char {
		case ',', '+':
			return string(read[:kept]), char, text[i+1:], utf8Only(read)
		case '"', ';', '<', '>', 0:
			return "", 0, "", fmt.Errorf("the name has %q without a backslash before it", char)
		case ' ':
			read = append(read, char)
		case '\\':
			char, size, err := unescape(text[i+1:])
			if err != nil {
				return "", 0, "", err
			}
			read = append(read, char)
			kept = len(read)
			i += size
		default:
			read = append(read, char)
			kept = len(read)
		}
	}
	return string(read[:kept]), 0, "", utf8Only(read)
}

// unescape reads what follows a backslash: a special character, or two hexadecimal digits that stand for a byte.
func unescape(text string) (char byte, size int, err error) {
	if text != "" && strings.IndexByte(` "#+,;<=>\`, text[0]) >= 0 {
		return text[0], 1, nil
	}
	if len(text) >= 2 {
		if pair, err := hex.DecodeString(text[:2]); err == nil {
			return pair[0], 2, nil
		}
	}
	return 0, 0, errors.New("a backslash in the name is followed by nothing that RFC 4514 knows")
}

func utf8Only(read []byte) error {
	if !utf8.Valid(read) {
		return errors.New("the name is not valid UTF-8")
	}
	return nil
}
