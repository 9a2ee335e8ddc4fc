// SPDX-License-Identifier: Apache-2.0

package bridge

import (
	"runtime/metrics"
	"sync/atomic"
)

// MemoryUse is ndoap_memory_use in Go types: what the Go side costs the HTTP task.
type MemoryUse struct {
	HeapBytes   uint64 // in use, live or not yet collected
	Allocations uint64 // objects since the library was loaded
}

// memoryMeter keeps the last measurement, so that a crossing does not pay for one.
type memoryMeter struct{ last atomic.Pointer[MemoryUse] }

// measure asks the runtime.
func (m *memoryMeter) measure() MemoryUse {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/allocs:objects"}}
	metrics.Read(samples)
	use := MemoryUse{HeapBytes: samples[0].Value.Uint64(), Allocations: samples[1].Value.Uint64()}
	m.last.Store(&use)
	return use
}

// latest returns what was measured last, at most a second ago while an instance runs.
func (m *memoryMeter) latest() MemoryUse {
	if use := m.last.Load(); use != nil {
		return *use
	}
	return MemoryUse{}
}
