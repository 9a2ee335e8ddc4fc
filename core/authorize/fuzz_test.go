// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"ndoap/core/client"
	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// FuzzAuthorizationQuery sends any query to the endpoint, of somebody who is logged in, of nobody, and as a form. The
// server is never at fault, the browser is sent to the client that is named, at an address that it has registered, or
// to the login, and the client gets a code or an error, with the issuer.
func FuzzAuthorizationQuery(f *testing.F) {
	for _, uri := range redirectURIVariants { // list R
		f.Add(parameters("trusted", "redirect_uri", uri).Encode())
	}
	for _, port := range []string{":0", ":99999", ":", ":8080a", ":80@evil"} {
		f.Add(parameters("public", "redirect_uri", "http://127.0.0.1"+port+"/cb").Encode())
	}
	for _, host := range []string{"127.0.0.1.evil", "localhost.evil", "[::ffff:127.0.0.1]", "0", "127.1", "2130706433"} {
		f.Add(parameters("public", "redirect_uri", "http://"+host+"/cb").Encode())
	}
	good := parameters("trusted").Encode()
	for _, seed := range []string{
		good, parameters("app").Encode(), parameters("files", "resource", filesAPI).Encode(),
		"", "client_id=legacy", "resume=", "resume=x&" + good, "resume=" + strings.Repeat("a", 43),
		good + "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&redirect_uri=https%3A%2F%2Fevil.example%2F", // R26
		good + "&client_id=two", good + "&state=2", good + "&%zz", good + "&state=%ff", // M37
		parameters("trusted", "response_type", "code token", "response_mode", "fragment").Encode(),                    // M16
		parameters("trusted", "code_challenge", "").Encode(),                                                          // M4
		parameters("trusted", "code_challenge_method", "plain").Encode(),                                              // M5
		parameters("trusted", "state", "x\r\nLocation: https://evil.example/\r\n\r\n", "scope", "x").Encode(),         // M14
		parameters("trusted", "prompt", "none", "iss", "https://evil.example").Encode(),                               // M1
		parameters("CN=Ada Lovelace/O=Example").Encode(),                                                              // M19
		good + "&resource=https%3A%2F%2Fdomino.example&resource=https%3A%2F%2Fdomino.example%2F&resource=%2F%2Fevil#", // M18
	} {
		f.Add(seed)
	}
	endpoint := newFixture(f)
	endpoint.config.Limits.PendingRequests = 0
	f.Fuzz(func(t *testing.T, query string) {
		endpoint.t = t
		for _, user := range []string{ada, ""} {
			endpoint.cookie = ""
			holds(t, query, user, endpoint.get(user, query))
			endpoint.cookie = ""
			holds(t, query, user, endpoint.post(endpoint.auth, user, authPath, "", query, nil))
		}
	})
}

// holds requires of an answer what is true of all of them.
func holds(t *testing.T, query, user string, answer web.Response) {
	t.Helper()
	require.Less(t, answer.Status, http.StatusInternalServerError, "%s", answer.Body)
	for name, values := range answer.Header {
		for _, value := range values {
			require.NotContains(t, value, "\n", name)
			require.NotContains(t, value, "\r", name)
		}
	}
	location := answer.Header.Get("Location")
	if location == "" {
		require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, answer.Status)
		return
	}
	require.Contains(t, []int{http.StatusFound, http.StatusSeeOther}, answer.Status)
	if user == "" && strings.HasPrefix(location, "/names.nsf?Login&RedirectTo=%2Fdoap%2Fauth%3Fresume%3D") {
		return
	}
	form, problem := oauth.ParseForm(query)
	require.Nil(t, problem, "a request that cannot be read is answered to nobody")
	at := slices.IndexFunc(clients, func(candidate store.Client) bool { return candidate.ID == form.Get("client_id") })
	require.GreaterOrEqual(t, at, 0, "nobody of that name is registered")
	registered, err := client.ResolveRedirectURI(clients[at], form.Get("redirect_uri"), form.Has("redirect_uri"), nil)
	require.NoError(t, err)
	rest, leads := strings.CutPrefix(location, registered)
	require.True(t, leads && (strings.HasPrefix(rest, "?") || strings.HasPrefix(rest, "&")), location)
	values, err := url.ParseQuery(rest[1:])
	require.NoError(t, err)
	require.NotEqual(t, values.Has("code"), values.Has("error"), "one of the two")
	require.Equal(t, []string{"https://domino.example/doap"}, values["iss"])
	require.False(t, values.Has("code") && user == "", "a code for nobody")
	require.False(t, values.Has("code") && !clients[at].Trusted, "a code without being asked")
}
