// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/directory"
	"ndoap/store"
)

// withPasswords is the directory of people, who have passwords.
func withPasswords() *coretest.Directory {
	known := people()
	known.Passwords = map[string]string{anna: "anna-pw", "CN=山田 太郎/OU=営業/O=Acme": "太郎の鍵"}
	return known
}

// loginFixture is a fixture whose people can log in by name and password.
func loginFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.domino.Directory = withPasswords()
	return f
}

// reconfigure puts another configuration in force, and reads what it names.
func (f *fixture) reconfigure(t testing.TB, change func(*config.Config)) {
	t.Helper()
	changed := *f.config
	change(&changed)
	f.config = &changed
	f.service.RefreshProviders(t.Context(), f.now())
	f.service.Wait()
}

// postJSON sends a JSON body to an endpoint of the login, with more headers.
func (f *fixture) postJSON(t testing.TB, path, body string, more ...string) answer {
	t.Helper()
	header := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(more); i += 2 {
		header.Add(more[i], more[i+1])
	}
	return f.postTo(t, path, body, header)
}

// loginAs logs Anna in and returns her token.
func (f *fixture) loginAs(t testing.TB, scope string) string {
	t.Helper()
	got := f.postJSON(t, "/doap/login", `{"username":"aberg","password":"anna-pw","scope":"`+scope+`"}`)
	require.Equal(t, http.StatusOK, got.status, got.body)
	return got.text("bearer")
}

// logout ends a token.
func (f *fixture) logout(t testing.TB, token string) answer {
	t.Helper()
	return f.postJSON(t, "/doap/login/logout", `{"logout":"Yes"}`, "Authorization", "Bearer "+token)
}

func TestLoginOpensDomino(t *testing.T) {
	f := loginFixture(t)
	got := f.postJSON(t, "/doap/login", `{"username":"山田 太郎/営業/Acme","password":"太郎の鍵","scope":"domino"}`)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	assert.Empty(t, got.header.Values("Access-Control-Allow-Origin"), "no script of another site reads it")
	assert.Equal(t, issuer+"/login", payload(t, got.text("bearer"))["iss"])
	assert.Equal(t, "CN=山田 太郎/OU=営業/O=Acme", f.resource(t, "Bearer "+got.text("bearer")).body)

	request := raw(core.RawRequest, "/db.nsf")
	request.People = withPasswords()
	request.Headers.Set("Authorization", "Bearer "+f.loginAs(t, "domino"))
	decision := f.service.Serve(request)
	assert.Equal(t, core.Identity{Name: anna, Scope: "domino", ClientID: "urn:ndoap:login", Subject: anna}, decision.Identity)
	assert.Equal(t, http.StatusForbidden, f.resource(t, "Bearer "+f.loginAs(t, "")).status, "the default scope opens mail and databases with aliases")
}

func TestLogoutKillsTheToken_B4(t *testing.T) {
	f := loginFixture(t)
	first, second := f.loginAs(t, "domino"), f.loginAs(t, "domino")
	assert.Equal(t, http.StatusOK, f.logout(t, first).status)
	refused := f.resource(t, "Bearer "+first)
	assert.Equal(t, http.StatusUnauthorized, refused.status, "at once")
	assert.Contains(t, refused.text("error_description"), "The token was revoked")
	assert.Contains(t, f.log.String(), "standing: found the token itself was revoked")
	assert.Equal(t, anna, f.resource(t, "Bearer "+second).body, "the other login goes on")
	assert.Equal(t, http.StatusUnauthorized, f.logout(t, first).status)
	f.wait(2*time.Hour + time.Minute + store.RevocationsKept)
	_, err := f.store.DeleteExpired(t.Context(), f.now())
	require.NoError(t, err)
	assert.Contains(t, f.resource(t, "Bearer "+first).text("error_description"), "expired", "and never comes back")
}

// Whoever shares the store and the key pair knows of the logout within a moment.
func TestLogoutReachesTheNeighbour_B4(t *testing.T) {
	f := loginFixture(t)
	f.useKeyPair(t, signingPair(t))
	neighbour := f.neighbour(t)
	neighbour.domino.Directory = withPasswords()
	neighbour.reconfigure(t, func(*config.Config) {})
	token := f.loginAs(t, "domino")
	require.Equal(t, anna, neighbour.resource(t, "Bearer "+token).body, "servers with the same key pair take each other's tokens")
	require.Equal(t, http.StatusOK, f.logout(t, token).status)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
	require.Eventually(t, func() bool {
		return neighbour.resource(t, "Bearer "+token).status == http.StatusUnauthorized
	}, time.Minute, 10*time.Millisecond)
}

