// SPDX-License-Identifier: Apache-2.0

package logintoken

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// signers are one key of each kind.
var signers = map[string]crypto.Signer{
	"RSA":     must(rsa.GenerateKey(rand.Reader, 2048)),
	"P-256":   must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
	"P-384":   must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)),
	"P-521":   must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)),
	"Ed25519": ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)),
}

func privatePEM(key crypto.Signer) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))}))
}

func publicPEM(key crypto.Signer) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key.Public()))}))
}

// withFiles is a fixture whose key pair is in files with these texts.
func withFiles(t *testing.T, private, public, algorithm string) *fixture {
	t.Helper()
	f := newFixture()
	f.config.Directory = t.TempDir()
	f.write(t, private, public)
	f.config.DominoLogin = pairOf("private.pem", filepath.Join(f.config.Directory, "public.pem"))
	f.config.DominoLogin.Algorithm = algorithm
	return f
}

func (f *fixture) write(t *testing.T, private, public string) {
	t.Helper()
	for name, text := range map[string]string{"private.pem": private, "public.pem": public} {
		require.NoError(t, os.WriteFile(filepath.Join(f.config.Directory, name), []byte(text), 0o600))
	}
}

// refresh reads the files.
func (f *fixture) refresh(t *testing.T) {
	t.Helper()
	f.Refresh(t.Context(), f.now)
	f.Wait()
}

func TestEveryKindOfKeyPair(t *testing.T) {
	for name, c := range map[string]struct{ kind, setting, algorithm string }{
		"RSA, as KEEP calls it": {"RSA", "RSA", "RS256"},
		"RS256":                 {"RSA", "RS256", "RS256"},
		"RSA without a word":    {"RSA", "", "RS256"},
		"EC, P-521":             {"P-521", "EC", "ES512"},
		"EC, P-384":             {"P-384", "EC", "ES384"},
		"EC, P-256":             {"P-256", "EC", "ES256"},
		"ES512":                 {"P-521", "ES512", "ES512"},
		"ES384":                 {"P-384", "ES384", "ES384"},
		"ES256":                 {"P-256", "ES256", "ES256"},
		"P-521 without a word":  {"P-521", "", "ES512"},
		"EdDSA":                 {"Ed25519", "EdDSA", "EdDSA"},
	} {
		t.Run(name, func(t *testing.T) {
			f := withFiles(t, privatePEM(signers[c.kind]), publicPEM(signers[c.kind]), c.setting)
			require.ErrorIs(t, f.Ready(), ErrUnavailable, "nothing was read yet")
			_, _, ok := f.Keys()
			require.False(t, ok)
			f.refresh(t)
			require.NoError(t, f.Ready())
			signed, _, err := f.Issue(anna, "", oauth.Scope{"MAIL"}, f.now)
			require.NoError(t, err)
			token, err := f.verified(t, signed)
			require.NoError(t, err)
			assert.Equal(t, c.algorithm, token.Method.Alg())
			assert.Contains(t, f.Provider(f.config).Algorithms, c.algorithm)
			assert.Empty(t, f.Provider(f.config).Types, "KEEP's are of the type JWT")

			twin := withFiles(t, privatePEM(signers[c.kind]), publicPEM(signers[c.kind]), c.setting)
			twin.refresh(t)
			_, err = twin.verified(t, signed)
			require.NoError(t, err, "a server with the same files takes it")
			set, _, _ := twin.Keys()
			_, err = set.Find("a kid of KEEP", c.algorithm)
			require.NoError(t, err)
			assert.Contains(t, f.log.String(), "the key pair of the login was read")
			assert.NotContains(t, f.log.String(), "PRIVATE")
		})
	}
}

