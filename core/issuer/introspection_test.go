// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/token"
)

func TestProvidersThatCannotBeAsked_B19(t *testing.T) {
	always := func(status int, body string) func(*http.Request) reply {
		return func(*http.Request) reply { return reply{status: status, body: body} }
	}
	for name, c := range map[string]struct {
		answers func(*http.Request) reply
		says    string
	}{
		"a front that does not reach it":     {always(502, ""), "status 502"},
		"a client that it does not know":     {always(401, `{"error":"invalid_client"}`), "status 401"},
		"that client, told in another way":   {always(400, `{"error":"invalid_client"}`), "status 400"},
		"nothing there":                      {always(404, ""), "status 404"},
		"too many questions":                 {always(429, ""), "status 429"},
		"another success":                    {always(204, ""), "status 204"},
		"a page":                             {always(200, "<html>"), "not JSON"},
		"a signed answer, which is not read": {always(200, good()), "not JSON"},
		"a list":                             {always(200, "[]"), "not a JSON object"},
		"nothing about active":               {always(200, "{}"), "whether the token is active"},
		"active as a text":                   {always(200, `{"active":"true"}`), "whether the token is active"},
		"active as a number":                 {always(200, `{"active":1}`), "whether the token is active"},
		"C14 active twice":                   {always(200, `{"active":false,"active":true}`), "occurs twice"},
		"S longer than what is read":         {always(200, `{"active":true,"x":"`+strings.Repeat("x", 32<<10)+`"}`), "longer than 32768 bytes"},
		"an answer that breaks off": {func(*http.Request) reply {
			return reply{status: 200, body: `{"active":`, err: errors.New("the line is dead")}
		}, "the line is dead"},
		"no connection": {func(*http.Request) reply { return reply{err: errors.New("no route")} }, "no route"},
		"a defect":      {func(*http.Request) reply { panic("by the test") }, "a defect in ndoap"},
	} {
		t.Run(name, func(t *testing.T) {
			f, i := newInformed(t)
			i.replies(c.answers)
			_, err := f.VerifyOpaque(t.Context(), opaque)
			require.ErrorIs(t, err, token.ErrUnavailable)
			require.ErrorContains(t, err, c.says)
			i.replies(nil)
			_, err = f.VerifyOpaque(t.Context(), "another")
			require.ErrorIs(t, err, token.ErrUnavailable, "it is left alone for a while")
			require.ErrorContains(t, err, c.says)
			assert.Equal(t, 1, i.count())
			f.Wait()
			assert.Contains(t, f.said(), "an identity provider cannot be asked about tokens that are no JWTs")
			for _, hidden := range []string{opaque, secret, "p%3Aa"} {
				assert.NotContains(t, f.said()+err.Error(), hidden)
			}
		})
	}
}

// What a provider says of a token is no fault of the provider: whoever makes tokens up cannot have it left alone.
func TestTokensThatTheProviderDoesNotTake_B1(t *testing.T) {
	for _, status := range []int{400, 413, 422} {
		f, i := newInformed(t)
		i.replies(func(*http.Request) reply { return reply{status: status, body: `{"error":"invalid_request"}`} })
		for range 2 {
			_, err := f.VerifyOpaque(t.Context(), opaque)
			require.ErrorIs(t, err, token.ErrUnusable)
			require.ErrorContains(t, err, "takes it for no token")
		}
		assert.Equal(t, 1, i.count(), "which is remembered")
		i.replies(nil)
		_, err := f.VerifyOpaque(t.Context(), "another")
		require.NoError(t, err)
	}
}

// Nor can they do so with what a firewall before the provider refuses, or the provider fails at.
func TestOneTokenThatTheProviderFailsAt_B21(t *testing.T) {
	for _, status := range []int{403, 406, 500, 501} {
		inBubble(t, func(t *testing.T, f *fixture, i *informer) {
			i.replies(func(*http.Request) reply { return reply{status: status} })
			for range 2 {
				_, err := f.VerifyOpaque(t.Context(), "../../etc/passwd")
				require.ErrorIs(t, err, token.ErrUnavailable)
				require.ErrorContains(t, err, fmt.Sprint("status ", status))
			}
			assert.Equal(t, 1, i.count(), "which is remembered for a while")
			f.asks(t, "another", token.ErrUnavailable)
			assert.Equal(t, 2, i.count(), "as each is asked about")
			synctest.Wait()
			assert.Equal(t, 1, strings.Count(f.said(), "as if it failed"), "and said once a minute: it may be the provider")
			i.replies(nil)
			f.asks(t, opaque, nil)
			time.Sleep(Pause)
			f.asks(t, "another", nil)
			time.Sleep(oddPause - Pause)
			i.replies(func(*http.Request) reply { return reply{status: status} })
			f.asks(t, "a-third", token.ErrUnavailable)
			synctest.Wait()
			assert.Equal(t, 2, strings.Count(f.said(), "as if it failed"))
			assert.NotContains(t, f.said(), "cannot be asked")
		})
	}
}

