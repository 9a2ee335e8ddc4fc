// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// MarshalJSON writes the configuration as one file that gives the same configuration, with every setting in it.
func (c *Config) MarshalJSON() ([]byte, error) {
	root := map[string]any{}
	for _, known := range settings {
		group, name := root, known.key
		if outer, inner, found := strings.Cut(known.key, "."); found {
			if root[outer] == nil {
				root[outer] = map[string]any{}
			}
			group, name = root[outer].(map[string]any), inner
		}
		group[name] = known.show(c)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // people read this
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("cannot write the configuration: %w", err)
	}
	return text.Bytes(), nil
}
