// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"fmt"
	"path"
	"runtime"
	"strings"
)

// maxFrames keeps a stack on one console line.
const maxFrames = 12

// stack returns where a panic came from, innermost first, as "function file:line < ..."; it is to be called from the
// deferred function that recovers. The frames of the runtime and of this package's recovery are left out.
func stack() string {
	callers := make([]uintptr, maxFrames+16)
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers)])
	var told []string
	panicked := false
	for {
		frame, more := frames.Next()
		if panicked && !strings.HasPrefix(frame.Function, "runtime.") && len(told) < maxFrames {
			told = append(told, fmt.Sprintf("%s %s:%d", path.Base(frame.Function), path.Base(frame.File), frame.Line))
		}
		panicked = panicked || frame.Function == "runtime.gopanic"
		if !more {
			return strings.Join(told, " < ")
		}
	}
}
