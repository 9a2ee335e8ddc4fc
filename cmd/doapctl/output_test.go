// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestColumnsOfATableAreAligned(t *testing.T) {
	for name, c := range map[string]struct{ cell, padded string }{
		"plain":                  {"Anna Berg", "Anna Berg    "},
		"umlauts":                {"J\u00f6rg Gr\u00fcn", "J\u00f6rg Gr\u00fcn    "},
		"an umlaut of two":       {"Jo\u0308rg Gru\u0308n", "Jo\u0308rg Gru\u0308n    "},
		"Japanese":               {"\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530 \u592a\u90ce    "},
		"Katakana":               {"\u30a2\u30f3\u30ca", "\u30a2\u30f3\u30ca       "},
		"halfwidth Katakana":     {"\uff71\uff9d\uff85", "\uff71\uff9d\uff85          "},
		"Korean":                 {"\uae40\ubbfc\uc900", "\uae40\ubbfc\uc900       "},
		"beyond the first plane": {"\U00020bb7\u91ce", "\U00020bb7\u91ce         "},
		"nothing":                {"", "             "},
	} {
		t.Run(name, func(t *testing.T) {
			var printed strings.Builder
			s := &session{stdout: &printed}
			require.NoError(t, s.table([][]string{{"NAME", "STATE"}, {c.cell, "good"}, {"CN=Ada/O=X", ""}, {"eleven char", "good"}}))
			assert.Equal(t, "NAME         STATE\n"+c.padded+"good\nCN=Ada/O=X   \neleven char  good\n", printed.String())
		})
	}
}
