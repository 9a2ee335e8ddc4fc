// SPDX-License-Identifier: Apache-2.0

package login_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/audit"
	"ndoap/core/coretest"
	"ndoap/core/directory"
	"ndoap/core/login"
	"ndoap/core/oauth"
	"ndoap/store"
)

func TestLogin(t *testing.T) {
	f := newFixture(t)
	got := f.as(t, "Anna Berg/Sales/Acme", "anna-pw", "scope", "domino crm")
	require.Equal(t, http.StatusOK, got.Status, string(got.Body))
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	claims, isObject := got.fields["claims"].(map[string]any)
	require.True(t, isObject)
	assert.Equal(t, map[string]any{
		"bearer": got.text("bearer"), "leeway": 5.0, "expSeconds": 7200.0, "issueDate": "2026-11-23T12:00:00Z",
		"claims": map[string]any{
			"iss": "https://domino.example.com/doap/login", "sub": anna, "CN": anna, "aud": "Domino", "client_id": "urn:ndoap:login",
			"scope": "crm domino", "scopes": "crm domino", "email": "anna@acme.example", "iat": float64(noon.Unix()),
			"exp": float64(noon.Unix() + 7200), "jti": claims["jti"],
		},
	}, got.fields)
	verified, err := f.logout.Issuers.Verify(t.Context(), got.text("bearer"))
	require.NoError(t, err)
	assert.Equal(t, anna, verified.User.Value)
	assert.True(t, verified.Local)

	events := f.events(t, store.AuditLogin)
	require.Len(t, events, 1)
	assert.Equal(t, store.AuditEvent{
		ID: events[0].ID, At: events[0].At, Action: store.AuditLogin, Outcome: store.AuditSuccess, User: anna, Address: "192.0.2.7",
		TokenHash: audit.TokenHash(verified.ID), Detail: "crm domino",
	}, events[0])
}

func TestEveryNameOfAPerson(t *testing.T) {
	f := newFixture(t)
	for _, name := range []string{
		anna, "Anna Berg/Sales/Acme", "cn=ANNA BERG/ou=sales/o=acme", "Anna Berg", "aberg", "ABERG", "anna@acme.example", " aberg ",
	} {
		got := f.as(t, name, "anna-pw")
		require.Equal(t, http.StatusOK, got.Status, name)
		assert.Equal(t, anna, got.fields["claims"].(map[string]any)["sub"], name)
	}
	for _, name := range []string{taro, "山田 太郎/営業/Acme", "tyamada"} {
		assert.Equal(t, http.StatusOK, f.as(t, name, "太郎の鍵").Status, name)
	}
}

