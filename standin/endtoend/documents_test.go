// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every message that the library can print on the console is explained in docs/operate.md.
func TestConsoleMessagesAreExplained(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate.md"))
	require.NoError(t, err)
	messages := regexp.MustCompile(`(?i)\blog(?:\)|\(\))?\.(?:Info|Warn|Error|Log|LogAttrs)\([^"\n]*\n?\s*"([^"]+)"|sayOnce\("([^"]+)"|` +
		`ndoap_notes_console\("ndoap: ([^"]+)"`)
	found := 0
	for path, text := range sourcesOfTheLibrary(t) {
		for _, match := range messages.FindAllStringSubmatch(text, -1) {
			message, _, _ := strings.Cut(match[1]+match[2]+match[3], ": ")
			message = strings.TrimRight(message, ". ")
			assert.Truef(t, strings.Contains(string(manual), message), "%s: %q", path, message)
			found++
		}
	}
	assert.GreaterOrEqual(t, found, 20, "messages in the sources")
}

// Every message that docs/operate.md explains is one that the library can print: its words, without what is different
// each time, the names of settings among it.
func TestExplainedConsoleMessagesExist(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(manual), "\n## Console messages\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var library strings.Builder
	for _, text := range sourcesOfTheLibrary(t) {
		library.WriteString(regexp.MustCompile(`"\s*\+?\s*"`).ReplaceAllString(text, "")) // texts that go on in the next line
	}
	different := regexp.MustCompile(`( \w+=\.\.\.)+|\.\.\.|FILE, line N: KEY|\bNAME\b|\bN\b|` +
		`\b[a-zA-Z]+(?:\.[a-z]\w*)*(?:\.[a-z]\w+|[a-z][A-Z]\w*)`)
	explained := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+`[^|]*) \\|").FindAllStringSubmatch(section, -1) {
		for _, message := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			for _, words := range different.Split(message[1], -1) {
				if words = strings.Trim(words, " ;:="); words != "" {
					assert.Truef(t, strings.Contains(library.String(), words), "%q of %q", words, message[1])
				}
			}
			explained++
		}
	}
	assert.GreaterOrEqual(t, explained, 40, "messages in docs/operate.md")
}

// The table of the audit trail in docs/operate.md has every action, and no other.
func TestAuditActionsAreExplained(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate.md"))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(manual), "\n## The audit trail\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var explained, known []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(section, -1) {
		explained = append(explained, strings.Split(strings.ReplaceAll(row[1], "`", ""), ", ")...)
	}
	records, err := os.ReadFile(filepath.Join("..", "..", "store", "records.go"))
	require.NoError(t, err)
	for _, action := range regexp.MustCompile(`(?m)^\tAudit\w+ +(?:AuditAction )?= "([^"]+)"`).FindAllStringSubmatch(string(records), -1) {
		if !slices.Contains([]string{"success", "failure"}, action[1]) { // outcomes
			known = append(known, action[1])
		}
	}
	assert.ElementsMatch(t, known, explained)
}

// sourcesOfTheLibrary are the files of which the library is made, by path.
func sourcesOfTheLibrary(t *testing.T) map[string]string {
	t.Helper()
	var paths []string
	for _, root := range []string{"core", "filter", "store", "cshim"} {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", "..", root), func(path string, _ fs.DirEntry, err error) error {
			if slices.Contains([]string{".go", ".c"}, filepath.Ext(path)) && !strings.HasSuffix(path, "_test.go") {
				paths = append(paths, path)
			}
			return err
		}))
	}
	sources := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		sources[path] = string(text)
	}
	return sources
}

// Every link between the documents leads to a file and a heading that are there.
func TestLinksOfTheDocuments(t *testing.T) {
	root := filepath.Join("..", "..")
	documents, err := filepath.Glob(filepath.Join(root, "*.md"))
	require.NoError(t, err)
	for _, pattern := range []string{"docs/*.md", "docs/adr/*.md", "docs/providers/*.md"} {
		more, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		documents = append(documents, more...)
	}
	headings := map[string][]string{}
	texts := map[string]string{}
	for _, path := range documents {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		texts[path] = regexp.MustCompile("(?s)```.*?```").ReplaceAllString(string(text), "")
		for _, match := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(texts[path], -1) {
			anchor := regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(strings.ToLower(match[1]), "")
			headings[path] = append(headings[path], strings.ReplaceAll(anchor, " ", "-"))
		}
	}
	links := 0
	for path, text := range texts {
		for _, match := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			file, anchor, anchored := strings.Cut(match[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			links++
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), filepath.FromSlash(file))
			}
			_, err := os.Stat(target)
			assert.NoErrorf(t, err, "%s: %s", path, match[1])
			if anchored {
				assert.Containsf(t, headings[target], anchor, "%s: %s", path, match[1])
			}
		}
	}
	assert.NotZero(t, links)
}
