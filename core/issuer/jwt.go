// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"ndoap/core/token"
)

// The limits of a token whose signature is not proven yet.
const (
	maxToken  = 16 << 10
	maxDepth  = 16
	maxValues = 2000 // of header and claims each, nested ones included
)

// parsed is a JWS in the compact form (RFC 7515 section 7.1), taken apart and not believed yet.
type parsed struct {
	header, claims map[string]any // numbers are json.Number
	signed         string         // what the signature is over
	signature      []byte
}

// parse accepts the one encoding of a signed JWT: three parts of base64url without padding, line breaks or stray bits,
// and JSON objects whose members occur once.
func parse(text string) (parsed, error) {
	if len(text) > maxToken {
		return parsed{}, fmt.Errorf("%w: %d bytes", token.ErrMalformed, len(text))
	}
	parts := strings.Split(text, ".")
	if len(parts) == 5 {
		return parsed{}, fmt.Errorf("%w: it is encrypted (JWE)", token.ErrMalformed)
	}
	if len(parts) != 3 || strings.ContainsAny(text, "\r\n") { // which Go's base64 passes over
		return parsed{}, fmt.Errorf("%w: it is not three parts of base64url", token.ErrMalformed)
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return parsed{}, fmt.Errorf("%w: %w", token.ErrMalformed, err)
		}
	}
	read := parsed{signed: text[:len(parts[0])+1+len(parts[1])], signature: decoded[2]}
	var err error
	if read.header, err = parseObject(decoded[0]); err != nil {
		return parsed{}, fmt.Errorf("%w: its header: %w", token.ErrMalformed, err)
	}
	if read.claims, err = parseObject(decoded[1]); err != nil {
		return parsed{}, fmt.Errorf("%w: its claims: %w", token.ErrMalformed, err)
	}
	return read, nil
}

// parseObject reads one JSON object. A member that occurs twice is refused, at any depth: programs disagree on which one
// counts (RFC 8725 section 2.4).
func parseObject(document []byte) (map[string]any, error) {
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

// text returns a member that must be a string if it is there.
func text(object map[string]any, name string) (string, error) {
	value, there := object[name]
	if !there {
		return "", nil
	}
	read, isText := value.(string)
	if !isText {
		return "", fmt.Errorf("%s is not a string", name)
	}
	return read, nil
}

// pointed finds what a JSON Pointer points to (RFC 6901 section 4).
func pointed(object map[string]any, pointer string) (any, bool) {
	var at any = object
	for step := range strings.SplitSeq(pointer[1:], "/") {
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		switch container := at.(type) {
		case map[string]any:
			found := false
			if at, found = container[step]; !found {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(container) || strconv.Itoa(i) != step {
				return nil, false
			}
			at = container[i]
		default:
			return nil, false
		}
	}
	return at, true
}
