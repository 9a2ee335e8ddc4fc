// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// member is one line of the token response as it is shown.
type member struct{ Name, Value string }

// members lists a token response in its usual order, tokens cut short: whoever looks over a shoulder learns nothing.
func members(response tokens) []member {
	order := []string{"access_token", "token_type", "expires_in", "refresh_token", "scope"}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(response)), func(name string) bool { return slices.Contains(order, name) })
	var list []member
	for _, name := range append(order, names...) {
		value, there := response[name]
		if !there {
			continue
		}
		text, isText := value.(string)
		if !isText {
			text = plain(value)
		}
		if strings.HasSuffix(name, "_token") {
			text = shorten(text)
		}
		list = append(list, member{name, text})
	}
	return list
}

func shorten(token string) string {
	if len(token) <= 24 {
		return "..."
	}
	return fmt.Sprintf("%s...%s (%d characters)", token[:10], token[len(token)-6:], len(token))
}

// document is one document as it is shown.
type document struct {
	Form  string
	Items []member
}

func documents(found []map[string]any) []document {
	var list []document
	for _, entry := range found {
		shown := document{}
		shown.Form, _ = entry["@form"].(string)
		for _, name := range slices.Sorted(maps.Keys(entry)) {
			if strings.HasPrefix(name, "@") {
				continue
			}
			shown.Items = append(shown.Items, member{name, plain(entry[name])})
		}
		list = append(list, shown)
	}
	return list
}

// plain shows a JSON value; numbers without an exponent.
func plain(value any) string {
	if text, isText := value.(string); isText {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