// A good token that the provider failed at once keeps the places that such tokens have.
func TestAFailureForgetsNoGoodToken_B21(t *testing.T) {
	inBubble(t, func(t *testing.T, f *fixture, i *informer) {
		f.asks(t, opaque, nil)
		time.Sleep(2 * time.Minute)
		i.replies(func(*http.Request) reply { return reply{status: 500} })
		f.asks(t, opaque, token.ErrUnavailable)
		time.Sleep(Pause)
		i.replies(hangs)
		var flood sync.WaitGroup
		flood.Go(func() { f.flood(50) })
		synctest.Wait()
		before := i.count()
		f.asks(t, opaque, token.ErrUnavailable)
		assert.Equal(t, before+1, i.count(), "it had the place that is kept for good ones")
		flood.Wait()
	})
}

// The token and the secret go nowhere but to the endpoint.
func TestRedirectsAreNotFollowed_S(t *testing.T) {
	o := newOrigin(t, httptest.NewServer)
	var asked []string
	o.answer(func(w http.ResponseWriter, r *http.Request) bool {
		asked = append(asked, r.URL.Path)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		return true
	})
	f := newFixture(t, introspecting(func(p *config.Provider) { p.Introspection.URL = o.URL + "/introspect" }))
	_, err := f.VerifyOpaque(t.Context(), opaque)
	require.ErrorIs(t, err, token.ErrUnavailable)
	require.ErrorContains(t, err, "status 307")
	assert.Equal(t, []string{"/introspect"}, asked)
}

func TestEndpointsThatAreNotAsked(t *testing.T) {
	for name, c := range map[string]struct{ named, says string }{
		"none":                                {"", "has no introspection_endpoint: write introspection.url"},
		"S on this machine, named by another": {"http://127.0.0.1:1/introspect", "is not an https URL"},
		"S over http":                         {"http://idp.example.com/introspect", "is not an https URL"},
		"no URL":                              {"https://idp.example.com/%zz", "not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.transport = web{
				"https://idp.example.com/a/.well-known/openid-configuration": {
					"issuer": "https://idp.example.com/a", "jwks_uri": "https://idp.example.com/keys", "introspection_endpoint": c.named,
				},
				"https://idp.example.com/keys": {"keys": []any{keyOf(&signing.rsa.PublicKey, "r", nil)}},
			}
			f.configure(t, introspecting(func(p *config.Provider) {
				p.URL, p.Issuers, p.Introspection.URL = "https://idp.example.com/a", nil, ""
			}))
			_, err := f.VerifyOpaque(t.Context(), opaque)
			require.ErrorContains(t, err, "its discovery document has not been read yet")
			f.now = f.now.Add(Pause)
			f.refresh(t)
			_, err = f.VerifyOpaque(t.Context(), opaque)
			require.ErrorIs(t, err, token.ErrUnavailable)
			require.ErrorContains(t, err, c.says)
		})
	}
}

func TestTheSecretInAFile(t *testing.T) {
	f, i := newInformed(t, func(p *config.Provider) {
		p.Introspection.ClientSecret, p.Introspection.ClientSecretFile = "", "idp.secret"
	})
	file := filepath.Join(f.config.Directory, "idp.secret")
	for name, c := range map[string]struct {
		content []byte // nil: no file
		says    string // empty: it is sent
	}{
		"no file":         {nil, "clientSecretFile: cannot open the file"},
		"an empty file":   {[]byte("\n"), "is not one line"},
		"two lines":       {[]byte("a\nb\n"), "is not one line"},
		"too long":        {make([]byte, 4<<10+1), "is longer than 4096 bytes"},
		"a secret":        {[]byte("s3cret"), ""},
		"with a line end": {[]byte("s3cret\r\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(file))
			if c.content != nil {
				require.NoError(t, os.WriteFile(file, c.content, 0o600))
			}
			f.now = f.now.Add(2 * config.MaxIntrospectionCache)
			i.says(answered(object{"iat": f.now.Unix(), "exp": f.now.Add(time.Hour).Unix()}))
			before := i.count()
			_, err := f.VerifyOpaque(t.Context(), opaque)
			if c.says != "" {
				require.ErrorIs(t, err, token.ErrUnavailable)
				require.ErrorContains(t, err, c.says)
				assert.Equal(t, before, i.count(), "the provider is not asked")
				return
			}
			require.NoError(t, err)
			_, password, _ := i.asked[before].BasicAuth()
			assert.Equal(t, "s3cret", password)
		})
	}
	require.NoError(t, os.RemoveAll(file))
	require.NoError(t, os.Mkdir(file, 0o700))
	f.now = f.now.Add(2 * config.MaxIntrospectionCache)
	_, err := f.VerifyOpaque(t.Context(), opaque)
	require.ErrorContains(t, err, "clientSecretFile", "a folder")
}

// FuzzAnswer holds the reader of answers to: no panic, and active only by the one way to say so.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"active":true,"sub":"a","aud":["Domino"],"exp":1.5}`, `{"active":false}`, `{"active":"true"}`, `{"active":true,"active":false}`,
		`{"ACTIVE":true}`, `{"x":{"active":true}}`, "[]", "", "<html>", "{\"active\":true}\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		claims, isActive, err := readAnswer(document)
		if err != nil {
			assert.False(t, isActive)
			assert.Nil(t, claims)
			return
		}
		assert.Equal(t, isActive, claims["active"])
		_ = isAccessToken(claims) // does not panic, whatever the types
	})
}
