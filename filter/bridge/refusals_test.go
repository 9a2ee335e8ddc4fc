// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core"
)

// requestID is the id in an answer that refused a token.
func requestID(t *testing.T, reply Reply) string {
	t.Helper()
	require.Equal(t, http.StatusUnauthorized, reply.Status)
	found := regexp.MustCompile(`(?m)^Request-Id: ([a-z2-7]{16})\r?$`).FindStringSubmatch(reply.Headers)
	require.Len(t, found, 2, reply.Headers)
	return found[1]
}

// No request waits for the store because of a refusal; the background stores why.
func TestWhyATokenWasRefusedIsStoredInTheBackground(t *testing.T) {
	dir := dataDirectory(t)
	library := open(t, dir)
	id := requestID(t, library.Serve(withToken(core.RawRequest)))
	database := elsewhere(t, dir)
	require.Eventually(t, func() bool {
		found, err := database.Explanation(t.Context(), id)
		return err == nil && found.Rule == "form"
	}, time.Minute, 10*time.Millisecond)
}

func TestWhyATokenWasRefusedIsStoredWhenHTTPStops(t *testing.T) {
	dir := dataDirectory(t)
	library, running := stopped(t, dir)
	id := requestID(t, library.Serve(withToken(core.RawRequest)))
	_, err := running.store.Explanation(t.Context(), id)
	require.Error(t, err, "nobody has stored it yet")
	library.Close()
	found, err := elsewhere(t, dir).Explanation(t.Context(), id)
	require.NoError(t, err)
	assert.Equal(t, "/db.nsf", found.Path)
}
