// SPDX-License-Identifier: Apache-2.0

package key

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return content
}

// openssl runs the program as the tutorial has its reader do.
func openssl(t *testing.T, arguments ...string) []byte {
	t.Helper()
	program, err := exec.LookPath("openssl")
	require.NoError(t, err, "this test needs the openssl program: install the package openssl")
	output, err := exec.CommandContext(t.Context(), program, arguments...).Output()
	require.NoError(t, err)
	return output
}

func TestImportTakesTheKeysOfTheTutorial(t *testing.T) {
	directory := t.TempDir()
	privateFile, publicFile := filepath.Join(directory, "private-key.pem"), filepath.Join(directory, "public-key.pem")
	require.NoError(t, os.WriteFile(privateFile, openssl(t, "genrsa", "2048"), 0o600))
	openssl(t, "rsa", "-in", privateFile, "-pubout", "-out", publicFile)
	privatePEM, err := os.ReadFile(privateFile)
	require.NoError(t, err)
	publicPEM, err := os.ReadFile(publicFile)
	require.NoError(t, err)

	private, err := Import(privatePEM, noon)
	require.NoError(t, err)
	public, err := Import(publicPEM, noon)
	require.NoError(t, err)

	assert.Equal(t, private.ID, public.ID, "both halves have one kid")
	assert.Equal(t, private.PublicPEM, public.PublicPEM)
	assert.Equal(t, publicPEM, public.PublicPEM, "openssl writes SPKI, as the store does")
	assert.NotEmpty(t, private.PrivatePEM)
	assert.Empty(t, public.PrivatePEM)
}

func TestImportFormats(t *testing.T) {
	pkcs1 := testdata(t, "pkcs1-private.pem")
	want, err := Import(pkcs1, noon)
	require.NoError(t, err)
	require.Equal(t, RS256, want.Algorithm)
	require.Equal(t, noon, want.CreatedAt)
	require.Equal(t, testdata(t, "pkcs8-private.pem"), want.PrivatePEM, "stored as PKCS#8")
	require.Equal(t, testdata(t, "spki-public.pem"), want.PublicPEM, "stored as SPKI")

	tests := map[string]struct {
		file    []byte
		private bool
	}{
		"PKCS#8":                      {testdata(t, "pkcs8-private.pem"), true},
		"SPKI":                        {testdata(t, "spki-public.pem"), false},
		"PKCS#1 public":               {testdata(t, "pkcs1-public.pem"), false},
		"CRLF":                        {bytes.ReplaceAll(pkcs1, []byte("\n"), []byte("\r\n")), true},
		"text before the block":       {append([]byte("Bag Attributes\n    friendlyName: doap\n"), pkcs1...), true},
		"text after the block":        {append(bytes.Clone(pkcs1), "\n\nend of mail\n"...), true},
		"UTF-8 with byte order mark":  {append([]byte("\xef\xbb\xbf"), pkcs1...), true},
		"UTF-16LE, as PowerShell has": {inUTF16(pkcs1, binary.LittleEndian), true},
		"UTF-16BE":                    {inUTF16(pkcs1, binary.BigEndian), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Import(test.file, noon)
			require.NoError(t, err)
			expected := want
			if !test.private {
				expected.PrivatePEM = nil
			}
			assert.Equal(t, expected, got)
		})
	}
}

func TestTheKindOfAKeyDecidesItsAlgorithm_C3(t *testing.T) {
	for name, c := range map[string]struct {
		file, algorithm string
		private         bool
	}{
		"RSA, PKCS#8":     {"pkcs8-private.pem", RS256, true},
		"RSA, SPKI":       {"spki-public.pem", RS256, false},
		"P-256, PKCS#8":   {"ec-pkcs8.pem", ES256, true},
		"P-256, SEC 1":    {"ec-private.pem", ES256, true},
		"P-256, SPKI":     {"ec-public.pem", ES256, false},
		"Ed25519, PKCS#8": {"ed25519-private.pem", EdDSA, true},
		"Ed25519, SPKI":   {"ed25519-public.pem", EdDSA, false},
		"RSA, PKCS#1":     {"pkcs1-public.pem", RS256, false},
	} {
		t.Run(name, func(t *testing.T) {
			imported, err := Import(testdata(t, c.file), noon)
			require.NoError(t, err)
			assert.Equal(t, c.algorithm, imported.Algorithm)
			assert.Equal(t, c.private, len(imported.PrivatePEM) > 0)
			assert.Equal(t, noon, imported.ActiveFrom)
			_, err = newSet([]store.Key{imported})
			require.NoError(t, err, "what is imported can be used")

			for _, other := range Algorithms() {
				changed := imported
				if changed.Algorithm = other; other != c.algorithm {
					_, err = newSet([]store.Key{changed})
					require.ErrorContains(t, err, "expected "+c.algorithm)
				}
			}
		})
	}
	one, err := Import(testdata(t, "ec-pkcs8.pem"), noon)
	require.NoError(t, err)
	two, err := Import(testdata(t, "ec-private.pem"), noon)
	require.NoError(t, err)
	assert.Equal(t, one, two, "whatever the form")
}

// offTheCurve is a P-256 key with a bit of its point turned.
func offTheCurve(t *testing.T) []byte {
	t.Helper()
	block, _ := pem.Decode(testdata(t, "ec-public.pem"))
	block.Bytes[len(block.Bytes)-1] ^= 1
	return pem.EncodeToMemory(block)
}

func ed25519SPKI(t *testing.T, point []byte) []byte {
	t.Helper()
	encoded, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(point))
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: blockPublic, Bytes: encoded})
}

