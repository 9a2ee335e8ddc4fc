// SPDX-License-Identifier: Apache-2.0

package config

import (
	"maps"
	"slices"

	"ndoap/core/dominourl"
)

// databasesSetting reads the aliases of databases. A mistake in one closes that one. Where two contradict each other it cannot
// be told which is open.
func databasesSetting(key string) setting {
	const allowed = `aliases, each with the path of a database, or with path and replicaId`
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			aliases, isObject := value.value.(*object)
			if !isObject || len(aliases.names) > maxListed {
				return value.wrong(allowed)
			}
			databases := map[string]Database{}
			var faults Problems
			for _, alias := range aliases.names {
				member := aliases.members[alias]
				database, fault := readDatabase(alias, member)
				if hasErrors(fault) {
					fault = fault.contained("this alias opens nothing until that is mended")
				} else {
					fault = append(fault, checkReplica(member, database, databases)...)
					databases[alias] = database
				}
				faults = append(faults, fault.below("."+alias)...)
			}
			c.Databases = databases // and if they contradict each other, the files are not used
			return faults
		},
		show: func(c *Config) any {
			shown := map[string]any{}
			for alias, database := range c.Databases {
				shown[alias] = database.show()
			}
			return shown
		},
	}
}

// Database is a database that scopes name by an alias.
type Database struct {
	Path      string // as dominourl has it
	ReplicaID string // in upper case, without a colon; empty when URLs may name the database by its path only
}

// databaseKeys are the members of a database that is more than a path.
var databaseKeys = []string{"path", "replicaId"}

func (d Database) show() any {
	if d.ReplicaID == "" {
		return d.Path
	}
	return map[string]any{"path": d.Path, "replicaId": d.ReplicaID}
}

// Locate gives the path of a database that a URL names by its replica ID, if an alias has that. All others, paths above
// all, stay what they are.
func (c *Config) Locate(database string) string {
	id := dominourl.ReplicaID(database)
	if id == "" {
		return database
	}
	for _, known := range c.Databases {
		if known.ReplicaID == id {
			return known.Path
		}
	}
	return database
}

func readDatabase(alias string, value *node) (Database, Problems) {
	switch {
	case !isScopeToken(alias):
		return Database{}, Problems{value.problem("is not the name of a scope: use letters, digits and - . _ : / $")}
	case slices.Contains(reservedScopes, alias):
		return Database{}, Problems{value.problem("is a scope with a meaning of its own: choose another alias")}
	}
	members, isObject := value.value.(*object)
	if !isObject {
		path, faults := readDatabasePath(value)
		return Database{Path: path}, faults
	}
	var database Database
	var faults Problems
	if members.members["path"] == nil {
		faults = append(faults, value.problem("has no path: write where the database is, such as %q", "apps/crm.nsf"))
	}
	for _, key := range members.names {
		member := members.members[key]
		switch key {
		case "path":
			path, fault := readDatabasePath(member)
			database.Path = path
			faults = append(faults, fault.below(".path")...)
		case "replicaId":
			text, isText := member.value.(string)
			id, err := dominourl.ParseReplicaID(text)
			database.ReplicaID = id
			if !isText {
				faults = append(faults, member.wrong(`a replica ID such as "852562F3:007ABFD6"`).below(".replicaId")...)
			} else if err != nil {
				faults = append(faults, Problems{member.problem("is %s: %v", member.describe(), err)}.below(".replicaId")...)
			}
		default:
			faults = append(faults, unknownMember(member, key, databaseKeys))
		}
	}
	return database, faults
}

func readDatabasePath(value *node) (string, Problems) {
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

// checkReplica refuses a replica ID that would stand for two paths, and a path with two replica IDs: one of them is
// another database's.
func checkReplica(value *node, database Database, others map[string]Database) Problems {
	for _, alias := range slices.Sorted(maps.Keys(others)) {
		other := others[alias]
		if database.ReplicaID == "" || other.ReplicaID == "" || (database.ReplicaID == other.ReplicaID) == (database.Path == other.Path) {
			continue
		}
		if database.Path == other.Path {
			return Problems{value.problem("has another replicaId for %s than %s: a database has one", database.Path, "databases."+alias)}
		}
		return Problems{value.problem("has the replicaId of %s, which is another database, %s: URLs by that replica ID open one of them",
			"databases."+alias, other.Path)}
	}
	return nil
}

// checkAliases closes scopes that are both a database's and their own, and aliases whose scope was closed by a mistake: it may
// have been meant to limit.
func (r *reader) checkAliases(root *object) {
	at := root.members["scopes"]
	if at == nil {
		return
	}
	scopes, isObject := at.value.(*object)
	if !isObject {
		return // which was reported
	}
	for alias := range r.config.Databases {
		written := scopes.members[alias]
		scope, isGood := r.config.Scopes[alias]
		if written == nil || isGood && scope.Rules == nil {
			continue
		}
		delete(r.config.Databases, alias)
		if !isGood {
			continue // which was reported
		}
		delete(r.config.Scopes, alias)
		fault := written.problem("has rules, and is the alias of a database, which opens all of it: remove the rules or %s", "databases."+alias)
		r.report("scopes."+alias, Problems{fault}.contained("this scope opens nothing until that is mended"))
	}
}