// Without a key pair, a server's tokens are nobody else's, and end with it.
func TestTokensEndWithTheServer(t *testing.T) {
	f := loginFixture(t)
	token := f.loginAs(t, "domino")
	neighbour := f.neighbour(t)
	neighbour.domino.Directory = withPasswords()
	refused := neighbour.resource(t, "Bearer "+token)
	assert.Equal(t, http.StatusUnauthorized, refused.status)
	assert.Contains(t, refused.text("error_description"), "not signed with a key of its issuer")
	f.serve(t)
	f.domino.Directory = withPasswords()
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
}

func TestLoginThatIsOff(t *testing.T) {
	f := loginFixture(t)
	token := f.loginAs(t, "domino")
	f.reconfigure(t, func(c *config.Config) { c.DominoLogin.Disabled = true })
	for _, path := range []string{"/doap/login", "/doap/login/logout"} {
		got := f.postJSON(t, path, `{"username":"aberg","password":"anna-pw"}`)
		nothing := f.postJSON(t, "/doap/nothing", `{}`)
		assert.Equal(t, http.StatusNotFound, got.status)
		assert.Equal(t, nothing.body, got.body, "as where nothing is")
		assert.Equal(t, nothing.header["Allow"], got.header["Allow"])
	}
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status, "what it gave before is good no longer")

	private := signingPair(t)
	f.useKeyPair(t, private)
	assert.Equal(t, http.StatusNotFound, f.postJSON(t, "/doap/login", `{}`).status)
	shared := f.keepToken(t, private, nil, nil)
	assert.Equal(t, anna, f.resource(t, "Bearer "+shared).body, "those of servers with the same key pair are")
	assert.Equal(t, http.StatusOK, f.logout(t, shared).status, "and can be ended")
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+shared).status)
}

func TestLoginIsARouteLikeOthers(t *testing.T) {
	f := loginFixture(t)
	for _, path := range []string{"/doap/login", "/doap/login/logout"} {
		request := raw(core.RawRequest, path)
		request.Verb, request.Encrypted = http.MethodPost, false
		assert.Equal(t, http.StatusBadRequest, f.service.Serve(request).Response.Status, "A89: not over plain HTTP")
		request = raw(core.RawRequest, path)
		got := f.service.Serve(request).Response
		assert.Equal(t, http.StatusMethodNotAllowed, got.Status, "a browser that prefetches logs nobody out")
		assert.Equal(t, "POST", got.Header.Get("Allow"))
		request.Verb = http.MethodOptions
		assert.Equal(t, http.StatusMethodNotAllowed, f.service.Serve(request).Response.Status, "A59: no preflight")
		request = raw(core.Authorized, path)
		request.Verb = http.MethodPost
		assert.Equal(t, http.StatusNotFound, f.service.Serve(request).Response.Status, "not at this event")
	}
	request := raw(core.RawRequest, "/doap/login")
	request.Verb, request.Content = http.MethodPost, []byte(`{"username":"aberg","password":"anna-pw"}`)
	request.Headers.Set("Content-Type", "application/json")
	got := f.service.Serve(request).Response
	assert.Equal(t, http.StatusServiceUnavailable, got.Status, "a host without directory")
	assert.Contains(t, f.log.String(), "the Domino directory cannot be asked")
}

func TestLoginsPerAddress_A60(t *testing.T) {
	f := loginFixture(t)
	f.config.Limits.LoginPerAddress = 2
	assert.Equal(t, http.StatusBadRequest, f.postJSON(t, "/doap/login", "").status)
	assert.Equal(t, http.StatusBadRequest, f.postJSON(t, "/doap/login/logout", "").status)
	refused := f.postJSON(t, "/doap/login", `{"username":"aberg","password":"anna-pw"}`)
	assert.Equal(t, http.StatusTooManyRequests, refused.status)
	assert.NotEmpty(t, refused.header.Get("Retry-After"))
	assert.Equal(t, http.StatusBadRequest, f.token(t).status, "others are counted apart")
	f.wait(time.Minute)
	f.loginAs(t, "domino")
}

