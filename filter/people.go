// SPDX-License-Identifier: Apache-2.0

package main

// #include <stdlib.h>
// #include "ndoap.h"
import "C"

import (
	"strings"
	"sync"
	"unsafe"

	"ndoap/core/directory"
	"ndoap/core/oauth"
	"ndoap/filter/bridge"
)

// people is the Domino directory for one crossing. The Notes functions belong to the thread that entered Go, to which
// the goroutine of an export is tied; C compares the thread, and end keeps a later crossing of the same thread apart.
type people struct {
	mu     sync.Mutex
	thread C.uint64_t
	over   bool
}

// newPeople returns nil when the server cannot be asked.
func newPeople(thread C.uint64_t) *people {
	if thread == 0 {
		return nil
	}
	return &people{thread: thread}
}

// end is called when the crossing returns.
func (p *people) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
}

// Find implements directory.Directory.
func (p *people) Find(name string) ([]directory.Person, error) {
	if strings.ContainsRune(name, 0) {
		return nil, nil // C would see another name
	}
	asked := C.CString(name)
	defer C.free(unsafe.Pointer(asked))
	found := C.ndoap_people{outcome: C.NDOAP_PEOPLE_ELSEWHERE}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		C.ndoap_people_find(p.thread, asked, &found)
	}
	defer C.ndoap_release(unsafe.Pointer(found.values))
	if err := bridge.PeopleError(int32(found.outcome), int32(found.code)); err != nil {
		return nil, err
	}
	return bridge.ReadPeople(takeText(C.ndoap_text{at: found.values, size: found.size}))
}

// VerifyPassword implements directory.Directory.
func (p *people) VerifyPassword(person directory.Person, password oauth.Secret) (bool, error) {
	if strings.ContainsRune(person.Name, 0) || strings.ContainsRune(password.Reveal(), 0) {
		return false, nil
	}
	name, secret := C.CString(person.Name), C.CString(password.Reveal())
	defer C.free(unsafe.Pointer(name))
	defer func() {
		clear(unsafe.Slice((*byte)(unsafe.Pointer(secret)), len(password)))
		C.free(unsafe.Pointer(secret))
	}()
	answer := C.ndoap_password{outcome: C.NDOAP_PEOPLE_ELSEWHERE}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		C.ndoap_people_verify(p.thread, name, secret, &answer)
	}
	return answer.valid == 1, bridge.PeopleError(int32(answer.outcome), int32(answer.code))
}
