// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
	"ndoap/core/apikey"
	"ndoap/core/coretest"
	"ndoap/core/directory"
	"ndoap/store"
)

const reporting = "CN=Reporting/O=Acme"

// keyed is a fixture whose host has a directory.
func keyed(t *testing.T) (*fixture, *coretest.Directory) {
	t.Helper()
	f := newFixture(t)
	f.limited(t)
	people := &coretest.Directory{Entries: []directory.Person{
		{Name: anna, Kind: directory.KindPerson, MailFile: `mail\aberg`},
		{Name: "CN=Bo Ek/O=Acme", Kind: directory.KindPerson},
	}}
	f.domino.Directory = people
	return f, people
}

// issue stores a key as change has it, and returns it as an Authorization header.
func (f *fixture) issue(t *testing.T, id, user, scope string, change ...func(*store.APIKey)) string {
	t.Helper()
	secret := apikey.New()
	key := store.APIKey{
		ID: id, Hash: secret.Hash(), Kind: store.PersonKey, User: user, Label: id, Scope: scope, CreatedBy: "admin", CreatedAt: f.now(),
	}
	if user == reporting {
		key.Kind = store.NameKey
	}
	for _, each := range change {
		each(&key)
	}
	require.NoError(t, f.store.AddAPIKey(t.Context(), key, 0))
	return "Bearer " + secret.Reveal()
}

// presents is a request with an API key at an event.
func (f *fixture) presents(event core.Event, authorization, target string) core.Decision {
	request := raw(event, target)
	request.People = f.domino.Directory
	request.Headers.Set("Authorization", authorization)
	return f.service.Serve(request)
}

func TestAPIKeysOfPeopleAndNames_B8_B15(t *testing.T) {
	f, _ := keyed(t)
	for user, id := range map[string]string{anna: "k1", reporting: "k2"} {
		key := f.issue(t, id, user, "domino")
		assert.Equal(t, user, f.resource(t, key).body)
		for _, event := range []core.Event{core.RawRequest, core.Authenticate} {
			decision := f.presents(event, key, "/db.nsf")
			assert.Equal(t, core.Authenticated, decision.Verdict)
			assert.Equal(t, core.Identity{Name: user, Scope: "domino", ClientID: "urn:ndoap:apikey:" + id, Subject: user}, decision.Identity)
			assert.Zero(t, decision.Again)
		}
		plain := raw(core.RawRequest, "/db.nsf")
		plain.Encrypted, plain.People = false, f.domino.Directory
		plain.Headers.Set("Authorization", key)
		assert.Equal(t, core.AgainTransport, f.service.Serve(plain).Again, "B22: without TLS the request is looked at once more")
	}
	assert.NotContains(t, f.log.String(), "doap_", "B16")
}

// A key is held to its scopes as a token is, and to those that the configuration still has.
func TestScopesOfAPIKeys_B13_B14(t *testing.T) {
	f, _ := keyed(t)
	key := f.issue(t, "k1", anna, "db.read gone")
	served := f.presents(core.RawRequest, key, "/db.nsf/v?ReadViewEntries")
	assert.Equal(t, core.Authenticated, served.Verdict)
	assert.Equal(t, "db.read", served.Identity.Scope, "B15: what is no longer configured is not told")
	for _, target := range []string{"/names.nsf", "/db.nsf/0/x?DeleteDocument", "/db.nsf/../names.nsf"} {
		refused := f.presents(core.RawRequest, key, target)
		require.Equal(t, core.Answer, refused.Verdict, target)
		assert.Equal(t, http.StatusForbidden, refused.Response.Status)
		assert.Contains(t, string(refused.Response.Body), `"insufficient_scope"`)
	}
	delete(f.config.Scopes, "db.read")
	assert.Equal(t, core.Answer, f.presents(core.RawRequest, key, "/db.nsf").Verdict, "a scope that was taken away")
}

func TestMailByAPIKeyIsForPeople(t *testing.T) {
	f, _ := keyed(t)
	f.config.Scopes["MAIL"] = f.config.Scopes["db.read"]
	key := f.issue(t, "k1", anna, "MAIL")
	assert.Equal(t, core.Authenticated, f.presents(core.RawRequest, key, "/mail/aberg.nsf").Verdict)
	assert.Equal(t, core.Answer, f.presents(core.RawRequest, key, "/mail/other.nsf").Verdict)
	key = f.issue(t, "k2", reporting, "MAIL")
	assert.Equal(t, core.Answer, f.presents(core.RawRequest, key, "/mail/aberg.nsf").Verdict)
	delete(f.config.Scopes, "MAIL")
	assert.Equal(t, core.Answer, f.presents(core.RawRequest, f.issue(t, "k3", anna, "MAIL"), "/mail/aberg.nsf").Verdict)
}

