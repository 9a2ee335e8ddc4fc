// SPDX-License-Identifier: Apache-2.0

package apikey

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/store"
)

func TestKeysHaveAFormOfTheirOwn_B2(t *testing.T) {
	made := New()
	assert.Regexp(t, `^doap_[A-Za-z0-9_-]{43}$`, made.Reveal())
	assert.NotEqual(t, made.Reveal(), New().Reveal())
	assert.True(t, HasForm(made.Reveal()))
	parsed, err := Parse(made.Reveal())
	require.NoError(t, err)
	assert.Equal(t, made.Reveal(), parsed.Reveal())
	assert.False(t, HasForm("eyJhbGciOiJSUzI1NiJ9.e30.c2ln"), "a token")
	assert.False(t, HasForm(oauth.NewSecret().Reveal()), "a refresh token")
	assert.Regexp(t, `^[a-z2-7]{12}$`, NewID())
	assert.NotEqual(t, NewID(), NewID())
	assert.Equal(t, "urn:ndoap:apikey:abc", ClientID("abc"))
}

func TestWhatIsNoKey_B2(t *testing.T) {
	random := strings.Repeat("A", 43)
	_, err := Parse("doap_" + random)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"nothing":                 "",
		"no prefix":               random,
		"another case":            "DOAP_" + random,
		"the prefix alone":        "doap_",
		"too short":               "doap_" + random[1:],
		"too long":                "doap_" + random + "A",
		"huge":                    "doap_" + strings.Repeat("A", 1<<20),
		"padding":                 "doap_" + random[1:] + "=",
		"bits behind the end":     "doap_" + random[1:] + "B",
		"base64 of another kind":  "doap_" + random[1:] + "+",
		"a line end":              "doap_" + random[1:] + "\n",
		"another behind a blank":  "doap_" + random + " x",
		"letters that look alike": "doap_" + random[3:] + "\u0410\u0410",
	} {
		_, err := Parse(text)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "AAAA", "%s: nothing of it in a message", name)
	}
}

// FuzzParse takes nothing for a key that New could not have made.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "doap_", New().Reveal(), "doap_" + strings.Repeat("A", 42) + "B", "doap_" + strings.Repeat("\n", 43), "eyJ.e30."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := Parse(text)
		if err != nil {
			return
		}
		require.True(t, HasForm(text))
		require.Equal(t, text, key.Reveal())
		require.Regexp(t, `^doap_[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$`, text)
	})
}

func TestLabels(t *testing.T) {
	for label, says := range map[string]string{
		"Nightly export":                   "",
		"\u591c\u9593\u51fa\u529b":         "",
		strings.Repeat("\u00e9", MaxLabel): "",
		"":                                 "needs a label",
		strings.Repeat("x", MaxLabel+1):    "more than 80",
		"a\nb":                             "cannot be seen",
		"a\u202eb":                         "cannot be seen",
		"a\u2028b":                         "cannot be seen",
		"a\xffb":                           "cannot be seen",
	} {
		err := CheckLabel(label)
		if says == "" {
			require.NoError(t, err, label)
			continue
		}
		require.ErrorContains(t, err, says, label)
	}
}

func TestWhoseAKeyCanBe_B8(t *testing.T) {
	const inFull = "write it in full"
	for written, c := range map[string]struct{ person, name string }{
		"CN=Anna Berg/OU=Sales/O=Acme": {"CN=Anna Berg/OU=Sales/O=Acme", "CN=Anna Berg/OU=Sales/O=Acme"},
		"Anna Berg/Sales/Acme":         {"CN=Anna Berg/OU=Sales/O=Acme", "CN=Anna Berg/OU=Sales/O=Acme"},
		"cn=Reporting/o=Acme":          {"CN=Reporting/O=Acme", "CN=Reporting/O=Acme"},
		"CN=Webuser":                   {"CN=Webuser", "!one CN, one O"},
		"cn=Webuser":                   {"CN=Webuser", "!one CN, one O"},
		"Anna Berg":                    {"!" + inFull, "!" + inFull},
		"Anna Berg/Acme/DE":            {"!" + inFull, "!" + inFull},
		"anna.berg@acme.example":       {"!" + inFull, "!" + inFull},
		"":                             {"!Anonymous", "!Anonymous"},
		"Anonymous":                    {"!Anonymous", "!Anonymous"},
		"CN=Anonymous":                 {"!Anonymous", "!Anonymous"},
		"CN=Anonymous/O=Acme":          {"!Anonymous", "!Anonymous"},
		"*/Acme":                       {"!U+002A", "!U+002A"},
		"CN=*/O=Acme":                  {"!U+002A", "!U+002A"},
		"CN=*":                         {"!U+002A", "!one CN, one O"},
		"CN=-Default-/O=Acme":          {"!placeholder", "!placeholder"},
		"-Default-":                    {"!placeholder", "!placeholder"},
		"LocalDomainServers":           {"!group", "!group"},
		"CN=LocalDomainServers/O=Acme": {"!group", "!group"},
		"CN=A\x00B/O=Acme":             {"!U+0000", "!U+0000"},
		"CN=Rep\u200borting/O=Acme":    {"!U+200B", "!U+200B"},
		"CN=Rep\uff0forting/O=Acme":    {"!looks like", "!looks like"},
		"OU=Sales/O=Acme":              {"!one CN", "!one CN"},
		"CN=" + strings.Repeat("a", 300) + "/O=Acme": {"!255 bytes", "!255 bytes"},
	} {
		for what, one := range map[string]struct {
			read func(string) (string, error)
			want string
		}{"person": {Person, c.person}, "name": {Name, c.name}} {
			got, err := one.read(written)
			if says, refused := strings.CutPrefix(one.want, "!"); refused {
				require.ErrorContains(t, err, says, "%s %q", what, written)
				continue
			}
			require.NoError(t, err, "%s %q", what, written)
			assert.Equal(t, one.want, got, what)
		}
	}
}

func TestTheAuditTrailHasNoSecret_B16(t *testing.T) {
	told := Told(store.APIKey{ID: "abc", Hash: "hash", User: "CN=Anna Berg/O=Acme", Scope: "domino"})
	assert.Equal(t, "abc of CN=Anna Berg/O=Acme: domino", told)
}
