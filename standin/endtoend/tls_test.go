// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// trust makes this process trust the certificate of a server that was started with --tls, for the length of a test.
func trust(t *testing.T, s *server) {
	t.Helper()
	certificate, err := os.ReadFile(filepath.Join(s.data, "standin-cert.pem"))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(certificate))
	usual := http.DefaultTransport
	http.DefaultTransport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(func() { http.DefaultTransport = usual })
}
