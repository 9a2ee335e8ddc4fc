// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"html"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/oauth"
	"ndoap/store"
)

const domino = "https://domino.example" // the origin of the fixture's issuer

// TestResource_A16_A63 asks for tokens for other servers: resource is the one parameter that may repeat.
func TestResource_A16_A63(t *testing.T) {
	f := newFixture(t)
	query := parameters("files", "resource", filesAPI).Encode() + "&resource=" + domino
	asked := f.consentPage(f.get(ada, query))
	values := f.redirected(f.decide(ada, asked, "allow"), http.StatusSeeOther, callback)
	assert.Equal(t, []string{domino, filesAPI}, f.redeemed(values.Get("code")).Resources)

	values = f.redirected(f.ask(ada, "trusted", "resource", domino+"/"), http.StatusFound, callback)
	assert.Equal(t, []string{domino + "/"}, f.redeemed(values.Get("code")).Resources, "this Domino needs no registration")
}

func TestInvalidTarget_A63(t *testing.T) {
	f := newFixture(t)
	for name, resource := range map[string]string{
		"unknown":                            "https://evil.example",
		"configured, not the client's":       "https://other.example",
		"the client's, no longer configured": "urn:example:gone",
		"relative":                           "/api",
		"fragment":                           filesAPI + "#f",
		"another spelling":                   filesAPI + "/",
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			values := f.refusedTo(f.ask(ada, "files", "resource", resource), oauth.InvalidTarget)
			assert.Equal(t, "xyz", values.Get("state"))
			both := parameters("files", "resource", filesAPI, "x", resource).Encode()
			f.consentPage(f.get(ada, both)) // x is no parameter
			f.refusedTo(f.get(ada, both+"&resource="+escape(resource)), oauth.InvalidTarget)
		})
	}
}

// TestResourcesAreAskedAbout shows every resource that is not this Domino, each time: a remembered consent is about
// this Domino only.
func TestResourcesAreAskedAbout_A70(t *testing.T) {
	f := newFixture(t)
	response := f.ask(ada, "files", "resource", filesAPI)
	body := html.UnescapeString(string(response.Body))
	assert.Contains(t, body, filesAPI)
	assert.Contains(t, body, "not at this one")
	f.redirected(f.decide(ada, f.consentPage(response), "allow"), http.StatusSeeOther, callback)
	_, err := f.store.Consent(t.Context(), ada, "files")
	require.ErrorIs(t, err, store.ErrNotFound, "the page did not speak of this Domino")

	response = f.ask(ada, "files")
	assert.NotContains(t, string(response.Body), filesAPI)
	f.redirected(f.decide(ada, f.consentPage(response), "allow"), http.StatusSeeOther, callback)
	f.redirected(f.ask(ada, "files"), http.StatusFound, callback)

	f.consentPage(f.ask(ada, "files", "resource", filesAPI))
	both := f.get(ada, parameters("files", "resource", filesAPI).Encode()+"&resource="+domino)
	f.consentPage(both)
	assert.NotContains(t, string(both.Body), "not at this one")
	f.redirected(f.ask(ada, "files", "resource", domino), http.StatusFound, callback)
}

// TestResourceSurvivesTheLogin_A63 keeps the resources with the stored request, and looks at them again.
func TestResourceSurvivesTheLogin_A63(t *testing.T) {
	f := newFixture(t)
	login := f.ask("", "files", "resource", filesAPI)
	asked := f.consentPage(f.resume(ada, login))
	values := f.redirected(f.decide(ada, asked, "allow"), http.StatusSeeOther, callback)
	assert.Equal(t, []string{filesAPI}, f.redeemed(values.Get("code")).Resources)

	login = f.ask("", "files", "resource", filesAPI)
	asked = f.consentPage(f.ask(ada, "files", "resource", filesAPI))
	require.NoError(t, f.store.UpdateClient(t.Context(), "files", func(c *store.Client) error { c.Resources = nil; return nil }))
	f.onPage(f.resume(ada, login), http.StatusBadRequest, "may not have tokens for the resource")
	f.onPage(f.decide(ada, asked, "allow"), http.StatusBadRequest, "may not have tokens for the resource")
}
