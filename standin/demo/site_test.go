// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// provider plays the authorization server and the database.
type provider struct {
	*httptest.Server
	authorization url.Values // the last request
	form          url.Values // the last token request
	tokenStatus   int
	tokenBody     string
	documents     string
	bearer        string // the last access token
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{tokenStatus: http.StatusOK, documents: `[{"@form":"Order","@unid":"1","Subject":"<b>Desks</b>","Amount":18400}]`}
	access := encode(`{"alg":"RS256"}`) + "." + encode(`{"sub":"CN=Alice <Adams>/O=Acme"}`) + ".c2lnbmF0dXJl"
	p.tokenBody = fmt.Sprintf(`{"access_token":%q,"token_type":"bearer","expires_in":3600,"refresh_token":"PoIuYtRePoIuYtRePoIuYtRe1"}`, access)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /doap/auth", func(_ http.ResponseWriter, r *http.Request) { p.authorization = r.URL.Query() })
	mux.HandleFunc("POST /doap/token", func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, r.ParseForm())
		p.form = r.PostForm
		w.WriteHeader(p.tokenStatus)
		_, err := io.WriteString(w, p.tokenBody)
		assert.NoError(t, err)
	})
	mux.HandleFunc("GET /demo.nsf/api/data/documents", func(w http.ResponseWriter, r *http.Request) {
		p.bearer = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		w.Header().Set("X-Standin-User", "CN=Alice <Adams>/O=Acme")
		_, err := io.WriteString(w, p.documents)
		assert.NoError(t, err)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// browser visits the site.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func newBrowser(t *testing.T, p *provider) *browser {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	site := newSite(place{base: p.URL, site: "http://" + listener.Listener.Addr().String()}, state{ClientSecret: "s3cret"})
	listener.Config.Handler = site.handler()
	listener.Start()
	t.Cleanup(listener.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t, listener.URL, &http.Client{Jar: jar}}
}

func (b *browser) read(reply *http.Response, err error) (int, string) {
	b.t.Helper()
	require.NoError(b.t, err)
	body, err := io.ReadAll(reply.Body)
	require.NoError(b.t, err)
	require.NoError(b.t, reply.Body.Close())
	return reply.StatusCode, string(body)
}

func (b *browser) get(path string) (int, string) {
	b.t.Helper()
	return b.read(b.client.Get(b.base + path))
}

func (b *browser) post(path string, form url.Values) (int, string) {
	b.t.Helper()
	return b.read(b.client.PostForm(b.base+path, form))
}

func TestTutorialClient(t *testing.T) {
	p := newProvider(t)
	b := newBrowser(t, p)
	status, _ := b.post("/login", url.Values{"client": {tutorialID}})
	require.Equal(t, http.StatusOK, status)
	sent := p.authorization.Get("state")
	assert.NotEmpty(t, sent)
	assert.Equal(t, url.Values{"response_type": {"code"}, "client_id": {tutorialID}, "scope": {"domino"}, "state": {sent}},
		p.authorization, "no more than the tutorial says")

	_, page := b.get("/authorize?code=a%2Bb&state=" + sent)
	assert.Equal(t, url.Values{"grant_type": {"authorization_code"}, "code": {"a+b"}, "client_id": {tutorialID}, "client_secret": {"s3cret"}}, p.form)
	assert.Contains(t, page, "&#34;sub&#34;: &#34;CN=Alice &lt;Adams&gt;/O=Acme&#34;")
	assert.Contains(t, page, "Domino saw <strong>CN=Alice &lt;Adams&gt;/O=Acme</strong>")
	assert.Contains(t, page, "&lt;b&gt;Desks&lt;/b&gt;")
	assert.Contains(t, page, "<dd>18400</dd>")
	assert.NotContains(t, page, p.bearer, "tokens are shown cut short")
	assert.NotContains(t, page, "PoIuYtRePoIuYtRePoIuYtRe1")

	status, _ = b.get("/authorize?code=ab&state=" + sent)
	assert.Equal(t, http.StatusBadRequest, status, "a state is good once")

	_, page = b.post("/refresh", nil)
	assert.Equal(t, url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {"PoIuYtRePoIuYtRePoIuYtRe1"}, "client_id": {tutorialID},
		"client_secret": {"s3cret"},
	}, p.form)
	assert.Contains(t, page, "The access token was updated.")

	_, page = b.post("/forget", nil)
	assert.Contains(t, page, "Log in with Domino")
	_, page = b.get("/tokens")
	assert.Contains(t, page, "Log in with Domino", "nothing is left to show")
}

