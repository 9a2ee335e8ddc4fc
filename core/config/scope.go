// SPDX-License-Identifier: Apache-2.0

package config

import (
	"log/slog"
	"slices"

	"ndoap/core/oauth"
)

// scopesSetting reads the scopes by name and adds them to those that are there.
func scopesSetting(key string) setting {
	const allowed = `scope names, each with { "description": "..." }`
	describe := plainText(300, false)
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			scopes, isObject := value.value.(*object)
			if !isObject {
				return value.wrong(allowed)
			}
			var faults Problems
			for _, name := range scopes.names {
				scope, fault := readScope(name, scopes.members[name], describe)
				for _, problem := range fault {
					problem.Key = "." + name + problem.Key
					faults = append(faults, problem)
				}
				if !slices.ContainsFunc(fault, func(p Problem) bool { return p.Level >= slog.LevelError }) {
					c.Scopes[name] = scope
				}
			}
			return faults
		},
		show: func(c *Config) any {
			shown := map[string]any{}
			for name, scope := range c.Scopes {
				shown[name] = map[string]string{"description": scope.Description}
			}
			return shown
		},
	}
}

// readScope reads one scope; the keys of problems are relative to its name.
func readScope(name string, value *node, describe func(string) error) (Scope, Problems) {
	if tokens, err := oauth.ParseScope(name); err != nil || len(tokens) != 1 || tokens[0] != name {
		return Scope{}, Problems{value.problem("is not the name of a scope: use letters, digits and - . _ : / $")}
	}
	members, isObject := value.value.(*object)
	if !isObject {
		return Scope{}, value.wrong(`{ "description": "..." }`)
	}
	var scope Scope
	var faults Problems
	for _, key := range members.names {
		member := members.members[key]
		if key != "description" {
			fault := unknownKey(member, key, "description")
			fault.Key = "." + key
			faults = append(faults, fault)
			continue
		}
		text, isText := member.value.(string)
		if err := describe(text); !isText || err != nil {
			fault := member.wrong("a text of 1 to 300 characters for the consent page")[0]
			fault.Key = ".description"
			faults = append(faults, fault)
		}
		scope.Description = text
	}
	if _, described := members.members["description"]; !described {
		faults = append(faults, value.problem(`has no description: write what it allows, for the consent page`))
	}
	return scope, faults
}
