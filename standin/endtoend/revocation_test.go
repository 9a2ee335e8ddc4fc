// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// form posts to a machine endpoint as the tutorial's client.
func (s *server) form(t *testing.T, path string, parameters ...string) page {
	t.Helper()
	form := url.Values{"client_id": {tutorialID}, "client_secret": {s.secrets[tutorialID]}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	return do(t, http.DefaultClient, newRequest(t, http.MethodPost, s.base+path, form.Encode()))
}

// A client revokes its tokens: the next request is refused, through the whole server.
func TestRevocationByTheClient_A45_A75_A76(t *testing.T) {
	s := start(t, options{})
	for _, name := range []string{"access_token", "refresh_token"} {
		t.Run(name, func(t *testing.T) {
			tokens := s.tokens(t, alice)
			access := tokens.text("access_token")
			read := func() page { return s.read(t, "/sales.nsf/api/data/documents", access) }
			require.Equal(t, http.StatusOK, read().status)
			asked := s.form(t, "/doap/introspect", "token", access)
			assert.Equal(t, true, asked.fields["active"], asked.body)
			assert.Equal(t, alice.canonical, asked.text("username"))

			revoked := s.form(t, "/doap/revoke", "token", tokens.text(name))
			assert.Equal(t, http.StatusOK, revoked.status, revoked.body)
			refused := read()
			assert.Equal(t, http.StatusUnauthorized, refused.status)
			assert.Equal(t, "The token was revoked.", refused.text("error_description"))
			assert.Contains(t, refused.header.Get("Www-Authenticate"), `error="invalid_token"`)
			assert.JSONEq(t, `{"active":false}`, s.form(t, "/doap/introspect", "token", access).body)
		})
	}
}

// What an administrator ends with doapctl, which is another process, ends here as soon as the server has looked.
func TestRevocationByTheAdministrator_A45(t *testing.T) {
	s := start(t, options{})
	for _, c := range []struct {
		name string
		end  func(claims map[string]any)
		says string
	}{
		{"grant", func(claims map[string]any) { doapctl(t, s.data, "grant", "revoke", claims["gid"].(string)) }, "The token was revoked."},
		{"user", func(map[string]any) { doapctl(t, s.data, "user", "revoke", alice.canonical, "--yes") }, "The token was revoked."},
		{"client's grants", func(map[string]any) { doapctl(t, s.data, "client", "revoke", tutorialID, "--yes") }, "The token was revoked."},
		{"key", func(map[string]any) {
			var keys []struct {
				ID string `json:"kid"`
			}
			require.NoError(t, json.Unmarshal([]byte(doapctl(t, s.data, "key", "list", "--json")), &keys))
			doapctl(t, s.data, "key", "generate", "--algorithm", "ES256")
			for _, key := range keys {
				doapctl(t, s.data, "key", "retire", "--yes", "--", key.ID)
			}
		}, "The token was not issued by this server."},
		{"client", func(map[string]any) { doapctl(t, s.data, "client", "disable", tutorialID) }, "The token was revoked."},
	} {
		t.Run(c.name, func(t *testing.T) {
			var access string
			read := func() page { return s.read(t, "/sales.nsf/api/data/documents", access) }
			require.Eventually(t, func() bool { // a token of the second in which its user was revoked counts as one from before
				access = s.tokens(t, alice).text("access_token")
				return read().status == http.StatusOK
			}, patience, loginTick)
			c.end(claims(t, access))
			require.Eventually(t, func() bool { return read().status == http.StatusUnauthorized }, patience, 10*time.Millisecond)
			assert.Equal(t, c.says, read().text("error_description"))
		})
	}
}
