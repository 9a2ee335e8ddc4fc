// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/idp"
)

// threads of the server's HTTP task. Six requests may wait for a provider with tokens that nobody has seen good.
const threads = 8

// startAsking starts a provider whose access tokens are no JWTs, and a server with few threads that asks it about them.
func startAsking(t *testing.T) (*server, *idp.Node) {
	t.Helper()
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	n, err := idp.StartNode(t.Context(), idp.Shape{
		Keys: keySet(t, signing, "one"), Algorithm: "ES256", Scopes: []string{"domino"}, Opaque: true,
		CN: map[string]string{aliceOutside.Name: aliceOutside.CN, taroOutside.Name: taroOutside.CN, ghostOutside.Name: ghostOutside.CN},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Stop()) })
	s := start(t, options{
		extra: []string{"--threads", strconv.Itoa(threads)},
		config: map[string]any{"jwt": map[string]any{"some-name": map[string]any{
			"active": true, "providerUrl": n.Issuer, "userIdentifier": "CN",
			"introspection": map[string]any{"clientId": idp.AskingClient, "clientSecretFile": "idp.secret", "cache": "1s"},
		}}},
		damage: func(t *testing.T, data string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(data, "doapconfig.d", "idp.secret"), []byte(idp.AskingSecret+"\n"), 0o600))
		},
	})
	s.says(t, keysWereRead)
	return s, n
}

// A provider whose tokens only it can read is asked about them, also whether they still count.
func TestOpaqueTokens_B4_B10(t *testing.T) {
	t.Parallel() // what is remembered of a token is so for a second
	s, n := startAsking(t)
	login := func(who idp.Person, scope string) string {
		tokens, err := n.Login(t.Context(), who, scope)
		require.NoError(t, err)
		require.NotContains(t, tokens.AccessToken, ".")
		return tokens.AccessToken
	}
	token := login(taroOutside, "openid domino")
	s.opens(t, token, taro)
	s.refuses(t, login(ghostOutside, "openid domino"), http.StatusUnauthorized, "invalid_token")
	s.refuses(t, login(aliceOutside, "openid"), http.StatusForbidden, "insufficient_scope")
	s.refuses(t, "made-up", http.StatusUnauthorized, "invalid_token")

	require.NoError(t, n.Revoke(t.Context(), token))
	require.Eventually(t, func() bool {
		return s.read(t, "/sales.nsf/api/data/documents", token).status == http.StatusUnauthorized
	}, patience, tick)
	got := s.read(t, "/sales.nsf/api/data/documents", token)
	assert.Equal(t, "The token is not active.", got.text("error_description"))

	token = login(taroOutside, "openid domino")
	s.opens(t, token, taro)
	doapctl(t, s.data, "user", "revoke", taro.canonical, "--yes")
	require.Eventually(t, func() bool {
		return s.read(t, "/sales.nsf/api/data/documents", token).text("error_description") == "The token was revoked."
	}, patience, tick)
}

// While a provider hangs and many send its tokens, what does not concern it is answered: some threads wait, and not all.
func TestAnIntrospectionEndpointThatHangs_B19_B21(t *testing.T) {
	t.Parallel()
	s, n := startAsking(t)
	own := s.tokens(t, alice).text("access_token")
	begun, givenUp := make(chan struct{}, 1000), atomic.Int64{}
	n.Answer(idp.IntrospectionPath, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // so that it is noticed when the client goes
		begun <- struct{}{}
		<-r.Context().Done()
		givenUp.Add(1)
	}))
	require.Eventually(t, func() bool {
		before := givenUp.Load()
		var flood sync.WaitGroup
		const many = 50
		answered := make(chan struct{}, many)
		for range many {
			flood.Go(func() {
				defer func() { answered <- struct{}{} }()
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/sales.nsf", http.NoBody)
				if !assert.NoError(t, err) {
					return
				}
				request.Header.Set("Authorization", "Bearer some-opaque-token")
				response, err := http.DefaultClient.Do(request)
				if assert.NoError(t, err) {
					assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
					_ = response.Body.Close()
				}
			})
		}
		over := make(chan struct{})
		go func() { flood.Wait(); close(over) }()
		defer func() { <-over }()
		select {
		case <-begun:
		case <-over:
			return false // the provider is left alone for a while
		}
		for range many - threads { // fewer wait than there are threads, and so all others have their answer
			<-answered
		}
		s.opens(t, own, alice)
		public := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/public.nsf/api/data/documents", ""))
		assert.Equal(t, http.StatusOK, public.status)
		return givenUp.Load() == before // all of that while it hung
	}, patience, tick)
	s.says(t, "an identity provider cannot be asked about tokens that are no JWTs")

	n.Answer(idp.IntrospectionPath, nil)
	tokens, err := n.Login(t.Context(), aliceOutside, "openid domino")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return s.read(t, "/sales.nsf/api/data/documents", tokens.AccessToken).status == http.StatusOK
	}, patience, tick)
	s.opens(t, tokens.AccessToken, alice)
	s.says(t, "answers again about tokens")
	assert.False(t, strings.Contains(strings.Join(s.printed(), "\n"), tokens.AccessToken))
}
