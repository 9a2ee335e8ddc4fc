// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/key"
	"ndoap/core/oauth"
	"ndoap/store"
	"ndoap/store/sqlite"
)

const (
	issuer        = "https://domino.example.com/doap"
	clientID      = "web-site"
	clientSecret  = "s3cret/with+odd:characters%20"
	callback      = "https://app.example.com/cb"
	dataDirectory = "/local/notesdata"
	anna          = "CN=Anna Berg/OU=Sales/O=Acme"
	verifier      = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	challenge     = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// fixture is a Service over a real store behind real HTTP, with a clock that the test sets.
type fixture struct {
	service *core.Service
	store   *sqlite.Store
	path    string // of the database
	domino  *coretest.Domino
	server  *httptest.Server
	config  *config.Config
	clock   atomic.Int64  // microseconds
	tick    time.Duration // by which the clock goes on whenever somebody looks at it
	log     *strings.Builder
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{log: &strings.Builder{}}
	f.clock.Store(time.Now().UnixMicro())
	configured := config.Default()
	configured.Issuer = issuer
	f.config = &configured
	path := filepath.Join(t.TempDir(), "doap.db")
	database, err := sqlite.Create(path, sqlite.Options{Now: f.now}) // so that the time that a test takes counts nowhere
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })
	f.store, f.path = database, path
	signing, err := key.Generate(key.RS256, f.now())
	require.NoError(t, err)
	require.NoError(t, database.AddKey(t.Context(), signing))
	for _, client := range []store.Client{
		{ID: clientID, Name: "Web site", Scopes: []string{"domino"}, Trusted: true, Legacy: true},
		{ID: "modern", Name: "Modern", Scopes: []string{"domino"}, Trusted: true},
		{ID: "other", Name: "Another", Scopes: []string{"domino"}, Trusted: true, Legacy: true},
		{ID: "off", Name: "Disabled", Scopes: []string{"domino"}, Trusted: true, Disabled: true},
	} {
		client.RedirectURIs = []string{callback}
		client.SecretHashes = []string{oauth.Secret(clientSecret).Hash()}
		require.NoError(t, database.AddClient(t.Context(), client))
	}
	require.NoError(t, database.AddClient(t.Context(), store.Client{
		ID: "public", Name: "Public", Scopes: []string{"domino"}, Trusted: true, RedirectURIs: []string{callback},
	}))
	f.serve(t)
	return f
}

// serve starts a server over the fixture's store.
func (f *fixture) serve(t testing.TB) {
	t.Helper()
	f.service = core.New(core.Deps{
		Config:        func() *config.Config { return f.config },
		Store:         f.store,
		Now:           f.now,
		DataDirectory: dataDirectory,
		Log:           slog.New(slog.NewTextHandler(&lockedWriter{out: f.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	f.domino = &coretest.Domino{
		Serve:  f.service.Serve,
		People: map[string]coretest.Person{"anna": {Name: anna, Password: "pw"}},
	}
	f.server = httptest.NewServer(f.domino)
	t.Cleanup(f.server.Close)
}

func (f *fixture) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(&lockedWriter{out: f.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// neighbour is another server over the same database, as another process opens it.
func (f *fixture) neighbour(t *testing.T) *fixture {
	t.Helper()
	opened, err := sqlite.Open(f.path, sqlite.Options{PollInterval: 10 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	other := &fixture{store: opened, path: f.path, config: f.config, log: &strings.Builder{}}
	other.clock.Store(f.clock.Load())
	other.serve(t)
	return other
}

func (f *fixture) now() time.Time { return time.UnixMicro(f.clock.Add(f.tick.Microseconds())) }

func (f *fixture) wait(d time.Duration) { f.clock.Add(d.Microseconds()) }

// browser is Anna's: it sends her password, keeps cookies and does not follow redirects.
func (f *fixture) browser(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{
		Jar:           jar,
		Transport:     asAnna{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type asAnna struct{}

func (asAnna) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth("anna", "pw")
	return http.DefaultTransport.RoundTrip(r)
}

// authorize runs an authorization request as Anna and returns what the callback would get.
func (f *fixture) authorize(t testing.TB, parameters url.Values) url.Values {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/doap/auth?"+parameters.Encode(), http.NoBody)
	require.NoError(t, err)
	response, err := f.browser(t).Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	require.Equal(t, http.StatusFound, response.StatusCode)
	target, err := response.Location()
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(target.String(), callback), target)
	return target.Query()
}

// code gets a code for a client, with the redirect_uri left to the registration.
func (f *fixture) code(t testing.TB, id string, more ...string) string {
	t.Helper()
	parameters := url.Values{"response_type": {"code"}, "client_id": {id}, "scope": {"domino"}}
	for i := 0; i < len(more); i += 2 {
		parameters.Set(more[i], more[i+1])
	}
	code := f.authorize(t, parameters).Get("code")
	require.NotEmpty(t, code)
	return code
}

// answer is a response to a machine request, with its JSON.
type answer struct {
	status int
	header http.Header
	body   string
	fields map[string]any
}

func (a answer) text(name string) string {
	value, _ := a.fields[name].(string)
	return value
}

func send(t testing.TB, request *http.Request) answer {
	t.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	got := answer{status: response.StatusCode, header: response.Header, body: string(body)}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		require.NoError(t, json.Unmarshal(body, &got.fields), got.body)
	}
	return got
}

// token sends a token request with the credentials in the body; a parameter can be overridden or, with an empty
// value, left out.
func (f *fixture) token(t testing.TB, parameters ...string) answer {
	t.Helper()
	form := url.Values{"client_id": {clientID}, "client_secret": {clientSecret}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
		if parameters[i+1] == "" {
			form.Del(parameters[i])
		}
	}
	return f.post(t, form.Encode(), nil)
}

// post sends a body to the token endpoint as a form, with more headers.
func (f *fixture) post(t testing.TB, body string, header http.Header) answer {
	t.Helper()
	return f.postTo(t, "/doap/token", body, header)
}

// postTo sends a body to a machine endpoint as a form, with more headers.
func (f *fixture) postTo(t testing.TB, path, body string, header http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, values := range header {
		request.Header[name] = values
	}
	return send(t, request)
}

// resource asks for a Domino URL with a token.
func (f *fixture) resource(t *testing.T, authorization ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.server.URL+"/db.nsf/api/data/documents", http.NoBody)
	require.NoError(t, err)
	request.Header["Authorization"] = authorization
	return send(t, request)
}

// payload reads the claims of a JWT without verifying it.
func payload(t testing.TB, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	decoded, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	claims := map[string]any{}
	require.NoError(t, json.Unmarshal(decoded, &claims))
	return claims
}

// raw is a request as the host shows it, from outside over TLS.
func raw(event core.Event, target string) *coretest.Request {
	return &coretest.Request{
		At: event, URL: target, Headers: http.Header{}, From: netip.MustParseAddr("192.0.2.7"), Encrypted: true,
	}
}
