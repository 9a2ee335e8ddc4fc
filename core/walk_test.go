// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// walk is a walk through the metadata document over HTTP, by somebody who knows nothing of the server but its issuer.
type walk struct {
	*fixture
	document map[string]any
}

// demanded are the members that a client may rely on. A member without a proof fails the walk as much as a missing one.
var demanded = []string{
	"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri",
	"scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported",
	"code_challenge_methods_supported", "authorization_response_iss_parameter_supported",
	"token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported",
	"revocation_endpoint", "revocation_endpoint_auth_methods_supported",
	"revocation_endpoint_auth_signing_alg_values_supported",
	"introspection_endpoint", "introspection_endpoint_auth_methods_supported",
	"introspection_endpoint_auth_signing_alg_values_supported",
}

// proofs are how it is shown that what a member says works.
var proofs = map[string]func(w *walk, t *testing.T){
	"issuer":                   (*walk).proveIssuer,
	"authorization_endpoint":   (*walk).proveFlow,
	"token_endpoint":           (*walk).proveFlow,
	"revocation_endpoint":      (*walk).proveRevocation,
	"introspection_endpoint":   (*walk).proveIntrospection,
	"jwks_uri":                 (*walk).proveKeys,
	"scopes_supported":         (*walk).proveScopes,
	"response_types_supported": (*walk).proveResponseTypes,
	"response_modes_supported": (*walk).proveResponseModes,
	"grant_types_supported":    (*walk).proveGrantTypes,

	"code_challenge_methods_supported":               (*walk).proveChallengeMethods,
	"authorization_response_iss_parameter_supported": (*walk).proveIss,

	"token_endpoint_auth_methods_supported":                    (*walk).proveTokenMethods,
	"token_endpoint_auth_signing_alg_values_supported":         (*walk).proveTokenAlgorithms,
	"revocation_endpoint_auth_methods_supported":               (*walk).proveRevocationMethods,
	"revocation_endpoint_auth_signing_alg_values_supported":    (*walk).proveRevocationAlgorithms,
	"introspection_endpoint_auth_methods_supported":            (*walk).proveIntrospectionMethods,
	"introspection_endpoint_auth_signing_alg_values_supported": (*walk).proveIntrospectionAlgorithms,
}

// TestMetadataIsTrue_A36 proves that all that the metadata claims works, and that nothing works that it does not claim.
func TestMetadataIsTrue_A36(t *testing.T) {
	w := newWalk(t)
	for _, name := range demanded {
		assert.Contains(t, w.document, name)
	}
	for name := range w.document {
		t.Run(name, func(t *testing.T) {
			prove := proofs[name]
			require.NotNil(t, prove, "nothing proves what %s says", name)
			prove(w, t)
		})
	}
	t.Run("endpoints that are not there", w.proveNoMoreEndpoints)
	t.Run("tokens in the query", w.proveNoTokensInQuery)
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	f := newFixture(t)
	w := &walk{fixture: f}
	got := f.fetch(t, http.MethodGet, "/.well-known/oauth-authorization-server/doap", "", nil)
	require.Equal(t, http.StatusOK, got.status, got.body)
	require.NoError(t, json.Unmarshal([]byte(got.body), &w.document))
	return w
}

// texts returns a member that is a list: not empty, sorted and each value once.
func (w *walk) texts(t *testing.T, name string) []string {
	t.Helper()
	list, ok := w.document[name].([]any)
	require.True(t, ok, "%s is no list", name)
	var texts []string
	for _, value := range list {
		texts = append(texts, value.(string))
	}
	require.NotEmpty(t, texts, name)
	require.Equal(t, slices.Compact(slices.Sorted(slices.Values(texts))), texts, name)
	return texts
}

