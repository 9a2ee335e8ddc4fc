// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"ndoap/store/storetest"
)

const (
	serviceAccount = "S-1-5-80-1-2-3-4-5" // NT SERVICE\..., which needs no look-up
	everyone       = "S-1-1-0"
	users          = "S-1-5-32-545"
	unknown        = "S-1-5-21-1-2-3-1001" // of a domain that is not there
)

func parsed(t *testing.T, text string) *windows.SECURITY_DESCRIPTOR {
	t.Helper()
	descriptor, err := windows.SecurityDescriptorFromString(text)
	require.NoError(t, err)
	return descriptor
}

func TestTightened(t *testing.T) {
	self, err := windows.StringToSid(serviceAccount)
	require.NoError(t, err)
	const good = "D:P(A;;FA;;;S-1-5-18)(A;;FA;;;S-1-5-32-544)(A;;FA;;;" + serviceAccount + ")"
	for name, c := range map[string]struct {
		found  string
		wanted string // nothing: stays as it is
		losers int
	}{
		"what we made":                {"O:" + serviceAccount + good, "", 0},
		"made by an administrator":    {"O:BA" + good, "", 0},
		"without this account":        {"O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)", "", 0},
		"good, but inherited":         {"O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)", good, 0},
		"everyone reads":              {"O:BAD:P(A;;FA;;;BA)(A;;FR;;;WD)", good, 1},
		"a group inherits":            {"O:BAD:AI(A;ID;FA;;;BA)(A;ID;FR;;;BU)", good, 1},
		"two groups":                  {"O:BAD:P(A;;FR;;;BU)(A;;FR;;;WD)(A;;FX;;;WD)", good, 2},
		"an account of no known kind": {"O:BAD:P(A;;FR;;;" + unknown + ")", good, 1},
		"empty list: nobody":          {"O:BAD:P", "", 0},
		"for the files below only":    {"O:BAD:P(A;OICIIO;FR;;;WD)", "", 0},
		"another service account": {
			"O:BAD:P(A;;0x1301bf;;;S-1-5-20)(A;;FR;;;WD)", good + "(A;;0x1301bf;;;S-1-5-20)", 1,
		},
		"the owner": {
			"O:S-1-5-19D:P(A;;FR;;;WD)", good + "(A;;FA;;;S-1-5-19)", 1,
		},
		"what was denied stays denied": {
			"O:BAD:P(D;;0x10000;;;S-1-5-20)(A;;FR;;;WD)", "D:P(D;;0x10000;;;S-1-5-20)" + good[len("D:P"):], 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			wanted, losers, err := tightened(parsed(t, c.found), self)
			require.NoError(t, err)
			assert.Equal(t, c.wanted, wanted)
			assert.Len(t, losers, c.losers)
			if wanted != "" { // what is written is good to read
				again, losers, err := tightened(parsed(t, "O:BA"+wanted), self)
				require.NoError(t, err)
				assert.Empty(t, again)
				assert.Empty(t, losers)
			}
		})
	}
}

func TestNoListIsEverybody(t *testing.T) {
	self, err := windows.StringToSid(serviceAccount)
	require.NoError(t, err)
	found, err := windows.NewSecurityDescriptor()
	require.NoError(t, err)
	require.NoError(t, found.SetOwner(self, false))
	require.NoError(t, found.SetDACL(nil, true, false))
	wanted, losers, err := tightened(found, self)
	require.NoError(t, err)
	assert.Equal(t, private("", self), wanted)
	assert.NotEmpty(t, losers)
}

// insiders are those who may have rights to what we make, in the order that the system lists them.
func insiders(t *testing.T) []string {
	t.Helper()
	self, err := account()
	require.NoError(t, err)
	return []string{systemSID, administratorsSID, self.String()}
}

// allowed reads back who has rights to a file.
func allowed(t *testing.T, path string) []string {
	t.Helper()
	found, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	list, _, err := found.DACL()
	require.NoError(t, err)
	require.NotNil(t, list, "no list is everybody")
	var sids []string
	for n := range list.AceCount {
		var entry *windows.ACCESS_ALLOWED_ACE
		require.NoError(t, windows.GetAce(list, uint32(n), &entry))
		if entry.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE {
			sids = append(sids, sidOf(entry).String())
		}
	}
	return sids
}

func grant(t *testing.T, path, text string) {
	t.Helper()
	list, err := accessList(text)
	require.NoError(t, err)
	require.NoError(t, windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil))
}

func TestWhatIsMadeIsForInsidersOnly(t *testing.T) {
	directory := filepath.Join(storetest.TempDir(t), "Zwei W\u00f6rter \u65e5\u672c")
	require.NoError(t, Mkdir(directory))
	path := filepath.Join(directory, "doap.db")
	file, err := Create(path)
	require.NoError(t, err)
	_, err = file.WriteString("secret")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	for _, made := range []string{directory, path} {
		found := allowed(t, made)
		assert.NotEmpty(t, found)
		assert.Subset(t, insiders(t), found)
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "secret", string(text))

	_, err = Create(path)
	require.ErrorIs(t, err, fs.ErrExist)
	require.ErrorIs(t, Mkdir(directory), fs.ErrExist)
	_, err = Create(filepath.Join(directory, "missing", "doap.db"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Create("nul\x00byte")
	require.Error(t, err)
	require.Error(t, Mkdir("nul\x00byte"))
}

func TestOthersLoseTheirRights(t *testing.T) {
	directory := filepath.Join(storetest.TempDir(t), "data")
	require.NoError(t, Mkdir(directory)) // Wine adds what the directory grants, whatever the list says
	path := filepath.Join(directory, "doap.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	grant(t, path, private("")+"(A;;FR;;;"+everyone+")(A;;FR;;;"+users+")")
	require.Contains(t, allowed(t, path), everyone, "the test needs a loose file")

	before, err := Tighten(path)
	require.NoError(t, err)
	assert.Contains(t, before, "Everyone")
	assert.Subset(t, insiders(t), allowed(t, path))
	before, err = Tighten(path)
	require.NoError(t, err)
	assert.Empty(t, before, "the second time there is nothing to say")

	_, err = Tighten(path + "-wal")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestAFileBesideGetsTheRightsOfTheModel(t *testing.T) {
	directory := filepath.Join(storetest.TempDir(t), "data")
	require.NoError(t, Mkdir(directory))
	model, path := filepath.Join(directory, "doap.db"), filepath.Join(directory, "doap.db.key")
	for _, name := range []string{model, path} {
		file, err := Create(name)
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	grant(t, model, private("")+"(A;;FR;;;"+everyone+")") // whom Wine knows, unlike an account of its own for a service
	require.NotContains(t, allowed(t, path), everyone)
	require.NoError(t, Like(path, model))
	assert.Contains(t, allowed(t, path), everyone)
	require.ErrorIs(t, Like(path, model+"-wal"), fs.ErrNotExist)
}
