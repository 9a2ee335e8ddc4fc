// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
)

// tokenErrors are those that a token request may get (RFC 6749 section 5.2, RFC 8707 section 2).
var tokenErrors = []string{
	"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
	"invalid_target",
}

// FuzzTokenForm sends bodies to the token endpoint: whatever they hold, the answer is tokens or an error of the RFCs, and
// the fault is the sender's. $CODE and $REFRESH stand for good ones, so that what comes behind them is reached.
func FuzzTokenForm(f *testing.F) {
	secret := "client_id=" + clientID + "&client_secret=" + url.QueryEscape(clientSecret)
	code := secret + "&grant_type=authorization_code&code=$CODE"
	for _, seed := range []string{
		code, code + "&redirect_uri=" + url.QueryEscape(callback), code + "&scope=domino&resource=" + url.QueryEscape(origin),
		code + "&code_verifier=" + verifier,                              // M4
		code + "&code=$CODE", code + "&scope=admin", code + "&scope=%00", // M37, M17
		code + "&resource=" + url.QueryEscape(apiA), code + "&resource=a&resource=b", code + "&resource=%23", // M18
		secret + "&grant_type=refresh_token&refresh_token=$REFRESH", secret + "&grant_type=refresh_token&refresh_token=$REFRESH&scope=x",
		"client_id=other&client_secret=" + url.QueryEscape(clientSecret) + "&grant_type=authorization_code&code=$CODE",        // M3
		"client_id=other&client_secret=" + url.QueryEscape(clientSecret) + "&grant_type=refresh_token&refresh_token=$REFRESH", // M9
		"client_id=public&grant_type=authorization_code&code=$CODE", "client_id=public&grant_type=client_credentials",
		"client_id=robot&grant_type=client_credentials&client_secret=" + url.QueryEscape(clientSecret), // M19
		"client_id=robot&grant_type=client_credentials&scope=domino&client_secret=" + url.QueryEscape(clientSecret),
		"grant_type=password&username=anna&password=pw", "grant_type=", "", "&&&", "=", "%", "a=%zz", "a=%ff", "\x00", "{}",
		secret + "&client_assertion=a.b.c&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", // M21
		strings.Repeat("a=b&", 120),
	} {
		f.Add(seed)
	}
	for _, uri := range []string{ // list R
		callback + "/", "https://app.example.com/CB", callback + "?x=1", callback + "#f", "https://app.example.com:443/cb",
		"https://APP.example.com/cb", "HTTPS://app.example.com/cb", "https://app.example.com/cb/../cb", "https://app.example.com/%63b",
		"https://app.example.com/cb%2f", "https://app.example.com//cb", callback + ";x", callback + "%00", callback + "%0d%0aX: y",
		callback + " ", "https://app.example.com@evil.example/cb", `https://evil.example\@app.example.com/cb`,
		"https://app.example.com.evil.example/cb", "https://xn--pp-8kc.example.com/cb", "//app.example.com/cb",
		"http://app.example.com/cb", "javascript:alert(1)", "data:text/html,x", "http://127.0.0.1.evil/cb", "http://[::ffff:127.0.0.1]/cb",
	} {
		f.Add(code + "&redirect_uri=" + url.QueryEscape(uri))
		f.Add(code + "&redirect_uri=" + uri)
	}
	fixture := newFixture(f)
	fixture.robot(f, "robot", "domino")
	limits := &fixture.config.Limits
	limits.TokenPerAddress, limits.TokenPerClient, limits.AuthorizationPerAddress = 1e9, 1e9, 1e9
	limits.AuthorizationPerUser, limits.LockoutFailures = 1e9, 1e9
	f.Fuzz(func(t *testing.T, body string) {
		fixture.log.Reset()
		body = strings.ReplaceAll(body, "$CODE", fixture.code(t, clientID))
		if strings.Contains(body, "$REFRESH") {
			bought := fixture.token(t, "grant_type", "authorization_code", "code", fixture.code(t, clientID))
			body = strings.ReplaceAll(body, "$REFRESH", bought.text("refresh_token"))
		}
		request := raw(core.RawRequest, "/doap/token")
		request.Verb, request.Content = http.MethodPost, []byte(body)
		request.Headers.Set("Content-Type", "application/x-www-form-urlencoded")
		decision := fixture.service.Serve(request)
		require.Equal(t, core.Answer, decision.Verdict)
		assert.Equal(t, "application/json", decision.Response.Header.Get("Content-Type"))
		assert.Equal(t, "no-store", decision.Response.Header.Get("Cache-Control"))
		var answer map[string]any
		require.NoError(t, json.Unmarshal(decision.Response.Body, &answer))
		switch status := decision.Response.Status; status {
		case http.StatusOK:
			for _, member := range []string{"access_token", "token_type", "expires_in", "scope"} {
				assert.NotEmpty(t, answer[member], member)
			}
			assert.NotContains(t, answer, "error")
		case http.StatusBadRequest, http.StatusUnauthorized:
			code, _ := answer["error"].(string)
			assert.True(t, slices.Contains(tokenErrors, code), code)
			assert.Equal(t, status == http.StatusUnauthorized, code == "invalid_client")
			assert.NotContains(t, answer, "access_token")
		case http.StatusRequestEntityTooLarge:
			assert.Greater(t, len(body), limits.BodyBytes)
		default:
			assert.Fail(t, "no answer of the RFCs", "%d %v", status, answer)
		}
	})
}
