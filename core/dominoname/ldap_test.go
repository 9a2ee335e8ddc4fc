// SPDX-License-Identifier: Apache-2.0

package dominoname

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// escape writes a value as RFC 4514 allows it, some characters by their bytes although they need not be.
func escape(t *rapid.T, value string) string {
	var text strings.Builder
	for i, char := range value {
		switch {
		case rapid.IntRange(0, 3).Draw(t, "how") == 0:
			for _, octet := range []byte(string(char)) {
				fmt.Fprintf(&text, `\%02x`, octet)
			}
		case strings.ContainsRune(`,+"\;<>=`, char), char == '#' && i == 0:
			text.WriteString(`\` + string(char))
		default:
			text.WriteRune(char)
		}
	}
	return text.String()
}

func TestParseLDAP_B8(t *testing.T) {
	for _, c := range []struct{ name, given, want string }{
		{"J LDAP escapes: the comma belongs to the name", `cn=a\,o=x,o=Acme`, ""},
		{"J LDAP escapes: slash", `cn=Admin/O,o=Acme`, ""},
		{"J LDAP escapes: slash by its byte", `cn=Admin\2fO\3dOrg,o=Acme`, ""},
		{"J LDAP escapes: equals sign", `cn=a\=b,o=Acme`, ""},
		{"J LDAP escapes: control character", `cn=a\00,o=Acme`, ""},
		{"J LDAP escapes: no digits", `cn=a\zz,o=Acme`, ""},
		{"J LDAP escapes: one digit", `cn=a,o=Acme\2`, ""},
		{"J LDAP escapes: half a character", `cn=a\c3,o=Acme`, ""},
		{"J LDAP escapes: overlong", `cn=a\c0\af,o=Acme`, ""},
		{"J LDAP escapes: blank at an end", `cn=Anna\ ,o=Acme`, ""},
		{"J LDAP escapes: wildcard", `cn=\2a,o=Acme`, ""},
		{"blanks around parts", " cn =  Anna Berg  ,  o = Acme  ", "CN=Anna Berg/O=Acme"},
		{"escaped plus sign", `cn=A\+B,o=Acme`, "CN=A+B/O=Acme"},
		{"escaped backslash and quotes", `cn=A\\B \"C\",o=Acme`, `CN=A\B "C"/O=Acme`},
		{"number sign inside", "cn=A#1,o=Acme", "CN=A#1/O=Acme"},
		{"J multi-valued RDN", "cn=Anna+uid=aberg,o=Acme", ""},
		{"J multi-valued RDN: two parts of Notes", "cn=Anna+ou=Sales,o=Acme", ""},
		{"J multi-valued RDN: two common names", "cn=Anna+cn=Admin,o=Acme", ""},
		{"J multi-valued RDN: open", "cn=Anna+,o=Acme", ""},
		{"hexadecimal value", "cn=#04024869,o=Acme", ""},
		{"quoted value", `cn="Anna, Berg",o=Acme`, ""},
		{"semicolon", "cn=Anna;o=Acme", ""},
		{"unknown type", "cn=Anna,dc=acme,o=Acme", ""},
		{"type with blanks inside", "c n=Anna,o=Acme", ""},
		{"look-alike of a type", "\u0441n=Anna,o=Acme", ""},
		{"empty value", "cn=,o=Acme", ""},
		{"empty part", "cn=Anna,,o=Acme", ""},
		{"comma at the end", "cn=Anna,o=Acme,", ""},
		{"nothing", "", ""},
		{"no type", "Anna", ""},
		{"Notes name", "CN=Anna/O=Acme", ""},
		{"wrong order", "o=Acme,cn=Anna", ""},
		{"no organization", "cn=Anna,ou=Sales", ""},
		{"too long", "cn=" + strings.Repeat(`\61`, 300) + ",o=Acme", ""},
		{"far too long", "cn=" + strings.Repeat("a", 10_000) + ",o=Acme", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseLDAP(c.given)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.want == "", err != nil, "%v", err)
		})
	}
}

// Types without a place in a Notes name are left out if an administrator has said so.
func TestIgnoredTypes_B8(t *testing.T) {
	for _, text := range []string{
		"cn=Anna+uid=aberg,ou=Sales,o=Acme,dc=acme,dc=example",
		"UID=aberg+cn=Anna,DC=x,ou=Sales,o=Acme",
		"uid=aberg,cn=Anna,ou=Sales,o=Acme",
	} {
		got, err := ParseLDAP(text, "uid", "dc")
		require.NoError(t, err)
		assert.Equal(t, "CN=Anna/OU=Sales/O=Acme", got)
	}
	for _, text := range []string{"cn=Anna+mail=x,o=Acme", "uid=aberg,dc=acme", `uid=a\zz,cn=Anna,o=Acme`, "dc=a,dc=b,cn=Anna"} {
		_, err := ParseLDAP(text, "uid", "dc")
		require.Error(t, err, text)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"CN=Anna/O=Acme", "Anna/Sales/Acme", "cn=Anna,o=Acme", `cn=a\,o=x,o=Acme`, "cn=a+uid=b,o=c", "a/b/SE", "=/=", `\`, "/",
	} {
		f.Add(seed)
	}
	for _, seed := range refusedFromOutside {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) (string, error){
			Parse,
			func(text string) (string, error) { return ParseLDAP(text) },
			func(text string) (string, error) { return ParseLDAP(text, "uid") },
		} {
			name, err := parse(text)
			if err != nil {
				require.Empty(t, name)
				continue
			}
			again, err := Parse(name)
			require.NoError(t, err)
			require.Equal(t, name, again, "canonical names are their own canonical form")
			again, err = Canonical(name)
			require.NoError(t, err)
			require.Equal(t, name, again)
			require.True(t, strings.HasPrefix(name, "CN="))
			require.LessOrEqual(t, strings.Count(name, "/"), 1+maxUnits+1)
			require.Equal(t, strings.Count(name, "/")+1, strings.Count(name, "="), "each part has one attribute")
		}
	})
}
