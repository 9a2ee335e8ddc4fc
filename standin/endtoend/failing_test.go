// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/idp"
)

// unknownKey is a token of an issuer that names a key which the issuer does not have. It makes ndoap read the keys again.
func unknownKey(t *testing.T, issuer string) string {
	t.Helper()
	part := func(members map[string]any) string {
		text, err := json.Marshal(members)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]any{"alg": "RS256", "kid": rand.Text()}) + "." + part(map[string]any{"iss": issuer}) + ".AAAA"
}

// startNode starts a provider with a key of its own, and returns a token of it, too.
func startNode(t *testing.T) (n *idp.Node, token string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	n, err = idp.StartNode(t.Context(), idp.Shape{
		Keys: keySet(t, private, "one"), Algorithm: "ES256", Type: "at+jwt", Audience: "Domino", Scopes: []string{"domino"},
		CN: map[string]string{taroOutside.Name: taroOutside.CN},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, n.Stop()) })
	tokens, err := n.Login(t.Context(), taroOutside, "openid domino")
	require.NoError(t, err)
	return n, tokens.AccessToken
}

// Three providers fail at once: one publishes keys without end, one becomes another issuer, one does not answer any more.
// What was read of them before goes on, they delay nobody, and the server stops in order while it waits for one.
func TestProvidersThatFail_B19_B21(t *testing.T) {
	t.Parallel() // keys are read again after half a minute
	jwt, tokens, nodes := map[string]any{}, map[string]string{}, map[string]*idp.Node{}
	for _, name := range []string{"huge", "liar", "hangs"} {
		nodes[name], tokens[name] = startNode(t)
		jwt[name] = map[string]any{"active": true, "providerUrl": nodes[name].Issuer, "userIdentifier": "CN"}
	}
	s := start(t, options{config: map[string]any{"jwt": jwt}})
	for name, token := range tokens {
		s.says(t, keysWereRead+" provider="+name)
		s.opens(t, token, taro)
	}

	nodes["huge"].Answer("/jwks", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"keys": [` + strings.Repeat(" ", 256<<10) + `]}`))
	}))
	nodes["liar"].Answer("/.well-known/openid-configuration", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"issuer": "` + nodes["huge"].Issuer + `", "jwks_uri": "` + nodes["huge"].Issuer + `/jwks"}`))
	}))
	asked := make(chan (<-chan struct{}), 1) // each time that the provider is asked: what ends when it is given up
	nodes["hangs"].Answer("/jwks", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.Context().Done():
		default: // nobody looks at this time
		}
		<-r.Context().Done()
	}))
	for name, sentence := range map[string]string{
		"huge": "longer than 262144 bytes",
		"liar": "the discovery document is that of the issuer",
	} {
		require.Eventually(t, func() bool {
			s.refuses(t, unknownKey(t, nodes[name].Issuer), http.StatusUnauthorized, "invalid_token")
			return slices.ContainsFunc(s.printed(), func(line string) bool {
				return strings.Contains(line, keysWereNotRead) && strings.Contains(line, "provider="+name) &&
					strings.Contains(line, "last_good_keys=true") && strings.Contains(line, sentence)
			})
		}, patience, tick, name)
	}

	// While ndoap waits for the provider, all is served: what would wait for it, too, would be served when it is given up.
	require.Eventually(t, func() bool {
		s.refuses(t, unknownKey(t, nodes["hangs"].Issuer), http.StatusUnauthorized, "invalid_token")
		select {
		case givenUp := <-asked:
			for _, token := range tokens {
				s.opens(t, token, taro)
			}
			plain := do(t, http.DefaultClient, newRequest(t, http.MethodGet, s.base+"/public.nsf", ""))
			require.Equal(t, http.StatusOK, plain.status)
			return isOpen(givenUp)
		default:
			return false
		}
	}, 2*patience, tick)
	before := len(s.printed())
	s.tell(t, "tell http quit")
	s.awaitAfter(t, before, "ndoap: stopped")
	assert.False(t, slices.ContainsFunc(s.printed()[before:], func(line string) bool {
		return strings.Contains(line, keysWereNotRead)
	}), "the server did not wait for the provider, and that it stops is nobody's fault")
}

func isOpen(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return false
	default:
		return true
	}
}
