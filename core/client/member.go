// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// typeOfAssertion tells whether typ is that of a client assertion, or says nothing (RFC 8725 section 3.11). Access tokens
// and other JWTs that name their type are not mistaken for one.
func typeOfAssertion(typ string) bool {
	switch strings.TrimPrefix(strings.ToLower(typ), "application/") {
	case "", "jwt", "client-authentication+jwt":
		return true
	}
	return false
}

// members are those of a JSON object. The first that has the wrong type is remembered as fault.
type members struct {
	values map[string]any
	fault  error
}

func (m *members) has(name string) bool {
	_, there := m.values[name]
	return there
}

// text returns a string, or nothing when it is missing.
func (m *members) text(name string) string {
	value, there := m.values[name]
	if !there {
		return ""
	}
	text, isText := value.(string)
	if !isText {
		m.wrong(name, "a string")
	}
	return text
}

// time returns a NumericDate (RFC 7519 section 2), cut to the second, or the zero time when it is missing. Dates before
// 1970 or after the year 30000 are none.
func (m *members) time(name string) time.Time {
	value, there := m.values[name]
	if !there {
		return time.Time{}
	}
	const limit = 1e12 // so that no sum of times overflows
	number, isNumber := value.(json.Number)
	seconds, err := number.Float64()
	if !isNumber || err != nil || !(seconds > 0 && seconds < limit) {
		m.wrong(name, "a time in seconds")
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

func (m *members) wrong(name, expected string) {
	if m.fault == nil {
		m.fault = fmt.Errorf("the member %s is not %s", name, expected)
	}
}
