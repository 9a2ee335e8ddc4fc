// SPDX-License-Identifier: Apache-2.0

// Package jws takes signed JWTs of strangers apart: client assertions, and access tokens of identity providers. It proves
// nothing; it makes sure that what is judged afterwards has one reading only (RFC 8725 sections 2.4 and 3.11).
package jws

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// The limits of an object whose signature is not proven yet.
const (
	maxDepth  = 16
	maxValues = 2000 // of header and claims each, nested ones included
)

// Parsed is a JWS in the compact form (RFC 7515 section 7.1), taken apart and not believed yet.
type Parsed struct {
	Header, Claims map[string]any // numbers are json.Number
	Signed         string         // what the signature is over
	Signature      []byte
}

// Parse accepts the one encoding of a signed JWT of at most limit bytes: three parts of base64url without padding, line
// breaks or stray bits, and JSON objects whose members occur once. Its errors are for the log.
func Parse(text string, limit int) (Parsed, error) {
	if len(text) > limit {
		return Parsed{}, fmt.Errorf("it has %d bytes, which is more than %d", len(text), limit)
	}
	parts := strings.Split(text, ".")
	if len(parts) == 5 {
		return Parsed{}, errors.New("it is encrypted (JWE)")
	}
	if len(parts) != 3 || strings.ContainsAny(text, "\r\n") { // which Go's base64 passes over
		return Parsed{}, errors.New("it is not three parts of base64url")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return Parsed{}, fmt.Errorf("it is not three parts of base64url: %w", err)
		}
	}
	read := Parsed{Signed: text[:len(parts[0])+1+len(parts[1])], Signature: decoded[2]}
	var err error
	if read.Header, err = ParseObject(decoded[0]); err != nil {
		return Parsed{}, fmt.Errorf("its header: %w", err)
	}
	if read.Claims, err = ParseObject(decoded[1]); err != nil {
		return Parsed{}, fmt.Errorf("its claims: %w", err)
	}
	return read, nil
}

// ParseObject reads one JSON object. A member that occurs twice is refused, at any depth: programs disagree on which one
// counts (RFC 8725 section 2.4).
func ParseObject(document []byte) (map[string]any, error) {
	if !utf8.Valid(document) {
		return nil, errors.New("it is not UTF-8")
	}
	reader := &strictReader{decoder: json.NewDecoder(bytes.NewReader(document))}
	reader.decoder.UseNumber()
	value, err := reader.value(0)
	if err != nil {
		return nil, err
	}
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil, errors.New("it is not a JSON object")
	}
	if _, err := reader.decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return object, nil
}

type strictReader struct {
	decoder *json.Decoder
	values  int
}

func (r *strictReader) value(depth int) (any, error) {
	if r.values++; r.values > maxValues || depth > maxDepth {
		return nil, errors.New("it is too large or too deep")
	}
	read, err := r.decoder.Token()
	if err != nil {
		return nil, errors.New("it is not JSON")
	}
	switch read {
	case json.Delim('{'):
		return r.object(depth)
	case json.Delim('['):
		list := []any{}
		for r.decoder.More() {
			element, err := r.value(depth + 1)
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		_, err := r.decoder.Token() // the closing bracket
		return list, err
	}
	return read, nil
}

func (r *strictReader) object(depth int) (map[string]any, error) {
	object := map[string]any{}
	for r.decoder.More() {
		read, err := r.decoder.Token()
		if err != nil {
			return nil, errors.New("it is not JSON")
		}
		name, _ := read.(string) // a name, or the decoder would have refused it
		if _, twice := object[name]; twice {
			return nil, fmt.Errorf("the member %.40q occurs twice", name)
		}
		if object[name], err = r.value(depth + 1); err != nil {
			return nil, err
		}
	}
	if _, err := r.decoder.Token(); err != nil { // the closing brace
		return nil, errors.New("it is not JSON")
	}
	return object, nil
}
