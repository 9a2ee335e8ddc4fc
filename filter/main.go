// SPDX-License-Identifier: Apache-2.0

// Command filter is the library that Domino's HTTP task loads: ndoap.dll on Windows, libndoap.so on Linux, built with
// -buildmode=c-shared. It holds the functions that the shim calls, each a few lines over filter/bridge, and nothing
// that decides.
package main

import (
	_ "ndoap/cshim" // the C side: entry points, callbacks, Notes functions
)

// main is never called; c-shared demands it.
func main() {}