func TestLockoutAtTheLogin_A60(t *testing.T) {
	f := loginFixture(t)
	for range 10 {
		require.Equal(t, http.StatusUnauthorized, f.postJSON(t, "/doap/login", `{"username":"aberg","password":"guess"}`).status)
	}
	refused := f.postJSON(t, "/doap/login", `{"username":"`+anna+`","password":"anna-pw"}`)
	assert.Equal(t, http.StatusUnauthorized, refused.status)
	assert.JSONEq(t, `{"status":401,"message":"Invalid credentials or account locked"}`, refused.body)
	neighbour := f.neighbour(t)
	neighbour.domino.Directory = withPasswords()
	assert.Equal(t, http.StatusUnauthorized, neighbour.postJSON(t, "/doap/login", `{"username":"aberg","password":"anna-pw"}`).status, "on every server")
	_, err := f.store.LiftLockouts(t.Context(), anna)
	require.NoError(t, err)
	f.loginAs(t, "domino")
}

// A login's token follows its person, like a provider's.
func TestWhoWasRemovedIsRefused_B10(t *testing.T) {
	f := loginFixture(t)
	token := f.loginAs(t, "domino")
	require.Equal(t, anna, f.resource(t, "Bearer "+token).body)
	f.domino.Directory = &coretest.Directory{}
	f.wait(time.Minute)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
	assert.Contains(t, f.log.String(), "nobody in the Domino directory has this name")
	f.domino.Directory = nil
	f.wait(time.Minute)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
}

// Domino finds who was renamed by the old name as well, which may become somebody else's.
func TestWhoWasRenamedIsRefused_B10(t *testing.T) {
	f := loginFixture(t)
	token := f.loginAs(t, "domino")
	require.Equal(t, anna, f.resource(t, "Bearer "+token).body)
	renamed := withPasswords()
	for i, person := range renamed.Entries {
		if person.Name == anna {
			renamed.Entries[i].Name, renamed.Entries[i].Aliases = "CN=Anna Smith/OU=Sales/O=Acme", []string{anna}
		}
	}
	f.domino.Directory = renamed
	f.wait(time.Minute)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)
	assert.Contains(t, f.log.String(), "the person was renamed since")

	recased := withPasswords()
	for i := range recased.Entries {
		recased.Entries[i].Name = strings.ToUpper(recased.Entries[i].Name)
	}
	f.domino.Directory = recased
	f.wait(time.Minute)
	assert.Equal(t, http.StatusOK, f.resource(t, "Bearer "+token).status, "names that differ in case are the same")
}

// Whose name has one part has a mail file, too, and not that of somebody else with this alias.
func TestMailOfPeopleWithNamesOfOnePart_B13(t *testing.T) {
	f := newFixture(t)
	request := raw(core.RawRequest, "/mail/web.nsf")
	request.Headers.Set("Authorization", "Bearer "+f.forge(t, nil, f.claims(map[string]any{"sub": "CN=Webuser", "scope": "MAIL"})))
	request.People = &coretest.Directory{
		Entries: []directory.Person{{Name: "Webuser", Kind: directory.KindPerson, MailFile: `mail\web`}},
	}
	assert.Equal(t, core.Authenticated, f.service.Serve(request).Verdict)
	f.wait(time.Minute)
	request.People = &coretest.Directory{
		Entries: []directory.Person{{Name: "CN=Webuser/O=Acme", Kind: directory.KindPerson, Aliases: []string{"Webuser"}, MailFile: `mail\web`}},
	}
	assert.Equal(t, http.StatusForbidden, f.service.Serve(request).Response.Status)
}

// The names of many people who use the web only have one part. It may be the common name of somebody else.
func TestPeopleWithNamesOfOnePart_B8(t *testing.T) {
	f := loginFixture(t)
	f.domino.Directory = &coretest.Directory{
		Entries:   []directory.Person{{Name: "Webuser", Kind: directory.KindPerson}},
		Passwords: map[string]string{"CN=Webuser": "web-pw"},
	}
	got := f.postJSON(t, "/doap/login", `{"username":"Webuser","password":"web-pw","scope":"domino"}`)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Equal(t, "CN=Webuser", f.resource(t, "Bearer "+got.text("bearer")).body)

	f.domino.Directory = &coretest.Directory{
		Entries: []directory.Person{{Name: "CN=Webuser/O=Acme", Kind: directory.KindPerson, Aliases: []string{"Webuser"}}},
	}
	f.wait(time.Minute)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+got.text("bearer")).status)
	assert.Contains(t, f.log.String(), "the person was renamed since")
}

