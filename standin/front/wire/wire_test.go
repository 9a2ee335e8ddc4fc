// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front/wire"
)

func TestMessageSurvivesTheWire(t *testing.T) {
	message := wire.New(wire.KindRequest)
	message.Set(wire.URL, "/doap/auth?state=%20x")
	message.Set(wire.Groups, "Sales\x00Staff")
	message.Set(wire.User, "")

	var buffer bytes.Buffer
	require.NoError(t, wire.Write(&buffer, message))
	require.NoError(t, wire.Write(&buffer, wire.New(wire.KindQuit)))

	first, err := wire.Read(&buffer)
	require.NoError(t, err)
	assert.Equal(t, message, first)
	assert.NotContains(t, first, wire.User, "an empty field is left out")
	second, err := wire.Read(&buffer)
	require.NoError(t, err)
	assert.Equal(t, wire.KindQuit, second.Text(wire.Kind))
	_, err = wire.Read(&buffer)
	assert.ErrorIs(t, err, io.EOF)
}

func TestLayoutIsTheAgreedOne(t *testing.T) {
	var buffer bytes.Buffer
	require.NoError(t, wire.Write(&buffer, wire.Message{wire.Outcome: []byte("x"), wire.Kind: []byte("ab")}))
	assert.Equal(t, []byte{13, 0, 0, 0, 1, 2, 0, 0, 0, 'a', 'b', 20, 1, 0, 0, 0, 'x'}, buffer.Bytes())
}

func TestReadRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		frame string
		say   string
	}{
		"an endless frame":           {"\xff\xff\xff\xff", "announces"},
		"a frame cut short":          {"\x05\x00\x00\x00\x01", "cut short"},
		"a field header cut short":   {"\x02\x00\x00\x00\x01\x00", "longer than its frame"},
		"a field beyond its frame":   {"\x05\x00\x00\x00\x01\x01\x00\x00\x00", "longer than its frame"},
		"a field of almost 4 GiByte": {"\x05\x00\x00\x00\x01\xff\xff\xff\xff", "longer than its frame"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := wire.Read(bytes.NewReader([]byte(test.frame)))
			assert.ErrorContains(t, err, test.say)
		})
	}
}

func TestWriteRefusesAFrameOverTheLimit(t *testing.T) {
	message := wire.Message{wire.Body: make([]byte, wire.MaxFrame)}
	assert.ErrorContains(t, wire.Write(io.Discard, message), "longer than")
}
