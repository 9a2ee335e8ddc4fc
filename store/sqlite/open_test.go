// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
	"ndoap/store/seal"
	"ndoap/store/storetest"
)

func TestOddFileNames(t *testing.T) {
	names := []string{
		"plain.db", "two words.db", "hash#mark.db", "per%20cent.db", "am&per=sand+plus;.db",
		"J\u00fcrgen \u65e5\u672c.db", "[brackets].db", "file:.db",
	}
	if runtime.GOOS != "windows" { // which forbids these
		names = append(names, "question?mode=memory.db", `back\slash.db`, "not-\xffUTF-8.db", "colon:quote\".db")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			directory := filepath.Join(storetest.TempDir(t), "data #1 100%")
			require.NoError(t, os.Mkdir(directory, 0o700))
			path := filepath.Join(directory, name)
			s, err := Create(path, Options{})
			require.NoError(t, err)
			require.NoError(t, s.AddClient(t.Context(), newClient("app")))
			require.NoError(t, s.Close())
			entries, err := os.ReadDir(directory)
			require.NoError(t, err)
			assert.Len(t, entries, 2, "Close leaves the database and the sealing key")
			s = reopen(t, path, Options{})
			_, err = s.Client(t.Context(), "app")
			require.NoError(t, err)
			files, err := filepath.Glob(filepath.Join(filepath.Dir(directory), "*", "*"))
			require.NoError(t, err)
			for _, file := range files {
				assert.Contains(t, append(fileNames(path), seal.FileOf(path)), file)
			}
		})
	}
}

func TestDataSource(t *testing.T) {
	for name, c := range map[string]struct {
		path      string
		separator rune
		want      string
	}{
		"Linux":                 {"/local/notesdata/doap.db", '/', "file:///local/notesdata/doap.db"},
		"Linux with back-slash": {`/a\b/doap.db`, '/', "file:///a%5Cb/doap.db"},
		"Windows drive":         {`C:\Program Files\HCL\Domino\Data\doap.db`, '\\', "file:///C:/Program%20Files/HCL/Domino/Data/doap.db"},
		"Windows share":         {`\\server\share\100%\doap?.db`, '\\', "file:////server/share/100%25/doap%3F.db"},
		"mixed slashes":         {`D:\data/doap#1.db`, '\\', "file:///D:/data/doap%231.db"},
	} {
		t.Run(name, func(t *testing.T) {
			got := dataSource(c.path, c.separator, Options{}.withDefaults(), url.Values{"mode": {"rw"}})
			assert.Equal(t, c.want+"?_busy_timeout=3000&mode=rw", got)
		})
	}
}

func TestRelativePathsOutliveAChangeOfDirectory(t *testing.T) {
	t.Chdir(storetest.TempDir(t))
	s := closing(t)(Create("doap.db", Options{}))
	t.Chdir(storetest.TempDir(t))
	require.NoError(t, s.file.same())
	require.NoError(t, s.AddClient(t.Context(), newClient("app")))
}

func TestOpenRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		prepare  func(t *testing.T, path string)
		sentence string
	}{
		"a missing file": {func(*testing.T, string) {}, "does not exist: create it with `doapctl init`"},
		"a missing directory": {func(t *testing.T, path string) {
			require.NoError(t, os.Remove(filepath.Dir(path)))
		}, "does not exist: create it with `doapctl init`"},
		"a directory": {func(t *testing.T, path string) {
			require.NoError(t, os.Mkdir(path, 0o700))
		}, "is not a file"},
		"an empty file": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, nil, 0o600))
		}, "is not a database of ndoap"},
		"a text file": {func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("a Notes database is something else than this"), 0o600))
		}, "is not an SQLite database"},
		"another program's database": {func(t *testing.T, path string) {
			execute(t, path, "CREATE TABLE bookmarks (url TEXT)")
		}, "is not a database of ndoap"},
		"a database of a newer program": {func(t *testing.T, path string) {
			made(t, path)
			execute(t, path, "INSERT INTO migrations VALUES (1000, 'future', 0)")
		}, "was written by a newer ndoap (its schema is 1000, this program knows"},
		"a read-only database": {func(t *testing.T, path string) {
			made(t, path)
			patch(t, path, 18, 3) // a write version SQLite does not know, for which it opens the file read-only
		}, "cannot be written: give the account"},
		"a damaged database": {func(t *testing.T, path string) {
			made(t, path)
			info, err := os.Stat(path)
			require.NoError(t, err)
			garbage := make([]byte, info.Size()-100)
			for i := range garbage {
				garbage[i] = 0xA5
			}
			patch(t, path, 100, garbage...)
		}, "is damaged: stop the HTTP task and restore"},
		"a locked database": {func(t *testing.T, path string) {
			made(t, path)
			other := outsider(t, path)
			_, err := other.Exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
			require.NoError(t, err)
		}, "is locked by another program"},
		"a database that is being written": {func(t *testing.T, path string) {
			made(t, path)
			_, err := outsider(t, path).Exec("BEGIN IMMEDIATE")
			require.NoError(t, err)
		}, "is locked by another program"},
	} {
		t.Run(name, func(t *testing.T) {
			directory := filepath.Join(storetest.TempDir(t), "data")
			require.NoError(t, os.Mkdir(directory, 0o700))
			path := filepath.Join(directory, "doap.db")
			c.prepare(t, path)
			before := content(t, directory)
			s, err := Open(path, Options{BusyTimeout: 1})
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorContains(t, err, c.sentence)
			require.ErrorContains(t, err, path)
			assert.Nil(t, s)
			for name, bytes := range before {
				assert.Equal(t, bytes, content(t, directory)[name], "a refused file is not touched")
			}
		})
	}
}

