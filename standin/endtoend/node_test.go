// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// received are the tokens that a library hands to its user.
type received struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
	ExpiresIn    int    `json:"expires_in"`
}

// refused is the error that a library throws, as talk.mjs tells of it.
type refused struct {
	Name, Code, Message, Error string
	Status                     int
}

// passport-oauth2 in a web site with sessions. Its callback in a browser that began nothing, as an attacker would have
// it called with his own code, is refused by the state in the session (M10, M11).
func TestPassportOAuth2_M10_M11(t *testing.T) {
	s := ownIssuer(t, options{})
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
