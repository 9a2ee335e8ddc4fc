// SPDX-License-Identifier: Apache-2.0

package main

// #include <stdlib.h>
// #include "ndoap.h"
import "C"

import (
	"unsafe"

	"ndoap/core"
	"ndoap/core/config"
	"ndoap/filter/bridge"
)

// takeText copies a piece of C memory into Go.
func takeText(text C.ndoap_text) string {
	if text.at == nil || text.size == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(unsafe.Pointer(text.at)), int(text.size)))
}

func takeEnvironment(environment *C.ndoap_environment) bridge.Environment {
	return bridge.Environment{
		DataDirectory: takeText(environment.data_directory),
		AppPath:       takeText(environment.app_path),
		ConfigDir:     takeText(environment.config_dir),
		LogLevel:      takeText(environment.log_level),
	}
}

func takeCall(request *C.ndoap_request) bridge.Call {
	call := bridge.Call{
		Event:             core.Event(request.event),
		RequestMethod:     int32(request.method),
		Secure:            request.secure != 0,
		Unreadable:        request.unreadable != 0,
		RequestTarget:     takeText(request.target),
		HeaderText:        takeText(request.headers),
		AuthorizationText: takeText(request.authorization),
		ContentSize:       int(request.body.size),
		UserName:          takeText(request.user),
		PeerAddress:       takeText(request.peer),
		Wanted:            core.Again(request.again),
		KeptTicket:        takeText(request.ticket),
		MappedPath:        takeText(request.mapped),
		MapType:           int32(request.map_type),
		MappedUnreadable:  request.mapped_unreadable != 0,
	}
	if call.ContentSize <= bridge.MaxBody {
		call.Content = []byte(takeText(request.body))
	}
	return call
}

// block is one piece of C memory that a decision's texts are laid out in, so that C frees them with one call.
type block struct {
	memory unsafe.Pointer
	rest   []byte
}

// newBlock allocates; C.malloc of cgo never returns NULL.
func newBlock(size int) block {
	memory := C.malloc(C.size_t(size))
	return block{memory: memory, rest: unsafe.Slice((*byte)(memory), size)}
}

// put copies text into the block, with a NUL behind it.
func (b *block) put(text string) *C.char {
	at := &b.rest[0]
	n := copy(b.rest, text)
	b.rest[n] = 0
	b.rest = b.rest[n+1:]
	return (*C.char)(unsafe.Pointer(at))
}

// putLines copies lines, each with a NUL behind it, and one more NUL.
func (b *block) putLines(lines []string) *C.char {
	at := &b.rest[0]
	for _, line := range lines {
		b.put(line)
	}
	b.put("")
	return (*C.char)(unsafe.Pointer(at))
}

func sizeOfLines(lines []string) int {
	size := 1
	for _, line := range lines {
		size += len(line) + 1
	}
	return size
}

func putReply(decision *C.ndoap_decision, reply bridge.Reply) {
	texts := []string{reply.Reason, reply.Headers, reply.Name, reply.Scope, reply.Client, reply.Subject, reply.Ticket}
	size := len(reply.Body) + 1 + sizeOfLines(reply.Console)
	for _, text := range texts {
		size += len(text) + 1
	}
	memory := newBlock(size)
	decision.verdict = C.int32_t(reply.Verdict)
	decision.status = C.int32_t(reply.Status)
	decision.reason = memory.put(reply.Reason)
	decision.headers = memory.put(reply.Headers)
	decision.body = memory.put(string(reply.Body))
	decision.body_size = C.size_t(len(reply.Body))
	decision.name = memory.put(reply.Name)
	decision.scope = memory.put(reply.Scope)
	decision.client = memory.put(reply.Client)
	decision.subject = memory.put(reply.Subject)
	decision.again = C.int32_t(reply.Again)
	decision.ticket = memory.put(reply.Ticket)
	decision.console = memory.putLines(reply.Console)
	decision.memory_use = memoryUse(reply.Memory)
	decision.memory = memory.memory
}

func putOpening(opening *C.ndoap_opening, told bridge.Opening) {
	memory := newBlock(sizeOfLines(told.Console))
	opening.user_event = C.NDOAP_USER_EVENT_AUTHORIZED
	if told.UserEvent == config.UserEventProcess {
		opening.user_event = C.NDOAP_USER_EVENT_PROCESS
	}
	opening.console = memory.putLines(told.Console)
	opening.memory_use = memoryUse(told.Memory)
	opening.memory = memory.memory
}

func memoryUse(use bridge.MemoryUse) C.ndoap_memory_use {
	return C.ndoap_memory_use{heap_bytes: C.double(use.HeapBytes), allocations: C.double(use.Allocations)}
}
