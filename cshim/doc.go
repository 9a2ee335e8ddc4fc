// SPDX-License-Identifier: Apache-2.0

// Package cshim carries the C side of the filter: the entry points that Domino calls, the tests that decide in C
// whether an event concerns ndoap, and the Notes C API functions it uses. It holds no Go code; importing it links the
// C into the library.
//
// The contract at the crossing (ndoap.h): C fills one flat request, calls Go once, gets one flat decision back,
// carries it out with Domino's callbacks and frees it. Go never calls a callback of Domino; C never parses tokens or
// decides policy. No pointer outlives the call on either side. Meanwhile Go may ask C for people of the Domino
// directory, on the same thread.
//
// There are no Go tests here: C code whose symbols another package defines cannot be linked into a test binary.
// cshim/test holds a C program that runs every function against a fake bridge and a fake host, under sanitizers.
package cshim

// #cgo CFLAGS: -std=gnu11 -Wall -Wextra -fvisibility=hidden
// #cgo linux LDFLAGS: -ldl
import "C"
