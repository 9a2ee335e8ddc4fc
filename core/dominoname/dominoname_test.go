// SPDX-License-Identifier: Apache-2.0

package dominoname

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, given, want string }{
		{"canonical stays", "CN=Anna Berg/OU=Sales/O=Acme", "CN=Anna Berg/OU=Sales/O=Acme"},
		{"attributes in upper case", "cn=Anna Berg/o=Acme/c=SE", "CN=Anna Berg/O=Acme/C=SE"},
		{"blanks around parts go", " CN = Anna Berg / O=Acme ", "CN=Anna Berg/O=Acme"},
		{"flat name", "Anna Berg", "CN=Anna Berg"},
		{"Japanese", "CN=山田 太郎/OU=営業/O=Acme", "CN=山田 太郎/OU=営業/O=Acme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Canonical(c.given)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestCanonicalRefusesNobody(t *testing.T) {
	for _, name := range []string{"", "  ", "Anonymous", "ANONYMOUS", "cn=anonymous"} {
		_, err := Canonical(name)
		assert.ErrorIs(t, err, ErrAnonymous, "%q", name)
	}
}

func TestCanonicalRefusesWhatIsNoPerson(t *testing.T) {
	for name, given := range map[string]string{
		"abbreviated":            "Anna Berg/Sales/Acme",
		"wildcard":               "*/O=Acme",
		"wildcard in a value":    "CN=*/O=Acme",
		"placeholder":            "-Default-",
		"no common name":         "O=Acme",
		"common name not first":  "O=Acme/CN=Anna",
		"two common names":       "CN=Anna/CN=Admin/O=Acme",
		"empty part":             "CN=Anna//O=Acme",
		"empty value":            "CN=/O=Acme",
		"part inside a value":    "CN=Anna=CN=Admin/O=Acme",
		"unknown attribute":      "CN=Anna/DC=acme",
		"line feed":              "CN=Anna\n/O=Acme",
		"NUL":                    "CN=Anna\x00/O=Acme",
		"right-to-left override": "CN=Anna\u202e/O=Acme",
		"zero width space":       "CN=An\u200bna/O=Acme",
		"not UTF-8":              "CN=Anna\xff/O=Acme",
		"too long":               "CN=" + strings.Repeat("a", MaxBytes),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Canonical(given)
			require.Error(t, err)
			assert.NotErrorIs(t, err, ErrAnonymous)
		})
	}
}

func TestFormsForPeople(t *testing.T) {
	assert.Equal(t, "Anna Berg/Sales/Acme", Abbreviated("CN=Anna Berg/OU=Sales/O=Acme"))
	assert.Equal(t, "Anna Berg", Abbreviated("Anna Berg"))
	assert.Equal(t, "Anna Berg", Common("CN=Anna Berg/OU=Sales/O=Acme"))
	assert.Equal(t, "Anna Berg", Common("Anna Berg"))
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"CN=Anna/O=Acme", "Anna", "cn=a/ou=b/o=c/c=de", "*", "CN=\xff", "//", "==", "-a-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		canonical, err := Canonical(name)
		if err != nil {
			return
		}
		again, err := Canonical(canonical)
		require.NoError(t, err)
		require.Equal(t, canonical, again, "canonical names are their own canonical form")
		require.True(t, strings.HasPrefix(canonical, "CN="))
	})
}
