// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"
)

// maxDepth is far more than any setting needs; it bounds the recursion over what a file nests.
const maxDepth = 32

// node is a JSON value that knows where it was written.
type node struct {
	file  string
	line  int // of the key for a member of an object, of the value otherwise
	value any // nil, bool, string, json.Number, []*node or *object
}

// object keeps its members in the order of the file.
type object struct {
	names   []string
	members map[string]*node
}

func (o *object) put(name string, member *node) {
	if _, exists := o.members[name]; !exists {
		o.names = append(o.names, name)
	}
	o.members[name] = member
}

// problem reports a fault of this value.
func (n *node) problem(text string, arguments ...any) Problem {
	return Problem{Level: slog.LevelError, File: n.file, Line: n.line, Text: fmt.Sprintf(text, arguments...)}
}

// describe names the value for a message, cut short.
func (n *node) describe() string {
	switch value := n.value.(type) {
	case nil:
		return "null"
	case *object:
		return "an object"
	case []*node:
		return "a list"
	case string:
		const enough = 60
		if runes := []rune(value); len(runes) > enough {
			value = string(runes[:enough]) + "..."
		}
		return fmt.Sprintf("%q", value)
	default:
		return fmt.Sprint(value)
	}
}

// lay puts a later object over this one: members that are objects in both are merged member by member, anything else
// is replaced.
func (o *object) lay(later *object) {
	for _, name := range later.names {
		member := later.members[name]
		if existing, found := o.members[name]; found {
			below, isObject := existing.value.(*object)
			above, areObjects := member.value.(*object)
			if isObject && areObjects {
				below.lay(above)
				continue
			}
		}
		o.put(name, member)
	}
}

// treeParser walks the tokens of one file.
type treeParser struct {
	name    string
	text    []byte
	decoder *json.Decoder
	counted int64 // the bytes whose line ends are in line
	line    int
	faults  Problems
}

// parseTree reads one file, whose outermost value must be an object. Names that stand twice in an object are faults:
// which of the two counts would be a guess.
func parseTree(file File) (*object, Problems) {
	text := bytes.TrimPrefix(file.Data, []byte("\xef\xbb\xbf"))
	if fault := checkText(file.Name, text); fault != nil {
		return nil, fault
	}
	parser := &treeParser{name: file.Name, text: text, line: 1, decoder: json.NewDecoder(bytes.NewReader(text))}
	parser.decoder.UseNumber()
	root, err := parser.value(0)
	if err != nil {
		return nil, append(parser.faults, parser.at(parser.line, "", "cannot be read: %v", err))
	}
	outermost, isObject := root.value.(*object)
	if !isObject {
		return nil, Problems{root.problem("must hold an object, { ... }, at the outermost level, but is %s", root.describe())}
	}
	return outermost, parser.faults
}

// checkText refuses what is not JSON in UTF-8, with the line.
func checkText(name string, text []byte) Problems {
	fault := func(offset int64, sentence string, arguments ...any) Problems {
		line := 1 + bytes.Count(text[:offset], []byte("\n"))
		return Problems{{Level: slog.LevelError, File: name, Line: line, Text: fmt.Sprintf(sentence, arguments...)}}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return fault(0, "is empty: write {} into it or remove it")
	}
	for offset := 0; offset < len(text); {
		char, size := utf8.DecodeRune(text[offset:])
		if char == utf8.RuneError && size == 1 {
			return fault(int64(offset), "is not UTF-8: save it as UTF-8 in your editor")
		}
		offset += size
	}
	var raw json.RawMessage
	err := json.Unmarshal(text, &raw)
	if syntax, isSyntax := errors.AsType[*json.SyntaxError](err); isSyntax {
		offset := min(max(syntax.Offset-1, 0), int64(len(text)))
		if offset < int64(len(text)) && (text[offset] == '/' || text[offset] == '#') {
			return fault(offset, "is not JSON: comments are not allowed")
		}
		return fault(offset, "is not JSON: %v", syntax)
	}
	if err != nil {
		return fault(0, "is not JSON: %v", err)
	}
	return nil
}

func (p *treeParser) at(line int, key, text string, arguments ...any) Problem {
	return Problem{Level: slog.LevelError, File: p.name, Line: line, Key: key, Text: fmt.Sprintf(text, arguments...)}
}

// token returns the next token and moves line to where it ends; no token contains a line end.
func (p *treeParser) token() (json.Token, error) {
	token, err := p.decoder.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	end := p.decoder.InputOffset()
	p.line += bytes.Count(p.text[p.counted:end], []byte("\n"))
	p.counted = end
	return token, err
}

func (p *treeParser) value(depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it nests deeper than %d levels", maxDepth)
	}
	token, err := p.token()
	if err != nil {
		return nil, err
	}
	read := &node{file: p.name, line: p.line, value: token}
	switch token {
	case json.Delim('{'):
		read.value, err = p.object(depth)
	case json.Delim('['):
		read.value, err = p.list(depth)
	}
	return read, err
}

func (p *treeParser) object(depth int) (*object, error) {
	read := &object{members: map[string]*node{}}
	for p.decoder.More() {
		token, err := p.token()
		if err != nil {
			return nil, err
		}
		name, line := fmt.Sprint(token), p.line
		member, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		member.line = line
		if first, exists := read.members[name]; exists {
			p.faults = append(p.faults, p.at(line, name, "stands twice: remove it here or in line %d", first.line))
			continue
		}
		read.put(name, member)
	}
	_, err := p.token() // the closing brace
	return read, err
}

func (p *treeParser) list(depth int) ([]*node, error) {
	read := []*node{}
	for p.decoder.More() {
		element, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		read = append(read, element)
	}
	_, err := p.token() // the closing bracket
	return read, err
}
