// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/directory"
)

func TestReadPeople(t *testing.T) {
	people, err := ReadPeople("CN=Anna/O=Acme\x00Anna\x00The Boss\x00\x00anna\x00ab\x00\x00a@x\x00\x00mail/a\x00\x00CN=m/O=Acme\x00\x00Person\x00\x00" +
		"\x00\x00\x00\x00\x00\x00" + "Admins\x00\x00\x00\x00\x00\x00Group\x00\x00" + "CN=m/O=Acme\x00\x00\x00\x00\x00\x00Server\x00\x00" +
		"X\x00\x00\x00\x00\x00\x00person\x00\x00")
	require.NoError(t, err)
	assert.Equal(t, []directory.Person{
		{
			Name: "CN=Anna/O=Acme", Aliases: []string{"Anna", "The Boss"}, ShortNames: []string{"anna", "ab"},
			InternetAddress: "a@x", MailFile: "mail/a", MailServer: "CN=m/O=Acme", Kind: directory.KindPerson,
		},
		{},
		{Name: "Admins", Kind: directory.KindGroup},
		{Name: "CN=m/O=Acme", Kind: directory.KindServer},
		{Name: "X"},
	}, people)

	people, err = ReadPeople("")
	require.NoError(t, err)
	assert.Empty(t, people)
	for _, cut := range []string{"CN=Anna", "CN=Anna\x00", "\x00\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x00x"} {
		_, err = ReadPeople(cut)
		require.Error(t, err, "%q", cut)
	}
}

func TestPeopleError(t *testing.T) {
	require.NoError(t, PeopleError(0, 0))
	for outcome, says := range map[int32]string{1: "thread", 2: "030E", 3: "LMBCS", 4: "memory", 5: "SECVerifyPassword", 99: "outcome 99"} {
		err := PeopleError(outcome, 0x30E)
		require.ErrorIs(t, err, directory.ErrUnavailable)
		require.ErrorContains(t, err, says)
	}
}

func TestDirectoryOfACall(t *testing.T) {
	assert.Nil(t, callRequest{&Call{}}.Directory())
}
