// SPDX-License-Identifier: Apache-2.0

package dominourl_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/dominourl"
)

const (
	onLinux   = "/local/notesdata"
	onWindows = `C:\Domino\Data`
)

func TestWhereAMappedPathLeads_B13(t *testing.T) {
	for name, c := range map[string]struct{ data, path, database string }{
		"absolute":                          {onLinux, "/local/notesdata/apps/crm.nsf", "/apps/crm.nsf"},
		"absolute, with a slash at the end": {onLinux + "/", "/local/notesdata/apps/crm.nsf/", "/apps/crm.nsf"},
		"absolute, with slashes too many":   {onLinux, "/local//notesdata/./apps//crm.nsf", "/apps/crm.nsf"},
		"absolute, in another case":         {onLinux, "/Local/NotesData/APPS/CRM.NSF", "/apps/crm.nsf"},
		"absolute on Windows":               {onWindows, `c:\domino\data\apps\crm.nsf`, "/apps/crm.nsf"},
		"Windows with slashes":              {onWindows + `\`, "C:/Domino/Data/apps/crm.nsf", "/apps/crm.nsf"},
		"on another machine":                {`\\files\data`, `\\FILES\data\apps\crm.nsf`, "/apps/crm.nsf"},
		"relative":                          {onLinux, "apps/crm.nsf", "/apps/crm.nsf"},
		"relative, with a dot":              {onLinux, "./apps/crm.nsf", "/apps/crm.nsf"},
		"relative on Windows":               {onWindows, `apps\CRM.nsf`, "/apps/crm.nsf"},
		"relative, nothing known":           {"", "crm.nsf", "/crm.nsf"},
		"a template":                        {onLinux, "crm.ntf", "/crm.ntf"},
		"another alphabet":                  {onLinux, "/local/notesdata/mail/山田.nsf", "/mail/山田.nsf"},
		"a letter that has two cases":       {onLinux, "/local/notesdata/BÜRO.nsf", "/büro.nsf"},
		"inside a database":                 {onLinux, "/local/notesdata/crm.nsf/orders/0", "/crm.nsf"},
		"a replica ID":                      {onLinux, "__852562F3007ABFD6.nsf", "/__852562f3007abfd6.nsf"},
		"a folder called like a database":   {"/srv/crm.nsf/data", "/srv/crm.nsf/data/hr.nsf", "/hr.nsf"},
		"no database in such a folder":      {"/srv/crm.nsf/data", "/srv/crm.nsf/data/domino/html/x.css", ""},
		"nothing":                           {onLinux, "", ""},
		"the data directory":                {onLinux, onLinux, ""},
		"a file":                            {onLinux, "/local/notesdata/domino/html/logo.gif", ""},
		"a file that is called almost so":   {onLinux, "/local/notesdata/domino/html/crm.nsf.html", ""},
		"a file elsewhere":                  {onLinux, "/opt/hcl/domino/icons/logo.gif", ""},
		"a folder that begins alike":        {onLinux, "/local/notesdata2/logo.gif", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dominourl.ParseMapped(c.path, c.data)
			require.NoError(t, err)
			assert.Equal(t, c.database, got.Database)
		})
	}
}

func TestMappedPathsThatCannotBeTold_B13(t *testing.T) {
	for name, c := range map[string]struct{ data, path, says string }{
		"behind a link":                    {onLinux, "/srv/other/crm.nsf", "outside the data directory"},
		"beside the data directory":        {onLinux, "/local/notesdata2/crm.nsf", "outside the data directory"},
		"above the data directory":         {onLinux, "/local/crm.nsf", "outside the data directory"},
		"on another drive":                 {onWindows, `D:\crm.nsf`, "outside the data directory"},
		"in the current folder of a drive": {onWindows, `C:crm.nsf`, "outside the data directory"},
		"at the root of a drive":           {onWindows, `\crm.nsf`, "outside the data directory"},
		"on another machine":               {onWindows, `\\files\crm.nsf`, "outside the data directory"},
		"absolute, nothing known":          {"", "/local/notesdata/crm.nsf", "outside the data directory"},
		"two dots":                         {onLinux, "/local/notesdata/apps/../crm.nsf", "not the path of a database"},
		"two dots out of a database":       {onLinux, "/local/notesdata/crm.nsf/../hr.nsf", "two dots"},
		"two dots behind a database":       {onLinux, "crm.nsf/..", "two dots"},
		"two databases":                    {onLinux, "crm.nsf/hr.nsf", "two segments that may be the database"},
		"a dot at the end":                 {onLinux, "/local/notesdata/crm.nsf.", "may or may not be a database"},
		"a space at the end":               {onLinux, "/local/notesdata/crm.nsf ", "may or may not be a database"},
		"a stream":                         {onWindows, `C:\Domino\Data\crm.nsf::$DATA`, "may or may not be a database"},
		"a command":                        {onLinux, "crm.nsf?OpenDatabase", "may or may not be a database"},
		"a command, the other way":         {onLinux, "crm.nsf!OpenDatabase", "may or may not be a database"},
		"an argument":                      {onLinux, "crm.nsf;x", "may or may not be a database"},
		"a server":                         {onLinux, "hub!!crm.nsf", "one of the characters"},
		"percent-encoding":                 {onLinux, "apps%2fcrm.nsf", "one of the characters"},
		"a short name":                     {onWindows, `C:\Domino\Data\SALESD~1.NSF`, "short name"},
		"a control character":              {onLinux, "a\x10b.nsf", "U+0010"},
		"a control character in a file":    {onLinux, "/local/notesdata/a\u0085b.gif", "U+0085"},
		"behind a database":                {onLinux, "crm.nsf/a\u200bb", "U+200B"},
		"a letter that is another":         {onLinux, "\u212Aunden.nsf", "U+212A"},
		"no UTF-8":                         {onLinux, "b\xFCro.nsf", "not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := dominourl.ParseMapped(c.path, c.data)
			require.ErrorContains(t, err, c.says)
			assert.Zero(t, got)
		})
	}
}

// A request is read in the database that Domino serves it from: behind a database that the URL names stands what stood
// there; of any other path each rest may.
func TestReadings_B13(t *testing.T) {
	const mapped = onLinux + "/sales.nsf"
	for target, want := range map[string][]string{
		"/shop.nsf":                         {"/sales.nsf opendatabase"},
		"/a/SHOP.nsf/Orders?OpenView&x=1":   {"/sales.nsf/orders openview"},
		"/shop.nsf/api/data/documents":      {"/sales.nsf/api/data/documents /api"},
		"/shop.nsf/0/" + unid + "?Redirect": {"/sales.nsf/0/" + strings.ToLower(unid) + " redirect"},
		"/":                                 {"/sales.nsf opendatabase"},
		"/shop":                             {"/sales.nsf opendatabase"},
		"/shop/x/report":                    {"/sales.nsf/x/report open", "/sales.nsf/report open", "/sales.nsf opendatabase"},
		"/shop/api/data":                    {"/sales.nsf/api/data /api", "/sales.nsf/data open", "/sales.nsf opendatabase"},
		"/shop/home.xsp":                    {"/sales.nsf/home.xsp /xsp", "/sales.nsf opendatabase"},
		"/shop?Logout":                      {"/sales.nsf logout"},
	} {
		t.Run(target, func(t *testing.T) {
			place, err := dominourl.ParseMapped(mapped, onLinux)
			require.NoError(t, err)
			readings, err := place.Readings(target)
			require.NoError(t, err)
			var got []string
			for _, reading := range readings {
				assert.Equal(t, "/sales.nsf", reading.Database)
				got = append(got, reading.Path+" "+reading.Command)
			}
			assert.Equal(t, want, got)
		})
	}
	shown, err := dominourl.ParseMapped(mapped+"/Orders/All", onLinux)
	require.NoError(t, err)
	readings, err := shown.Readings("/shop/everything")
	require.NoError(t, err)
	assert.Equal(t, []dominourl.Resource{{Path: "/sales.nsf/orders/all", Database: "/sales.nsf", Command: "open"}}, readings, "what the path shows, counts")

	place, err := dominourl.ParseMapped(mapped, onLinux)
	require.NoError(t, err)
	for name, target := range map[string]string{
		"what cannot be told of the URL": "/shop;x", "what cannot be told in the database": "/shop/x.xsp?databaseName=hr.nsf",
		"more segments than anybody has": "/shop" + strings.Repeat("/a", 32),
	} {
		_, err := place.Readings(target)
		assert.Error(t, err, name)
	}
	_, err = place.Readings("/shop" + strings.Repeat("/a", 31))
	assert.NoError(t, err)
}

func TestReplicaIDs(t *testing.T) {
	for _, text := range []string{"852562F3007ABFD6", "852562f3:007abfd6"} {
		got, err := dominourl.ParseReplicaID(text)
		require.NoError(t, err)
		assert.Equal(t, "852562F3007ABFD6", got)
	}
	for _, text := range []string{"", ":", "852562F3007ABFD", "852562F3007ABFD66", "852562F30:07ABFD6", "852562F3:007ABFD6:", "852562F3-007ABFD6", "__852562F3007ABFD6", "852562F3007ABFDG"} {
		_, err := dominourl.ParseReplicaID(text)
		assert.Error(t, err, text)
	}
	assert.Equal(t, "852562F3007ABFD6", dominourl.ReplicaID("/__852562f3007abfd6.nsf"))
	for _, database := range []string{"", "/sales.nsf", "/__852562f3.nsf", "/apps/__852562f3007abfd6.nsf"} {
		assert.Empty(t, dominourl.ReplicaID(database), database)
	}
}

// However Domino writes a path, what is read in it is below the data directory or nowhere, and is a database whose name
// reads the same again (B13).
func FuzzMapped(f *testing.F) {
	for _, seed := range []string{
		"/local/notesdata/apps/crm.nsf", `C:\Domino\Data\crm.nsf`, "apps/crm.nsf", "/srv/other/crm.nsf", "", "/local/notesdata/mail/山田.nsf", "crm.nsf/v/x",
		"__852562F3007ABFD6.nsf", "crm.nsf::$DATA", "a\x10\x8e\x52.nsf", "crm.nsf/../hr.nsf", "/local/notesdata", "crm.nsf.", "/LOCAL\\notesdata/crm.ntf/",
	} {
		f.Add(seed, "/shop/x?OpenView")
		f.Add(seed, "/__852562F3007ABFD6.nsf/v?OpenView")
	}
	f.Fuzz(func(t *testing.T, path, target string) {
		place, err := dominourl.ParseMapped(path, onLinux)
		if err != nil || place.Database == "" {
			if place.Database != "" {
				t.Fatalf("%q is %+v and an error", path, place)
			}
			return
		}
		if again, err := dominourl.DatabasePath(place.Database); err != nil || again != place.Database {
			t.Fatalf("%q is %+v, which reads as %q (%v)", path, place, again, err)
		}
		names := strings.FieldsFunc(path, func(char rune) bool { return strings.ContainsRune(`/\`, char) })
		names = slices.DeleteFunc(names, func(name string) bool { return name == "." })
		if strings.ContainsRune(`/\`, rune(path[0])) && !strings.EqualFold("/"+strings.Join(names[:min(2, len(names))], "/"), onLinux) {
			t.Fatalf("%q is %+v", path, place)
		}
		readings, err := place.Readings(target)
		if err != nil {
			return
		}
		if len(readings) == 0 {
			t.Fatalf("%q has no readings", target)
		}
		for _, reading := range readings {
			if reading.Database != place.Database || !strings.HasPrefix(reading.Path+"/", place.Database+"/") {
				t.Fatalf("%q at %+v is %+v", target, place, reading)
			}
			if again, err := dominourl.Parse(respell(reading)); err == nil && again != reading {
				t.Fatalf("%+v, written plainly, is %+v", reading, again)
			}
		}
	})
}
