// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"log/slog"
	"slices"

	"ndoap/core/dominourl"
)

// databasesSetting reads the aliases of databases.
func databasesSetting(key string) setting {
	const allowed = `aliases, each with the path of a database`
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			aliases, isObject := value.value.(*object)
			if !isObject || len(aliases.names) > maxListed {
				return value.wrong(allowed)
			}
			databases := map[string]string{}
			var faults Problems
			for _, alias := range aliases.names {
				member := aliases.members[alias]
				path, fault := readDatabase(alias, member)
				databases[alias] = path
				faults = append(faults, fault.below("."+alias)...)
			}
			if faults == nil {
				c.Databases = databases
			}
			return faults
		},
		show: func(c *Config) any { return c.Databases },
	}
}

func readDatabase(alias string, value *node) (string, Problems) {
	switch {
	case !isScopeToken(alias):
		return "", Problems{value.problem("is not the name of a scope: use letters, digits and - . _ : / $")}
	case slices.Contains(reservedScopes, alias):
		return "", Problems{value.problem("is a scope with a meaning of its own: choose another alias")}
	}
	file, isText := value.value.(string)
	if !isText {
		return "", value.wrong(`a path such as "apps/crm.nsf"`)
	}
	path, err := dominourl.DatabasePath(file)
	if err != nil {
		return "", Problems{value.problem("is %s: %v; expected a path below the data directory such as %q", value.describe(), err, "apps/crm.nsf")}
	}
	return path, nil
}

// checkAliases refuses scopes that are both a database's and their own.
func (r *reader) checkAliases(root *object) {
	for alias := range r.config.Databases {
		if r.config.Scopes[alias].Rules == nil {
			continue
		}
		fault := Problem{Level: slog.LevelError}
		if scopes, isObject := root.members["scopes"].value.(*object); isObject {
			fault = scopes.members[alias].problem("")
		}
		fault.Text = fmt.Sprintf("has rules, and is the alias of a database, which opens all of it: remove the rules or %s", "databases."+alias)
		r.report("scopes."+alias, Problems{fault})
	}
}
