// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// The tutorial, with session login and with Basic, in both orders of events, at both events that can answer people.
func TestTutorial(t *testing.T) {
	for _, auth := range []string{"session", "basic"} {
		for _, order := range []string{"documented", "mapped-first"} {
			for _, event := range []string{"authorized", "process"} {
				t.Run(strings.Join([]string{auth, order, event}, " "), func(t *testing.T) {
					s := start(t, options{auth: auth, order: order, userEvent: event})
					tutorial(t, s, alice)
				})
			}
		}
	}
}

func TestTutorialOverTLS(t *testing.T) {
	s := start(t, options{extra: []string{"--tls"}, config: map[string]any{"tls": map[string]any{"required": true}}})
	trust(t, s)
	tutorial(t, s, alice)
}

// Names above ASCII go through LMBCS and back.
func TestTutorialWithNamesAboveASCII(t *testing.T) {
	s := start(t, options{})
	for _, who := range []person{joerg, taro} {
		t.Run(who.canonical, func(t *testing.T) { tutorial(t, s, who) })
	}
}

func tutorial(t *testing.T, s *server, who person) {
	t.Helper()
	got := s.authorize(t, who, url.Values{
		"response_type": {"code"}, "client_id": {tutorialID}, "scope": {"domino"}, "state": {"x y+z%26&=ü"},
	})
	assert.Equal(t, "x y+z%26&=ü", got.Get("state"))
	tokens := s.token(t, "grant_type", "authorization_code", "code", got.Get("code"))
	require.Equal(t, http.StatusOK, tokens.status, tokens.body)
	assert.Equal(t, "bearer", tokens.text("token_type"))

	documents := s.read(t, "/sales.nsf/api/data/documents", tokens.text("access_token"))
	require.Equal(t, http.StatusOK, documents.status, documents.body)
	var entries []map[string]any
	require.NoError(t, json.Unmarshal([]byte(documents.body), &entries))
	require.Len(t, entries, 1)
	assert.Equal(t, who.canonical, entries[0]["ReadBy"], "the name that the ACL was checked with")

	refreshed := s.token(t, "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	require.Equal(t, http.StatusOK, refreshed.status, refreshed.body)
	assert.NotEqual(t, tokens.text("refresh_token"), refreshed.text("refresh_token"))
	again := s.read(t, "/sales.nsf/api/data/documents", refreshed.text("access_token"))
	assert.Equal(t, documents.body, again.body)
}

// An independent client, with both ways of client authentication; each first try must succeed.
func TestXOAuth2(t *testing.T) {
	s := start(t, options{})
	for name, style := range map[string]oauth2.AuthStyle{
		"Basic": oauth2.AuthStyleInHeader, "body": oauth2.AuthStyleInParams, "detected": oauth2.AuthStyleAutoDetect,
	} {
		t.Run(name, func(t *testing.T) {
			client := oauth2.Config{
				ClientID: modernID, ClientSecret: s.secrets[modernID], RedirectURL: callback, Scopes: []string{"domino"},
				Endpoint: oauth2.Endpoint{AuthURL: s.base + "/doap/auth", TokenURL: s.base + "/doap/token", AuthStyle: style},
			}
			verifier := oauth2.GenerateVerifier()
			link, err := url.Parse(client.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
			require.NoError(t, err)
			got := s.authorize(t, alice, link.Query())
			tokens, err := client.Exchange(t.Context(), got.Get("code"), oauth2.VerifierOption(verifier))
			require.NoError(t, err)
			assert.Equal(t, "Bearer", tokens.TokenType)
			request := newRequest(t, http.MethodGet, s.base+"/sales.nsf/api/data/documents", "")
			documents := do(t, client.Client(t.Context(), tokens), request)
			assert.Equal(t, alice.canonical, documents.header.Get("X-Standin-User"))
			old := *tokens
			old.Expiry = time.Unix(1, 0)
			renewed, err := client.TokenSource(t.Context(), &old).Token()
			require.NoError(t, err)
			assert.NotEqual(t, tokens.RefreshToken, renewed.RefreshToken)
		})
	}
}

// A client that the administrator does not vouch for: the user is asked, once.
func TestConsent_A70_M13(t *testing.T) {
	s := start(t, options{})
	verifier := oauth2.GenerateVerifier()
	link := s.base + "/doap/auth?" + url.Values{
		"response_type": {"code"}, "client_id": {askingID}, "state": {"s"}, "redirect_uri": {callback}, "scope": {"domino"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
	b := s.browser(t, alice)
	asked, _ := b.open(t, http.MethodGet, link, "")
	require.Equal(t, http.StatusOK, asked.status, asked.body)
	assert.Contains(t, asked.body, "Client "+askingID)
	assert.Contains(t, asked.header.Get("Content-Security-Policy"), "frame-ancestors 'none'")

	_, denied := b.open(t, http.MethodPost, s.base+"/doap/consent", consentForm(t, asked.body, "deny"))
	require.NotNil(t, denied)
	assert.Equal(t, "access_denied", denied.Query().Get("error"))
	assert.Equal(t, "s", denied.Query().Get("state"))

	asked, _ = b.open(t, http.MethodGet, link, "")
	_, allowed := b.open(t, http.MethodPost, s.base+"/doap/consent", consentForm(t, asked.body, "allow"))
	require.NotNil(t, allowed)
	require.NotEmpty(t, allowed.Query().Get("code"))
	replayed, _ := b.open(t, http.MethodPost, s.base+"/doap/consent", consentForm(t, asked.body, "allow"))
	assert.Equal(t, http.StatusBadRequest, replayed.status, "a form can be sent once")

	_, remembered := b.open(t, http.MethodGet, link, "")
	require.NotNil(t, remembered, "the page is not shown again")
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {remembered.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}
	request := newRequest(t, http.MethodPost, s.base+"/doap/token", form.Encode())
	request.SetBasicAuth(askingID, s.secrets[askingID])
	assert.Equal(t, http.StatusOK, do(t, http.DefaultClient, request).status)
}

// consentForm fills the form of a consent page in.
func consentForm(t *testing.T, body, decision string) string {
	t.Helper()
	form := url.Values{"decision": {decision}}
	for _, name := range []string{"request", "token"} {
		_, rest, found := strings.Cut(body, `name="`+name+`" value="`)
		require.True(t, found, "the form has no %s: %s", name, body)
		value, _, _ := strings.Cut(rest, `"`)
		form.Set(name, value)
	}
	return form.Encode()
}
