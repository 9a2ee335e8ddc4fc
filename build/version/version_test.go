// SPDX-License-Identifier: Apache-2.0

package version

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersionIsSemantic(t *testing.T) {
	// The Windows resources take the three numbers apart, each of at most 16 bits.
	assert.Regexp(t, regexp.MustCompile(`^(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})\.(0|[1-9]\d{0,3})(-[0-9A-Za-z.-]+)?$`), Version)
}