func TestKeyPairsThatAreRefused_C3_C7(t *testing.T) {
	good := signers["RSA"]
	weak := must(rsa.GenerateKey(rand.Reader, 1024)) //nolint:gosec // weak on purpose
	for name, c := range map[string]struct{ private, public, algorithm, says string }{
		"of two keys":               {privatePEM(must(rsa.GenerateKey(rand.Reader, 2048))), publicPEM(good), "", "is not the private half of the key in JwtPublicKeyFile"},
		"of two kinds":              {privatePEM(signers["P-256"]), publicPEM(good), "", "is not the private half"},
		"for another algorithm":     {privatePEM(good), publicPEM(good), "EC", `not one for signatures by ["ES256" "ES384" "ES512"]`},
		"P-256 for ES512":           {privatePEM(signers["P-256"]), publicPEM(signers["P-256"]), "ES512", "not one for signatures"},
		"C7 weak":                   {privatePEM(weak), publicPEM(weak), "RSA", "1024 bits"},
		"no private key":            {publicPEM(good), publicPEM(good), "", "JwtPrivateKeyFile"},
		"no public key":             {privatePEM(good), privatePEM(good), "", "JwtPublicKeyFile"},
		"exchanged":                 {publicPEM(good), privatePEM(good), "", "it is a private key"},
		"no PEM":                    {"secret", publicPEM(good), "", "JwtPrivateKeyFile"},
		"a public file without PEM": {privatePEM(good), "secret", "", "JwtPublicKeyFile"},
		"two keys in one file":      {privatePEM(good) + privatePEM(good), publicPEM(good), "", "more than one PEM block"},
		"a passphrase":              {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", publicPEM(good), "", "passphrase"},
		"an endless file":           {strings.Repeat(" ", maxFile+1), publicPEM(good), "", "is longer than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			f := withFiles(t, c.private, c.public, c.algorithm)
			f.refresh(t)
			err := f.Ready()
			require.ErrorIs(t, err, ErrUnavailable)
			assert.Contains(t, err.Error(), c.says)
			assert.Contains(t, f.log.String(), "the key pair of the login cannot be used")
			assert.Contains(t, f.log.String(), ".pem", "the file is named")
			_, _, err = f.Issue(anna, "", nil, f.now)
			require.ErrorIs(t, err, ErrUnavailable)
			_, _, ok := f.Keys()
			assert.False(t, ok, "nothing verifies, and least of all the key of the server's own")
		})
	}
	t.Run("no file", func(t *testing.T) {
		f := withFiles(t, "", "", "")
		f.config.DominoLogin.PublicKeyFile = "elsewhere.pem"
		f.refresh(t)
		assert.ErrorContains(t, f.Ready(), "JwtPublicKeyFile: cannot open the file")
		f.write(t, "", publicPEM(good))
		f.change(func(c *config.Config) {
			c.DominoLogin.PublicKeyFile, c.DominoLogin.PrivateKeyFile = "public.pem", "gone.pem"
		})
		f.refresh(t)
		assert.ErrorContains(t, f.Ready(), "JwtPrivateKeyFile: cannot open the file")
	})
	t.Run("a contradiction", func(t *testing.T) {
		f := withFiles(t, privatePEM(good), publicPEM(good), "")
		f.config.DominoLogin.UsePEM = false
		f.refresh(t)
		assert.ErrorContains(t, f.Ready(), `needs "JwtUsePemFile": true`)
	})
}

// Files that change are read again without a restart. Broken ones stop the login, and leave the tokens that are good.
func TestFilesThatChange(t *testing.T) {
	first, second := signers["RSA"], signers["P-521"]
	f := withFiles(t, privatePEM(first), publicPEM(first), "")
	f.refresh(t)
	signed, _, err := f.Issue(anna, "", nil, f.now)
	require.NoError(t, err)

	f.write(t, "broken", publicPEM(first))
	f.now = noon.Add(Interval - time.Second)
	f.refresh(t)
	require.NoError(t, f.Ready(), "not read before the interval is over")
	f.now = noon.Add(Interval)
	f.refresh(t)
	require.ErrorIs(t, f.Ready(), ErrUnavailable)
	_, err = f.verified(t, signed)
	require.NoError(t, err)
	_, readAt, _ := f.Keys()
	assert.Equal(t, noon, readAt, "since then its age counts")
	assert.Contains(t, f.log.String(), "last_good_keys=true")
	said := f.log.Len()
	f.now = f.now.Add(Interval)
	f.refresh(t)
	assert.Equal(t, said, f.log.Len(), "the same cause is said once")

	f.write(t, privatePEM(second), publicPEM(second))
	f.now = f.now.Add(Interval)
	f.refresh(t)
	require.NoError(t, f.Ready())
	_, err = f.verified(t, signed)
	require.Error(t, err, "its key is gone")

	f.change(func(c *config.Config) { c.DominoLogin.PrivateKeyFile = "other.pem" })
	require.ErrorIs(t, f.Ready(), ErrUnavailable, "another file, which was not read yet, signs nothing")
	f.refresh(t)
	require.ErrorContains(t, f.Ready(), "other.pem", "a change of the settings is looked at without delay")
	assert.Contains(t, f.log.String(), "last_good_keys=false")
	_, _, ok := f.Keys()
	require.False(t, ok, "a pair that the settings name no more verifies nothing")
	f.change(func(c *config.Config) { c.DominoLogin = config.Default().DominoLogin })
	require.NoError(t, f.Ready(), "no key pair: the key of the server's own")
	_, err = f.verified(t, signed)
	require.Error(t, err)
}

func TestPrivateKeysThatOthersMayRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		assert.False(t, isOpenToOthers("x"))
		return
	}
	f := withFiles(t, privatePEM(signers["RSA"]), publicPEM(signers["RSA"]), "")
	f.refresh(t)
	assert.NotContains(t, f.log.String(), "others than the server's account")
	f = withFiles(t, privatePEM(signers["RSA"]), publicPEM(signers["RSA"]), "")
	require.NoError(t, os.Chmod(filepath.Join(f.config.Directory, "private.pem"), 0o644))
	f.refresh(t)
	assert.Contains(t, f.log.String(), "others than the server's account may read the private key")
	require.NoError(t, f.Ready())
}

// What ends with the server has no effect any more.
func TestReadingEndsWithTheServer(t *testing.T) {
	f := withFiles(t, privatePEM(signers["RSA"]), publicPEM(signers["RSA"]), "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.Refresh(ctx, f.now)
	f.Wait()
	assert.Empty(t, f.log.String())
	require.ErrorIs(t, f.Ready(), ErrUnavailable)
}
