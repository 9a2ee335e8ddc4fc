// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/core/coretest"
	"ndoap/core/web"
	"ndoap/store"
)

const keysPage = "/doap/account/keys"

// wayBack is on pages that refuse something, where the page itself would help.
const wayBack = `<a id="way" href="/doap/account/keys">Your API keys</a>`

// visitor is somebody with a browser at the pages of the account.
type visitor struct {
	*fixture
	user   string
	cookie string
}

// visit sends a request, with changes, and keeps the cookie.
func (v *visitor) visit(t *testing.T, method, target, body string, changes ...func(*coretest.Request)) web.Response {
	t.Helper()
	request := raw(core.Authorized, target)
	request.Verb, request.UserName, request.Content = method, v.user, []byte(body)
	request.Headers.Set("Accept", "text/html")
	if method == http.MethodPost {
		request.Headers.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Headers.Set("Sec-Fetch-Site", "same-origin")
	}
	if v.cookie != "" {
		request.Headers.Set("Cookie", v.cookie)
	}
	for _, change := range changes {
		change(request)
	}
	decision := v.service.Serve(request)
	require.Equal(t, core.Answer, decision.Verdict)
	if set := decision.Response.Header.Get("Set-Cookie"); set != "" {
		v.cookie, _, _ = strings.Cut(set, ";")
	}
	return decision.Response
}

// form reads the token off the page, and returns a form that makes a good key with changes as pairs of names and values.
func (v *visitor) form(t *testing.T, changes ...string) url.Values {
	t.Helper()
	page := v.visit(t, http.MethodGet, keysPage, "")
	require.Equal(t, http.StatusOK, page.Status, "%s", page.Body)
	form := url.Values{"action": {"create"}, "label": {"Nightly export"}, "scope": {"db.read"}, "life": {"30d"}}
	if token := hidden.FindStringSubmatch(string(page.Body)); token != nil {
		form.Set(token[1], token[2])
	}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return form
}

var shownKey = regexp.MustCompile(`<code id="secret" class="secret">([^<]*)</code>`)

// create makes a key and returns it with its id.
func (v *visitor) create(t *testing.T, changes ...string) (key, id string) {
	t.Helper()
	made := v.visit(t, http.MethodPost, keysPage, v.form(t, changes...).Encode())
	require.Equal(t, http.StatusOK, made.Status, "%s", made.Body)
	assert.Equal(t, "no-store", made.Header.Get("Cache-Control"))
	found := shownKey.FindStringSubmatch(string(made.Body))
	require.NotNil(t, found, "%s", made.Body)
	return "Bearer " + found[1], v.keys(t)[0].ID
}

// keys are all that the store has, the newest first.
func (f *fixture) keys(t *testing.T) []store.APIKey {
	t.Helper()
	keys, err := f.store.ListAPIKeys(t.Context(), store.APIKeyFilter{})
	require.NoError(t, err)
	return keys
}

// trail are the events of an action, the newest first.
func (f *fixture) trail(t *testing.T, action store.AuditAction) []store.AuditEvent {
	t.Helper()
	events, err := f.store.QueryAudit(t.Context(), store.AuditFilter{Action: action})
	require.NoError(t, err)
	return events
}

