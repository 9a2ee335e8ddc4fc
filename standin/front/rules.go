// SPDX-License-Identifier: Apache-2.0

package front

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// Substitution is one entry of rules.json, a substitution rule of a Web Site document: what it stands for takes the
// place of the beginning of a URL path, by whole segments.
type Substitution struct {
	From string `json:"from"` // /shop
	To   string `json:"to"`   // /sales.nsf
}

// LoadRules reads rules.json of a data directory; a missing file is a Web Site document without rules.
func LoadRules(data string) ([]Substitution, error) {
	var rules []Substitution
	file := filepath.Join(data, "rules.json")
	if err := readJSON(file, &rules); err != nil {
		return nil, err
	}
	for _, rule := range rules {
		for _, urlPath := range []string{rule.From, rule.To} {
			if urlPath == "/" || !strings.HasPrefix(urlPath, "/") || path.Clean(urlPath) != urlPath {
				return nil, fmt.Errorf("%s: %q is not the beginning of a URL path such as /shop", file, urlPath)
			}
		}
	}
	return rules, nil
}

// substitute applies the first rule that fits a decoded and cleaned URL path, once.
func (s *site) substitute(urlPath string) string {
	for _, rule := range s.rules {
		size := len(rule.From)
		if len(urlPath) >= size && strings.EqualFold(urlPath[:size], rule.From) && (len(urlPath) == size || urlPath[size] == '/') {
			return rule.To + urlPath[size:]
		}
	}
	return urlPath
}

// replicaOf gives the replica ID by which a path without its slash names a database: __852562F3007ABFD6.nsf. It is empty
// for one that names it otherwise.
func replicaOf(name string) string {
	const digits = 16
	id, found := strings.CutPrefix(strings.ToLower(name), "__")
	id, isDatabase := strings.CutSuffix(id, ".nsf")
	isHex := !strings.ContainsFunc(id, func(char rune) bool { return (char < '0' || char > '9') && (char < 'a' || char > 'f') })
	if !found || !isDatabase || len(id) != digits || !isHex {
		return ""
	}
	return id
}
