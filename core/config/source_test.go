// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store/storetest"
)

// directory is a configuration directory whose files carry the times that a test gives them.
type directory struct {
	*testing.T
	path string
	at   time.Time
}

func newDirectory(t *testing.T) *directory {
	t.Helper()
	return &directory{T: t, path: storetest.TempDir(t), at: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)}
}

// write stores a file, each time an hour later.
func (d *directory) write(name, text string) {
	d.Helper()
	d.at = d.at.Add(time.Hour)
	d.writeUnnoticed(name, text)
}

// writeUnnoticed stores a file with the time of the last write, as a second write within a tick of the clock does.
func (d *directory) writeUnnoticed(name, text string) {
	d.Helper()
	path := filepath.Join(d.path, name)
	require.NoError(d, os.WriteFile(path, []byte(text), 0o600))
	require.NoError(d, os.Chtimes(path, d.at, d.at))
}

// source reads the directory one day after the last write.
func (d *directory) source() *Source {
	source := NewSource(d.path)
	source.now = func() time.Time { return d.at.Add(24 * time.Hour) }
	return source
}

func withCode(lifetime string) string {
	return "{" + issuerLine + `, "lifetimes": {"code": "` + lifetime + `"}}`
}

func TestRefreshReadsChangesOnly(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	source := dir.source()
	assert.Nil(t, source.Current(), "nothing is read before Refresh")

	changed, warnings, err := source.Refresh()
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Empty(t, warnings)
	first := source.Current()
	assert.Equal(t, 30*time.Second, first.Lifetimes.Code)

	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.False(t, changed)
	assert.Same(t, first, source.Current())

	dir.writeUnnoticed("10.json", withCode("31s"))
	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.False(t, changed, "the listing is the same and old: files are not read again")

	dir.write("10.json", withCode("40s"))
	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Equal(t, 40*time.Second, source.Current().Lifetimes.Code)
	assert.Equal(t, 30*time.Second, first.Lifetimes.Code, "who holds the old one keeps it")

	dir.write("20.json", `{"lifetimes": {"code": "50s"}}`)
	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.True(t, changed, "a file came")
	assert.Equal(t, 50*time.Second, source.Current().Lifetimes.Code)

	require.NoError(t, os.Remove(filepath.Join(dir.path, "20.json")))
	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.True(t, changed, "a file went")
	assert.Equal(t, 40*time.Second, source.Current().Lifetimes.Code)

	dir.write("10.json", withCode("40s"))
	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.False(t, changed, "the time changed, the content did not")
}

func TestRefreshDistrustsYoungFiles(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	source := NewSource(dir.path)
	source.now = func() time.Time { return dir.at.Add(time.Second) }
	_, _, err := source.Refresh()
	require.NoError(t, err)

	dir.writeUnnoticed("10.json", withCode("31s"))
	changed, _, err := source.Refresh()
	require.NoError(t, err)
	assert.True(t, changed, "a write within the same tick is seen")
	assert.Equal(t, 31*time.Second, source.Current().Lifetimes.Code)
}

func TestAYoungFaultStands(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", `{"issuer": 1}`)
	source := NewSource(dir.path)
	source.now = func() time.Time { return dir.at }
	for range 2 {
		_, _, err := source.Refresh()
		require.ErrorContains(t, err, "10.json, line 1: issuer")
	}
}

func TestAFileThatIsPutBackWithItsTime(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	source := dir.source()
	_, _, err := source.Refresh()
	require.NoError(t, err)
	before := dir.at

	dir.write("10.json", withCode("40s"))
	source.now = func() time.Time { return dir.at }
	_, _, err = source.Refresh()
	require.NoError(t, err)
	require.Equal(t, 40*time.Second, source.Current().Lifetimes.Code)

	dir.at = before
	dir.writeUnnoticed("10.json", withCode("30s"))
	_, _, err = source.Refresh()
	require.NoError(t, err)
	assert.Equal(t, 30*time.Second, source.Current().Lifetimes.Code, "a listing that was seen before proves nothing")
}