func TestAPersonMakesUsesAndRevokesAKey_B8(t *testing.T) {
	f, _ := keyed(t)
	v := &visitor{fixture: f, user: anna}
	assert.Contains(t, string(v.visit(t, http.MethodGet, "/doap/account", "").Body), `href="/doap/account/keys"`)
	before := f.store.Stats().Operations
	page := string(v.visit(t, http.MethodGet, keysPage, "").Body)
	assert.Equal(t, before, f.store.Stats().Operations, "looking changes nothing")
	assert.NotContains(t, page, "checked")
	for _, scope := range []string{"crm", "db.read", "db.write", "domino", "trial"} {
		assert.Contains(t, page, `name="scope" value="`+scope+`"`)
	}

	key, id := v.create(t, "label", "  Nightly export ")
	assert.Equal(t, anna, f.resource(t, key).body)
	assert.Equal(t, core.Answer, f.presents(core.RawRequest, key, "/names.nsf").Verdict, "its scope is db.read")
	stored := f.keys(t)[0]
	assert.Equal(t, store.APIKey{
		ID: id, Hash: stored.Hash, Kind: store.PersonKey, User: anna, Label: "Nightly export", Scope: "db.read", CreatedBy: anna,
		CreatedAt: f.now().UTC(), ExpiresAt: f.now().Add(30 * 24 * time.Hour).UTC(),
	}, stored)
	require.NoError(t, f.service.StoreKeyUses(t.Context()))
	page = string(v.visit(t, http.MethodGet, keysPage, "").Body)
	assert.Contains(t, page, "Nightly export")
	assert.Contains(t, page, "Last used: "+f.now().UTC().Format("2 January 2006, 15:04 UTC"))
	assert.NotContains(t, page, key[len("Bearer "):], "it was shown once")
	assert.NotContains(t, page, stored.Hash)

	done := v.visit(t, http.MethodPost, keysPage, v.form(t, "action", "revoke", "id", id).Encode())
	assert.Equal(t, http.StatusSeeOther, done.Status)
	assert.Equal(t, keysPage, done.Header.Get("Location"))
	assert.Equal(t, "The token was revoked.", f.resource(t, key).text("error_description"))
	assert.Contains(t, string(v.visit(t, http.MethodGet, keysPage, "").Body), "Revoked: ")

	for action, detail := range map[store.AuditAction]string{store.AuditAPIKeyIssued: "", store.AuditAPIKeyRevoked: ""} {
		events := f.trail(t, action)
		require.Len(t, events, 1, detail)
		assert.Equal(t, store.AuditEvent{
			ID: events[0].ID, At: f.now().UTC(), Action: action, Outcome: store.AuditSuccess, User: anna, ClientID: "urn:ndoap:apikey:" + id,
			Address: "192.0.2.7", Detail: id + " of " + anna + ": db.read",
		}, events[0])
	}
	for _, secret := range []string{key[len("Bearer "):], v.cookie} {
		assert.NotContains(t, f.log.String(), secret, "B16")
	}
}

// Only a form of this person in this browser from our own page does anything.
func TestForgedKeyForms_A66_A67(t *testing.T) {
	f, _ := keyed(t)
	v := &visitor{fixture: f, user: anna}
	_, id := v.create(t, "label", "There")
	header := func(name, value string) func(*coretest.Request) {
		return func(r *coretest.Request) { r.Headers.Set(name, value) }
	}
	other := &visitor{fixture: f, user: anna}
	othersForm := other.form(t)
	for name, c := range map[string]struct {
		token  string
		change func(*coretest.Request)
		status int
	}{
		"another site":            {"", header("Sec-Fetch-Site", "cross-site"), 403},
		"another host":            {"", header("Sec-Fetch-Site", "same-site"), 403},
		"another origin":          {"", header("Origin", "https://evil.example"), 403},
		"no token":                {"none", nil, 403},
		"a token of nobody":       {"x", nil, 403},
		"another browser's token": {othersForm.Get("token"), nil, 403},
		"no cookie":               {"", func(r *coretest.Request) { r.Headers.Del("Cookie") }, 403},
		"another login since":     {"", func(r *coretest.Request) { r.UserName = "CN=Bo Ek/O=Acme" }, 403},
		"a script":                {"", header("Content-Type", "application/json"), 400},
		"logged out since":        {"", func(r *coretest.Request) { r.UserName = "" }, 303},
	} {
		for _, action := range []string{"create", "revoke"} {
			t.Run(name+" "+action, func(t *testing.T) {
				form := v.form(t, "action", action, "id", id)
				switch c.token {
				case "":
				case "none":
					form.Del("token")
				default:
					form.Set("token", c.token)
				}
				change := c.change
				if change == nil {
					change = func(*coretest.Request) {}
				}
				got := v.visit(t, http.MethodPost, keysPage, form.Encode(), change)
				assert.Equal(t, c.status, got.Status, "%s", got.Body)
				assert.NotRegexp(t, shownKey, string(got.Body))
				assert.Equal(t, c.status >= 400, strings.Contains(string(got.Body), wayBack), "a refusal leads back to the page")
				require.Len(t, f.keys(t), 1)
				assert.Zero(t, f.keys(t)[0].RevokedAt)
			})
		}
	}
	get := v.visit(t, http.MethodGet, keysPage+"?"+v.form(t).Encode(), "")
	assert.Equal(t, http.StatusOK, get.Status)
	assert.Len(t, f.keys(t), 1, "a GET makes nothing")
	refusals := 0
	for _, event := range f.trail(t, store.AuditAPIKeyIssued) {
		if event.Outcome == store.AuditFailure {
			refusals++
			assert.True(t, strings.HasPrefix(event.Detail, "This form was not accepted"), event.Detail)
		}
	}
	assert.NotZero(t, refusals)
}