func TestRefusedAPIKeys_B2(t *testing.T) {
	f, _ := keyed(t)
	good := f.issue(t, "k1", anna, "domino")
	for name, c := range map[string]struct{ key, says, log string }{
		"B2 malformed":       {good + "x", "not issued by this server", "form: found an API key that this server could not have made: 44 characters"},
		"B2 the prefix only": {"Bearer doap_", "not issued by this server", "form: found"},
		"unknown":            {"Bearer " + apikey.New().Reveal(), "not issued by this server", "the database does not have"},
		"B4 expired": {
			f.issue(t, "old", anna, "domino", func(k *store.APIKey) { k.ExpiresAt = f.now() }),
			"expired", "exp: found the API key old of " + anna,
		},
		"B4 revoked": {
			f.issue(t, "gone", anna, "domino", func(k *store.APIKey) { k.RevokedAt = f.now() }),
			"revoked", "standing: found the API key gone of " + anna,
		},
		"B10 somebody who is not there": {f.issue(t, "k2", "CN=Eve/O=Acme", "domino"), "whose it is", "person: found nobody in the Domino directory has this name"},
		"B8 in another case":            {f.issue(t, "k3", "CN=anna berg/OU=Sales/O=Acme", "domino"), "whose it is", "found one person who is called " + anna},
		"B8 a name that somebody has": {
			f.issue(t, "k4", "CN=Bo Ek/O=Acme", "domino", func(k *store.APIKey) { k.Kind = store.NameKey }),
			"whose it is", "the Domino directory has an entry of this name",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := f.resource(t, c.key)
			assert.Equal(t, http.StatusUnauthorized, got.status, got.body)
			assert.Equal(t, "invalid_token", got.text("error"))
			assert.Contains(t, got.text("error_description"), c.says)
			assert.Contains(t, got.header.Get("Www-Authenticate"), `error="invalid_token"`)
			assert.NotContains(t, got.body, "Acme", "whose it is, is not for the sender")
			assert.Contains(t, f.log.String(), c.log)
			assert.Equal(t, core.Deny, f.presents(core.Authenticate, c.key, "/db.nsf").Verdict)
		})
	}
	assert.NotContains(t, f.log.String(), good[len("Bearer "):], "B16")
	assert.Equal(t, http.StatusBadRequest, f.resource(t, good, good).status, "B3: two headers")
	assert.Equal(t, anna, f.resource(t, good).body)
}

// What the directory says of a name counts at each use, a minute late at most.
func TestTheDirectoryDecidesOnAPIKeys_B8_B10(t *testing.T) {
	person := directory.Person{Name: anna, Kind: directory.KindPerson}
	for name, c := range map[string]struct {
		user    string
		entries []directory.Person
		found   string
	}{
		"renamed":          {anna, []directory.Person{{Name: "CN=Anna Ek/OU=Sales/O=Acme", Aliases: []string{anna}, Kind: directory.KindPerson}}, "one person who is called CN=Anna Ek/OU=Sales/O=Acme"},
		"removed":          {anna, nil, "nobody in the Domino directory has this name"},
		"there twice":      {anna, []directory.Person{person, person}, "several entries"},
		"now a group":      {anna, []directory.Person{{Name: anna, Kind: directory.KindGroup}}, "not a person's"},
		"taken by a group": {reporting, []directory.Person{{Name: "Reporting/Acme", Kind: directory.KindGroup}}, "has an entry of this name"},
		"taken by a person": {
			reporting,
			[]directory.Person{{Name: "CN=R. Porting/O=Acme", Aliases: []string{reporting}, Kind: directory.KindPerson}},
			"has an entry of this name",
		},
		"taken by a server": {reporting, []directory.Person{{Name: reporting, Kind: directory.KindServer}}, "has an entry of this name"},
	} {
		t.Run(name, func(t *testing.T) {
			f, people := keyed(t)
			key := f.issue(t, "k1", c.user, "domino")
			require.Equal(t, c.user, f.resource(t, key).body)
			people.Entries = c.entries
			f.wait(time.Minute)
			got := f.resource(t, key)
			assert.Equal(t, http.StatusUnauthorized, got.status, got.body)
			assert.Equal(t, "invalid_token", got.text("error"))
			assert.Contains(t, f.log.String(), "person: found ")
			assert.Contains(t, f.log.String(), c.found)
		})
	}
}

func TestNoDirectoryNoAPIKey_B8(t *testing.T) {
	f, people := keyed(t)
	people.Failure = errors.New("view is missing")
	for _, host := range []directory.Directory{people, nil} {
		f.domino.Directory = host
		for _, user := range []string{anna, reporting} {
			got := f.resource(t, f.issue(t, user, user, "domino", func(k *store.APIKey) { k.ID, k.Label = apikey.NewID(), apikey.NewID() }))
			assert.Equal(t, http.StatusUnauthorized, got.status)
			assert.Equal(t, "The token cannot be verified at the moment.", got.text("error_description"))
		}
	}
}

