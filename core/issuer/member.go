// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"fmt"
	"strconv"
	"strings"
)

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

// shown is how an administrator is shown a member that may be missing, or of the wrong type.
func shown(object map[string]any, name string) string {
	value, there := object[name]
	if !there {
		return "no " + name
	}
	return fmt.Sprintf("%.100q", fmt.Sprint(value))
}

// find returns a claim by its name or, where none has that name, by a JSON Pointer.
func find(claims map[string]any, name string) (any, bool) {
	value, there := claims[name]
	if !there && strings.HasPrefix(name, "/") {
		return pointed(claims, name)
	}
	return value, there
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
