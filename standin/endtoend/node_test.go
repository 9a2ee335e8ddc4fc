// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// received are the tokens that a library hands to its user.
type received struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
	ExpiresIn    int    `json:"expires_in"`
}

// refused is the error that a library throws, as talk.mjs tells of it. Name says so if it threw none.
type refused struct {
	Name, Code, Message, Error string
	Status                     int
}

// opened is what a resource answered.
type opened struct {
	Status int
	User   string
}

// grantTypes are the flags of a client that uses all there are.
var grantTypes = []string{"--trusted", "--grant-type", "authorization_code", "--grant-type", "refresh_token", "--grant-type", "client_credentials"}

// clientKey makes a key pair and returns the file of its private half and that of its public half, as a JWK Set.
func clientKey(t *testing.T) (private, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	point, err := key.PublicKey.Bytes() // uncompressed: 4, x, y
	require.NoError(t, err)
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:]),
	}}})
	require.NoError(t, err)
	private, public = filepath.Join(t.TempDir(), "private.pem"), filepath.Join(t.TempDir(), "jwks.json")
	require.NoError(t, os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(public, set, 0o600))
	return private, public
}

// openid-client finds everything out by discovery and takes nothing on trust: an answer of another issuer, or of none,
// is refused by the client before a code is sent anywhere.
func TestOpenIDClient_A32_M1(t *testing.T) {
	s := ownIssuer(t)
	private, public := clientKey(t)
	s.addClient(t, "by-secret", grantTypes...)
	s.addClient(t, "by-key", append(grantTypes, "--jwks", tested.Path(public))...)
	s.addClient(t, "public", "--public")
	for _, c := range []struct{ client, authentication, wellKnown string }{
		{"by-secret", "client_secret_basic", "oauth2"},
		{"by-secret", "client_secret_post", "oidc"},
		{"by-key", "private_key_jwt", "oauth2"},
		{"public", "none", "oidc"},
	} {
		t.Run(c.authentication+" "+c.wellKnown, func(t *testing.T) {
			program := s.run(t, "openid-client.mjs", "AUTHENTICATION", c.authentication, "WELL_KNOWN", c.wellKnown,
				"CLIENT_ID", c.client, "CLIENT_SECRET", s.secrets[c.client], "CLIENT_KEY", private)
			s.talkToOpenIDClient(t, program, c.client)
			if c.authentication != "none" {
				talkOfApplication(t, program, c.client)
			}
			program.end(t)
		})
	}
}

// talkToOpenIDClient follows what the script does for a user.
func (s *server) talkToOpenIDClient(t *testing.T, program *script, id string) {
	t.Helper()
	var discovered struct{ Metadata map[string]any }
	program.hear(t, &discovered)
	assert.Equal(t, s.issuer, discovered.Metadata["issuer"])
	assert.Equal(t, true, discovered.Metadata["authorization_response_iss_parameter_supported"])

	user := s.browser(t, alice)
	program.login(t, user)
	for _, what := range []string{"anotherIssuer", "noIssuer", "anotherState"} {
		said := map[string]refused{}
		program.hear(t, &said)
		assert.Contains(t, []string{"OAUTH_INVALID_RESPONSE", "OAUTH_JWT_CLAIM_COMPARISON_FAILED"}, said[what].Code, "%s: %v", what, said)
	}
	var first struct {
		Tokens received
		Opened opened
	}
	program.hear(t, &first)
	assert.Equal(t, opened{http.StatusOK, alice.canonical}, first.Opened)
	assert.Equal(t, "domino", first.Tokens.Scope)
	var reuse struct{ SecondUse, Revoked refused }
	program.hear(t, &reuse)
	assert.Equal(t, "invalid_grant", reuse.SecondUse.Error, "%v", reuse)
	assert.Equal(t, http.StatusUnauthorized, reuse.Revoked.Status, "what the code had bought: %v", reuse)

	program.login(t, user)
	var refreshed struct {
		Refreshed received
		Opened    opened
		Rotated   bool
	}
	program.hear(t, &refreshed)
	assert.True(t, refreshed.Rotated)
	assert.Equal(t, opened{http.StatusOK, alice.canonical}, refreshed.Opened)
	assert.Equal(t, id, claims(t, refreshed.Refreshed.AccessToken)["client_id"])
	var revoked struct {
		Introspected map[string]any
		Revoked      refused
		Afterwards   map[string]any
	}
	program.hear(t, &revoked)
	assert.Equal(t, http.StatusUnauthorized, revoked.Revoked.Status, "%v", revoked)
	if revoked.Introspected != nil {
		assert.Equal(t, true, revoked.Introspected["active"])
		assert.Equal(t, alice.canonical, revoked.Introspected["sub"])
		assert.Equal(t, map[string]any{"active": false}, revoked.Afterwards)
	}
}

