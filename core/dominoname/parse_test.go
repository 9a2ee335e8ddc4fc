// SPDX-License-Identifier: Apache-2.0

package dominoname

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryFormOfANameIsOneCanonicalName_B8(t *testing.T) {
	for _, c := range []struct{ want, canonical, abbreviated, ldap string }{
		{"CN=Anna Berg/O=Acme", "cn = Anna Berg / o=Acme", "Anna Berg/Acme", "CN=Anna Berg,O=Acme"},
		{"CN=Anna Berg/OU=Sales/O=Acme", "CN=Anna Berg/OU=Sales/O=Acme", " Anna Berg / Sales / Acme ", "cn=Anna Berg, ou=Sales, o=Acme"},
		{
			"CN=A/OU=1/OU=2/OU=3/OU=4/O=Acme", "CN=A/OU=1/OU=2/OU=3/OU=4/O=Acme", "A/1/2/3/4/Acme",
			"commonName=A,organizationalUnitName=1,2.5.4.11=2,oU=3,Ou=4,organizationName=Acme",
		},
		{"CN=Berg, Anna/O=Acme + Co", "CN=Berg, Anna/O=Acme + Co", "Berg, Anna/Acme + Co", `cn=Berg\, Anna,o=Acme \2b Co`},
		{"CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme", "CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme", "\u5c71\u7530 \u592a\u90ce/\u55b6\u696d/Acme", `cn=\E5\B1\B1\E7\94\B0 \e5\a4\aa\e9\83\8e,ou=` + "\u55b6\u696d" + `,o=Acme`},
		{"CN=Anna/O=HP", "CN=Anna/O=HP", "Anna/HP", "cn=Anna,o=HP"}, // two parts: there is no name without an organization
	} {
		t.Run(c.want, func(t *testing.T) {
			for _, text := range []string{c.canonical, c.abbreviated} {
				got, err := Parse(text)
				require.NoError(t, err, text)
				assert.Equal(t, c.want, got)
			}
			got, err := ParseLDAP(c.ldap)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestCountries_B8(t *testing.T) {
	got, err := Parse("CN=Anna/OU=Sales/O=Acme/C=se")
	require.NoError(t, err)
	assert.Equal(t, "CN=Anna/OU=Sales/O=Acme/C=se", got)
	got, err = ParseLDAP("cn=Anna,ou=Sales,o=Acme,c=SE")
	require.NoError(t, err)
	assert.Equal(t, "CN=Anna/OU=Sales/O=Acme/C=SE", got)
	for _, text := range []string{"Anna/Sales/SE", "Anna/Sales/Acme/hp"} {
		_, err = Parse(text)
		require.ErrorIs(t, err, ErrAmbiguous, text)
	}
	for _, text := range []string{"CN=Anna/O=Acme/C=Sweden", "CN=Anna/O=Acme/C=S1", "CN=Anna/C=SE"} {
		_, err = Parse(text)
		require.Error(t, err, text)
	}
}

func TestFlatNamesAreForTheDirectory_B8(t *testing.T) {
	for _, text := range []string{"Anna Berg", "aberg", "anna@acme.example", "Administrators"} {
		_, err := Parse(text)
		require.ErrorIs(t, err, ErrFlat, text)
	}
	for _, text := range []string{"", " ", "Anonymous", "anonymous/Acme", "CN=ANONYMOUS/O=Acme"} {
		_, err := Parse(text)
		require.ErrorIs(t, err, ErrAnonymous, text)
	}
}

// refusedFromOutside are names that Parse refuses, for their parts: nothing here is about the form of the whole.
var refusedFromOutside = map[string]string{
	"B8 wildcard":                        "*/Acme",
	"B8 placeholder":                     "-Default-/Acme",
	"B8 group of servers":                "LocalDomainServers",
	"B8 group of servers in a domain":    "localdomainSERVERS/Acme",
	"B8 control character":               "Anna\x00/Acme",
	"B8 escape sequence":                 "Anna\x1b[0m/Acme",
	"B8 format character":                "An\u200bna/Acme",
	"B8 right-to-left override":          "Anna\u202e/Acme",
	"B8 line separator":                  "Anna\u2028/Acme",
	"B8 filler that has no shape":        "Anna\u3164/Acme",
	"B8 private character":               "Anna\ue000/Acme",
	"B8 lost character":                  "Anna\ufffd/Acme",
	"B8 not UTF-8":                       "Anna\xff/Acme",
	"B8 more bytes than Notes has":       strings.Repeat("\u5c71", 85) + "/Acme",
	"B8 more letters than Notes has":     strings.Repeat("a", 250) + "/Acme",
	"J abbreviated: one name in another": "CN=Admin/O=Org/Acme",
	"J abbreviated: label in the middle": "Anna/O=Org/Acme",
	"J abbreviated: label at the end":    "Anna/Sales/O=Acme",
	"J abbreviated: empty part":          "Anna//Acme",
	"J abbreviated: empty name":          "/Acme",
	"J abbreviated: trailing slash":      "Anna/Sales/",
	"J abbreviated: too many units":      "Anna/1/2/3/4/5/Acme",
	"J LDAP form as Notes name":          "cn=Anna,o=Acme",
	"J value with a label":               "CN=Anna=O=Org/O=Acme",
	"J two common names":                 "CN=Anna/CN=Admin/O=Acme",
	"J common name last":                 "O=Acme/CN=Anna",
	"J two organizations":                "CN=Anna/O=Org/O=Acme",
	"J unit above the organization":      "CN=Anna/O=Acme/OU=Sales",
	"J organization above the country":   "CN=Anna/C=SE/O=Acme",
	"J no organization":                  "CN=Anna/OU=Sales",
	"J numbered unit":                    "CN=Anna/OU1=Sales/O=Acme",
	"J unknown attribute":                "CN=Anna/UID=1/O=Acme",
	"J fullwidth slash":                  "Admin\uff0fOrg/Acme",
	"J division slash":                   "Admin\u2215Org/Acme",
	"J fullwidth equals sign":            "CN\uff1dAdmin/Acme",
	"J fullwidth asterisk":               "\uff0a/Acme",
	"J no-break space":                   "Anna\u00a0Berg/Acme",
	"J mark before all letters":          "\u0301Anna/Acme",
	"J ideographic space at an end":      "Anna\u3000/Acme",
}

func TestParseRefuses(t *testing.T) {
	for name, text := range refusedFromOutside {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(text)
			require.Error(t, err)
			assert.NotErrorIs(t, err, ErrFlat)
		})
	}
}

// A name that looks like another is another: nothing is folded, composed or decomposed.
func TestUnicodeLookalikesStayOtherNames_B8(t *testing.T) {
	for name, pair := range map[string][2]string{
		"Cyrillic letter":     {"Admin/Acme", "\u0410dmin/Acme"},
		"Greek letter":        {"Oscar/Acme", "\u039fscar/Acme"},
		"fullwidth letters":   {"Admin/Acme", "\uff21dmin/Acme"},
		"composed letter":     {"Andr\u00e9/Acme", "Andre\u0301/Acme"},
		"Kelvin sign":         {"Kim/Acme", "\u212aim/Acme"},
		"Angstrom sign":       {"\u00c5sa/Acme", "\u212bsa/Acme"},
		"long s":              {"sam/Acme", "\u017fam/Acme"},
		"dotless i":           {"IDA/Acme", "\u0131DA/Acme"},
		"half-width katakana": {"\u30a2/Acme", "\uff71/Acme"},
	} {
		t.Run(name, func(t *testing.T) {
			first, err := Parse(pair[0])
			require.NoError(t, err)
			second, err := Parse(pair[1])
			require.NoError(t, err)
			assert.False(t, Same(first, second))
		})
	}
	assert.True(t, Same("CN=\u00c5sa Kim/O=Acme", "cn=\u00e5SA kIM/o=ACME"))
	assert.False(t, Same("CN=Anna/O=Acme", "CN=Anna/O=Acmes"))
	assert.False(t, Same("CN=Anna/O=Acme", "CN=Anna/O=Acm"))
	assert.True(t, Same("", ""))
}

// part draws a value that a Notes name can have.
func part(t *rapid.T, label string) string {
	return rapid.StringMatching(`[A-Za-z\x{e0}-\x{ef}\x{5c71}\x{7530}]([A-Za-z0-9 ,+'.\x{5c71}]{0,8}[a-z\x{7530}])?`).
		Filter(func(value string) bool { return !isCountry(value) }).Draw(t, label)
}

func TestFormsRoundTrip_B8(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canonical := "CN=" + part(t, "common name")
		for range rapid.IntRange(0, 4).Draw(t, "units") {
			canonical += "/OU=" + part(t, "unit")
		}
		canonical += "/O=" + part(t, "organization")

		again, err := Parse(canonical)
		require.NoError(t, err)
		require.Equal(t, canonical, again)
		again, err = Parse(Abbreviated(canonical))
		require.NoError(t, err)
		require.Equal(t, canonical, again)

		components := strings.Split(canonical, "/")
		for i, component := range components {
			attribute, value, _ := strings.Cut(component, "=")
			components[i] = strings.ToLower(attribute) + "=" + escape(t, value)
		}
		again, err = ParseLDAP(strings.Join(components, ","))
		require.NoError(t, err)
		require.Equal(t, canonical, again)
	})
}

func TestNamesThatAreTheSameAreFoldedAlike_B8(t *testing.T) {
	letters := rapid.StringOfN(rapid.RuneFrom([]rune("kK\u212asS\u017fiI\u0130\u0131\u00e5\u00c5\u212b\u03c3\u03c2\u03a3/= \u5c71")), 0, 3, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := letters.Draw(t, "a"), letters.Draw(t, "b")
		require.Equal(t, Same(a, b), Folded(a) == Folded(b))
	})
	assert.Equal(t, Folded("CN=Anna Berg/O=Acme"), Folded("cn=ANNA BERG/o=acme"))
}