func TestCreate(t *testing.T) {
	t.Run("makes a database", func(t *testing.T) {
		path := filepath.Join(storetest.TempDir(t), "doap.db")
		require.NoError(t, closing(t)(Create(path, Options{})).Check())
		closing(t)(Open(path, Options{}))
	})
	t.Run("opens one that is there", func(t *testing.T) {
		path := filepath.Join(storetest.TempDir(t), "doap.db")
		require.NoError(t, closing(t)(Create(path, Options{})).AddClient(t.Context(), newClient("app")))
		_, err := closing(t)(Create(path, Options{})).Client(t.Context(), "app")
		require.NoError(t, err)
	})
	t.Run("needs the directory", func(t *testing.T) {
		directory := filepath.Join(storetest.TempDir(t), "missing")
		_, err := Create(filepath.Join(directory, "doap.db"), Options{})
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.ErrorContains(t, err, "does not exist: create it first")
		require.NoDirExists(t, directory)
	})
	for name, prepare := range map[string]func(t *testing.T, path string){
		"a text file": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, []byte("precious notes that nobody wants to lose"), 0o600))
		},
		"an empty file": func(t *testing.T, path string) {
			require.NoError(t, os.WriteFile(path, nil, 0o600))
		},
		"another program's database": func(t *testing.T, path string) { execute(t, path, "CREATE TABLE bookmarks (url TEXT)") },
		"a directory":                func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			path := filepath.Join(storetest.TempDir(t), "doap.db")
			prepare(t, path)
			before := content(t, filepath.Dir(path))
			_, err := Create(path, Options{})
			require.ErrorIs(t, err, store.ErrExists)
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "try again, in case somebody else is creating it", "who removes it then removes what another made")
			assert.Equal(t, before, content(t, filepath.Dir(path)))
		})
	}
	t.Run("leaves nothing when it fails", func(t *testing.T) {
		path := filepath.Join(storetest.TempDir(t), "doap.db")
		// The log of a database that was removed carelessly: SQLite refuses to have a directory in its place.
		require.NoError(t, os.MkdirAll(filepath.Join(path+"-wal", "x"), 0o700))
		_, err := Create(path, Options{})
		require.ErrorIs(t, err, store.ErrUnavailable)
		require.NoFileExists(t, path)
		require.NoFileExists(t, path+"-shm")
	})
}

// made creates a database and closes it.
func made(t *testing.T, path string) {
	t.Helper()
	s, err := Create(path, Options{})
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// outsider is another program that has the database open.
func outsider(t *testing.T, path string) *sql.DB {
	t.Helper()
	other, err := sql.Open("sqlite3", dataSource(path, os.PathSeparator, Options{}.withDefaults(), url.Values{"mode": {"rwc"}}))
	require.NoError(t, err)
	other.SetMaxOpenConns(1)
	t.Cleanup(func() { assert.NoError(t, other.Close()) })
	return other
}

// execute lets another program do something to a database and end.
func execute(t *testing.T, path, text string) {
	t.Helper()
	other := outsider(t, path)
	_, err := other.Exec(text)
	require.NoError(t, err)
	require.NoError(t, other.Close())
}

// patch overwrites bytes of a file that nobody has open.
func patch(t *testing.T, path string, offset int64, bytes ...byte) {
	t.Helper()
	target, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = target.WriteAt(bytes, offset)
	require.NoError(t, err)
	require.NoError(t, target.Close())
}

// content returns the files of a directory that other programs do not keep in memory.
func content(t *testing.T, directory string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(directory)
	if err != nil {
		require.ErrorIs(t, err, fs.ErrNotExist)
		return files
	}
	for _, entry := range entries {
		if entry.IsDir() || filepath.Ext(entry.Name()) != ".db" {
			files[entry.Name()] = fmt.Sprint(entry.Type())
			continue
		}
		bytes, err := os.ReadFile(filepath.Join(directory, entry.Name()))
		require.NoError(t, err)
		files[entry.Name()] = string(bytes)
	}
	return files
}
