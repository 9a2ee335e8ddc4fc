// SPDX-License-Identifier: Apache-2.0

package architecture

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	document = "../../docs/architecture.md"
	begin    = "<!-- imports: written by go test ./build/architecture -update -->\n"
	end      = "<!-- imports: end -->\n"
)

var update = flag.Bool("update", false, "write the picture into docs/architecture.md")

// picture draws the table for Mermaid: a box for each layer with its packages, an arrow for each import that is
// allowed. Tests, their doubles and the build itself are left out.
func picture() string {
	members := map[layer][]string{}
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		members[packages[path].layer] = append(members[packages[path].layer], path)
	}
	var text strings.Builder
	text.WriteString("```mermaid\nflowchart TD\n")
	layers := slices.Sorted(maps.Keys(members))
	id := func(l layer) string { return strings.NewReplacer(" ", "", "-", "").Replace(string(l)) }
	for _, l := range layers {
		fmt.Fprintf(&text, "    %s[\"<b>%s</b><br>%s\"]\n", id(l), l, strings.Join(members[l], "<br>"))
	}
	for _, from := range layers {
		for _, to := range slices.Sorted(slices.Values(mayImport[from])) {
			if from != to && from != double && len(members[to]) > 0 {
				fmt.Fprintf(&text, "    %s --> %s\n", id(from), id(to))
			}
		}
	}
	text.WriteString("```\n")
	return text.String()
}

func TestThePictureShowsTheTable(t *testing.T) {
	data, err := os.ReadFile(document)
	require.NoError(t, err)
	before, rest, found := strings.Cut(string(data), begin)
	require.Truef(t, found, "%s lacks the line %s", document, begin)
	drawn, after, found := strings.Cut(rest, end)
	require.Truef(t, found, "%s lacks the line %s", document, end)
	if *update {
		require.NoError(t, os.WriteFile(document, []byte(before+begin+picture()+end+after), 0o644))
		return
	}
	assert.Equal(t, picture(), drawn, "run: go test ./build/architecture -update")
}

func TestTheDocumentNamesEveryPackage(t *testing.T) {
	data, err := os.ReadFile(document)
	require.NoError(t, err)
	words := strings.FieldsFunc(string(data), func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789/", r)
	})
	for path := range packages {
		assert.Containsf(t, words, path, "%s does not name %s", document, path)
	}
}