// url returns a member that is an address of the issuer, as it is reached in the test.
func (w *walk) url(t *testing.T, name string) string {
	t.Helper()
	address, ok := w.document[name].(string)
	require.True(t, ok, "%s is no URL", name)
	path, below := strings.CutPrefix(address, "https://domino.example.com")
	require.True(t, below && strings.HasPrefix(path, "/doap/"), "%s is elsewhere: %s", name, address)
	return w.server.URL + path
}

// ask sends an authorization request as Anna, and returns the answer's redirect.
func (w *walk) ask(t *testing.T, changes ...string) url.Values {
	t.Helper()
	parameters := url.Values{
		"response_type": {"code"}, "client_id": {"modern"}, "redirect_uri": {callback}, "scope": {"domino"}, "state": {"s"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		parameters.Set(changes[i], changes[i+1])
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		w.url(t, "authorization_endpoint")+"?"+parameters.Encode(), http.NoBody)
	require.NoError(t, err)
	response := w.asAnna(t, request)
	if response.status == http.StatusOK {
		response = w.consent(t, response)
	}
	require.Contains(t, []int{http.StatusFound, http.StatusSeeOther}, response.status, response.body)
	target, err := url.Parse(response.header.Get("Location"))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(target.String(), callback+"?"), target)
	require.Empty(t, target.Fragment)
	return target.Query()
}

var hidden = regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)">`)

