// SPDX-License-Identifier: Apache-2.0

package installertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// certificate makes a throw-away certificate for signing code, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	require.NoError(t, command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
		"-days", "2", "-subj", "/CN=Throw-away certificate", "-addext", "extendedKeyUsage=codeSigning"))
	return cert, key
}

func assertSigned(t *testing.T, cert, file string) {
	t.Helper()
	assert.NoError(t, command("osslsigncode", "verify", "-CAfile", cert, "-in", file))
}

// The libraries, the installer and the uninstaller within it are signed, and work as before.
func TestSigning(t *testing.T) {
	cert, key := certificate(t)
	t.Setenv("NDOAP_SIGN_CERT", cert)
	t.Setenv("NDOAP_SIGN_KEY", key)
	setup := filepath.Join(t.TempDir(), "setup.exe")
	require.NoError(t, command("sh", "../installer.sh", x64.goarch, shop.path(x64.name, current), setup, current))
	assertSigned(t, cert, setup)

	s := newServer(t, x64)
	got := launch(t, setup, s.places())
	require.Zerof(t, got.code, "%s", got.log)
	for _, name := range []string{"ndoap.dll", "doapctl.exe", "ndoap/uninstall.exe"} {
		assertSigned(t, cert, filepath.Join(s.program, name))
	}
	got = s.uninstall(t, "/PURGE")
	assert.Zerof(t, got.code, "%s", got.log)
}

func TestSigningWithPKCS12AndPassword(t *testing.T) {
	cert, key := certificate(t)
	folder := t.TempDir()
	bundle, password, file := filepath.Join(folder, "both.p12"), filepath.Join(folder, "password"), filepath.Join(folder, "a.exe")
	write(t, password, "pass word\n")
	require.NoError(t, command("openssl", "pkcs12", "-export", "-in", cert, "-inkey", key, "-out", bundle, "-passout", "file:"+password))
	data, err := os.ReadFile(shop.path(x86.name, "server.exe"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, data, 0o600))
	t.Setenv("NDOAP_SIGN_PKCS12", bundle)
	t.Setenv("NDOAP_SIGN_PASSWORD_FILE", password)
	require.NoError(t, command("sh", "../sign.sh", file))
	assertSigned(t, cert, file)
}

func TestWithoutCertificateNothingIsSigned(t *testing.T) {
	file := shop.path(x86.name, "server.exe")
	before := read(t, file)
	out, err := exec.Command("sh", "../sign.sh", file).CombinedOutput()
	require.NoErrorf(t, err, "%s", out)
	assert.Equal(t, "sign: no certificate is configured, not signed: server.exe\n", string(out))
	assert.True(t, before == read(t, file))
}

func TestHalfACertificateIsAMistake(t *testing.T) {
	t.Setenv("NDOAP_SIGN_CERT", "cert.pem")
	out, err := exec.Command("sh", "../sign.sh", shop.path(x86.name, "server.exe")).CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "only one is set")
}
