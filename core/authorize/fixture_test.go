// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"bytes"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/web"
	"ndoap/store"
	"ndoap/store/sqlite"
)

const (
	ada  = "CN=Ada Lovelace/O=Example"
	bert = "CN=Bert Brecht/O=Example"

	callback = "https://app.example/cb"
	filesAPI = "https://files.example/api"
	s256     = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
)

// The clients of every fixture.
var clients = []store.Client{
	{
		ID: "app", Name: "Travel Desk", RedirectURIs: []string{callback}, SecretHashes: []string{"h"},
		Scopes: []string{"mail", "domino", "retired"},
	},
	{
		ID: "trusted", Name: "Intranet", RedirectURIs: []string{callback}, SecretHashes: []string{"h"},
		Scopes: []string{"domino"}, Trusted: true,
	},
	{
		ID: "legacy", Name: "Tutorial", RedirectURIs: []string{"http://localhost:3000/authorize"},
		SecretHashes: []string{"h"}, Scopes: []string{"domino"}, Legacy: true, Trusted: true,
	},
	{
		ID: "public", Name: "Native", RedirectURIs: []string{"http://127.0.0.1/cb"}, Scopes: []string{"domino"},
		Trusted: true, Legacy: true,
	},
	{
		ID: "two", Name: "Two", RedirectURIs: []string{callback, "https://app.example/other?tenant=1"},
		SecretHashes: []string{"h"}, Scopes: []string{"domino"}, Trusted: true,
	},
	{
		ID: "disabled", Name: "Off", RedirectURIs: []string{callback}, SecretHashes: []string{"h"},
		Scopes: []string{"domino"}, Disabled: true,
	},
	{
		ID: "scopeless", Name: "None", RedirectURIs: []string{callback}, SecretHashes: []string{"h"},
		Scopes: []string{"retired"}, Trusted: true,
	},
	{
		ID: "files", Name: "Files", RedirectURIs: []string{callback}, SecretHashes: []string{"h"},
		Scopes: []string{"domino"}, Resources: []string{filesAPI, "urn:example:gone"},
	},
	{
		ID: "service", Name: "Nightly job", RedirectURIs: []string{callback}, SecretHashes: []string{"h"},
		Scopes: []string{"domino"}, GrantTypes: []string{store.ClientCredentials}, Trusted: true,
	},
}

