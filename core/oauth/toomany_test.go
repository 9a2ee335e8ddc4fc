// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// RFC 6585 section 4: 429 says how long to wait.
func TestTooMany_A60(t *testing.T) {
	for wait, seconds := range map[time.Duration]string{
		0: "1", time.Millisecond: "1", time.Second: "1", 1001 * time.Millisecond: "2", 5 * time.Minute: "300",
	} {
		response := TooMany(wait, "Wait.").Response()
		assert.Equal(t, 429, response.Status)
		assert.Equal(t, seconds, response.Header.Get("Retry-After"), wait)
		assert.JSONEq(t, `{"error": "temporarily_unavailable", "error_description": "Wait."}`, string(response.Body))
	}
	assert.Equal(t, "5", NewError(TemporarilyUnavailable, "Later.").Response().Header.Get("Retry-After"))
}
