// SPDX-License-Identifier: Apache-2.0

package limit

import "container/list"

// Recent keeps values by key, no more than a fixed number of them, so that a flood of random keys costs no memory: the
// least recently used give way. Its users hold a lock.
type Recent[Value any] struct {
	capacity int
	byKey    map[string]*list.Element
	order    *list.List // of *entry[Value], the most recently used in front
}

type entry[Value any] struct {
	key   string
	value Value
}

// NewRecent returns a Recent that keeps capacity values.
func NewRecent[Value any](capacity int) *Recent[Value] {
	return &Recent[Value]{capacity: capacity, byKey: make(map[string]*list.Element), order: list.New()}
}

// Of returns where the value of a key is kept, which becomes the most recently used. A new one is zero.
func (r *Recent[Value]) Of(key string) *Value {
	element, known := r.byKey[key]
	switch {
	case known:
	case r.order.Len() < r.capacity:
		element = r.order.PushFront(&entry[Value]{})
	default: // the oldest gives its place
		element = r.order.Back()
		delete(r.byKey, of[Value](element).key)
	}
	r.order.MoveToFront(element)
	place := of[Value](element)
	if !known {
		*place = entry[Value]{key: key}
		r.byKey[key] = element
	}
	return &place.value
}

// Find returns the value of a key, or the zero value, and leaves the order as it is.
func (r *Recent[Value]) Find(key string) Value {
	if element, known := r.byKey[key]; known {
		return of[Value](element).value
	}
	var none Value
	return none
}

// Forget drops a key.
func (r *Recent[Value]) Forget(key string) {
	if element, known := r.byKey[key]; known {
		r.order.Remove(element)
		delete(r.byKey, key)
	}
}

// Len is how many values are kept now.
func (r *Recent[Value]) Len() int { return r.order.Len() }

func of[Value any](element *list.Element) *entry[Value] {
	return element.Value.(*entry[Value]) //nolint:errcheck,forcetypeassert // the list holds nothing else
}
