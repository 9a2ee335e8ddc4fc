// SPDX-License-Identifier: Apache-2.0

package hosttest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

// OSTranslate, there and back, for each group of LMBCS that the stand-in knows.
func TestTranslate(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	tests := []struct{ name, utf8, lmbcs string }{
		{"ASCII", "Ada", "416461"},
		{"line ends", "\t\r\n", "090d0a"},
		{"control characters", "\x01", "0f21"},
		{"Latin-1 is code page 850", "\u00e9\u00df", "82e1"},
		{"Japanese", "\u5c71", "108e52"},
		{"half-width kana double the group byte", "\uff71", "1010b1"},
		{"Korean is Unicode", "\ud55c", "14d55c"},
		{"a low byte of zero", "\u0100", "14f601"},
		{"beyond the first plane", "\U0001f600", "14d83d14f6de"},
		{"malformed", "a\xff", "613f"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answer := host.exchange(request("/notes", with(wire.Body, test.utf8)))
			same := "1"
			if test.name == "malformed" {
				same = "0"
			}
			require.True(t, strings.HasPrefix(answer.Text(wire.AnswerBody), test.lmbcs+" same="+same+" "),
				"%s", answer.Text(wire.AnswerBody))
		})
	}
}

func TestEnvironmentAndStatistics(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	answer := host.exchange(request("/notes", with(wire.Body, "x")))
	directory := strings.NewReplacer("\u00f6", "\x94", "\u5c71", "\x10\x8e\x52").Replace(host.data) // everything is LMBCS
	require.Equal(t, "78 same=1 ini=1,/\x94pt/dom,0,42 data="+directory, answer.Text(wire.AnswerBody))
	statistics := host.exchange(wire.New(wire.KindStat)).Text(wire.StatisticsText)
	require.Equal(t, "Test.Whole = -7\nTest.Half = 0.5\nTest.Word = word\n", statistics)
}

// OSTranslate to UTF-16 in the byte order of the machine and back; a character that does not fit is left out.
func TestTranslateUnicode(t *testing.T) {
	t.Parallel()
	host := start(t, "")
	for text, want := range map[string]string{
		"Ad": "41006400 same=1 cut=2", "\u00e9": "e900 same=1 cut=2", "\u5c71": "715c same=1 cut=2", "\U0001f600": "3dd800de same=1 cut=0",
	} {
		answer := host.exchange(request("/unicode", with(wire.Body, text)))
		require.Equal(t, want+" program="+tested.Path(built), answer.Text(wire.AnswerBody))
	}
}
