// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/configure.md")
	require.NoError(t, err)
	return string(text)
}

// tableRow is one line of a table whose first cell is a name in code font.
var tableRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.*) \\|$")

func TestTheManualHasEverySettingAndNoOther(t *testing.T) {
	_, table, found := strings.Cut(manual(t), "\n## Settings\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n### ")
	documented := map[string][]string{}
	for _, row := range tableRow.FindAllStringSubmatch(table, -1) {
		documented[row[1]] = strings.SplitN(row[2], " | ", 3)
	}
	defaults := Default()
	for _, known := range settings {
		t.Run(known.key, func(t *testing.T) {
			require.Contains(t, documented, known.key, "it is not in docs/configure.md")
			cells := documented[known.key]
			require.Len(t, cells, 3, "default, allowed, meaning")
			shown, err := json.Marshal(known.show(&defaults))
			require.NoError(t, err)
			switch known.key {
			case "issuer":
				assert.Equal(t, "none, required", cells[0])
			case "scopes":
				assert.Equal(t, "`domino`", cells[0])
			default:
				assert.Equal(t, "`"+string(shown)+"`", cells[0], "default")
			}
			assert.Equal(t, known.allowed, cells[1], "allowed")
			assert.NotEmpty(t, cells[2], "meaning")
			delete(documented, known.key)
		})
	}
	assert.Empty(t, documented, "docs/configure.md has keys that are not in the program")
}

func TestTheManualHasEveryMemberOfAProvider(t *testing.T) {
	_, section, found := strings.Cut(manual(t), "\n### Identity providers\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n### ")
	var documented, known []string
	for _, row := range regexp.MustCompile("(?m)^\\| ((?:`[^`]+`(?:, )?)+) \\|").FindAllStringSubmatch(section, -1) {
		documented = append(documented, strings.Split(strings.ReplaceAll(row[1], "`", ""), ", ")...)
	}
	for _, m := range providerMembers {
		known = append(known, m.names...)
	}
	for _, name := range introspectionNames() {
		known = append(known, "introspection."+name)
	}
	for _, preset := range presets {
		known = append(known, string(preset))
	}
	assert.ElementsMatch(t, known, documented)
	for _, algorithm := range signatureAlgorithms {
		assert.Contains(t, section, "`"+algorithm+"`")
	}
}

func TestTheManualHasEveryVariable(t *testing.T) {
	_, rest, found := strings.Cut(manual(t), "\n## notes.ini\n")
	require.True(t, found)
	section, _, _ := strings.Cut(rest, "\n## ")
	documented := map[string]string{}
	for _, row := range tableRow.FindAllStringSubmatch(section, -1) {
		documented[row[1]], _, _ = strings.Cut(row[2], " | ")
	}
	assert.Equal(t, map[string]string{
		VariableDatabase:  "`" + defaultDatabase + "`",
		VariableConfigDir: "`" + defaultConfigDir + "`",
		VariableLogLevel:  "`info`",
	}, documented)
}

func TestTheManualHasEveryNameOfKeep(t *testing.T) {
	_, section, found := strings.Cut(manual(t), "\n## Settings of KEEP and the HCL Domino REST API\n")
	require.True(t, found)
	_, list, found := strings.Cut(section, ":\n")
	require.True(t, found)
	var documented []string
	for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(list, -1) {
		documented = append(documented, name[1])
	}
	assert.ElementsMatch(t, slices.Collect(maps.Keys(keepNames)), documented)
}

// TestTheExamplesOfTheManualAreAccepted holds the JSON files that administrators copy to the program: no example has a
// mistake, and those that open more than they seem to are the ones that the manual warns about.
func TestTheExamplesOfTheManualAreAccepted(t *testing.T) {
	doubtful := map[string]string{"../../docs/scopes.md": "scopes.orders.read.reportOnly opens everything"}
	pages, err := filepath.Glob("../../docs/providers/*.md")
	require.NoError(t, err)
	for _, page := range append(pages, "../../docs/configure.md", "../../docs/login.md", "../../docs/scopes.md") {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		examples := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(text), -1)
		var doubts Problems
		for _, example := range examples {
			_, warnings, err := Parse(files("{"+issuerLine+"}", example[1]))
			require.NoError(t, err, "%s: %s", page, example[1])
			doubts = append(doubts, warnings...)
		}
		if expected := doubtful[page]; expected != "" {
			require.Len(t, doubts, 1, page)
			assert.Contains(t, doubts.Error(), expected)
			continue
		}
		assert.Empty(t, doubts, page)
	}
}

// TestEveryPresetHasAPage: an administrator finds each product that has a preset, with a file to start from.
func TestEveryPresetHasAPage(t *testing.T) {
	const folder = "../../docs/providers/"
	index, err := os.ReadFile(folder + "README.md")
	require.NoError(t, err)
	pages, err := filepath.Glob(folder + "*.md")
	require.NoError(t, err)
	var shown []Preset
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		name := filepath.Base(page)
		if name != "README.md" {
			assert.Contains(t, manual(t), "(providers/"+name+")")
			assert.Contains(t, string(text), "\n## When it is refused\n", name)
		}
		for _, example := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			read, _, err := Parse(files("{"+issuerLine+"}", example[1]))
			require.NoError(t, err)
			for _, provider := range read.Providers {
				assert.True(t, provider.Active, "%s: %s", name, provider.Name)
				shown = append(shown, provider.Preset)
				if provider.Preset != "" {
					assert.Regexp(t, "(?m)^\\|.*\\("+regexp.QuoteMeta(name)+"\\) \\|.*`"+string(provider.Preset)+"`", string(index))
				}
			}
		}
	}
	for _, preset := range presets {
		assert.Contains(t, shown, preset)
	}
}
