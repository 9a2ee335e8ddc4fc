// SPDX-License-Identifier: Apache-2.0

package main

// #cgo CFLAGS: -I${SRCDIR}/../cshim
// #include "ndoap.h"
import "C"

import "ndoap/filter/bridge"

// library is the one bridge of this process. A Go library stays loaded, so it lives as long as the HTTP task.
var library bridge.Bridge

// ndoap_open is called by FilterInit, on the thread that loads filters, once for each FilterInit. It returns when
// configuration and store are open or known to be broken. See ndoap.h for ownership.
//
//export ndoap_open
func ndoap_open(environment *C.ndoap_environment, opening *C.ndoap_opening) {
	defer library.Contain("open")
	putOpening(opening, library.Open(takeEnvironment(environment)))
}

// ndoap_close is called by TerminateFilter, when no request is under way or the last ones are ending.
//
//export ndoap_close
func ndoap_close(closing *C.ndoap_opening) {
	defer library.Contain("close")
	putOpening(closing, library.Close())
}

// ndoap_serve is called for every event that the shim takes for ours, by any number of worker threads at once. Until
// there is an answer, the decision is to deny: that is what a panic in the copying leaves.
//
//export ndoap_serve
func ndoap_serve(request *C.ndoap_request, decision *C.ndoap_decision) {
	decision.verdict = C.NDOAP_DENY
	defer library.Contain("serve")
	call := takeCall(request)
	if people := newPeople(request.people_thread); people != nil {
		defer people.end()
		call.People = people
	}
	putReply(decision, library.Serve(call))
}