func TestTokensOfTheLoginAlwaysExpire_C24(t *testing.T) {
	f := loginFixture(t)
	f.reconfigure(t, func(c *config.Config) { c.Bearer.IgnoreExpiry, c.Bearer.MaxLifetime = true, 300*24*time.Hour })
	token := f.loginAs(t, "domino")
	f.wait(2*time.Hour + 59*time.Second)
	assert.Equal(t, anna, f.resource(t, "Bearer "+token).body)
	f.wait(2 * time.Second)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+token).status)

	private := signingPair(t)
	f.useKeyPair(t, private)
	now := f.now().Unix()
	assert.Equal(t, anna, f.resource(t, "Bearer "+f.keepToken(t, private, nil, map[string]any{"exp": now + 86400})).body)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+f.keepToken(t, private, nil, map[string]any{"exp": now + 86401})).status,
		"longer than revocations are remembered")
}

// A logout ends tokens of the login, and no others.
func TestLogoutEndsNoOtherTokens(t *testing.T) {
	f, private := external(t, nil)
	f.domino.Directory = withPasswords()
	f.config.Bearer.UnknownIssuer = config.PassUnknownIssuer
	own := f.forge(t, nil, f.claims(nil))
	provided := strings.TrimPrefix(f.issued(t, private, map[string]any{"jti": "x"}), "Bearer ")
	for name, token := range map[string]string{"of this server": own, "of a provider": provided} {
		got := f.logout(t, token)
		assert.Equal(t, http.StatusUnauthorized, got.status, name)
		assert.Equal(t, anna, f.resource(t, "Bearer "+token).body, name)
	}
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{Action: store.AuditLogout})
	require.NoError(t, err)
	assert.Empty(t, events)

	token := f.loginAs(t, "domino")
	require.Equal(t, http.StatusOK, f.logout(t, token).status)
	request := raw(core.RawRequest, "/db.nsf")
	request.People = withPasswords()
	request.Headers.Set("Authorization", "Bearer "+token)
	assert.Equal(t, core.Answer, f.service.Serve(request).Verdict, "a dead token is refused, and never passed on to Domino")
}

// A provider's key does not sign for the login, nor the login's for a provider.
func TestTheLoginIsNoProvider_C20(t *testing.T) {
	f, private := external(t, nil)
	got := f.resource(t, f.issued(t, private, map[string]any{"iss": issuer + "/login"}))
	assert.Equal(t, http.StatusUnauthorized, got.status)
	assert.Contains(t, f.log.String(), "typ: found", "the login's own rules are asked")
	pair := signingPair(t)
	f.useKeyPair(t, pair)
	forged := f.keepToken(t, pair, nil, map[string]any{"iss": provider, "scope": "domino"})
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, "Bearer "+forged).status)
}

// The key of the login is published nowhere.
func TestTheKeyOfTheLoginStaysHere(t *testing.T) {
	f := loginFixture(t)
	header, _, _ := strings.Cut(f.loginAs(t, "domino"), ".")
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	require.NoError(t, err)
	var read struct {
		KeyID string `json:"kid"`
		Type  string `json:"typ"`
	}
	require.NoError(t, json.Unmarshal(decoded, &read))
	assert.Equal(t, "at+jwt", read.Type)
	published := f.service.Serve(raw(core.RawRequest, "/doap/jwks")).Response.Body
	assert.NotContains(t, string(published), read.KeyID)
	keys, err := f.store.ListKeys(t.Context())
	require.NoError(t, err)
	assert.Len(t, keys, 1, "only the one that signs other tokens is stored")
}

// A login token does not log in: it would turn itself into codes and more tokens.
func TestALoginTokenDoesNotLogIn(t *testing.T) {
	f := loginFixture(t)
	request := raw(core.RawRequest, "/doap/auth?response_type=code&client_id="+clientID)
	request.People = withPasswords()
	request.Headers.Set("Authorization", "Bearer "+f.loginAs(t, "domino"))
	assert.Equal(t, http.StatusForbidden, f.service.Serve(request).Response.Status)
	got := f.postJSON(t, "/doap/introspect", `{}`, "Authorization", "Bearer "+f.loginAs(t, "domino"))
	assert.Equal(t, http.StatusBadRequest, got.status)
}
