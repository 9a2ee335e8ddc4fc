// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signer is an identity provider whose tokens the test makes itself.
type signer struct {
	*httptest.Server

	private ed25519.PrivateKey
}

func startSigner(t *testing.T) *signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	routes := http.NewServeMux()
	p := &signer{Server: httptest.NewServer(routes), private: private}
	t.Cleanup(p.Close)
	document := func(what any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(what) }
	}
	routes.HandleFunc("/.well-known/openid-configuration", document(map[string]string{"issuer": p.URL, "jwks_uri": p.URL + "/keys"}))
	routes.HandleFunc("/keys", document(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: "s", Algorithm: "EdDSA"}}}))
	return p
}

// token is a good access token of Alice, with changes.
func (p *signer) token(t *testing.T, changes map[string]any) string {
	t.Helper()
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": p.URL, "sub": alice.canonical, "aud": "Domino", "scope": "domino", "client_id": "outside-app", "iat": now, "exp": now + 600,
	}
	for name, value := range changes {
		claims[name] = value
	}
	part := func(value any) string {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(map[string]string{"alg": "EdDSA", "typ": "JWT", "kid": "s"}) + "." + part(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(p.private, []byte(signed)))
}

// explained is what doapctl explain says, with what it exits.
type explained struct {
	fields map[string]any
	text   string // all that it printed
	exit   int
}

// explain runs doapctl explain with a token on standard input.
func (s *server) explain(t *testing.T, token string, arguments ...string) explained {
	t.Helper()
	words := append(tested.program(t, "doapctl"), append([]string{"--data", tested.Path(s.data), "explain"}, arguments...)...)
	command := exec.CommandContext(t.Context(), words[0], words[1:]...)
	command.Stdin = strings.NewReader(token + "\n")
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if failed, exited := errors.AsType[*exec.ExitError](err); exited {
		err = nil
		require.NotZero(t, failed.ExitCode())
	}
	require.NoError(t, err)
	got := explained{text: string(out) + stderr.String(), exit: command.ProcessState.ExitCode()}
	if strings.HasPrefix(string(out), "{") {
		require.NoError(t, json.Unmarshal(out, &got.fields), string(out))
	}
	return got
}

// recorded is what doapctl explain says under a request id, as soon as the server has stored it.
func (s *server) recorded(t *testing.T, id string) explained {
	t.Helper()
	var got explained
	require.Eventually(t, func() bool {
		got = s.explain(t, "", id, "--json")
		return got.exit == 0
	}, patience, tick)
	return got
}

// Whoever is called because a token is refused asks with the id in the answer, or with the token; the sender learns nothing.
func TestExplain(t *testing.T) {
	p := startSigner(t)
	s := start(t, options{config: map[string]any{
		"jwt": map[string]any{"acme-idp": map[string]any{"active": true, "providerUrl": p.URL, "aud": "Domino"}},
	}})
	s.says(t, keysWereRead)
	good := p.token(t, nil)
	s.opens(t, good, alice)
	now := time.Now().Unix()

	for name, c := range map[string]struct {
		token                  string
		status                 int
		provider, rule, client string
		says                   string
	}{
		"another audience":        {p.token(t, map[string]any{"aud": "another-server"}), 401, "acme-idp", "aud", "outside-app", "another-server"},
		"expired":                 {p.token(t, map[string]any{"iat": now - 900, "exp": now - 300}), 401, "acme-idp", "exp", "outside-app", "Z"},
		"an ID token":             {p.token(t, map[string]any{"nonce": "n"}), 401, "acme-idp", "kind", "outside-app", "nonce"},
		"nobody knows its issuer": {p.token(t, map[string]any{"iss": "https://idp.example.org"}), 401, "", "iss", "", "https://idp.example.org"},
		"changed on its way":      {good[:len(good)-10] + "AAAAAAAAAA", 401, "acme-idp", "signature", "", "did not make"},
		"no token at all":         {"secretsecretsecret", 401, "", "form", "", "0 dots"},
		"too little scope":        {p.token(t, map[string]any{"scope": "calendar"}), 403, "acme-idp", "scope", "outside-app", `"calendar"`},
	} {
		t.Run(name, func(t *testing.T) {
			refused := s.read(t, "/sales.nsf/api/data/documents?secret-in-query=1", c.token)
			require.Equal(t, c.status, refused.status, refused.body)
			id := refused.header.Get("Request-Id")
			require.Len(t, id, 16)
			assert.Equal(t, id, refused.text("request_id"))
			sent := refused.body
			for name, values := range refused.header {
				sent += name + strings.Join(values, "")
			}
			for _, told := range []string{"acme-idp", "another-server", p.URL, "outside-app", "calendar"} {
				assert.NotContains(t, sent, told, "the sender is told the kind of fault only")
			}

			byID := s.recorded(t, strings.ToUpper(id))
			byToken := s.explain(t, c.token, "--json", "--url", "/sales.nsf/api/data/documents")
			assert.Equal(t, 1, byToken.exit, byToken.text)
			for what, got := range map[string]explained{"by the id": byID, "by the token": byToken} {
				assert.Equal(t, c.rule, got.fields["rule"], what)
				provider, _ := got.fields["provider"].(string)
				assert.Equal(t, c.provider, provider, what)
				client, _ := got.fields["client_id"].(string)
				assert.Equal(t, c.client, client, what)
				assert.Contains(t, got.fields["found"], c.says, what)
				assert.Equal(t, refused.text("error_description"), got.fields["error_description"], what)
				for _, secret := range append(strings.Split(c.token, ".")[min(2, strings.Count(c.token, ".")):], "secret-in-query", "secretsecret") {
					assert.NotContains(t, got.text, secret, what)
				}
			}
			assert.Equal(t, "/sales.nsf/api/data/documents", byID.fields["path"])
		})
	}
	list := doapctl(t, s.data, "explain", "--list")
	assert.Equal(t, 8, strings.Count(list, "\n"), "a line each, and the heading:\n%s", list)

	// The directory is the server's to ask: doapctl says for which name, and the server who it is not.
	stranger := p.token(t, map[string]any{"sub": "CN=Ghost/O=Acme"})
	refused := s.read(t, "/sales.nsf", stranger)
	require.Equal(t, http.StatusUnauthorized, refused.status)
	assert.Equal(t, "person", s.recorded(t, refused.text("request_id")).fields["rule"])
	judged := s.explain(t, stranger, "--json")
	assert.Zero(t, judged.exit, judged.text)
	assert.Equal(t, "CN=Ghost/O=Acme", judged.fields["looks_up"])

	judged = s.explain(t, good)
	assert.Zero(t, judged.exit, judged.text)
	assert.Contains(t, judged.text, "provider acme-idp")
	assert.Contains(t, judged.text, "all that access control lists allow its user")
	own := s.tokens(t, alice).text("access_token")
	judged = s.explain(t, own, "--json")
	assert.Zero(t, judged.exit, judged.text)
	assert.Equal(t, alice.canonical, judged.fields["user"])
	printed := strings.Join(s.printed(), "\n")
	for _, secret := range []string{good, own, stranger, "secret-in-query"} {
		assert.NotContains(t, printed, secret)
		assert.NotContains(t, judged.text, secret)
	}
}
