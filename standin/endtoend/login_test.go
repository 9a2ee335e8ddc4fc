// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// login posts a name and a password as KEEP's clients do.
func (s *server) passwordLogin(t *testing.T, name, password string, more ...string) page {
	t.Helper()
	members := map[string]string{"username": name, "password": password}
	for i := 0; i < len(more); i += 2 {
		members[more[i]] = more[i+1]
	}
	body, err := json.Marshal(members)
	require.NoError(t, err)
	return s.postJSON(t, "/doap/login", string(body), "")
}

// postJSON sends a JSON body, with a token unless that is empty.
func (s *server) postJSON(t *testing.T, path, body, token string) page {
	t.Helper()
	request := newRequest(t, http.MethodPost, s.base+path, body)
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return do(t, http.DefaultClient, request)
}

// loggedIn is the token of a login that works.
func (s *server) loggedIn(t *testing.T, name, password string, more ...string) string {
	t.Helper()
	got := s.passwordLogin(t, name, password, more...)
	require.Equal(t, http.StatusOK, got.status, got.body)
	return got.text("bearer")
}

const logout = `{"logout":"Yes"}`

// keyPair has a key pair written into the configuration directory before the start.
func keyPair(private crypto.Signer, algorithm string) options {
	return options{
		config: map[string]any{
			"JwtUsePubPrivKey": true, "JwtUsePemFile": true, "JwtIssuer": "DominoKeep", "JwtPrivateKeyFile": "keep-private.pem",
			"JwtPublicKeyFile": "keep-public.pem", "JwtAlgorithm": algorithm,
		},
		damage: func(t *testing.T, data string) {
			t.Helper()
			write := func(name, kind string, encoded []byte, err error) {
				require.NoError(t, err)
				text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: encoded})
				require.NoError(t, os.WriteFile(filepath.Join(data, "doapconfig.d", name), text, 0o600))
			}
			encoded, err := x509.MarshalPKCS8PrivateKey(private)
			write("keep-private.pem", "PRIVATE KEY", encoded, err)
			encoded, err = x509.MarshalPKIXPublicKey(private.Public())
			write("keep-public.pem", "PUBLIC KEY", encoded, err)
		},
	}
}

const pairWasRead = "the key pair of the login was read"

// A person logs in by each of her names, reads a document, logs out and is refused. The key lives as long as the filter.
func TestLoginByNameAndPassword(t *testing.T) {
	s := start(t, options{config: map[string]any{"databases": map[string]string{"sales": "sales.nsf"}}})
	for _, name := range []string{"山田 太郎/営業/Acme", taro.canonical, "tyamada", "taro@acme.example"} {
		s.opens(t, s.loggedIn(t, name, taro.password), taro) // by $DATA, which is in the scope of the default
	}
	for _, who := range []person{alice, joerg} {
		s.opens(t, s.loggedIn(t, who.name, who.password, "scope", "domino"), who)
	}
	token := s.loggedIn(t, "tyamada", taro.password, "scope", "domino")
	s.opens(t, token, taro)
	got := s.postJSON(t, "/doap/login/logout", logout, token)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Contains(t, got.text("message"), taro.canonical+" logged out (0 days, 0 hours, ")
	s.refuses(t, token, http.StatusUnauthorized, "invalid_token")
	assert.Equal(t, http.StatusUnauthorized, s.postJSON(t, "/doap/login/logout", logout, token).status)

	for name, password := range map[string]string{"tyamada": alice.password, "nobody": taro.password, "*": "x", "Sales": "x"} {
		got := s.passwordLogin(t, name, password)
		assert.Equal(t, http.StatusUnauthorized, got.status, name)
		assert.JSONEq(t, `{"status":401,"message":"Invalid credentials or account locked"}`, got.body, name)
	}

	token = s.loggedIn(t, "tyamada", taro.password, "scope", "domino")
	from := len(s.printed())
	s.tell(t, "tell http restart")
	s.awaitAfter(t, from, "ndoap: ready")
	s.refuses(t, token, http.StatusUnauthorized, "invalid_token")
	s.opens(t, s.loggedIn(t, "tyamada", taro.password, "scope", "domino"), taro)
}

// A key pair in files is that of all servers that have it, and outlives restarts: with RSA keys, and with the EC keys that
// KEEP wants.
func TestLoginWithAKeyPair(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	for _, c := range []struct {
		setting, algorithm string
		private            crypto.Signer
	}{{"RSA", "RS256", rsaKey}, {"EC", "ES512", ecKey}} {
		t.Run(c.setting, func(t *testing.T) {
			first := start(t, keyPair(c.private, c.setting))
			first.says(t, pairWasRead)
			token := first.loggedIn(t, "tyamada", taro.password, "scope", "domino")
			assert.Equal(t, c.algorithm, header(t, token)["alg"])
			first.opens(t, token, taro)
			second := first.twin(t)
			second.says(t, pairWasRead)
			second.opens(t, token, taro)

			from := len(first.printed())
			first.tell(t, "tell http restart")
			first.awaitAfter(t, from, "ndoap: ready")
			require.Eventually(t, func() bool { // the files are read anew
				return first.read(t, "/sales.nsf/api/data/documents", token).status == http.StatusOK
			}, patience, tick)
			first.opens(t, token, taro)
			require.Equal(t, http.StatusOK, first.postJSON(t, "/doap/login/logout", logout, token).status)
			first.refuses(t, token, http.StatusUnauthorized, "invalid_token")
			require.Eventually(t, func() bool {
				return second.read(t, "/sales.nsf/api/data/documents", token).status == http.StatusUnauthorized
			}, patience, tick, "the other server learns of the logout")
		})
	}
}

// Who guesses a password waits, by whatever name; an administrator lets the person in again.
func TestGuessedPasswords(t *testing.T) {
	s := start(t, options{})
	for range 10 {
		require.Equal(t, http.StatusUnauthorized, s.passwordLogin(t, "tyamada", "guess").status)
	}
	require.Equal(t, http.StatusUnauthorized, s.passwordLogin(t, taro.canonical, taro.password).status)
	s.await(t, "a person is locked out of the login by name and password")
	s.loggedIn(t, alice.name, alice.password)
	assert.Contains(t, doapctl(t, s.data, "lockout", "list"), "山田 太郎/営業/Acme")
	assert.Contains(t, doapctl(t, s.data, "audit", "--action", "lockout"), taro.canonical)
	doapctl(t, s.data, "lockout", "lift", "山田 太郎/営業/Acme")
	require.Eventually(t, func() bool {
		return s.passwordLogin(t, "tyamada", taro.password).status == http.StatusOK
	}, patience, tick)
}

// Turned off, the login is not there, and a key pair that cannot be used opens nothing instead.
func TestLoginThatCannotBeUsed(t *testing.T) {
	s := start(t, options{config: map[string]any{"disableDominoLogin": true}})
	got := s.passwordLogin(t, "tyamada", taro.password)
	assert.Equal(t, http.StatusNotFound, got.status, got.body)
	assert.Equal(t, http.StatusNotFound, s.postJSON(t, "/doap/login/logout", logout, "x").status)

	broken, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	o := keyPair(broken, "EC")
	s = start(t, o)
	s.says(t, "the key pair of the login cannot be used")
	assert.Equal(t, http.StatusServiceUnavailable, s.passwordLogin(t, "tyamada", taro.password).status)
}
