// SPDX-License-Identifier: Apache-2.0

// Package version is the version of this source tree. version.txt is the one place where it is written; the Windows
// resources and the packages read the same file.
package version

import (
	_ "embed"
	"strings"
)

//go:embed version.txt
var file string

// Version follows semantic versioning, such as 0.1.0 or 0.2.0-rc.1.
var Version = strings.TrimSpace(file)
