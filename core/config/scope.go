// SPDX-License-Identifier: Apache-2.0

package config

import (
	"log/slog"
	"slices"

	"ndoap/core/oauth"
)

// Scope is one scope: what people read of it, and what it opens on this server. A scope without rules that is no
// database's alias and none of the reserved ones opens nothing here; it may mean something to other resource servers.
type Scope struct {
	Description string // what the consent page says it allows
	Rules       []Rule // what it opens; a request must fit one of them
	ReportOnly  bool   // what the rules deny is logged and let through
}

// The scopes that ndoap gives a meaning to. They take no rules.
const (
	ScopeDomino = "domino" // all that the user may do
	ScopeMail   = "MAIL"   // the user's own mail file, as in KEEP
	ScopeData   = "$DATA"  // every database that has an alias, as in KEEP
)

var reservedScopes = []string{ScopeDomino, ScopeMail, ScopeData}

// Knows tells whether a name is a scope here: one with a meaning of its own, one that is configured, or an alias.
func (c *Config) Knows(scope string) bool {
	_, configured := c.Scopes[scope]
	_, alias := c.Databases[scope]
	return configured || alias || slices.Contains(reservedScopes, scope)
}

// scopeKeys are the members of one scope.
var scopeKeys = []string{"description", "rules", "reportOnly"}

// scopesSetting reads the scopes by name and adds them to those that are there. A mistake in one closes that one, but not in
// one that would be open without its settings.
func scopesSetting(key string) setting {
	const allowed = `scope names, each with { "description": "..." } and perhaps rules`
	return setting{
		key: key, allowed: allowed,
		read: func(c *Config, value *node) Problems {
			scopes, isObject := value.value.(*object)
			if !isObject {
				return value.wrong(allowed)
			}
			var faults Problems
			for _, name := range scopes.names {
				scope, fault := readScope(name, scopes.members[name])
				if !hasErrors(fault) {
					c.Scopes[name] = scope
				} else if !slices.Contains(reservedScopes, name) {
					fault = fault.contained("this scope opens nothing until that is mended")
				}
				faults = append(faults, fault.below("."+name)...)
			}
			return faults
		},
		show: func(c *Config) any {
			shown := map[string]any{}
			for name, scope := range c.Scopes {
				shown[name] = scope.show()
			}
			return shown
		},
	}
}

// contained says of errors what is out of use because of them, and that it is nothing else.
func (p Problems) contained(until string) Problems {
	contained := slices.Clone(p)
	for i := range contained {
		if contained[i].isError() {
			contained[i].Contained = true
			contained[i].Text += "; " + until
		}
	}
	return contained
}

// below puts a key before those of the problems.
func (p Problems) below(key string) Problems {
	placed := slices.Clone(p)
	for i := range placed {
		placed[i].Key = key + placed[i].Key
	}
	return placed
}

func (s Scope) show() any {
	shown := map[string]any{"description": s.Description}
	if s.Rules != nil {
		rules := make([]any, len(s.Rules))
		for i, rule := range s.Rules {
			rules[i] = rule.show()
		}
		shown["rules"] = rules
	}
	if s.ReportOnly {
		shown["reportOnly"] = true
	}
	return shown
}

// isScopeToken tells whether a name can be a scope (RFC 6749 section 3.3).
func isScopeToken(name string) bool {
	tokens, err := oauth.ParseScope(name)
	return err == nil && len(tokens) == 1 && tokens[0] == name
}

// readScope reads one scope; the keys of problems are relative to its name.
func readScope(name string, value *node) (Scope, Problems) {
	if !isScopeToken(name) {
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
		switch key {
		case "description":
			text, isText := member.value.(string)
			if !isText || plainText(300, false)(text) != nil {
				faults = append(faults, member.wrong("a text of 1 to 300 characters for the consent page").below(".description")...)
			}
			scope.Description = text
		case "rules":
			rules, fault := readRules(member)
			scope.Rules = rules
			faults = append(faults, fault.below(".rules")...)
		case "reportOnly":
			reports, isBool := member.value.(bool)
			if !isBool {
				faults = append(faults, member.wrong("true or false, without quotes").below(".reportOnly")...)
			}
			scope.ReportOnly = reports
		default:
			faults = append(faults, unknownMember(member, key, scopeKeys))
		}
	}
	if members.members["description"] == nil {
		faults = append(faults, value.problem(`has no description: write what it allows, for the consent page`))
	}
	faults = append(faults, checkScope(name, value, scope)...)
	if scope.ReportOnly && !hasErrors(faults) {
		doubt := members.members["reportOnly"].problem("opens everything to whoever is granted the scope, and only logs what its rules " +
			"would deny: remove it when the log has no more of that")
		doubt.Level, doubt.Key = slog.LevelWarn, ".reportOnly"
		faults = append(faults, doubt)
	}
	return scope, faults
}

// checkScope refuses what would seem to limit and does not.
func checkScope(name string, value *node, scope Scope) Problems {
	switch {
	case slices.Contains(reservedScopes, name) && (scope.Rules != nil || scope.ReportOnly):
		return Problems{value.problem("has a meaning of its own and takes neither rules nor reportOnly: give them to a scope of another name")}
	case scope.ReportOnly && scope.Rules == nil:
		return Problems{value.problem("has reportOnly and no rules that could be reported on")}
	}
	return nil
}

// unknownMember warns of a member of a scope or a rule that has no meaning.
func unknownMember(at *node, key string, known []string) Problem {
	warning := unknownKey(at, key, known...)
	warning.Key = "." + key
	return warning
}
