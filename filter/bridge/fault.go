// SPDX-License-Identifier: Apache-2.0

//go:build faultinjection

package bridge

import "strings"

// PanicOn makes every export panic whose request target contains text. It exists in builds with the tag
// faultinjection only, which end-to-end tests make to see that a panic ends neither the host nor the next request.
func (b *Bridge) PanicOn(text string) {
	b.fault = func(where string) {
		if strings.Contains(where, text) {
			panic("a fault that a test asked for")
		}
	}
}
