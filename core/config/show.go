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
	root, groups := map[string]any{}, map[string]map[string]any{}
	for _, known := range settings {
		outer, inner, grouped := strings.Cut(known.key, ".")
		if !grouped {
			root[known.key] = known.show(c)
			continue
		}
		if groups[outer] == nil {
			groups[outer] = map[string]any{}
			root[outer] = groups[outer]
		}
		groups[outer][inner] = known.show(c)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // people read this
	if err := encoder.Encode(root); err != nil {
		return nil, fmt.Errorf("cannot write the configuration: %w", err)
	}
	return text.Bytes(), nil
}