func TestABadFileKeepsTheLastGoodConfiguration(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	source := dir.source()
	_, _, err := source.Refresh()
	require.NoError(t, err)
	good := source.Current()

	dir.write("20.json", `{"lifetimes": {"code": "1h"}, "colour": "blue"}`)
	changed, warnings, err := source.Refresh()
	require.ErrorContains(t, err, "20.json, line 1: lifetimes.code")
	assert.False(t, changed)
	assert.Len(t, warnings, 1)
	assert.Same(t, good, source.Current())

	changed, warnings, err = source.Refresh()
	require.ErrorContains(t, err, "20.json", "the fault stands until it is mended")
	assert.False(t, changed)
	assert.Empty(t, warnings, "warnings are given once")
	assert.Same(t, good, source.Current())

	dir.write("20.json", `{"lifetimes": {"code": "10s"}}`)
	changed, _, err = source.Refresh()
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Equal(t, 10*time.Second, source.Current().Lifetimes.Code)
}

func TestMissingDirectory(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	source := NewSource(filepath.Join(dir.path, "doapconfig.d"))
	_, _, err := source.Refresh()
	require.ErrorContains(t, err, filepath.Join(dir.path, "doapconfig.d")+" does not exist")
	require.ErrorContains(t, err, "doapctl init --issuer")
	assert.Nil(t, source.Current())
	_, _, err = source.Refresh()
	require.ErrorContains(t, err, "does not exist", "the fault stands until it is mended")

	require.NoError(t, os.Mkdir(filepath.Join(dir.path, "doapconfig.d"), 0o700))
	_, _, err = source.Refresh()
	require.ErrorContains(t, err, "issuer is missing", "an empty directory lacks the issuer")
}

func TestADirectoryThatComesBack(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	source := dir.source()
	_, _, err := source.Refresh()
	require.NoError(t, err)
	good := source.Current()

	require.NoError(t, os.Rename(dir.path, dir.path+".away"))
	_, _, err = source.Refresh()
	require.ErrorContains(t, err, "does not exist")
	assert.Same(t, good, source.Current())

	require.NoError(t, os.Rename(dir.path+".away", dir.path))
	changed, _, err := source.Refresh()
	require.NoError(t, err)
	assert.False(t, changed, "it is the configuration in force")
}

func TestOnlyJSONFilesAreRead(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.JSON", withCode("30s"))
	dir.write(".#10.json", "a lock of an editor")
	dir.write("10.json~", "a backup of an editor")
	dir.write("README.txt", "notes")
	require.NoError(t, os.Mkdir(filepath.Join(dir.path, "old.json"), 0o700))
	require.NoError(t, os.Symlink(filepath.Join(dir.path, "gone"), filepath.Join(dir.path, ".broken.json")))
	source := dir.source()
	changed, warnings, err := source.Refresh()
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Empty(t, warnings)
	assert.Equal(t, 30*time.Second, source.Current().Lifetimes.Code)
}

func TestAHugeFileIsNotRead(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s")+string(bytes.Repeat([]byte(" "), maxFileSize)))
	_, _, err := dir.source().Refresh()
	require.ErrorContains(t, err, "10.json: cannot be read: it is larger than 1048576 bytes")
}

func TestCurrentWhileRefreshing(t *testing.T) {
	dir := newDirectory(t)
	dir.write("10.json", withCode("30s"))
	source := dir.source()
	_, _, err := source.Refresh()
	require.NoError(t, err)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					assert.Equal(t, "https://domino.example.com/doap", source.Current().Issuer)
				}
			}
		})
	}
	for _, lifetime := range []string{"1s", "2s", "3s", "4s", "5s"} {
		dir.write("10.json", withCode(lifetime))
		changed, _, err := source.Refresh()
		require.NoError(t, err)
		assert.True(t, changed)
	}
	close(stop)
	readers.Wait()
}