func TestAPersonWithANameOfOnePart(t *testing.T) {
	f, people := keyed(t)
	people.Entries = append(people.Entries, directory.Person{Name: "Webuser", Kind: directory.KindPerson})
	assert.Equal(t, "CN=Webuser", f.resource(t, f.issue(t, "k1", "CN=Webuser", "domino")).body)
}

// A key opens Domino's URLs and nothing of ours: no page, no endpoint, and no client is its.
func TestAPIKeysOpenNothingOfOurs(t *testing.T) {
	f, _ := keyed(t)
	key := f.issue(t, "k1", anna, "domino")
	for _, path := range []string{"/doap/account", "/doap/account/keys", "/doap/auth?client_id=" + clientID, "/doap/consent"} {
		for _, event := range []core.Event{core.RawRequest, core.Authenticate} {
			decision := f.presents(event, key, path)
			assert.NotEqual(t, core.Authenticated, decision.Verdict, path)
			assert.NotEqual(t, core.NotOurs, decision.Verdict, path)
		}
	}
	got := f.token(t, "grant_type", "client_credentials", "client_id", "urn:ndoap:apikey:k1", "client_secret", key[len("Bearer "):])
	assert.Equal(t, "invalid_client", got.text("error"))
	got = f.post(t, "grant_type=client_credentials", http.Header{"Authorization": {key}})
	assert.Equal(t, "invalid_client", got.text("error"))
	form := "client_id=" + clientID + "&client_secret=" + "s3cret%2Fwith%2Bodd%3Acharacters%2520" + "&token=" + key[len("Bearer "):]
	assert.JSONEq(t, `{"active":false}`, f.postTo(t, "/doap/introspect", form, nil).body)
	assert.Equal(t, http.StatusOK, f.postTo(t, "/doap/revoke", form, nil).status)
	assert.Equal(t, anna, f.resource(t, key).body, "a client cannot revoke it")
}

func TestAPIKeysEndAtOnce_B4(t *testing.T) {
	for name, end := range map[string]func(t *testing.T, s store.Store){
		"the key": func(t *testing.T, s store.Store) { t.Helper(); require.NoError(t, s.RevokeAPIKey(t.Context(), "k1")) },
		"the user": func(t *testing.T, s store.Store) {
			t.Helper()
			_, err := s.RevokeUser(t.Context(), anna)
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, people := keyed(t)
			key, other := f.issue(t, "k1", anna, "domino"), f.issue(t, "k2", reporting, "domino")
			neighbour := f.neighbour(t)
			neighbour.domino.Directory = people
			require.Equal(t, anna, f.resource(t, key).body)
			require.Equal(t, anna, neighbour.resource(t, key).body)
			end(t, f.store)
			assert.Equal(t, "The token was revoked.", f.resource(t, key).text("error_description"))
			require.Eventually(t, func() bool { return neighbour.resource(t, key).status == http.StatusUnauthorized }, time.Minute, time.Millisecond)
			assert.Equal(t, reporting, f.resource(t, other).body)
		})
	}
}

// The use of a key costs no commit until it is stored, and then one for all keys.
func TestLastUseOfAPIKeys(t *testing.T) {
	f, _ := keyed(t)
	first, second := f.issue(t, "k1", anna, "db.read"), f.issue(t, "k2", reporting, "domino")
	unused := f.issue(t, "k3", anna, "domino", func(k *store.APIKey) { k.ExpiresAt = f.now() })
	before := f.store.Stats().Commits
	for range 20 {
		f.presents(core.RawRequest, first, "/db.nsf")
		f.wait(time.Second)
		f.presents(core.RawRequest, second, "/db.nsf")
		f.presents(core.RawRequest, unused, "/db.nsf")
	}
	assert.Zero(t, f.store.Stats().Commits-before)
	generation := f.store.Generation()
	require.NoError(t, f.service.StoreKeyUses(t.Context()))
	require.NoError(t, f.service.StoreKeyUses(t.Context()))
	assert.EqualValues(t, 1, f.store.Stats().Commits-before)
	assert.Equal(t, generation, f.store.Generation())
	keys, err := f.store.ListAPIKeys(t.Context(), store.APIKeyFilter{})
	require.NoError(t, err)
	used := map[string]time.Time{}
	for _, key := range keys {
		used[key.ID] = key.LastUsedAt
	}
	assert.Equal(t, map[string]time.Time{"k1": f.now().Add(-time.Second).UTC(), "k2": f.now().UTC(), "k3": {}}, used)
}

func TestAPIKeysWhileTheStoreIsOut(t *testing.T) {
	f, _ := keyed(t)
	key := f.issue(t, "k1", anna, "domino")
	require.NoError(t, f.store.Close())
	assert.Equal(t, http.StatusUnauthorized, f.resource(t, key).status)
}