// The proof that the list holds what it says: for each of its points a signature that took no private key is good.
func TestPointsOfSmallOrderAreRefused_C7(t *testing.T) {
	identity := append([]byte{1}, make([]byte, 31)...)
	forged := append(identity, make([]byte, 32)...) // R = identity, S = 0
	for _, encoded := range smallOrder {
		point, err := hex.DecodeString(encoded)
		require.NoError(t, err)
		for _, sign := range []byte{0, 0x80} {
			point[31] = point[31]&0x7f | sign
			require.ErrorContains(t, checkEd25519(point), "small order")
		}
		point[31] &= 0x7f
		holds := 0
		for message := range 256 {
			if ed25519.Verify(point, []byte{byte(message)}, forged) {
				holds++
			}
		}
		assert.Positive(t, holds, encoded)
	}
	require.ErrorContains(t, checkEd25519(make([]byte, 31)), "31 bytes")
	assert.Len(t, smallOrder, 7, "five, two of them in a second spelling")
	nowhere := &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)} //nolint:staticcheck // on purpose
	require.ErrorContains(t, checkEC(nowhere), "no point of its curve")
	_, err := algorithmOf([]byte("secret"))
	require.ErrorContains(t, err, "a kind that tokens are not signed with")
}

func inUTF16(text []byte, order binary.ByteOrder) []byte {
	var encoded []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + string(text))) {
		pair := [2]byte{}
		order.PutUint16(pair[:], unit)
		encoded = append(encoded, pair[:]...)
	}
	return encoded
}

func TestImportRefuses_C7(t *testing.T) {
	private, spki := testdata(t, "pkcs1-private.pem"), testdata(t, "spki-public.pem")
	withExponent := func(exponent int) []byte {
		block, _ := pem.Decode(spki)
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		require.NoError(t, err)
		changed := &rsa.PublicKey{N: parsed.(*rsa.PublicKey).N, E: exponent}
		return pem.EncodeToMemory(&pem.Block{Type: blockRSAPublic, Bytes: x509.MarshalPKCS1PublicKey(changed)})
	}
	withModulus := func(modulus *big.Int) []byte {
		changed := &rsa.PublicKey{N: modulus, E: 65537}
		return pem.EncodeToMemory(&pem.Block{Type: blockRSAPublic, Bytes: x509.MarshalPKCS1PublicKey(changed)})
	}
	tests := map[string]struct {
		file []byte
		says string
	}{
		"empty":               {nil, "this is not a PEM file"},
		"no PEM":              {[]byte("hello"), "this is not a PEM file"},
		"cut off":             {private[:len(private)/2], "damaged or cut off"},
		"two keys":            {append(bytes.Clone(private), spki...), "more than one PEM block (RSA PRIVATE KEY, then PUBLIC KEY)"},
		"1024 bits":           {testdata(t, "rsa1024.pem"), "the key has 1024 bits, RS256 needs 2048 or more"},
		"512 bits":            {testdata(t, "rsa512.pem"), "the key has 512 bits, RS256 needs 2048 or more"},
		"16384 bits":          {withModulus(new(big.Int).SetBit(big.NewInt(1), 16383, 1)), "at most 8192 are supported"},
		"even modulus":        {withModulus(new(big.Int).Lsh(big.NewInt(1), 2047)), "the modulus of the key is even"},
		"exponent 1":          {withExponent(1), "public exponent 1"},
		"even exponent":       {withExponent(65536), "public exponent 65536"},
		"encrypted PKCS#1":    {testdata(t, "pkcs1-encrypted.pem"), "openssl pkey -in private-key.pem -out decrypted.pem"},
		"encrypted PKCS#8":    {testdata(t, "pkcs8-encrypted.pem"), "openssl pkey -in private-key.pem -out decrypted.pem"},
		"certificate":         {testdata(t, "certificate.pem"), "openssl x509 -in certificate.pem -pubkey -noout"},
		"certificate request": {pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST"}), "a certificate request"},
		"OpenSSH":             {pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY"}), "ssh-keygen -p -m PEM"},
		"P-384":               {testdata(t, "ec-p384.pem"), "the key is on the curve P-384, ES256 needs P-256"},
		"secp256k1":           {testdata(t, "secp256k1.pem"), "unknown elliptic curve"},
		"EC parameters only":  {testdata(t, "ec-private.pem")[:76], "the parameters of a key and no key"},
		"off the curve":       {offTheCurve(t), "not on curve"},
		"small order":         {ed25519SPKI(t, make([]byte, 32)), "a point of small order, for which anybody can sign"},
		"X25519":              {testdata(t, "x25519.pem"), "a kind that tokens are not signed with"},
		"DSA":                 {pem.EncodeToMemory(&pem.Block{Type: "DSA PRIVATE KEY"}), "a kind that tokens are not signed with"},
		"other type":          {pem.EncodeToMemory(&pem.Block{Type: "X509 CRL"}), `type "X509 CRL" is not a key`},
		"broken DER":          {pem.EncodeToMemory(&pem.Block{Type: blockPrivate, Bytes: []byte{0x30, 0x01}}), "openssl pkey -in FILE -noout"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Import(test.file, noon)
			require.ErrorContains(t, err, test.says)
		})
	}
}

func FuzzImport(f *testing.F) {
	files, err := filepath.Glob("testdata/*.pem")
	require.NoError(f, err)
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		imported, err := Import(file, noon)
		if err != nil {
			return
		}
		public, private, err := parseRecord(imported)
		require.NoError(t, err, "what is imported can be used")
		assert.Equal(t, len(imported.PrivatePEM) > 0, private != nil)
		if public, isRSA := public.(*rsa.PublicKey); isRSA {
			assert.GreaterOrEqual(t, public.N.BitLen(), minimumBits)
		}
	})
}
