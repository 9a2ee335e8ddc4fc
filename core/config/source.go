// SPDX-License-Identifier: Apache-2.0

package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxFileSize is far above any configuration and keeps a misplaced file from being read into memory.
	maxFileSize = 1 << 20

	// settledAfter is how old a file must be before an unchanged listing proves that its content is unchanged: file
	// systems count time in steps of up to two seconds (FAT), and a second write within a step does not show.
	settledAfter = 3 * time.Second
)

// Source reads a directory of configuration files again whenever it changes.
type Source struct {
	dir     string
	now     func() time.Time
	current atomic.Pointer[Config]

	refresh      sync.Mutex // guards what follows
	listing      string     // the names, sizes and times that were read last; empty when they may not be trusted
	content      [sha256.Size]byte
	parsed       bool  // content was parsed
	contentFault error // of the content
}

// NewSource returns a source over the *.json files of dir. Nothing is read before Refresh.
func NewSource(dir string) *Source {
	return &Source{dir: dir, now: time.Now} //nolint:forbidigo // only compared with the times of files
}

// Current returns the last good configuration, or nil when there never was one. It takes no lock.
func (s *Source) Current() *Config { return s.current.Load() }

// Refresh reads the files when names, sizes or times in the directory differ from the last look. changed tells that
// Current has become another configuration. Warnings and notes are those of files that were read just now, so that each
// is given once. The error tells why the files at hand are not the configuration in force, and is returned until that is
// mended; the last good configuration stays.
func (s *Source) Refresh() (changed bool, warnings []Problem, err error) {
	s.refresh.Lock()
	defer s.refresh.Unlock()
	listing, names, settled, err := s.list()
	if err == nil && listing == s.listing {
		return false, nil, s.contentFault
	}
	s.listing = ""
	var files []File
	if err == nil {
		files, err = s.read(names)
	}
	if err != nil {
		return false, nil, err
	}
	if settled {
		s.listing = listing
	}
	content := digest(files)
	if s.parsed && content == s.content {
		return false, nil, s.contentFault
	}
	parsed, warnings, err := Parse(files)
	s.parsed, s.content, s.contentFault = true, content, err
	if err != nil {
		return false, warnings, err
	}
	parsed.Directory = s.dir
	s.current.Store(&parsed)
	return true, warnings, nil
}

// Locate tells where the files say what a setting is, by the names that lead to it: the file that counts, and the line of
// the last name that is there. Both are zero when no file can be read or has the first name.
func (s *Source) Locate(path ...string) (file string, line int) {
	_, names, _, err := s.list()
	if err != nil {
		return "", 0
	}
	files, err := s.read(names)
	if err != nil {
		return "", 0
	}
	at := &object{members: map[string]*node{}}
	for _, one := range files {
		if tree, _ := parseTree(one); tree != nil {
			at.lay(tree)
		}
	}
	for _, name := range path {
		member := at.members[name]
		if member == nil {
			break
		}
		file, line = member.file, member.line
		below, isObject := member.value.(*object)
		if !isObject {
			break
		}
		at = below
	}
	return file, line
}

// list describes the directory and names its files in order. settled tells that no file is so young that a later
// change could leave the description as it is.
func (s *Source) list() (listing string, names []string, settled bool, err error) {
	entries, err := os.ReadDir(s.dir) // sorted by name
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, false, Problems{{Level: slog.LevelError, Text: fmt.Sprintf("The configuration directory %s "+
			"does not exist: create it with: doapctl init --issuer https://HOST/doap", s.dir)}}
	}
	if err != nil {
		return "", nil, false, Problems{{Level: slog.LevelError, Text: fmt.Sprintf("The configuration directory %s "+
			"cannot be read: %v", s.dir, err)}}
	}
	var text strings.Builder
	newest := time.Time{}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.EqualFold(filepath.Ext(name), ".json") || strings.HasPrefix(name, ".") {
			continue // notes of the administrator, lock and backup files of editors
		}
		info, err := os.Stat(filepath.Join(s.dir, name)) // not entry.Info: a link stands for its target
		switch {
		case errors.Is(err, fs.ErrNotExist) && entry.Type()&fs.ModeSymlink == 0:
			continue // gone since the directory was read
		case errors.Is(err, fs.ErrNotExist): // what it forbade would be allowed while its disk is away
			return "", nil, false, unreadable(name, errors.New("it is a link to a file that does not exist"))
		case err != nil:
			return "", nil, false, unreadable(name, err)
		case info.IsDir():
			continue
		case !info.Mode().IsRegular(): // reading it might never end
			return "", nil, false, unreadable(name, errNoFile)
		}
		if info.Size() > maxFileSize {
			return "", nil, false, unreadable(name, fmt.Errorf("it is larger than %d bytes", maxFileSize))
		}
		fmt.Fprintf(&text, "%q %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		if info.ModTime().After(newest) {
			newest = info.ModTime()
		}
		names = append(names, name)
	}
	return "listing\n" + text.String(), names, s.now().Sub(newest) > settledAfter, nil
}

func (s *Source) read(names []string) ([]File, error) {
	files := make([]File, 0, len(names))
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return nil, unreadable(name, err)
		}
		files = append(files, File{Name: name, Data: data})
	}
	return files, nil
}

var errNoFile = errors.New("it is no file, but a pipe or a device")

func unreadable(name string, err error) Problems {
	return Problems{{Level: slog.LevelError, File: name, Text: fmt.Sprintf("cannot be read: %v", err)}}
}

// digest tells contents apart, names included.
func digest(files []File) [sha256.Size]byte {
	sum := sha256.New()
	for _, file := range files {
		fmt.Fprintf(sum, "%q %d\n", file.Name, len(file.Data))
		sum.Write(file.Data)
	}
	return [sha256.Size]byte(sum.Sum(nil))
}
