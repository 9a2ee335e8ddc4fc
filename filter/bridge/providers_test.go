// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/coretest"
	"ndoap/core/directory"
)

func TestProvidersAreReadInTheBackground(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	asked := make(chan struct{}, 1)
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	defer hanging.Close()

	dir := dataDirectory(t)
	configure(t, dir, `{"issuer": "`+issuer+`", "jwt": {
		"hangs": {"active": true, "providerUrl": "`+hanging.URL+`"},
		"wrong": {"active": true, "algorithm": "HS256"},
		"file": {"active": true, "iss": "https://idp.example.com", "keyFile": "idp.pem"}}}`)
	key := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: encoded})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "doapconfig.d", "idp.pem"), key, 0o600))

	library := &Bridge{}
	opening := library.Open(Environment{DataDirectory: dir})
	require.NotEmpty(t, opening.Console)
	assert.Contains(t, opening.Console[0], `ndoap: error: 10.json, line 3: jwt.wrong.algorithm is "HS256"`)
	assert.Contains(t, opening.Console[0], "this provider is off")
	<-asked

	now := time.Now().Unix()
	signed, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
		"iss": "https://idp.example.com", "sub": "CN=Anna Berg/O=Acme", "aud": "Domino", "scope": "domino", "iat": now, "exp": now + 600,
	}).SignedString(private)
	require.NoError(t, err)
	call := withToken(core.RawRequest)
	call.AuthorizationText, call.HeaderText = "Bearer "+signed, "GET /db.nsf HTTP/1.1\r\nAuthorization: Bearer "+signed+"\r\n\r\n"
	call.People = &coretest.Directory{Entries: []directory.Person{{Name: "CN=Anna Berg/O=Acme", Kind: directory.KindPerson}}}
	console := opening.Console // the keys of a file may be read before the opening ends, or after
	require.Eventually(t, func() bool {
		reply := library.Serve(call)
		console = append(console, reply.Console...)
		return reply.Verdict == core.Authenticated && reply.Name == "CN=Anna Berg/O=Acme"
	}, time.Minute, 10*time.Millisecond)
	assert.Contains(t, console, `ndoap: the keys of an identity provider were read provider=file issuer=[https://idp.example.com] keys=1`)
	assert.Contains(t, strings.Join(console, "\n"), "ndoap: ready")
	library.Close() // ends the fetch that hangs; goleak sees whether something is left
}
