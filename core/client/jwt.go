// SPDX-License-Identifier: Apache-2.0

package client

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// splitJWT returns the header and the claims of a signed JWT in the compact form (RFC 7515 section 7.1). It accepts the
// one encoding of a JWT: three parts of base64url without padding, line breaks or stray bits.
func splitJWT(text string, limit int) (header, claims []byte, err error) {
	if len(text) > limit {
		return nil, nil, fmt.Errorf("the assertion is longer than %d bytes", limit)
	}
	if strings.Count(text, ".") != 2 || strings.ContainsAny(text, "\r\n") { // which Go's base64 passes over
		return nil, nil, errors.New("the assertion is not three parts of base64url")
	}
	decoded := make([][]byte, 0, 3)
	for part := range strings.SplitSeq(text, ".") {
		content, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil {
			return nil, nil, fmt.Errorf("the assertion is not three parts of base64url: %w", err)
		}
		decoded = append(decoded, content)
	}
	return decoded[0], decoded[1], nil
}

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
	values map[string]json.RawMessage
	fault  error
}

// parseMembers reads one JSON object. A member that occurs twice is refused: programs disagree on which one counts.
func parseMembers(document []byte) (*members, error) {
	if !utf8.Valid(document) {
		return nil, errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	parsed := &members{values: map[string]json.RawMessage{}}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("it is not a JSON object: %w", err)
		}
		name, _ := token.(string) // a name, or the token would have been an error
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("it is not a JSON object: %w", err)
		}
		if _, twice := parsed.values[name]; twice {
			return nil, fmt.Errorf("the member %.32q occurs twice", name)
		}
		parsed.values[name] = value
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return nil, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return parsed, nil
}

func (m *members) has(name string) bool {
	_, there := m.values[name]
	return there
}

// text returns a string, or nothing when it is missing.
func (m *members) text(name string) string {
	raw, there := m.values[name]
	if !there {
		return ""
	}
	var value *string
	if err := json.Unmarshal(raw, &value); err != nil || value == nil {
		m.wrong(name, "a string")
		return ""
	}
	return *value
}

// time returns a NumericDate (RFC 7519 section 2), cut to the second, or the zero time when it is missing. Dates before
// 1970 or after the year 30000 are none.
func (m *members) time(name string) time.Time {
	raw, there := m.values[name]
	if !there {
		return time.Time{}
	}
	const limit = 1e12 // so that no sum of times overflows
	seconds, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !(seconds > 0 && seconds < limit) {
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
