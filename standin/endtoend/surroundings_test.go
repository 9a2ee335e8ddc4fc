// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// neighbour compiles another filter, one that takes part in every event and keeps the rules.
func neighbour(t *testing.T) string {
	t.Helper()
	library := filepath.Join(t.TempDir(), tested.Library("right"))
	require.NoError(t, tested.CompileLibrary(t.Context(), filepath.Join("..", "wrongfilters"), library))
	return library
}

// Another filter in front of ours or behind it changes nothing: privateContext is shared, events come to both.
func TestBesideAnotherFilter(t *testing.T) {
	other, ours := neighbour(t), tested.library(t)
	for name, o := range map[string]options{
		"in front of it": {library: ours, extra: []string{"--host-arg", "--neighbour", "--host-arg", tested.Path(other)}},
		"behind it":      {library: other, extra: []string{"--host-arg", "--filter", "--host-arg", tested.Path(ours)}},
	} {
		for _, event := range []string{"authorized", "process"} {
			t.Run(name+" "+event, func(t *testing.T) {
				o.userEvent = event
				s := start(t, o)
				tutorial(t, s, alice)
				assert.NotContains(t, strings.Join(s.printed(), "\n"), "privateContext")
				loaded := slices.DeleteFunc(s.printed(), func(line string) bool { return !strings.Contains(line, "Loaded successfully") })
				require.Len(t, loaded, 2)
				assert.Equal(t, name == "behind it", strings.Contains(loaded[0], "DSAPI right "), "%q", loaded)
				s.await(t, "right: Response with another context")
				from := len(s.printed())
				s.tell(t, "tell http restart")
				s.awaitAfter(t, from, "standin: restarted")
				tutorial(t, s, taro)
			})
		}
	}
}

// Domino's data directory may have a name like any other directory.
func TestDataDirectoryWithBlanksAndLetters(t *testing.T) {
	signs := "a'b;c#d?e&f=g"
	if tested.Windows() {
		signs = strings.ReplaceAll(signs, "?", "%") // Windows has no file of that name
	}
	for name, directory := range map[string]string{"Latin-1": "Domino Daten (Büro)", "Japanese": "データ 100%", "signs": signs} {
		t.Run(name, func(t *testing.T) {
			place := filepath.Join(t.TempDir(), directory)
			require.NoError(t, os.Mkdir(place, 0o700))
			t.Setenv("TMPDIR", place)
			t.Run("served from there", func(t *testing.T) {
				s := start(t, options{})
				require.True(t, strings.HasPrefix(s.data, place), s.data)
				tutorial(t, s, alice)
			})
		})
	}
}

// The administrator sees with Domino's own command how often requests reach the filter's Go half.
func TestShowStatistics(t *testing.T) {
	s := start(t, options{})
	crossings := func() int {
		from := len(s.printed())
		s.tell(t, "show stat doap")
		s.awaitAfter(t, from, "statistics found")
		_, number, found := strings.Cut(s.awaitAfter(t, from, "Doap.Crossings = "), "= ")
		require.True(t, found)
		count, err := strconv.Atoi(number)
		require.NoError(t, err)
		return count
	}
	before := crossings()
	require.Eventually(t, func() bool {
		s.token(t, "grant_type", "refresh_token", "refresh_token", "x")
		return crossings() > before
	}, patience, tick)
}

// So may the paths that notes.ini gives, which reach the filter in LMBCS.
func TestPathsInNotesINI(t *testing.T) {
	s := start(t, options{damage: func(t *testing.T, data string) {
		t.Helper()
		elsewhere := filepath.Join(data, "Büro 山田")
		require.NoError(t, os.Mkdir(elsewhere, 0o700))
		for _, name := range []string{"doap.db", "doap.db.key", "doapconfig.d"} {
			require.NoError(t, os.Rename(filepath.Join(data, name), filepath.Join(elsewhere, name)))
		}
		text := "[Notes]\r\nDOAP_App_Path=Büro 山田/doap.db\r\nDOAP_Config_Dir=" + tested.Path(filepath.Join(elsewhere, "doapconfig.d")) + "\r\n"
		require.NoError(t, os.WriteFile(filepath.Join(data, "notes.ini"), []byte(text), 0o600))
	}})
	tutorial(t, s, alice)
}

// The reference shows the header text without the request line: nothing may depend on it.
func TestHeaderTextWithoutRequestLine(t *testing.T) {
	s := start(t, options{extra: []string{"--host-arg", "--no-request-line"}})
	token := s.tokens(t, alice).text("access_token")
	got := s.read(t, "/sales.nsf/api/data/documents", token)
	require.Equal(t, alice.canonical, got.header.Get("X-Standin-User"), got.body)
	request := newRequest(t, http.MethodGet, s.base+"/standin/environ", "")
	request.Header["X-Doap-Scope"] = []string{"forged"}
	require.NotContains(t, do(t, http.DefaultClient, request).body, "forged")
}
