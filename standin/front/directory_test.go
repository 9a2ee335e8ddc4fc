// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
)

func load(t *testing.T, people string) (*front.Directory, error) {
	t.Helper()
	data := t.TempDir()
	write(t, data, "people.json", people)
	return front.LoadDirectory(data)
}

func TestFind(t *testing.T) {
	directory, err := load(t, `[
		{"name": "CN=Alice Adams/OU=Sales/O=Acme", "shortName": "aadams", "email": "alice@acme.example", "password": "p"},
		{"name": "CN=Bob Brown/O=Acme", "shortName": "bob", "password": "p"},
		{"name": "CN=Bob Brown/O=Other", "password": "p"},
		{"name": "CN=佐藤 花子/O=Acme", "shortName": "hsato", "password": "p"},
		{"name": "Sales", "type": "Group"}, {"name": "CN=web/O=Acme", "type": "Server", "password": "p"}]`)
	require.NoError(t, err)
	for name, want := range map[string]string{
		"CN=Alice Adams/OU=Sales/O=Acme": "CN=Alice Adams/OU=Sales/O=Acme",
		"alice adams/sales/acme":         "CN=Alice Adams/OU=Sales/O=Acme",
		"Alice Adams":                    "CN=Alice Adams/OU=Sales/O=Acme",
		"AADAMS":                         "CN=Alice Adams/OU=Sales/O=Acme",
		"alice@acme.example":             "CN=Alice Adams/OU=Sales/O=Acme",
		"佐藤 花子/Acme":                     "CN=佐藤 花子/O=Acme",
		"bob":                            "CN=Bob Brown/O=Acme",
		"Bob Brown/Other":                "CN=Bob Brown/O=Other",
		"Bob Brown":                      "", // two people
		"Alice":                          "",
		"Sales":                          "",
		"web":                            "",
		"":                               "", // two people have no e-mail address
	} {
		person, found := directory.Find(name)
		assert.Equal(t, want, person.Name, name)
		assert.Equal(t, want != "", found, name)
	}
}

func TestAuthenticate(t *testing.T) {
	directory, err := load(t, `[{"name": "CN=Alice Adams/O=Acme", "password": "secret"}]`)
	require.NoError(t, err)
	person, good := directory.Authenticate("alice adams", "secret")
	assert.True(t, good)
	assert.Equal(t, "CN=Alice Adams/O=Acme", person.Name)
	for _, attempt := range [][2]string{{"alice adams", "Secret"}, {"alice adams", ""}, {"nobody", "secret"}, {"", ""}} {
		person, good := directory.Authenticate(attempt[0], attempt[1])
		assert.False(t, good, attempt)
		assert.Empty(t, person.Name)
	}
}

func TestDirectoryRefuses(t *testing.T) {
	for name, test := range map[string]struct{ people, says string }{
		"an abbreviated name": {`[{"name": "Alice/Acme", "password": "p"}]`, "is not canonical"},
		"no password":         {`[{"name": "CN=A/O=B"}]`, "has no password"},
		"the same name twice": {`[{"name": "CN=A/O=B", "password": "p"}, {"name": "CN=a/O=b", "password": "p"}]`, "is there twice"},
		"an unknown key":      {`[{"nme": "CN=A/O=B"}]`, `unknown field "nme"`},
		"broken JSON":         {"[\n\n{,}]", "line 3"},
		"two values":          {"[] []", "something follows"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, test.people)
			assert.ErrorContains(t, err, "people.json")
			assert.ErrorContains(t, err, test.says)
		})
	}
}

func TestDirectoryWithoutFileIsEmpty(t *testing.T) {
	directory, err := front.LoadDirectory(t.TempDir())
	require.NoError(t, err)
	_, found := directory.Find("x")
	assert.False(t, found)
}