// Whoever may not log in gets one and the same answer, so that it tells nothing.
func TestNobodyLogsIn_A49(t *testing.T) {
	for name, c := range map[string]struct {
		name, password string
		asked          bool // the directory
	}{
		"a wrong password":              {"aberg", "anna-pW", true},
		"a longer password":             {"aberg", "anna-pw ", true},
		"a name that nobody has":        {"carl", "anna-pw", true},
		"a last name only":              {"Berg", "anna-pw", true},
		"an address of two":             {"shared@acme.example", "bo-pw", true},
		"a group":                       {"Admins", "x", true},
		"a server":                      {"CN=Hub/O=Acme", "x", true},
		"a person in another branch":    {"Anna Berg/Acme", "anna-pw", true},
		"Anonymous":                     {"Anonymous", "anna-pw", false},
		"a wildcard":                    {"*/Acme", "anna-pw", false},
		"an empty name":                 {"", "anna-pw", false},
		"an empty password":             {"aberg", "", false},
		"an empty password that is so":  {"CN=Nobody Knows/O=Acme", "", false},
		"NUL in the name":               {"aberg\x00", "anna-pw", false},
		"NUL in the password":           {"aberg", "anna-pw\x00x", false},
		"a control character in a name": {"abe\x1brg", "anna-pw", false},
		"a line end in the password":    {"aberg", "anna-pw\r\n", false},
		"a name without end":            {strings.Repeat("a", 800), "anna-pw", false},
		"a password without end":        {"aberg", strings.Repeat("a", 513), false},
		"a lost character":              {"aberg", "anna\ufffdpw", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			got := f.as(t, c.name, c.password)
			assert.Equal(t, http.StatusUnauthorized, got.Status)
			assert.JSONEq(t, `{"status":401,"message":"Invalid credentials or account locked"}`, string(got.Body))
			assert.Equal(t, `Bearer realm="Domino"`, got.Header.Get("Www-Authenticate"))
			assert.Equal(t, c.asked, f.people.Asked > 0, "whether Notes was asked")
			events := f.events(t, store.AuditLogin)
			require.Len(t, events, 1)
			assert.Equal(t, store.AuditFailure, events[0].Outcome)
			if c.password != "" {
				assert.NotContains(t, f.log.String(), c.password)
			}
		})
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ body, says string }{
		"nothing":               {"", "not one JSON object"},
		"a form":                {"username=aberg&password=anna-pw", "not one JSON object"},
		"a list":                {`["aberg", "anna-pw"]`, "not one JSON object"},
		"a text":                {`"aberg"`, "not one JSON object"},
		"no end":                {`{"username":"aberg","password":"anna-pw"`, "not one JSON object"},
		"two objects":           {`{"username":"aberg","password":"anna-pw"}{}`, "not one JSON object"},
		"a comment":             {`{"username":"aberg","password":"anna-pw"} // x`, "not one JSON object"},
		"no name for a member":  {`{1:"aberg"}`, "not one JSON object"},
		"no value":              {`{"username":}`, "not one JSON object"},
		"no name":               {`{"password":"anna-pw"}`, "The member username is missing."},
		"no password":           {`{"username":"aberg"}`, "The member password is missing."},
		"an unknown member":     {`{"username":"aberg","password":"anna-pw","s3cret":"x"}`, "a member that is none of"},
		"another case":          {`{"Username":"aberg","password":"anna-pw"}`, "a member that is none of"},
		"a name twice":          {`{"username":"aberg","username":"bert","password":"anna-pw"}`, "The member username is there twice."},
		"a password twice":      {`{"username":"aberg","password":"a","pass\u0077ord":"anna-pw"}`, "The member password is there twice."},
		"a name as number":      {`{"username":1,"password":"anna-pw"}`, "The member username is not a text."},
		"a password as null":    {`{"username":"aberg","password":null}`, "The member password is not a text."},
		"a password as list":    {`{"username":"aberg","password":["anna-pw"]}`, "The member password is not a text."},
		"a scope as list":       {`{"username":"aberg","password":"anna-pw","scope":["domino"]}`, "The member scope is not a text."},
		"deep":                  {`{"username":` + strings.Repeat("[", 4000), "The member username is not a text."},
		"no UTF-8":              {"{\"username\":\"aberg\",\"password\":\"anna\xff\"}", "not UTF-8"},
		"a byte order mark":     {"\xef\xbb\xbf" + `{"username":"aberg","password":"anna-pw"}`, "not one JSON object"},
		"a body without end":    {`{"username":"aberg","password":"` + strings.Repeat("a", login.MaxBody) + `"}`, "longer than 8192 bytes"},
		"a byte too many":       {`{"username":"aberg","password":"anna-pw"}` + strings.Repeat(" ", login.MaxBody-40), "longer than 8192 bytes"},
		"an unknown scope":      {`{"username":"aberg","password":"anna-pw","scope":"domino hr"}`, "does not know the scope hr."},
		"a scope of other case": {`{"username":"aberg","password":"anna-pw","scope":"mail"}`, "does not know the scope mail."},
		"a scope with a quote":  {`{"username":"aberg","password":"anna-pw","scope":"do\"mino"}`, "RFC 6749"},
		"scopes of elsewhere":   {`{"username":"aberg","password":"anna-pw","scope":"$DECRYPT $SETUP"}`, "No scope that was asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			got := f.login(t, c.body)
			assert.Equal(t, http.StatusBadRequest, got.Status)
			assert.Equal(t, 400.0, got.fields["status"])
			assert.Contains(t, got.text("message"), c.says)
			assert.Len(t, got.fields, 2)
			assert.NotContains(t, string(got.Body), "s3cret", "nothing of what was sent comes back")
			for _, event := range f.events(t, store.AuditLogin) {
				assert.Equal(t, store.AuditFailure, event.Outcome, "nobody was logged in")
			}
		})
	}
	for name, contentType := range map[string]string{
		"a form": "application/x-www-form-urlencoded", "text": "text/plain", "nothing": "", "no type": "json", "another": "application/json-patch+json",
	} {
		f := newFixture(t)
		r := request(`{"username":"aberg","password":"anna-pw"}`)
		r.Header = func(string) []string { return []string{contentType} }
		got := read(t, f.Serve(r, f.people))
		assert.Equal(t, http.StatusBadRequest, got.Status, name)
		assert.Contains(t, got.text("message"), "application/json", name)
	}
	f := newFixture(t)
	r := request(`{"username":"aberg","password":"anna-pw"}` + strings.Repeat(" ", login.MaxBody-41))
	require.Equal(t, login.MaxBody, len(r.Body))
	r.Header = func(string) []string { return []string{"application/json; charset=utf-8"} }
	assert.Equal(t, http.StatusOK, f.Serve(r, f.people).Status)
	assert.Empty(t, bytes.Trim(r.Body, "\x00"), "the body with the password was wiped")
}