func TestKeysOfOthersAreNotThere(t *testing.T) {
	f, _ := keyed(t)
	hers := &visitor{fixture: f, user: anna}
	key, id := hers.create(t)
	f.issue(t, "named", reporting, "domino")
	f.issue(t, "same", anna, "domino", func(k *store.APIKey) { k.Kind = store.NameKey })
	his := &visitor{fixture: f, user: "CN=Bo Ek/O=Acme"}
	page := string(his.visit(t, http.MethodGet, keysPage, "").Body)
	assert.NotContains(t, page, "Nightly export")
	assert.Contains(t, page, "You have none.")
	for _, other := range []string{id, "named", "same", "ghost", ""} {
		got := his.visit(t, http.MethodPost, keysPage, his.form(t, "action", "revoke", "id", other).Encode())
		assert.Equal(t, http.StatusNotFound, got.Status, other)
		assert.Contains(t, string(got.Body), wayBack)
	}
	for _, named := range []string{"named", "same"} {
		got := hers.visit(t, http.MethodPost, keysPage, hers.form(t, "action", "revoke", "id", named).Encode())
		assert.Equal(t, http.StatusNotFound, got.Status, "keys of names are administrators'")
	}
	assert.Equal(t, anna, f.resource(t, key).body)
	for _, stored := range f.keys(t) {
		assert.Zero(t, stored.RevokedAt)
	}
}

func TestHowManyKeysAPersonHas(t *testing.T) {
	f, _ := keyed(t)
	f.config.APIKeys.PerPerson = 2
	v := &visitor{fixture: f, user: anna}
	v.create(t, "label", "a")
	form := v.form(t, "label", "c")
	_, id := v.create(t, "label", "b")
	got := v.visit(t, http.MethodPost, keysPage, form.Encode())
	assert.Equal(t, http.StatusConflict, got.Status)
	assert.Contains(t, string(got.Body), "as many keys as you may have")
	assert.NotContains(t, string(v.visit(t, http.MethodGet, keysPage, "").Body), `id="create"`)
	require.NoError(t, f.store.RevokeAPIKey(t.Context(), id))
	v.create(t, "label", "c")
	assert.Equal(t, store.AuditFailure, f.trail(t, store.AuditAPIKeyIssued)[1].Outcome)
}

func TestKeysThatAdministratorsMake(t *testing.T) {
	f, _ := keyed(t)
	v := &visitor{fixture: f, user: anna}
	key, id := v.create(t)
	form := v.form(t, "label", "another")
	f.config.APIKeys.SelfService = false
	page := string(v.visit(t, http.MethodGet, keysPage, "").Body)
	assert.Contains(t, page, "API keys are made by administrators")
	assert.Contains(t, page, "Nightly export")
	assert.NotContains(t, page, `id="create"`)
	refused := v.visit(t, http.MethodPost, keysPage, form.Encode())
	assert.Equal(t, http.StatusForbidden, refused.Status)
	assert.Contains(t, string(refused.Body), wayBack)
	assert.Len(t, f.keys(t), 1)
	assert.Equal(t, anna, f.resource(t, key).body)
	assert.Equal(t, http.StatusSeeOther, v.visit(t, http.MethodPost, keysPage, v.form(t, "action", "revoke", "id", id).Encode()).Status)
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, key).status)
}

func TestStrangersLogInFirst_A74(t *testing.T) {
	f, _ := keyed(t)
	for _, name := range []string{"", "Anonymous", "CN=anonymous"} {
		v := &visitor{fixture: f, user: name}
		for _, target := range []string{"/doap/account", keysPage} {
			got := v.visit(t, http.MethodGet, target, "")
			assert.Equal(t, http.StatusFound, got.Status)
			assert.Equal(t, "/names.nsf?Login&RedirectTo="+url.QueryEscape(target), got.Header.Get("Location"))
		}
	}
	f.config.Login = config.Login{Method: config.LoginBasic, Realm: "Domino"}
	v := &visitor{fixture: f}
	assert.Equal(t, `Basic realm="Domino"`, v.visit(t, http.MethodGet, keysPage, "").Header.Get("WWW-Authenticate"))
}

func TestAccountPagesAreLimited_A60(t *testing.T) {
	f, _ := keyed(t)
	f.config.Limits.AuthorizationPerUser = 3
	v := &visitor{fixture: f, user: anna}
	form := v.form(t)
	v.visit(t, http.MethodGet, "/doap/account", "")
	v.visit(t, http.MethodGet, keysPage, "")
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		got := v.visit(t, method, keysPage, form.Encode())
		assert.Equal(t, http.StatusTooManyRequests, got.Status)
		assert.Equal(t, "20", got.Header.Get("Retry-After"))
	}
	assert.Empty(t, f.keys(t))
	f.config.Limits.AuthorizationPerUser, f.config.Limits.AuthorizationPerAddress = 100, 1
	v.user = "CN=Bo Ek/O=Acme"
	assert.Equal(t, http.StatusTooManyRequests, v.visit(t, http.MethodGet, keysPage, "").Status, "of the address")
}
