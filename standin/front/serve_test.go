// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
	"ndoap/standin/front/fakehost"
)

// login posts the form as a browser does.
func (r *running) login(t *testing.T, name, password, target string) answer {
	t.Helper()
	form := url.Values{"Username": {name}, "Password": {password}, "RedirectTo": {target}}
	return r.do(t, "POST", "/names.nsf?Login", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
}

// cookieOf returns the session cookie of an answer as a Cookie header value.
func cookieOf(t *testing.T, got answer) string {
	t.Helper()
	cookies := got.Cookies()
	require.Len(t, cookies, 1)
	assert.Equal(t, "DomAuthSessId", cookies[0].Name)
	assert.True(t, cookies[0].HttpOnly)
	return cookies[0].Name + "=" + cookies[0].Value
}

func TestSessionLogin(t *testing.T) {
	server := start(t)
	form := server.get(t, "/names.nsf?Login&RedirectTo=%2Fdoap%2Fauth%3Fstate%3D%2522")
	assert.Equal(t, 200, form.StatusCode)
	assert.Contains(t, form.body, `name="RedirectTo" value="/doap/auth?state=%22"`)

	got := server.login(t, "alice adams", "alice pw", "/demo.nsf?x=1&y=あ")
	assert.Equal(t, 302, got.StatusCode)
	assert.Equal(t, "/demo.nsf?x=1&y=%E3%81%82", got.Header.Get("Location"))
	session := cookieOf(t, got)
	page := server.get(t, "/demo.nsf?OpenDatabase", "Cookie", "a=b; "+session)
	assert.Equal(t, alice, page.Header.Get("X-Standin-User"))
	assert.Contains(t, page.body, alice)

	out := server.get(t, "/names.nsf?Logout&RedirectTo=/hello.txt", "Cookie", session)
	assert.Equal(t, 302, out.StatusCode)
	assert.Equal(t, "/hello.txt", out.Header.Get("Location"))
	assert.Equal(t, "Anonymous", server.get(t, "/hello.txt", "Cookie", session).Header.Get("X-Standin-User"))
}

func TestWrongPasswordShowsTheFormAgain(t *testing.T) {
	got := start(t).login(t, "alice adams", "wrong", `/a"b`)
	assert.Equal(t, 200, got.StatusCode)
	assert.Empty(t, got.Cookies())
	assert.Contains(t, got.body, "invalid username or password")
	assert.Contains(t, got.body, `value="/a&#34;b"`)
}

func TestRedirectToStaysOnThisServer(t *testing.T) {
	server := start(t)
	for target, want := range map[string]string{
		"/demo.nsf":              "/demo.nsf",
		"":                       "/",
		"https://evil.example/":  "/",
		"//evil.example/":        "/",
		`/\evil.example/`:        "/",
		"/\t/evil.example/":      "/",
		"evil":                   "/",
		"/a\r\nSet-Cookie: x=y":  "/",
		"/?u=https://a.example/": "/?u=https://a.example/",
	} {
		got := server.login(t, "aadams", "alice pw", target)
		assert.Equal(t, want, got.Header.Get("Location"), "%q", target)
	}
}

func TestRedirectToIsNoLongerThanAURL(t *testing.T) {
	server := start(t)
	assert.Equal(t, 302, server.login(t, "aadams", "alice pw", "/"+strings.Repeat("a", 4095)).StatusCode)
	got := server.login(t, "aadams", "alice pw", "/"+strings.Repeat("a", 4096))
	assert.Equal(t, 400, got.StatusCode)
	assert.Empty(t, got.Cookies())
	assert.Equal(t, 414, server.get(t, "/names.nsf?Login&RedirectTo=/"+strings.Repeat("a", 4096)).StatusCode)
}

func TestBasicLogin(t *testing.T) {
	server := start(t, basic)
	assert.Equal(t, 401, server.get(t, "/names.nsf?Login&RedirectTo=/hello.txt").StatusCode)
	got := server.get(t, "/names.nsf?Login&RedirectTo=/hello.txt", "Authorization", "Basic YWFkYW1zOmFsaWNlIHB3")
	assert.Equal(t, "/hello.txt", got.Header.Get("Location"))
	assert.Empty(t, got.Cookies())
}

func TestProtectedDatabase(t *testing.T) {
	const documents = "/demo.nsf/api/data/documents"
	session, challenge := start(t), start(t, basic)

	form := session.get(t, documents)
	assert.Equal(t, 200, form.StatusCode, "Domino sends the form in place of the documents")
	assert.Contains(t, form.body, `value="`+documents+`"`)
	assert.Contains(t, form.Header.Get("Content-Type"), "text/html")
	refused := challenge.get(t, documents)
	assert.Equal(t, 401, refused.StatusCode)
	assert.Equal(t, `Basic realm="/"`, refused.Header.Get("WWW-Authenticate"))

	cookie := cookieOf(t, session.login(t, "bbrown", "bob pw", "/"))
	unauthorized := session.get(t, documents, "Cookie", cookie)
	assert.Contains(t, unauthorized.body, "You are not authorized to access that database")
	assert.Equal(t, bob, unauthorized.Header.Get("X-Standin-User"))
}

func TestDocumentsShowTheNameTheServerSees(t *testing.T) {
	server := start(t)
	for _, test := range []struct{ target, user, want string }{
		{"/demo.nsf/api/data/documents", alice, alice},
		{"/help/open.nsf/api/data/documents", "", "Anonymous"},
		{"/help/open.nsf/api/data/documents", "CN=佐藤 花子/O=Acme", "CN=佐藤 花子/O=Acme"},
	} {
		header := []string{}
		if test.user != "" {
			header = []string{fakehost.User, test.user}
		}
		got := server.get(t, test.target, header...)
		require.Equal(t, 200, got.StatusCode, got.body)
		assert.Equal(t, test.want, got.Header.Get("X-Standin-User"))
		assert.Equal(t, test.user, got.Header.Get("X-Standin-Remote-User"))
		var entries []map[string]any
		require.NoError(t, json.Unmarshal([]byte(got.body), &entries))
		assert.Equal(t, test.want, entries[0]["who"])
		for _, item := range []string{"@href", "@unid", "@noteid", "@form", "@modified"} {
			assert.NotEmpty(t, entries[0][item], item)
		}
		one := server.get(t, entries[0]["@href"].(string), header...)
		var entry map[string]any
		require.NoError(t, json.Unmarshal([]byte(one.body), &entry))
		assert.Equal(t, entries[0], entry)
	}
	assert.Equal(t, 404, server.get(t, "/demo.nsf/api/data/documents/unid/0", fakehost.User, alice).StatusCode)
	assert.Equal(t, 404, server.get(t, "/demo.nsf/api/data/collections", fakehost.User, alice).StatusCode)
}

func TestPages(t *testing.T) {
	server := start(t)
	for target, want := range map[string]struct {
		status int
		says   string
	}{
		"/hello.txt":                         {200, "hello"},
		"/help/open.nsf":                     {200, "You are <strong>Anonymous</strong>"},
		"/help/open.nsf?OpenDatabase&Login":  {200, `value="/help/open.nsf?OpenDatabase&amp;Login"`},
		"/help/open.nsf/view?OpenView":       {404, "design note"},
		"/nothing.nsf":                       {404, "does not exist"},
		"/nothing.txt":                       {404, "Couldn&#39;t find"},
		"/demo.nsf/../help/open.nsf?unknown": {404, "design note"},
	} {
		got := server.get(t, target)
		assert.Equal(t, want.status, got.StatusCode, target)
		assert.Contains(t, got.body, want.says, target)
	}
	escaped := server.get(t, "/help/open.nsf", fakehost.User, "CN=<i>/O=x")
	assert.Contains(t, escaped.body, "CN=&lt;i&gt;/O=x")
	lost := server.get(t, "/hello.txt", fakehost.Path, "/elsewhere")
	assert.Equal(t, 404, lost.StatusCode, "a filter mapped it and did not answer")
}

func TestEnviron(t *testing.T) {
	server := start(t)
	read := func(header ...string) map[string]string {
		var environ map[string]string
		got := server.get(t, "/standin/environ?a=1", append(header, fakehost.User, alice)...)
		require.NoError(t, json.Unmarshal([]byte(got.body), &environ))
		return environ
	}
	environ := read("Cookie", "a=1", "COOKIE", "b=2", "X-doap_user", "one", "X_DOAP-USER", "two", "Content-Type", "text/x")
	assert.Equal(t, alice, environ["REMOTE_USER"])
	assert.Equal(t, "a=1", environ["QUERY_STRING"])
	assert.Equal(t, "OFF", environ["HTTPS"])
	assert.Equal(t, "127.0.0.1", environ["REMOTE_ADDR"])
	assert.Equal(t, "text/x", environ["CONTENT_TYPE"])
	assert.ElementsMatch(t, []string{"one", "two"}, strings.Split(environ["HTTP_X_DOAP_USER"], ", "))
	assert.ElementsMatch(t, []string{"a=1", "b=2"}, strings.Split(environ["HTTP_COOKIE"], "; "))

	assert.Equal(t, map[string]string{"HTTP_COOKIE": "early=1"}, read("Cookie", "late=1", fakehost.Frozen, "HTTP_COOKIE=early=1"),
		"an early GetServerVariable fixed them")
	frozen := server.get(t, "/standin/environ", fakehost.User, alice, fakehost.Frozen, "REMOTE_USER=")
	assert.Equal(t, alice, frozen.Header.Get("X-Standin-User"))
	assert.Empty(t, frozen.Header.Get("X-Standin-Remote-User"))
}

func TestSymbolicLinksLeadNowhere(t *testing.T) {
	server := start(t)
	link(t, server.data+"/people.json", server.data+"/domino/html/people.txt")
	assert.Equal(t, 404, server.get(t, "/people.txt").StatusCode)
}

func TestCookieIsSecureOverTLS(t *testing.T) {
	server := start(t, func(c *front.Config) { c.TLS = true })
	server.trust(t)
	got := server.login(t, "aadams", "alice pw", "/")
	require.Len(t, got.Cookies(), 1)
	assert.True(t, got.Cookies()[0].Secure)
	environ := server.get(t, "/standin/environ")
	assert.Contains(t, environ.body, `"HTTPS": "ON"`)
	assert.Contains(t, server.get(t, "/", fakehost.Echo, "1").body, `"8":"1"`)
}