func TestScopesOfALogin(t *testing.T) {
	f := newFixture(t)
	for asked, want := range map[string]string{
		"": "$DATA MAIL", "MAIL $DATA": "$DATA MAIL", "MAIL $DATA $DECRYPT $SETUP": "$DATA MAIL", "domino": "domino", "crm": "crm", "MAIL MAIL": "MAIL",
	} {
		got := f.as(t, "aberg", "anna-pw", "scope", asked)
		require.Equal(t, http.StatusOK, got.Status, asked)
		assert.Equal(t, want, got.fields["claims"].(map[string]any)["scope"], asked)
	}
	assert.Equal(t, "$DATA MAIL", f.as(t, "aberg", "anna-pw").fields["claims"].(map[string]any)["scope"])
}

// Whoever tries whether a password is right must leave a trace, also if he wants no token.
func TestARightPasswordIsSeen_B16(t *testing.T) {
	f := newFixture(t)
	got := f.as(t, "aberg", "anna-pw", "scope", "unknown")
	require.Equal(t, http.StatusBadRequest, got.Status)
	events := f.events(t, store.AuditLogin)
	require.Len(t, events, 1)
	assert.Equal(t, anna, events[0].User)
	assert.Equal(t, store.AuditFailure, events[0].Outcome)
	assert.Contains(t, events[0].Detail, "the right password")
	assert.NotEmpty(t, events[0].Address)
	assert.Contains(t, f.log.String(), anna)
	assert.NotContains(t, f.log.String(), "anna-pw")
}

func TestLockoutOfTheLogin_A60(t *testing.T) {
	f := newFixture(t)
	for range 10 {
		require.Equal(t, http.StatusUnauthorized, f.as(t, "aberg", "guess").Status)
	}
	locked := f.as(t, "anna@acme.example", "anna-pw")
	assert.Equal(t, http.StatusUnauthorized, locked.Status, "by whatever name")
	assert.JSONEq(t, `{"status":401,"message":"Invalid credentials or account locked"}`, string(locked.Body))
	elsewhere := request(`{"username":"aberg","password":"anna-pw"}`)
	elsewhere.Peer = netip.MustParseAddr("198.51.100.1")
	assert.Equal(t, http.StatusOK, f.Serve(elsewhere, f.people).Status, "she can log in elsewhere")
	assert.Equal(t, http.StatusOK, f.as(t, "tyamada", "太郎の鍵").Status, "and others here")
	f.now = f.now.Add(5 * time.Minute)
	assert.Equal(t, http.StatusOK, f.as(t, "aberg", "anna-pw").Status, "it ends")

	for range 10 {
		f.as(t, "nobody", "guess")
	}
	for _, event := range f.events(t, store.AuditLogin) {
		assert.Contains(t, []string{"", anna, taro}, event.User, "names that nobody has are told nowhere")
	}
	before := f.log.Len()
	assert.Equal(t, http.StatusUnauthorized, f.as(t, "nobody", "guess").Status)
	assert.Contains(t, f.log.String()[before:], "locked out", "unknown names are locked like known ones")
}

// What is the server's fault is 503, with a sentence in the log, and counts as nobody's failure.
// slowPasswords is a directory in which something else happens while a password is compared.
type slowPasswords struct {
	*coretest.Directory
	meanwhile func()
}

func (d slowPasswords) VerifyPassword(person directory.Person, password oauth.Secret) (bool, error) {
	d.meanwhile()
	return d.Directory.VerifyPassword(person, password)
}