// talkOfApplication follows what a script does for a client that acts for itself: it gets a token, which opens nothing here.
func talkOfApplication(t *testing.T, program *script, id string) {
	t.Helper()
	var said struct {
		Own          received
		Introspected map[string]any
		Opened       refused
	}
	program.hear(t, &said)
	assert.Empty(t, said.Own.RefreshToken)
	assert.Equal(t, "urn:ndoap:client:"+id, claims(t, said.Own.AccessToken)["sub"])
	assert.Equal(t, true, said.Introspected["active"])
	assert.Equal(t, http.StatusUnauthorized, said.Opened.Status, "%v", said.Opened)
}

// simple-oauth2 refreshes, and has a new refresh token each time.
func TestSimpleOAuth2_A39(t *testing.T) {
	s := ownIssuer(t)
	s.addClient(t, "simple", grantTypes...)
	for _, authentication := range []string{"header", "body"} {
		t.Run(authentication, func(t *testing.T) {
			program := s.run(t, "simple-oauth2.mjs", "AUTHENTICATION", authentication, "CLIENT_ID", "simple", "CLIENT_SECRET", s.secrets["simple"])
			program.login(t, s.browser(t, alice))
			var wrong struct {
				WrongSecret struct {
					Status    int
					Challenge string
				}
			}
			program.hear(t, &wrong)
			assert.Equal(t, http.StatusUnauthorized, wrong.WrongSecret.Status)
			assert.Contains(t, wrong.WrongSecret.Challenge, "Basic ")
			var said struct {
				Tokens, Refreshed, Own received
				Expired                bool
				Revoked                refused
			}
			for range 4 { // tokens, refreshed, own, revoked
				program.hear(t, &said)
			}
			assert.False(t, said.Expired)
			assert.Equal(t, 3600, said.Tokens.ExpiresIn)
			assert.NotEmpty(t, said.Refreshed.RefreshToken)
			assert.NotEqual(t, said.Tokens.RefreshToken, said.Refreshed.RefreshToken)
			assert.Empty(t, said.Own.RefreshToken)
			assert.Equal(t, http.StatusBadRequest, said.Revoked.Status, "%v", said.Revoked)
			for name, tokens := range map[string]received{"of the user": said.Refreshed, "of the client": said.Own} {
				assert.Equal(t, http.StatusUnauthorized, s.read(t, "/sales.nsf/api/data/documents", tokens.AccessToken).status, name)
			}
			program.end(t)
		})
	}
}

// passport-oauth2 in a web site with sessions. Its callback in a browser that began nothing, as an attacker would have
// it called with his own code, is refused by the state in the session (M10, M11).
func TestPassportOAuth2_M10_M11(t *testing.T) {
	s := ownIssuer(t)
	site := s.run(t, "passport-oauth2.mjs")
	var asked struct {
		Callback string
		Ready    bool
	}
	site.hear(t, &asked)
	s.addClient(t, "passport", "--trusted", "--redirect-uri", asked.Callback)
	site.tell(t, map[string]string{"clientID": "passport", "clientSecret": s.secrets["passport"]})
	site.hear(t, &asked)
	require.True(t, asked.Ready)
	origin, err := url.Parse(asked.Callback)
	require.NoError(t, err)
	page := func(path string) string { return origin.Scheme + "://" + origin.Host + path }
	// visit leads a browser from the login of the site to the address of its callback, and stops there.
	visit := func(who person) (*browser, string) {
		b := s.browser(t, who)
		b.stops = asked.Callback
		_, back := b.open(t, http.MethodGet, page("/login"), "")
		require.NotNil(t, back)
		return b, back.String()
	}

	user, back := visit(alice)
	tokens := do(t, user.client, newRequest(t, http.MethodGet, back, ""))
	require.Equal(t, http.StatusOK, tokens.status, tokens.body)
	documents := s.read(t, "/sales.nsf/api/data/documents", tokens.text("accessToken"))
	assert.Equal(t, alice.canonical, documents.header.Get("X-Standin-User"))

	refreshed := do(t, user.client, newRequest(t, http.MethodGet, page("/refresh?token="+tokens.text("refreshToken")), ""))
	require.Equal(t, http.StatusOK, refreshed.status, refreshed.body)
	assert.NotEqual(t, tokens.text("refreshToken"), refreshed.text("refreshToken"), "the library hands the new one on")
	documents = s.read(t, "/sales.nsf/api/data/documents", refreshed.text("accessToken"))
	assert.Equal(t, alice.canonical, documents.header.Get("X-Standin-User"))

	attacker, prepared := visit(joerg)
	victim, _ := visit(alice)
	for name, who := range map[string]*browser{"a browser that began nothing": s.browser(t, alice), "one with a login of its own": victim} {
		got := do(t, who.client, newRequest(t, http.MethodGet, prepared, ""))
		assert.Equal(t, http.StatusForbidden, got.status, "%s: %s", name, got.body)
	}
	own := do(t, attacker.client, newRequest(t, http.MethodGet, prepared, ""))
	assert.Equal(t, http.StatusOK, own.status, "his own login is not hurt: "+own.body)

	site.tell(t, map[string]bool{"stop": true})
	site.end(t)
}
