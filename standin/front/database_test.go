// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
)

func TestAccess(t *testing.T) {
	acl := func(entries ...front.Entry) *front.Database { return &front.Database{ACL: entries} }
	entry := func(name string, level front.Level) front.Entry { return front.Entry{Name: name, Access: level} }
	for name, test := range map[string]struct {
		database *front.Database
		user     string
		groups   []string
		want     front.Level
	}{
		"no entry at all":           {acl(), alice, nil, front.NoAccess},
		"default":                   {acl(entry("-Default-", front.Author)), alice, nil, front.Author},
		"by canonical name":         {acl(entry(alice, front.Editor), entry("-Default-", front.Reader)), alice, nil, front.Editor},
		"by abbreviated name":       {acl(entry("alice adams/sales/acme", front.Editor)), alice, nil, front.Editor},
		"the name beats the group":  {acl(entry(alice, front.NoAccess), entry("G", front.Manager)), alice, []string{"G"}, front.NoAccess},
		"the highest group":         {acl(entry("G", front.Reader), entry("H", front.Designer)), alice, []string{"H", "G"}, front.Designer},
		"organization":              {acl(entry("*/O=Acme", front.Reader)), alice, nil, front.Reader},
		"organizational unit":       {acl(entry("*/Sales/Acme", front.Reader)), alice, nil, front.Reader},
		"another organization":      {acl(entry("*/Other", front.Reader)), alice, nil, front.NoAccess},
		"the group beats the org":   {acl(entry("*/Acme", front.Manager), entry("G", front.Reader)), alice, []string{"G"}, front.Reader},
		"anonymous by its entry":    {acl(entry("Anonymous", front.NoAccess), entry("-Default-", front.Reader)), "", nil, front.NoAccess},
		"anonymous by default":      {acl(entry("-Default-", front.Reader)), "", nil, front.Reader},
		"somebody is not anonymous": {acl(entry("Anonymous", front.Reader)), alice, nil, front.NoAccess},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, test.database.Access(test.user, test.groups))
		})
	}
}

func TestDatabasesRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"an unknown level": {`[{"path": "a.nsf", "acl": [{"name": "x", "access": "all"}]}]`, `access "all" is none of none, depositor`},
		"a path outside":   {`[{"path": "../a.nsf", "acl": []}]`, "not a relative path"},
		"an absolute path": {`[{"path": "/a.nsf", "acl": []}]`, "not a relative path"},
		"no database":      {`[{"path": "a.txt", "acl": []}]`, "ends in .nsf"},
		"no replica ID":    {`[{"path": "a.nsf", "replicaId": "852562F3:007ABFD6", "acl": []}]`, "does not have 16 hexadecimal digits"},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			write(t, data, "databases.json", test.text)
			_, err := front.LoadDatabases(data)
			require.Error(t, err)
			assert.ErrorContains(t, err, test.says)
		})
	}
}
