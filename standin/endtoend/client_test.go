// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// person is somebody who uses a browser.
type person struct{ name, canonical, password string }

var (
	alice = person{"Alice Adams", "CN=Alice Adams/O=Acme", "alice-pw"}
	joerg = person{"jmueller", "CN=Jörg Müller/OU=Büro/O=Acme", "joerg-pw"}
	taro  = person{"taro@acme.example", "CN=山田 太郎/OU=営業/O=Acme", "taro-pw"}
)

// page is an answer.
type page struct {
	status int
	header http.Header
	body   string
	fields map[string]any // of a JSON object
}

func (p page) text(name string) string {
	value, _ := p.fields[name].(string)
	return value
}

// do sends a request and reads the whole answer.
func do(t *testing.T, client *http.Client, request *http.Request) page {
	t.Helper()
	response, err := client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	got := page{status: response.StatusCode, header: response.Header, body: string(body)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") && strings.HasPrefix(got.body, "{") {
		require.NoError(t, json.Unmarshal(body, &got.fields), got.body)
	}
	return got
}

func newRequest(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return request
}

// browser follows redirects by hand, keeps cookies, and logs in where Domino asks for it.
type browser struct {
	server *server
	person person
	client *http.Client
	hops   []string // every Location it was sent to
	stops  string   // what the address begins with that it does not open
}

func (s *server) browser(t *testing.T, who person) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{server: s, person: who, stops: callback, client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// open goes to a URL and on until something other than a redirect, or the client's callback, is reached.
func (b *browser) open(t *testing.T, method, target, body string) (page, *url.URL) {
	t.Helper()
	for range 10 {
		request := newRequest(t, method, target, body)
		request.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		got := do(t, b.client, request)
		if got.status == http.StatusUnauthorized && b.server.auth == "basic" && strings.HasPrefix(got.header.Get("Www-Authenticate"), "Basic ") {
			request = newRequest(t, method, target, body)
			request.SetBasicAuth(b.person.name, b.person.password)
			got = do(t, b.client, request)
		}
		if got.status == http.StatusOK && strings.Contains(strings.ToLower(target), "?login") && method == http.MethodGet {
			at, err := url.Parse(target)
			require.NoError(t, err)
			form := url.Values{"Username": {b.person.name}, "Password": {b.person.password}, "RedirectTo": {at.Query().Get("RedirectTo")}}
			method, target, body = http.MethodPost, b.server.base+"/names.nsf?Login", form.Encode()
			continue
		}
		if got.status != http.StatusFound && got.status != http.StatusSeeOther {
			return got, nil
		}
		next, err := request.URL.Parse(got.header.Get("Location"))
		require.NoError(t, err)
		b.hops = append(b.hops, next.String())
		if strings.HasPrefix(next.String(), b.stops) {
			return got, next
		}
		assert.Less(t, len(next.String()), 512, "far below Domino's limit of 4 KB")
		method, target, body = http.MethodGet, next.String(), ""
	}
	require.Fail(t, "too many redirects", b.hops)
	return page{}, nil
}

// authorize asks for a code as a person and returns what the callback gets.
func (s *server) authorize(t *testing.T, who person, parameters url.Values) url.Values {
	t.Helper()
	got, target := s.browser(t, who).open(t, http.MethodGet, s.base+"/doap/auth?"+parameters.Encode(), "")
	require.NotNil(t, target, "no redirect to the client: %d %s", got.status, got.body)
	return target.Query()
}

// code gets a code for the tutorial's client.
func (s *server) code(t *testing.T, who person) string {
	t.Helper()
	code := s.authorize(t, who, url.Values{"response_type": {"code"}, "client_id": {tutorialID}, "scope": {"domino"}}).Get("code")
	require.NotEmpty(t, code)
	return code
}

// token sends a token request of the tutorial's client with its credentials in the body.
func (s *server) token(t *testing.T, parameters ...string) page {
	t.Helper()
	form := url.Values{"client_id": {tutorialID}, "client_secret": {s.secrets[tutorialID]}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	return do(t, http.DefaultClient, newRequest(t, http.MethodPost, s.base+"/doap/token", form.Encode()))
}

// tokens gets a person's tokens for the tutorial's client.
func (s *server) tokens(t *testing.T, who person) page {
	t.Helper()
	got := s.token(t, "grant_type", "authorization_code", "code", s.code(t, who))
	require.Equal(t, http.StatusOK, got.status, got.body)
	return got
}

// read asks for a database's documents with a token.
func (s *server) read(t *testing.T, path, token string) page {
	t.Helper()
	request := newRequest(t, http.MethodGet, s.base+path, "")
	request.Header.Set("Authorization", "Bearer "+token)
	return do(t, http.DefaultClient, request)
}
