// SPDX-License-Identifier: Apache-2.0

package endtoend

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two servers with one store get the same code at the same time, from several threads each: one of all wins. The other
// tries are second uses, and cost the winner what he got, on both servers.
func TestTwoServersRedeemOneCode_A29_M7(t *testing.T) {
	first := start(t, options{})
	second := first.twin(t)
	for range 8 {
		code := first.code(t, alice)
		answers := make(chan page, 16)
		var clients sync.WaitGroup
		for i := range cap(answers) {
			server := []*server{first, second}[i%2]
			clients.Go(func() { answers <- server.token(t, "grant_type", "authorization_code", "code", code) })
		}
		clients.Wait()
		close(answers)
		var won []string // refresh tokens
		for got := range answers {
			if got.status == http.StatusOK {
				won = append(won, got.text("refresh_token"))
				continue
			}
			assert.Equal(t, http.StatusBadRequest, got.status, got.body)
			assert.Equal(t, "invalid_grant", got.text("error"))
		}
		require.Len(t, won, 1)
		for _, server := range []*server{first, second} {
			again := server.token(t, "grant_type", "refresh_token", "refresh_token", won[0])
			assert.Equal(t, "invalid_grant", again.text("error"), "revoked by the second use")
		}
	}
}

// What one server issues is good at the other, and what one takes away ends at the other within a second.
func TestTwoServersWithOneStore(t *testing.T) {
	first := start(t, options{})
	second := first.twin(t)
	code := first.code(t, alice)
	tokens := second.token(t, "grant_type", "authorization_code", "code", code)
	require.Equal(t, http.StatusOK, tokens.status, tokens.body)
	for _, server := range []*server{first, second} {
		documents := server.read(t, "/sales.nsf/api/data/documents", tokens.text("access_token"))
		assert.Equal(t, alice.canonical, documents.header.Get("X-Standin-User"))
	}
	refreshed := first.token(t, "grant_type", "refresh_token", "refresh_token", tokens.text("refresh_token"))
	require.Equal(t, http.StatusOK, refreshed.status, refreshed.body)

	again := second.token(t, "grant_type", "authorization_code", "code", code)
	assert.Equal(t, "invalid_grant", again.text("error"))
	for _, server := range []*server{first, second} {
		refused := server.token(t, "grant_type", "refresh_token", "refresh_token", refreshed.text("refresh_token"))
		assert.Equal(t, "invalid_grant", refused.text("error"), "at once: a refresh asks the store")
	}
	for name, server := range map[string]*server{"first": first, "second": second} {
		require.Eventually(t, func() bool {
			return server.read(t, "/sales.nsf/api/data/documents", tokens.text("access_token")).status == http.StatusUnauthorized
		}, patience, tick, "the %s server takes an access token that was revoked", name)
	}
}
