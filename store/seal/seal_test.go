// SPDX-License-Identifier: Apache-2.0

package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fixed is a key that is the same in each run.
func fixed(t *testing.T, with byte) *Key {
	t.Helper()
	made, err := newKey(bytes.Repeat([]byte{with}, secretSize))
	require.NoError(t, err)
	return made
}

const plain = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw...\n"

func TestWhatIsSealedOpensAgain_A37(t *testing.T) {
	k := fixed(t, 1)
	for _, text := range []string{plain, "", strings.Repeat("x", 1<<16)} {
		sealed, err := k.Seal("kid", []byte(text))
		require.NoError(t, err)
		assert.True(t, Sealed(sealed))
		assert.NotContains(t, string(sealed), "PRIVATE KEY")
		opened, err := k.Unseal("kid", sealed)
		require.NoError(t, err)
		assert.Equal(t, text, string(opened))
	}
	one, err := k.Seal("kid", []byte(plain))
	require.NoError(t, err)
	two, err := k.Seal("kid", []byte(plain))
	require.NoError(t, err)
	assert.NotEqual(t, one, two, "each value has a nonce of its own")
	assert.False(t, Sealed([]byte(plain)))
	assert.False(t, Sealed(nil))
}

// What is on disks out there must open in later versions.
func TestTheFormatStays(t *testing.T) {
	sealed, err := hex.DecodeString("6e646f61702d7365616c65642d313a653463336161323862613061313633373a" +
		"d74f9aff65cfed740bb2519e9bb58d76cffb13203307a4e5c9f5828fef047b30a32da736e3651db6faa460d9af0e3305893f" +
		"9d71a0179d62456206c9d7493ce23b6b1dbd")
	require.NoError(t, err)
	opened, err := fixed(t, 1).Unseal("kid", sealed)
	require.NoError(t, err)
	assert.Equal(t, plain, string(opened))
}

func TestUnsealRefuses(t *testing.T) {
	k := fixed(t, 1)
	sealed, err := k.Seal("kid", []byte(plain))
	require.NoError(t, err)
	ofOther, err := fixed(t, 2).Seal("kid", []byte(plain))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		id    string
		value []byte
		says  string
	}{
		"in clear":                 {"kid", []byte(plain), "kid is not sealed"},
		"nothing":                  {"kid", nil, "kid is not sealed"},
		"a later format":           {"kid", []byte("ndoap-sealed-2:" + string(sealed[len(prefix):])), "kid is not sealed, or in a way that this version"},
		"nothing but the prefix":   {"kid", []byte(prefix), "kid is damaged"},
		"cut in the header":        {"kid", sealed[:len(prefix)+5], "kid is damaged"},
		"cut after the header":     {"kid", sealed[:len(prefix)+2*idSize+1], "kid is damaged"},
		"cut":                      {"kid", sealed[:len(sealed)-1], "kid is damaged"},
		"longer":                   {"kid", append(bytes.Clone(sealed), 0), "kid is damaged"},
		"of another record":        {"other", sealed, "other is damaged or belongs to another record: restore the database"},
		"with another server's":    {"kid", ofOther, "another server's sealing key (" + fixed(t, 2).ID() + ", and this server has " + k.ID() + "): restore the file"},
		"another key, same header": {"kid", append(bytes.Clone(sealed[:len(prefix)+2*idSize+1]), ofOther[len(prefix)+2*idSize+1:]...), "kid is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			opened, err := k.Unseal(c.id, c.value)
			require.ErrorContains(t, err, c.says)
			assert.Nil(t, opened)
		})
	}
	for at := range sealed {
		changed := bytes.Clone(sealed)
		changed[at] ^= 1
		_, err := k.Unseal("kid", changed)
		require.Errorf(t, err, "byte %d", at)
	}
}

func TestAKeyPrintsNoSecret(t *testing.T) {
	k := fixed(t, 'S')
	encoded, err := json.Marshal([]any{k})
	require.NoError(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("opened", "key", k)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", k, k, k, k), string(encoded), log.String()} {
		assert.NotContains(t, text, "SSSS")
		assert.NotContains(t, text, "83 83")
		assert.NotContains(t, text, "0x53")
	}
	assert.Contains(t, log.String(), k.ID())
	assert.NotEqual(t, fixed(t, 1).ID(), fixed(t, 2).ID())
	_, err = newKey([]byte("short"))
	require.ErrorContains(t, err, "32 bytes, this one has 5")
}
