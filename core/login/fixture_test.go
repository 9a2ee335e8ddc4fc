// SPDX-License-Identifier: Apache-2.0

package login_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"ndoap/core/audit"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/directory"
	"ndoap/core/issuer"
	"ndoap/core/lockout"
	"ndoap/core/login"
	"ndoap/core/logintoken"
	"ndoap/core/refusal"
	"ndoap/core/standing"
	"ndoap/core/token"
	"ndoap/core/web"
	"ndoap/store"
	"ndoap/store/sqlite"
)

const (
	anna = "CN=Anna Berg/OU=Sales/O=Acme"
	taro = "CN=山田 太郎/OU=営業/O=Acme"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// fixture is both handlers over a real store, with a clock and a directory that the test sets.
type fixture struct {
	*login.Handler
	logout *login.LogoutHandler
	store  *sqlite.Store
	config *config.Config
	now    time.Time
	people *coretest.Directory
	log    strings.Builder
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	configured := config.Default()
	configured.Issuer = "https://domino.example.com/doap"
	configured.Databases = map[string]config.Database{"crm": {Path: "/apps/crm.nsf"}}
	f := &fixture{config: &configured, now: noon, people: people()}
	clock, current := func() time.Time { return f.now }, func() *config.Config { return f.config }
	database, err := sqlite.Create(filepath.Join(t.TempDir(), "doap.db"), sqlite.Options{Now: clock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = database.Close() }) // a test may have closed it
	log := slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	recorder := audit.NewRecorder(database, clock, log)
	tokens := logintoken.New(current, clock, log)
	f.store = database
	f.Handler = &login.Handler{
		Config: current, Tokens: tokens, Failures: lockout.New(database, current, clock, recorder, log).People(), Audits: database,
		Recorder: recorder, Now: clock, Log: log,
	}
	f.logout = &login.LogoutHandler{
		Issuers:     &issuer.Table{Config: current, Now: clock, Log: log, Local: tokens},
		Standing:    &token.Verifier{Config: current, Now: clock, Standing: standing.NewRegister(database, database.Generation)},
		Revocations: database, Refusals: refusal.NewRecorder(database, clock, log), Now: clock, Log: log,
	}
	return f
}

// people is a directory with people who have passwords, and entries that are nobody's.
func people() *coretest.Directory {
	return &coretest.Directory{
		Entries: []directory.Person{
			{Name: anna, Kind: directory.KindPerson, ShortNames: []string{"aberg"}, InternetAddress: "anna@acme.example", Aliases: []string{"Anna Berg"}},
			{Name: taro, Kind: directory.KindPerson, ShortNames: []string{"tyamada"}},
			{Name: "CN=Bo Ek/O=Acme", Kind: directory.KindPerson, InternetAddress: "shared@acme.example"},
			{Name: "CN=Bo Alm/O=Acme", Kind: directory.KindPerson, InternetAddress: "shared@acme.example"},
			{Name: "CN=Nobody Knows/O=Acme", Kind: directory.KindPerson},
			{Name: "CN=Admins", Kind: directory.KindGroup, Aliases: []string{"Admins"}},
			{Name: "CN=Hub/O=Acme", Kind: directory.KindServer},
		},
		Passwords: map[string]string{
			anna: "anna-pw", taro: "太郎の鍵", "CN=Bo Ek/O=Acme": "bo-pw", "CN=Bo Alm/O=Acme": "bo-pw", "CN=Admins": "x", "CN=Hub/O=Acme": "x",
			"CN=Nobody Knows/O=Acme": "",
		},
	}
}

// request is a POST with a JSON body, from outside.
func request(body string, header ...string) *web.Request {
	headers := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(header); i += 2 {
		headers.Add(header[i], header[i+1])
	}
	return &web.Request{
		Method: http.MethodPost, Body: []byte(body), Secure: true, Peer: netip.MustParseAddr("192.0.2.7"),
		Header: func(name string) []string { return headers.Values(name) },
	}
}

// answer is a response with its JSON.
type answer struct {
	web.Response
	fields map[string]any
}

func (a answer) text(name string) string {
	value, _ := a.fields[name].(string)
	return value
}

func read(t testing.TB, response web.Response) answer {
	t.Helper()
	got := answer{Response: response}
	require.NoError(t, json.Unmarshal(response.Body, &got.fields), string(response.Body))
	require.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	return got
}

// login sends a body to the login.
func (f *fixture) login(t testing.TB, body string) answer {
	t.Helper()
	return read(t, f.Serve(request(body), f.people))
}

// as logs somebody in with a name and a password.
func (f *fixture) as(t testing.TB, name, password string, more ...string) answer {
	t.Helper()
	members := map[string]string{"username": name, "password": password}
	for i := 0; i < len(more); i += 2 {
		members[more[i]] = more[i+1]
	}
	body, err := json.Marshal(members)
	require.NoError(t, err)
	return f.login(t, string(body))
}

// out sends a logout with a token.
func (f *fixture) out(t testing.TB, authorization ...string) answer {
	t.Helper()
	var header []string
	for _, value := range authorization {
		header = append(header, "Authorization", value)
	}
	return read(t, f.logout.Serve(request(`{"logout":"Yes"}`, header...)))
}

// events are the newest events of an action.
func (f *fixture) events(t testing.TB, action store.AuditAction) []store.AuditEvent {
	t.Helper()
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{Action: action})
	require.NoError(t, err)
	return events
}
