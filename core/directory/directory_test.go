// SPDX-License-Identifier: Apache-2.0

package directory_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/coretest"
	"ndoap/core/directory"
	"ndoap/core/dominoname"
)

func acme() *coretest.Directory {
	return &coretest.Directory{
		Entries: []directory.Person{
			{Name: "CN=Anna Berg/OU=Sales/O=Acme", Kind: directory.KindPerson, Aliases: []string{"Anna Berg", "The Boss"}, ShortNames: []string{"aberg"}, InternetAddress: "anna@acme.example", MailFile: `mail\aberg`},
			{Name: "CN=Bo Ek/O=Acme", Kind: directory.KindPerson, ShortNames: []string{"bo"}, InternetAddress: "shared@acme.example"},
			{Name: "CN=Bo Alm/O=Acme", Kind: directory.KindPerson, ShortNames: []string{"bo"}, Aliases: []string{"shared@acme.example"}},
			{Name: "CN=Kim/O=Acme/C=SE", Kind: directory.KindPerson},
			{Name: "CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme", Kind: directory.KindPerson, ShortNames: []string{"tyamada"}},
			{Name: "Administrators", Kind: directory.KindGroup},
			{Name: "CN=web1/O=Acme", Kind: directory.KindServer},
			{Name: "CN=Room/O=Acme", Kind: directory.KindOther},
			{Name: "CN=Eve\u202e/O=Acme", Kind: directory.KindPerson, ShortNames: []string{"eve"}},
		},
		Passwords: map[string]string{"CN=Anna Berg/OU=Sales/O=Acme": "secret"},
	}
}

func TestOne_B8(t *testing.T) {
	anna := "CN=Anna Berg/OU=Sales/O=Acme"
	for name, want := range map[string]string{
		anna:                           anna,
		"cn=anna berg/ou=sales/o=acme": anna,
		"Anna Berg/Sales/Acme":         anna,
		" Anna Berg ":                  anna,
		"the boss":                     anna,
		"ABERG":                        anna,
		"Anna@ACME.example":            anna,
		"Kim/Acme/SE":                  "CN=Kim/O=Acme/C=SE", // a country, or not: the directory knows
		"tyamada":                      "CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme",
		"\u5c71\u7530 \u592a\u90ce/\u55b6\u696d/Acme": "CN=\u5c71\u7530 \u592a\u90ce/OU=\u55b6\u696d/O=Acme",
	} {
		person, err := directory.One(acme(), name)
		require.NoError(t, err, name)
		assert.Equal(t, want, person.Name, name)
	}
}

func TestOneRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		asked string
		want  error
	}{
		"B8 nobody":                          {"nobody@acme.example", directory.ErrNobody},
		"B8 several":                         {"bo", directory.ErrSeveral},
		"J e-mail alias of another person":   {"shared@acme.example", directory.ErrSeveral},
		"B8 group":                           {"Administrators", directory.ErrNotPerson},
		"B8 server":                          {"web1/Acme", directory.ErrNotPerson},
		"B8 mail-in database":                {"CN=Room/O=Acme", directory.ErrNotPerson},
		"B8 found by the last name":          {"Berg", directory.ErrNobody},
		"B8 Anonymous":                       {"Anonymous", dominoname.ErrAnonymous},
		"B8 empty":                           {"", dominoname.ErrAnonymous},
		"J Unicode look-alike":               {"a\u0253erg", directory.ErrNobody},
		"J Unicode look-alike: Kelvin sign":  {"\u212aim/Acme/SE", directory.ErrNobody},
		"B8 country that the person has not": {"Kim/Acme", directory.ErrNobody},
		"B8 organization of somebody else":   {"Anna Berg/Other", directory.ErrNobody},
	} {
		t.Run(name, func(t *testing.T) {
			person, err := directory.One(acme(), test.asked)
			require.ErrorIs(t, err, test.want)
			assert.Empty(t, person)
		})
	}
}

// Names that nobody can have are not even asked for; entries with such a name are nobody.
func TestOneAsksForNoImpossibleName_B8(t *testing.T) {
	people := acme()
	for _, name := range []string{"*", "-Default-", "LocalDomainServers", "a\x00b", "CN=Admin/O=Org/Acme", "cn=a,o=b"} {
		_, err := directory.One(people, name)
		require.Error(t, err, name)
	}
	assert.Zero(t, people.Asked)
	_, err := directory.One(people, "eve")
	require.ErrorContains(t, err, "U+202E")
}

func TestOneWithoutDirectory(t *testing.T) {
	_, err := directory.One(nil, "aberg")
	require.ErrorIs(t, err, directory.ErrUnavailable)
	people := acme()
	people.Failure = errors.New("view is missing")
	_, err = directory.One(people, "aberg")
	require.ErrorIs(t, err, directory.ErrUnavailable)
	require.ErrorContains(t, err, "view is missing")
}