// consent presses Allow.
func (w *walk) consent(t *testing.T, page answer) answer {
	t.Helper()
	form := url.Values{"decision": {"allow"}}
	for _, field := range hidden.FindAllStringSubmatch(page.body, -1) {
		form.Set(field[1], field[2])
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/doap/consent", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	cookie, _, _ := strings.Cut(page.header.Get("Set-Cookie"), ";")
	request.Header.Set("Cookie", cookie)
	return w.asAnna(t, request)
}

// asAnna sends a request with Anna's password and follows no redirect.
func (w *walk) asAnna(t *testing.T, request *http.Request) answer {
	t.Helper()
	response, err := asAnna{}.RoundTrip(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{status: response.StatusCode, header: response.Header, body: string(body)}
}

// form posts a form to an endpoint that the document names, with more headers.
func (w *walk) form(t *testing.T, endpoint string, form url.Values, header http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url(t, endpoint), strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(t, request)
}

// secretly is a form of a client that sends its secret in the body.
func secretly(client string, pairs ...string) url.Values {
	form := url.Values{"client_id": {client}, "client_secret": {clientSecret}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// tokens buys tokens with a code.
func (w *walk) tokens(t *testing.T) answer {
	t.Helper()
	got := w.form(t, "token_endpoint", withCode(w.ask(t).Get("code"), secretly("modern")), nil)
	require.Equal(t, http.StatusOK, got.status, got.body)
	return got
}

// withCode adds to credentials what buys tokens.
func withCode(code string, credentials url.Values) url.Values {
	form := maps.Clone(credentials)
	form.Set("grant_type", "authorization_code")
	form.Set("code", code)
	form.Set("redirect_uri", callback)
	form.Set("code_verifier", verifier)
	return form
}

func (w *walk) proveIssuer(t *testing.T) {
	assert.Equal(t, issuer, w.document["issuer"])
	assert.Equal(t, w.document["issuer"], payload(t, w.tokens(t).text("access_token"))["iss"])
}

func (w *walk) proveFlow(t *testing.T) {
	assert.Equal(t, anna, w.resource(t, "Bearer "+w.tokens(t).text("access_token")).body)
}

func (w *walk) proveScopes(t *testing.T) {
	for _, scope := range w.texts(t, "scopes_supported") {
		assert.NotEmpty(t, w.ask(t, "scope", scope).Get("code"), scope)
	}
	for _, scope := range []string{"openid", "offline_access", "admin"} {
		assert.NotContains(t, w.document["scopes_supported"], scope)
		assert.Equal(t, "invalid_scope", w.ask(t, "scope", scope).Get("error"), scope)
	}
}

func (w *walk) proveResponseTypes(t *testing.T) {
	claimed := w.texts(t, "response_types_supported")
	for _, kind := range []string{
		"code", "token", "id_token", "code token", "code id_token", "id_token token", "code id_token token", "none",
	} {
		got := w.ask(t, "response_type", kind)
		if slices.Contains(claimed, kind) {
			assert.NotEmpty(t, got.Get(kind), kind)
			continue
		}
		assert.Equal(t, "unsupported_response_type", got.Get("error"), kind)
		assert.Empty(t, got.Get("code")+got.Get("access_token")+got.Get("id_token"), kind)
	}
	assert.Subset(t, []string{"code"}, claimed, "what is claimed is proven")
}

func (w *walk) proveResponseModes(t *testing.T) {
	claimed := w.texts(t, "response_modes_supported")
	for _, mode := range []string{"query", "fragment", "form_post", "web_message", "jwt", "query.jwt", "form_post.jwt"} {
		got := w.ask(t, "response_mode", mode)
		assert.Equal(t, slices.Contains(claimed, mode), got.Get("code") != "", mode)
		assert.NotEqual(t, got.Get("code") != "", got.Get("error") != "", mode)
	}
	assert.Subset(t, []string{"query"}, claimed, "what is claimed is proven")
}

func (w *walk) proveChallengeMethods(t *testing.T) {
	claimed := w.texts(t, "code_challenge_methods_supported")
	for _, method := range []string{"S256", "plain", "s256", "S512", "none"} {
		got := w.ask(t, "code_challenge_method", method)
		assert.Equal(t, slices.Contains(claimed, method), got.Get("code") != "", method)
	}
	assert.Subset(t, []string{"S256"}, claimed, "what is claimed is proven")
	form := withCode(w.ask(t).Get("code"), secretly("modern"))
	form.Set("code_verifier", challenge)
	got := w.form(t, "token_endpoint", form, nil)
	assert.Equal(t, "invalid_grant", got.text("error"), "the verifier is looked at")
}

func (w *walk) proveIss(t *testing.T) {
	assert.Equal(t, true, w.document["authorization_response_iss_parameter_supported"])
	assert.Equal(t, []string{issuer}, w.ask(t)["iss"])
	failed := w.ask(t, "scope", "nothing")
	assert.Equal(t, "invalid_scope", failed.Get("error"))
	assert.Equal(t, []string{issuer}, failed["iss"])
}

// proveNoMoreEndpoints asks for what other servers have.
func (w *walk) proveNoMoreEndpoints(t *testing.T) {
	for path, member := range map[string]string{
		"register": "registration_endpoint", "userinfo": "userinfo_endpoint", "par": "pushed_authorization_request_endpoint",
		"device_authorization": "device_authorization_endpoint", "bc-authorize": "backchannel_authentication_endpoint",
		"revoke": "revocation_endpoint", "introspect": "introspection_endpoint", "logout": "end_session_endpoint",
		"device": "device_authorization_endpoint", "session/check": "check_session_iframe",
	} {
		if w.document[member] != nil {
			continue
		}
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			request, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+"/doap/"+path, http.NoBody)
			require.NoError(t, err)
			assert.Equal(t, http.StatusNotFound, send(t, request).status, path)
		}
	}
}

func (w *walk) proveNoTokensInQuery(t *testing.T) {
	token := w.tokens(t).text("access_token")
	got := w.fetch(t, http.MethodGet, "/db.nsf?access_token="+token, "", nil)
	assert.Empty(t, got.body, "the request is nobody's")
	query := withCode(w.ask(t).Get("code"), secretly("modern"))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url(t, "token_endpoint")+"?"+query.Encode(), http.NoBody)
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, http.StatusBadRequest, send(t, request).status, "parameters of the query are ignored")
	assert.Equal(t, http.StatusOK, w.form(t, "token_endpoint", query, nil).status, "and spend nothing")
}
