// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPKCE(t *testing.T) {
	f := newFixture(t)
	for _, c := range []struct {
		name, verifier, code string
	}{
		{"RFC 7636 appendix B", verifier, ""},
		{"A21 missing verifier", "", "invalid_grant"},
		{"A21 M2 wrong verifier", strings.Repeat("a", 43), "invalid_grant"},
		{"the challenge itself", challenge, "invalid_grant"},
		{"a short verifier", "abc", "invalid_grant"},
		{"a long verifier", strings.Repeat("a", 129), "invalid_grant"},
		{"a verifier with odd characters", verifier[:42] + "+", "invalid_grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code := f.code(t, "modern", "code_challenge", challenge, "code_challenge_method", "S256")
			got := f.token(t, "client_id", "modern", "grant_type", "authorization_code", "code", code, "code_verifier", c.verifier)
			assert.Equal(t, c.code, got.text("error"))
			if c.code != "" {
				again := f.token(t, "client_id", "modern", "grant_type", "authorization_code", "code", code, "code_verifier", verifier)
				assert.Equal(t, "invalid_grant", again.text("error"), "the code is dead")
			}
		})
	}
}

func TestPublicClient(t *testing.T) {
	f := newFixture(t)
	got := f.token(t, "client_id", "public", "client_secret", "", "grant_type", "authorization_code", "code", f.publicCode(t), "code_verifier", verifier)
	assert.Equal(t, http.StatusOK, got.status, got.body)
}

func TestRedirectURIMustBeRepeated_A7(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID, "redirect_uri", callback)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "authorization_code", "code", code).text("error"))
	code = f.code(t, clientID, "redirect_uri", callback)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", code, "redirect_uri", callback).status)
	code = f.code(t, clientID)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", code, "redirect_uri", callback).status)
}

func TestExpiredCode_A25(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	f.wait(59 * time.Second)
	early := f.code(t, clientID)
	assert.Equal(t, http.StatusOK, f.token(t, "grant_type", "authorization_code", "code", code).status)
	f.wait(60 * time.Second)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "authorization_code", "code", early).text("error"))
}

func TestSecondRedemptionRevokes_A26_M6(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	first := f.token(t, "grant_type", "authorization_code", "code", code)
	require.Equal(t, http.StatusOK, first.status)
	assert.Equal(t, "invalid_grant", f.token(t, "grant_type", "authorization_code", "code", code).text("error"))
	again := f.token(t, "grant_type", "refresh_token", "refresh_token", first.text("refresh_token"))
	assert.Equal(t, "invalid_grant", again.text("error"), "what the code had bought is revoked")
}

func TestConcurrentRedemption_A29(t *testing.T) {
	f := newFixture(t)
	code := f.code(t, clientID)
	var won, lost atomic.Int32
	var clients sync.WaitGroup
	for range 64 {
		clients.Go(func() {
			switch f.token(t, "grant_type", "authorization_code", "code", code).status {
			case http.StatusOK:
				won.Add(1)
			case http.StatusBadRequest:
				lost.Add(1)
			}
		})
	}
	clients.Wait()
	assert.EqualValues(t, 1, won.Load())
	assert.EqualValues(t, 63, lost.Load())
}
