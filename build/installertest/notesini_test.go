// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever notes.ini holds, its bytes stay; there is one line more, and /PURGE takes it back.
func TestNotesINI(t *testing.T) {
	const crlf, lf = "DOAP_App_Path=doap.db\r\n", "DOAP_App_Path=doap.db\n"
	cases := map[string]struct{ before, after string }{
		"CRLF":                       {plainINI, plainINI + crlf},
		"LF":                         {"[Notes]\nKitType=2\n", "[Notes]\nKitType=2\n" + lf},
		"no line ending at the end":  {"[Notes]\r\nKitType=2", "[Notes]\r\nKitType=2\r\nDOAP_App_Path=doap.db"},
		"LF, none at the end":        {"[Notes]\nKitType=2", "[Notes]\nKitType=2\nDOAP_App_Path=doap.db"},
		"empty":                      {"", crlf},
		"Windows 1252":               {"[Notes]\r\nName=M\xfcller \x80\x99\r\n", "[Notes]\r\nName=M\xfcller \x80\x99\r\n" + crlf},
		"Japanese (932)":             {"[Notes]\r\nName=\x83\x5c\x83\x7b\x93\xfa\x96\x7b\r\n", "[Notes]\r\nName=\x83\x5c\x83\x7b\x93\xfa\x96\x7b\r\n" + crlf},
		"a lead byte before the end": {"[Notes]\r\nName=\xe9\r\nX=1\xe9\r\n", "[Notes]\r\nName=\xe9\r\nX=1\xe9\r\n" + crlf},
		"UTF-8 with byte order mark": {"\xef\xbb\xbf[Notes]\r\nName=日本\r\n", "\xef\xbb\xbf[Notes]\r\nName=日本\r\n" + crlf},
		"only a byte order mark":     {"\xef\xbb\xbf", "\xef\xbb\xbf" + crlf},
		"the name within another":    {"[Notes]\r\nOLD_DOAP_App_Path=1\r\nDOAP_App_Path2=1\r\nX=DOAP_App_Path=\r\n", "[Notes]\r\nOLD_DOAP_App_Path=1\r\nDOAP_App_Path2=1\r\nX=DOAP_App_Path=\r\n" + crlf},
		"very long lines":            {"[Notes]\r\nX=" + strings.Repeat("DOAP_App_Path=", 700) + "\r\n", "[Notes]\r\nX=" + strings.Repeat("DOAP_App_Path=", 700) + "\r\n" + crlf},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, x64)
			write(t, s.ini, c.before)
			s.mustInstall(t, current)
			assert.Equal(t, c.after, read(t, s.ini))
			assert.Equal(t, c.before, read(t, s.ini+".ndoap-backup"))

			got := s.uninstall(t, "/PURGE")
			require.Zerof(t, got.code, "%s", got.log)
			assert.Equal(t, c.before, read(t, s.ini))
		})
	}
}

func TestNotesINIHasTheVariable(t *testing.T) {
	cases := map[string]string{
		"in the middle":         "[Notes]\r\nDOAP_App_Path=doap.nsf\r\nKitType=2\r\n",
		"in small letters":      "[Notes]\r\ndoap_app_path=x.db\r\n",
		"with blanks":           "[Notes]\r\n\t DOAP_App_Path =x.db\r\n",
		"at the start":          "DOAP_App_Path=x.db\r\n",
		"after the mark":        "\xef\xbb\xbfDOAP_App_Path=x.db\r\n",
		"without line ending":   "[Notes]\nDOAP_App_Path=x.db",
		"empty":                 "[Notes]\nDOAP_App_Path=\n",
		"after its name, twice": "X=DOAP_App_Path DOAP_App_Path\nDOAP_App_Path=x.db\n",
	}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, x64)
			write(t, s.ini, text)
			got := s.install(t, current, "")
			require.Zerof(t, got.code, "%s", got.log)
			assert.Contains(t, got.log, "has this line already and stays as it is")
			assert.Equal(t, text, read(t, s.ini))
			assert.NoFileExists(t, s.ini+".ndoap-backup")
		})
	}
}

// In the middle of what Domino and others wrote since.
func TestPurgeTakesTheLineOutOfTheMiddle(t *testing.T) {
	s := newServer(t, x64)
	s.mustInstall(t, current)
	write(t, s.ini, plainINI+ourLine+"Later=\x83\x5c\r\n")
	got := s.uninstall(t, "/PURGE")
	require.Zerof(t, got.code, "%s", got.log)
	assert.Equal(t, plainINI+"Later=\x83\x5c\r\n", read(t, s.ini))
}