// Requests that are sent at once must not have more guesses than those that are sent one after the other.
func TestGuessesAtOnceAreNoMoreGuesses_A60(t *testing.T) {
	f := newFixture(t)
	right := request(`{"username":"aberg","password":"anna-pw"}`)
	got := f.Serve(right, slowPasswords{f.people, func() {
		for range 9 {
			f.as(t, "aberg", "guess")
		}
	}})
	assert.Equal(t, http.StatusOK, got.Status, "one guess was left")
	right = request(`{"username":"aberg","password":"anna-pw"}`)
	got = f.Serve(right, slowPasswords{f.people, func() {
		for range 10 {
			f.as(t, "aberg", "guess")
		}
	}})
	assert.Equal(t, http.StatusUnauthorized, got.Status)
	assert.Contains(t, f.log.String(), "login refused")
}

func TestTroubleAtTheLogin_B19(t *testing.T) {
	for name, c := range map[string]struct {
		damage     func(*testing.T, *fixture)
		says, logs string
	}{
		"no directory":        {func(_ *testing.T, f *fixture) { f.people = nil }, login.NoDirectory, "the Domino directory cannot be asked"},
		"a broken directory":  {func(_ *testing.T, f *fixture) { f.people.Failure = errors.New("being compacted") }, login.NoDirectory, "being compacted"},
		"a broken comparison": {func(_ *testing.T, f *fixture) { f.people.Failure = nil }, login.NoDirectory, "no SECVerifyPassword"},
		"no key":              {func(_ *testing.T, f *fixture) { f.config.DominoLogin.UseKeyPair = true }, login.NoKey, "JwtUsePubPrivKey needs"},
		"no store":            {func(t *testing.T, f *fixture) { t.Helper(); require.NoError(t, f.store.Close()) }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			c.damage(t, f)
			var asked directory.Directory
			if f.people != nil {
				asked = f.people
			}
			if name == "a broken comparison" {
				asked = withoutPasswords{asked}
			}
			got := read(t, f.Serve(request(`{"username":"aberg","password":"anna-pw"}`), asked))
			if name == "no store" { // who is locked out cannot be told
				assert.Equal(t, http.StatusUnauthorized, got.Status)
				return
			}
			assert.Equal(t, http.StatusServiceUnavailable, got.Status)
			assert.Equal(t, c.says, got.text("message"))
			assert.Equal(t, "5", got.Header.Get("Retry-After"))
			assert.Contains(t, f.log.String(), c.logs)
			assert.Contains(t, f.log.String(), "nobody can log in")
			assert.Equal(t, name == "a broken comparison", f.people != nil && f.people.Asked > 0 && f.people.Failure == nil, "without a key nobody's password is asked about")
			assert.Empty(t, f.events(t, store.AuditLogin))
		})
	}
}

// withoutPasswords is a directory that finds people and cannot compare passwords.
type withoutPasswords struct{ directory.Directory }

func (withoutPasswords) VerifyPassword(directory.Person, oauth.Secret) (bool, error) {
	return false, errors.New("no SECVerifyPassword")
}

// A token of which the audit trail cannot tell is not given away.
func TestALoginWithoutATraceIsNone(t *testing.T) {
	f := newFixture(t)
	f.Audits = brokenTrail{f.store}
	got := f.as(t, "aberg", "anna-pw")
	assert.Equal(t, http.StatusServiceUnavailable, got.Status)
	assert.NotContains(t, got.fields, "bearer")
}

type brokenTrail struct{ store.Audits }

func (brokenTrail) AppendAudit(context.Context, ...store.AuditEvent) error {
	return store.ErrUnavailable
}

// FuzzBody holds the reader to: no panic; what is read is what encoding/json reads; refusals repeat nothing.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"username":"a","password":"b"}`, `{"username":"a","password":"b","scope":"c"}`, `{"password":"\ud83d\ude00","username":""}`,
		`{"username":"a","username":"b"}`, `{"username":{"a":1}}`, `[]`, `{`, "{\"username\":\"\xff\"}", `{"logout":"Yes"}`, `{"username":"a",}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		name, password, scope, err := login.ReadCredentials(request(body))
		if err != nil {
			var said login.Fault
			require.ErrorAs(t, err, &said)
			require.Empty(t, name+password+scope)
			return
		}
		var expected map[string]string
		require.NoError(t, json.Unmarshal([]byte(body), &expected))
		assert.Equal(t, expected["username"], name)
		assert.Equal(t, expected["password"], password)
		assert.Equal(t, expected["scope"], scope)
		assert.LessOrEqual(t, len(expected), 3)
	})
}