func TestClientWithConsentUsesPKCE(t *testing.T) {
	p := newProvider(t)
	b := newBrowser(t, p)
	b.post("/login", url.Values{"client": {consentID}})
	assert.Equal(t, b.base+"/authorize-consent", p.authorization.Get("redirect_uri"))
	assert.Equal(t, "S256", p.authorization.Get("code_challenge_method"))

	b.get("/authorize-consent?code=x&state=" + p.authorization.Get("state"))
	assert.Equal(t, p.authorization.Get("redirect_uri"), p.form.Get("redirect_uri"))
	assert.NotContains(t, p.form, "client_secret")
	verifier := p.form.Get("code_verifier")
	assert.GreaterOrEqual(t, len(verifier), 43)
	sum := sha256.Sum256([]byte(verifier))
	assert.Equal(t, p.authorization.Get("code_challenge"), base64.RawURLEncoding.EncodeToString(sum[:]))
}

func TestProblemsAreShown(t *testing.T) {
	for name, test := range map[string]struct {
		change   func(*provider)
		callback string
		status   int
		says     string
	}{
		"denied":          {func(*provider) {}, "?error=access_denied&error_description=%3Cno%3E&state=STATE", 200, "&lt;no&gt;"},
		"a foreign state": {func(*provider) {}, "?code=x&state=other", 400, "does not belong to a login"},
		"no state":        {func(*provider) {}, "?code=x", 400, "does not belong to a login"},
		"a refused code": {
			func(p *provider) {
				p.tokenStatus, p.tokenBody = 400, `{"error":"invalid_grant","error_description":"used"}`
			},
			"?code=x&state=STATE", 502, "The token endpoint answered 400, invalid_grant: used",
		},
		"a login page as tokens": {func(p *provider) { p.tokenBody = "<html>" }, "?code=x&state=STATE", 502, "something else than JSON"},
		"a login page as documents": {
			func(p *provider) { p.documents = "<html>" }, "?code=x&state=STATE", 200,
			"The database answered 200 with something else than JSON",
		},
		"an opaque token": {func(p *provider) { p.tokenBody = `{"access_token":"opaque"}` }, "?code=x&state=STATE", 200, "not a JWT"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			test.change(p)
			b := newBrowser(t, p)
			b.post("/login", url.Values{"client": {tutorialID}})
			status, page := b.get("/authorize" + strings.Replace(test.callback, "STATE", p.authorization.Get("state"), 1))
			assert.Equal(t, test.status, status)
			assert.Contains(t, page, test.says)
		})
	}
}

func TestSiteIsGuarded(t *testing.T) {
	b := newBrowser(t, newProvider(t))
	reply, err := b.client.Get(b.base + "/")
	b.read(reply, err)
	assert.Contains(t, reply.Header.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'")
	assert.Equal(t, "no-referrer", reply.Header.Get("Referrer-Policy"))

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.base+"/refresh", nil)
	require.NoError(t, err)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	status, _ := b.read(b.client.Do(request))
	assert.Equal(t, http.StatusForbidden, status)
	status, _ = b.post("/login", url.Values{"client": {"other"}})
	assert.Equal(t, http.StatusBadRequest, status)
	status, _ = b.get("/nowhere")
	assert.Equal(t, http.StatusNotFound, status)
	status, style := b.get("/style.css")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, style, "color-scheme")
}

func TestMembersKeepTheUsualOrder(t *testing.T) {
	var response tokens
	require.NoError(t, json.Unmarshal([]byte(`{"zeta":[1],"scope":"domino","expires_in":3600,"access_token":"short","alpha":true}`), &response))
	assert.Equal(t, []member{{"access_token", "..."}, {"expires_in", "3600"}, {"scope", "domino"}, {"alpha", "true"}, {"zeta", "[1]"}},
		members(response))
}
