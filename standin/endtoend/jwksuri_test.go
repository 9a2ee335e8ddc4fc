// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keyServer is a client's web server with its public key, and what its certificate is checked against.
type keyServer struct {
	*httptest.Server
	private *ecdsa.PrivateKey
	caFile  string
	asked   atomic.Int32
}

func newKeyServer(t *testing.T) *keyServer {
	t.Helper()
	k := &keyServer{caFile: filepath.Join(t.TempDir(), "ca.pem")}
	var err error
	k.private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	point, err := k.private.PublicKey.Bytes()
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	document, err := json.Marshal(map[string]any{"keys": []any{map[string]string{
		"kty": "EC", "crv": "P-256", "kid": "1", "x": encode(point[1:33]), "y": encode(point[33:]),
	}}})
	require.NoError(t, err)
	k.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k.asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document)
	}))
	k.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelDebug)
	k.StartTLS()
	t.Cleanup(k.Close)
	require.NoError(t, os.WriteFile(k.caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate().Raw}), 0o600))
	return k
}

// sign is an assertion of the client archive.
func (k *keyServer) sign(t *testing.T, audience string) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": "archive", "sub": "archive", "aud": audience, "jti": rand.Text(), "exp": time.Now().Add(time.Minute).Unix(),
	})
	token.Header["kid"] = "1"
	text, err := token.SignedString(k.private)
	require.NoError(t, err)
	return text
}

// apply asks for a token by client_credentials, with an assertion.
func (s *server) apply(t *testing.T, assertion string) page {
	t.Helper()
	return do(t, http.DefaultClient, newRequest(t, http.MethodPost, s.base+"/doap/token", url.Values{
		"grant_type": {"client_credentials"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}.Encode()))
}

// addArchive registers a client that acts for itself, with keys at the key server.
func (s *server) addArchive(t *testing.T, keys *keyServer) {
	t.Helper()
	doapctl(t, s.data, "client", "add", "--id", "archive", "--name", "Archive", "--grant-type", "client_credentials",
		"--jwks-uri", keys.URL+"/jwks", "--json")
}

// The filter fetches keys from inside the server's process, with the system's resolver and certificates.
func TestKeysAtJWKSURI_A48_A80(t *testing.T) {
	keys := newKeyServer(t)
	s := start(t, options{config: map[string]any{
		"fetch": map[string]any{"allowedNetworks": []string{"127.0.0.1"}, "caFile": tested.Path(keys.caFile)},
	}})
	s.addArchive(t, keys)
	assertion := keys.sign(t, s.issuer)
	got := s.apply(t, assertion)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Equal(t, "urn:ndoap:client:archive", claimsOf(t, got.text("access_token"))["sub"])
	assert.EqualValues(t, 1, keys.asked.Load())
	assert.Equal(t, "invalid_client", s.apply(t, assertion).text("error"), "an assertion is good once")
	assert.Equal(t, "invalid_client", s.apply(t, keys.sign(t, "https://other.example/doap")).text("error"), "M21")
	assert.Equal(t, http.StatusOK, s.apply(t, keys.sign(t, s.issuer)).status)
	assert.EqualValues(t, 1, keys.asked.Load(), "what was fetched is kept")
}

// Without the administrator's word nothing inside is asked.
func TestPrivateAddressIsNotAsked_A80(t *testing.T) {
	keys := newKeyServer(t)
	s := start(t, options{config: map[string]any{"fetch": map[string]any{"caFile": tested.Path(keys.caFile)}}})
	s.addArchive(t, keys)
	got := s.apply(t, keys.sign(t, s.issuer))
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Equal(t, "invalid_client", got.text("error"))
	assert.NotContains(t, got.body, "127.0.0.1", "the client learns nothing of what is there")
	assert.Zero(t, keys.asked.Load())
}