// fixture is the package over a real database, with one browser.
type fixture struct {
	t       testing.TB
	store   *sqlite.Store
	fail    *failingStore
	config  config.Config
	now     time.Time
	log     bytes.Buffer
	auth    *Handler
	consent *ConsentHandler
	cookie  string // what the browser has for /doap
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	db, err := sqlite.Create(filepath.Join(t.TempDir(), "doap.db"), sqlite.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	f := &fixture{
		t: t, store: db, fail: &failingStore{Store: db, err: errDisk}, config: config.Default(),
		now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	f.config.Issuer = "https://domino.example/doap"
	f.config.Resources = []string{filesAPI, "https://other.example"}
	f.config.Scopes["mail"] = config.Scope{Description: "Read your mail"}
	for _, client := range clients {
		client.CreatedAt, client.ChangedAt = f.now, f.now
		require.NoError(t, db.AddClient(t.Context(), client))
	}
	f.auth = &Handler{
		Config: func() *config.Config { return &f.config },
		Store:  f.fail,
		Pages:  page.New(func() config.Pages { return f.config.Pages }),
		Now:    func() time.Time { return f.now },
		Log:    slog.New(slog.NewTextHandler(&f.log, nil)),
	}
	f.consent = (*ConsentHandler)(f.auth)
	return f
}

// parameters are a request that nothing is wrong with, changed by pairs of names and values; an empty value removes.
func parameters(clientID string, changes ...string) url.Values {
	values := url.Values{
		"client_id": {clientID}, "response_type": {"code"}, "scope": {"domino"}, "state": {"xyz"},
		"code_challenge": {s256}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			values.Del(changes[i])
		}
	}
	return values
}

// get sends the browser to /doap/auth, as user.
func (f *fixture) get(user, query string) web.Response {
	return f.send(f.auth, user, &web.Request{Method: http.MethodGet, Path: authPath, RawQuery: query}, nil)
}

// ask sends a good request with changes.
func (f *fixture) ask(user, clientID string, changes ...string) web.Response {
	return f.get(user, parameters(clientID, changes...).Encode())
}

// post sends a form, with more headers.
func (f *fixture) post(handler web.Handler, user, path, query, body string, header http.Header) web.Response {
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return f.send(handler, user,
		&web.Request{Method: http.MethodPost, Path: path, RawQuery: query, Body: []byte(body)}, header)
}

// send lets the browser send a request with its cookie and keep the one it gets. Whatever comes back must not be kept
// by caches and not tell others where the browser was (A14, A30).
func (f *fixture) send(handler web.Handler, user string, request *web.Request, header http.Header) web.Response {
	f.t.Helper()
	if header == nil {
		header = http.Header{}
	}
	if f.cookie != "" {
		header.Set("Cookie", "other=1; "+f.cookie)
	}
	request.Header = func(name string) []string { return header.Values(name) }
	request.User = user
	request.Secure = true
	response := handler.Serve(request)
	assert.Equal(f.t, "no-store", response.Header.Get("Cache-Control"))
	assert.Equal(f.t, "no-referrer", response.Header.Get("Referrer-Policy"))
	assert.Empty(f.t, response.Header.Get("Access-Control-Allow-Origin"))
	if cookie, err := http.ParseSetCookie(response.Header.Get("Set-Cookie")); err == nil {
		f.cookie = cookie.Name + "=" + cookie.Value
	}
	return response
}

// form is what the consent page would send.
type form struct{ Request, Token string }

var hidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// consentPage reads the form off a response that must be the consent page.
func (f *fixture) consentPage(response web.Response) form {
	f.t.Helper()
	require.Equal(f.t, http.StatusOK, response.Status, "%s", response.Body)
	fields := map[string]string{}
	for _, match := range hidden.FindAllStringSubmatch(string(response.Body), -1) {
		fields[match[1]] = html.UnescapeString(match[2])
	}
	require.Len(f.t, fields, 2)
	require.NotEmpty(f.t, fields["request"])
	require.NotEmpty(f.t, fields["token"])
	return form{fields["request"], fields["token"]}
}

func (p form) encode(decision string) string {
	return url.Values{"request": {p.Request}, "token": {p.Token}, "decision": {decision}}.Encode()
}

// decide presses a button on the consent page.
func (f *fixture) decide(user string, page form, decision string) web.Response {
	return f.post(f.consent, user, "/doap/consent", "", page.encode(decision), nil)
}

// redirected returns the parameters that a redirect to the client at uri carries.
func (f *fixture) redirected(response web.Response, status int, uri string) url.Values {
	f.t.Helper()
	require.Equal(f.t, status, response.Status, "%s", response.Body)
	location := response.Header.Get("Location")
	require.Regexp(f.t, "^"+regexp.QuoteMeta(uri)+`[?&][\x21-\x7e]*$`, location)
	require.NotContains(f.t, location, "#", "A13: no fragment is appended")
	values, err := url.ParseQuery(location[len(uri)+1:])
	require.NoError(f.t, err)
	require.Equal(f.t, []string{f.config.Issuer}, values["iss"], "A32: every answer names who answers")
	return values
}

// refusedTo requires an error redirect to the callback, with the error and a description, and never a code (A8).
func (f *fixture) refusedTo(response web.Response, code oauth.Code) url.Values {
	f.t.Helper()
	values := f.redirected(response, http.StatusFound, callback)
	assert.Equal(f.t, string(code), values.Get("error"))
	assert.NotEmpty(f.t, values.Get("error_description"))
	assert.NotContains(f.t, values, "code")
	return values
}

// audited returns what the audit trail has, the newest first.
func (f *fixture) audited() []store.AuditEvent {
	f.t.Helper()
	events, err := f.store.QueryAudit(f.t.Context(), store.AuditFilter{})
	require.NoError(f.t, err)
	return events
}

// onPage requires a page of our own and no redirect.
func (f *fixture) onPage(response web.Response, status int, contains string) {
	f.t.Helper()
	assert.Equal(f.t, status, response.Status)
	assert.Empty(f.t, response.Header.Get("Location"))
	assert.Equal(f.t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	assert.Contains(f.t, html.UnescapeString(string(response.Body)), contains)
}

// redeemed takes a code from the store, as the token endpoint would.
func (f *fixture) redeemed(code string) store.Code {
	f.t.Helper()
	var found store.Code
	errSeen := errors.New("seen")
	err := f.store.RedeemCode(f.t.Context(), oauth.Secret(code).Hash(),
		func(code store.Code) (store.Purchase, error) {
			found = code
			return store.Purchase{}, errSeen
		})
	require.ErrorIs(f.t, err, errSeen)
	return found
}

// resume follows a redirect to the login, logs in as user and comes back.
func (f *fixture) resume(user string, login web.Response) web.Response {
	f.t.Helper()
	return f.get(user, f.backQuery(login))
}

// backQuery is the query of the address that the login form will lead back to.
func (f *fixture) backQuery(login web.Response) string {
	f.t.Helper()
	require.Contains(f.t, []int{http.StatusFound, http.StatusSeeOther}, login.Status, "%s", login.Body)
	location, err := url.Parse(login.Header.Get("Location"))
	require.NoError(f.t, err)
	require.Equal(f.t, "/names.nsf", location.Path)
	back, err := url.Parse(location.Query().Get("RedirectTo"))
	require.NoError(f.t, err)
	require.Equal(f.t, authPath, back.Path)
	require.Empty(f.t, back.Host, "A9")
	return back.RawQuery
}

// utc makes the times of a code comparable with ==.
func utc(code store.Code) store.Code {
	code.AuthenticatedAt = code.AuthenticatedAt.UTC()
	code.ExpiresAt = code.ExpiresAt.UTC()
	return code
}