func TestCache(t *testing.T) {
	var cache directory.Cache
	people, now := acme(), time.Unix(1_000_000, 0)
	ask := func(name string) (directory.Person, error) { return cache.One(people, name, now) }
	for range 3 {
		person, err := ask("aberg")
		require.NoError(t, err)
		require.Equal(t, `mail\aberg`, person.MailFile)
		_, err = ask("nobody")
		require.ErrorIs(t, err, directory.ErrNobody)
		_, err = ask("bo")
		require.ErrorIs(t, err, directory.ErrSeveral)
	}
	assert.Equal(t, 3, people.Asked)

	people.Entries = people.Entries[1:] // Anna leaves
	now = now.Add(59 * time.Second)
	_, err := ask("aberg")
	require.NoError(t, err)
	now = now.Add(time.Second)
	_, err = ask("aberg")
	require.ErrorIs(t, err, directory.ErrNobody)
	now = now.Add(-time.Hour)
	_, err = ask("aberg")
	require.ErrorIs(t, err, directory.ErrNobody)
	assert.Equal(t, 5, people.Asked, "a clock that was set back keeps nothing alive")
}

func TestCacheKeepsNoFailure(t *testing.T) {
	var cache directory.Cache
	people, now := acme(), time.Unix(1_000_000, 0)
	people.Failure = errors.New("down")
	_, err := cache.One(people, "aberg", now)
	require.ErrorIs(t, err, directory.ErrUnavailable)
	people.Failure = nil
	person, err := cache.One(people, "aberg", now)
	require.NoError(t, err)
	assert.Equal(t, "CN=Anna Berg/OU=Sales/O=Acme", person.Name)
}

// A name is free if nothing at all is found for it, in either form.
func TestFree_B8(t *testing.T) {
	people := acme()
	people.Entries = append(people.Entries,
		directory.Person{Name: "CN=Print/O=Acme", Kind: directory.KindServer},
		directory.Person{Name: "Team/Acme", Kind: directory.KindGroup},
		directory.Person{Name: "CN=Somebody/O=Acme", Aliases: []string{"CN=Old/O=Acme"}, Kind: directory.KindPerson},
		directory.Person{Name: "CN=Room/O=Acme"},
		directory.Person{Name: "Admins", Kind: directory.KindGroup},
	)
	require.NoError(t, directory.Free(people, "CN=Reporting/O=Acme"))
	for what, name := range map[string]string{
		"a person": "CN=Anna Berg/OU=Sales/O=Acme", "a server": "CN=Print/O=Acme", "a group in abbreviated form": "CN=Team/O=Acme",
		"an alias": "CN=Old/O=Acme", "anything else": "CN=Room/O=Acme",
		"a group with its common name": "CN=Admins/O=Acme", "a person with its common name": "CN=Anna Berg/O=Acme",
	} {
		require.ErrorIs(t, directory.Free(people, name), directory.ErrTaken, what)
	}
	require.ErrorIs(t, directory.Free(nil, "CN=Reporting/O=Acme"), directory.ErrUnavailable)

	var cache directory.Cache
	now := time.Unix(1_000_000, 0)
	people.Failure = errors.New("down")
	require.ErrorIs(t, cache.Free(people, "CN=Reporting/O=Acme", now), directory.ErrUnavailable)
	people.Failure, people.Asked = nil, 0
	for range 3 {
		require.NoError(t, cache.Free(people, "CN=Reporting/O=Acme", now))
		require.ErrorIs(t, cache.Free(people, "CN=Print/O=Acme", now), directory.ErrTaken)
	}
	assert.Equal(t, 4, people.Asked, "three times for the free name, once for the other")
	people.Entries = append(people.Entries, directory.Person{Name: "CN=Reporting/O=Acme", Kind: directory.KindGroup})
	require.NoError(t, cache.Free(people, "CN=Reporting/O=Acme", now.Add(59*time.Second)))
	require.ErrorIs(t, cache.Free(people, "CN=Reporting/O=Acme", now.Add(time.Minute)), directory.ErrTaken)
	_, err := cache.One(people, "CN=Anna Berg/OU=Sales/O=Acme", now)
	require.NoError(t, err)
	require.ErrorIs(t, cache.Free(people, "CN=Anna Berg/OU=Sales/O=Acme", now), directory.ErrTaken, "what One remembers is another answer")
}

// A flood of made-up names costs no more memory than a thousand, and pushes nobody out.
func TestCacheIsBounded(t *testing.T) {
	var cache directory.Cache
	people, now := acme(), time.Unix(1_000_000, 0)
	_, err := cache.One(people, "aberg", now)
	require.NoError(t, err)
	for i := range 3000 {
		_, err := cache.One(people, fmt.Sprint("nobody", i), now)
		require.ErrorIs(t, err, directory.ErrNobody)
	}
	assert.Equal(t, 1001, cache.Len())
	people.Failure = errors.New("not to be asked")
	_, err = cache.One(people, "aberg", now)
	require.NoError(t, err)
}
