// SPDX-License-Identifier: Apache-2.0

// Package endtoend holds the tests that run the built parts together: the real filter library, loaded by the
// stand-in's host, behind the stand-in's front, administered by the real doapctl. It has no code of its own; `make
// build` comes first.
package endtoend
