// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseForm(t *testing.T) {
	form, err := ParseForm("a=1&b=x+y%20z&empty=&c=%C3%BC&a=2&&d")
	require.Nil(t, err)
	assert.Equal(t, "1", form.Get("a"), "the first")
	assert.True(t, form.Repeated("a"))
	assert.False(t, form.Repeated("b"))
	assert.Equal(t, "x y z", form.Get("b"))
	assert.Equal(t, "ü", form.Get("c"))
	assert.True(t, form.Has("b"))
	for _, absent := range []string{"empty", "d", "e"} {
		assert.False(t, form.Has(absent), "%s: without a value is as omitted (RFC 6749 section 3.1)", absent)
	}
	assert.Equal(t, []string{"1", "2"}, form.All("a"), "in order")
	for _, absent := range []string{"empty", "d", "e"} {
		assert.Empty(t, form.All(absent))
	}
	assert.Nil(t, form.Single("b", "c", "e"))
	single := form.Single("b", "a")
	require.NotNil(t, single)
	assert.Equal(t, InvalidRequest, single.Code)
	assert.Contains(t, single.Description, "parameter a occurs")
}

func TestParseFormRefuses(t *testing.T) {
	for name, encoded := range map[string]string{
		"broken percent-encoding of a value": "a=%z1",
		"broken percent-encoding of a name":  "%=1",
		"a value that is not UTF-8":          "a=%ff",
		"a name that is not UTF-8":           "%ff=1",
		"too many parameters":                strings.Repeat("a=1&", 101),
	} {
		_, err := ParseForm(encoded)
		require.NotNil(t, err, name)
		assert.Equal(t, InvalidRequest, err.Code, name)
	}
	_, err := ParseForm(strings.Repeat("a=1&", 99))
	assert.Nil(t, err)
}

func TestScope(t *testing.T) {
	scope, err := ParseScope("  mail domino  mail ")
	require.Nil(t, err)
	assert.Equal(t, "domino mail", scope.String(), "sorted, each once")
	assert.True(t, scope.Has("mail"))
	assert.False(t, scope.Has("mai"))
	assert.True(t, scope.Covers(Scope{"domino"}))
	assert.True(t, scope.Covers(nil))
	assert.False(t, scope.Covers(Scope{"domino", "all"}))
	for _, bad := range []string{"a\"b", "a\\b", "ü", "a\x00", "a\x7f"} {
		_, err := ParseScope(bad)
		require.NotNil(t, err, "%q", bad)
		assert.Equal(t, InvalidScope, err.Code)
	}
}

// RFC 7636 appendix B.
func TestPKCEVector(t *testing.T) {
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	assert.True(t, VerifyChallenge(challenge, verifier))
	assert.Nil(t, CheckChallenge(challenge, "S256"))
	for name, wrong := range map[string]string{
		"another": strings.Repeat("a", 43), "short": verifier[:42], "long": strings.Repeat("a", 129), "empty": "",
		"odd character": verifier[:42] + "=", "the challenge": challenge,
	} {
		assert.False(t, VerifyChallenge(challenge, wrong), name)
	}
}

func TestCheckChallengeRefuses_A19_M5(t *testing.T) {
	good := strings.Repeat("a", 43)
	for name, c := range map[string][2]string{
		"plain": {good, "plain"}, "the default, which is plain": {good, ""}, "unknown method": {good, "S512"}, "lower case": {good, "s256"},
		"short": {good[1:], "S256"}, "long": {good + "a", "S256"}, "odd character": {good[1:] + "+", "S256"}, "empty": {"", "S256"},
	} {
		err := CheckChallenge(c[0], c[1])
		require.NotNil(t, err, name)
		assert.Equal(t, InvalidRequest, err.Code, name)
	}
}

func TestSecretHidesItself(t *testing.T) {
	secret := NewSecret()
	assert.Len(t, secret.Reveal(), 43, "256 bits")
	assert.NotEqual(t, secret, NewSecret())
	inJSON, err := json.Marshal(map[string]any{"a": secret})
	require.NoError(t, err)
	logged := &strings.Builder{}
	slog.New(slog.NewJSONHandler(logged, nil)).Info("x", "secret", secret, "in", struct{ S Secret }{secret})
	for how, text := range map[string]string{
		"%v": fmt.Sprintf("%v", secret), "%s in a list": fmt.Sprintf("%s", []Secret{secret}), "%#v": fmt.Sprintf("%#v", secret), "%q": fmt.Sprintf("%q", secret),
		"%v in a struct": fmt.Sprintf("%v", struct{ S Secret }{secret}), "json": string(inJSON), "slog": logged.String(),
	} {
		assert.NotContains(t, text, secret.Reveal(), how)
		assert.Contains(t, text, "redacted", how)
	}
	assert.True(t, secret.Matches(secret.Hash()))
	assert.False(t, secret.Matches(NewSecret().Hash()))
	assert.NotContains(t, secret.Hash(), secret.Reveal())
}

func TestErrorResponse(t *testing.T) {
	for code, status := range map[Code]int{
		InvalidRequest: 400, InvalidGrant: 400, InvalidScope: 400, UnauthorizedClient: 400, UnsupportedGrantType: 400,
		InvalidClient: 401, InvalidToken: 401, InsufficientScope: 403, AccessDenied: 403, ServerError: 500, TemporarilyUnavailable: 503,
	} {
		err := NewError(code, "It is %s.", "so")
		response := err.Response()
		assert.Equal(t, status, response.Status, code)
		assert.JSONEq(t, `{"error": "`+string(code)+`", "error_description": "It is so."}`, string(response.Body))
		assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
		assert.Equal(t, status == http.StatusServiceUnavailable, response.Header.Get("Retry-After") != "", code)
		assert.Equal(t, status >= 500, err.LogLevel() == slog.LevelError, code)
	}
}

// RFC 6749 section 5.2 allows printable ASCII without '"' and '\'; a sender's text must not get past that.
func TestErrorDescriptionKeepsToTheGrammar_A56(t *testing.T) {
	err := NewError(InvalidRequest, "%s", "a\"b\\c\r\nd\x00ü"+strings.Repeat("x", 1000))
	assert.True(t, strings.HasPrefix(err.Description, "a'b?c??d??x"), err.Description)
	assert.Less(t, len(err.Description), 450)
}

func TestErrorIsSaidOnce(t *testing.T) {
	err := NewError(TemporarilyUnavailable, "Later.")
	assert.Equal(t, slog.LevelError, err.ReportedIf(false).LogLevel())
	assert.Equal(t, slog.LevelDebug, err.ReportedIf(true).LogLevel())
	assert.Equal(t, slog.LevelError, err.LogLevel(), "the error itself is not changed")
}

func TestErrorKeepsItsCauseToTheLog(t *testing.T) {
	cause := errors.New("the disk is full")
	err := NewError(ServerError, "Something went wrong.").Because(cause)
	require.ErrorIs(t, err, cause)
	assert.Contains(t, err.Error(), "the disk is full")
	assert.NotContains(t, string(err.Response().Body), "disk")
}

func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a=%ff", "%", "&&&", "a=1&a=2", "=", "a==b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		form, err := ParseForm(encoded)
		if err == nil {
			_ = form.Single("a") // any answer, but no panic
			return
		}
		require.Equal(t, InvalidRequest, err.Code)
	})
}
