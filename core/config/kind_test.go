// SPDX-License-Identifier: Apache-2.0

package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A duration that is too long or too short is not called a fraction of a second.
func TestWhatIsWrongWithADuration(t *testing.T) {
	for text, fraction := range map[string]bool{"2h": false, "0s": false, "-5s": false, "1500ms": true, "500ms": false} {
		t.Run(text, func(t *testing.T) {
			_, _, err := Parse(files("{" + issuerLine + `, "lifetimes": {"code": "` + text + `"}}`))
			require.ErrorContains(t, err, `lifetimes.code is "`+text+`", expected a duration from "1s" to "10m"`)
			if fraction {
				assert.ErrorContains(t, err, ", in whole seconds")
			} else {
				assert.NotContains(t, err.Error(), "whole seconds")
			}
		})
	}
}
