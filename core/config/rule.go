// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"ndoap/core/dominourl"
)

// Rule is one thing that a scope opens: methods and commands at the paths that a pattern holds.
type Rule struct {
	Path     dominourl.Pattern
	Methods  []string // nil: GET and HEAD
	Commands []string // of dominourl, in lower case; nil: all that read
}

var (
	ruleKeys       = []string{"path", "methods", "commands"}
	ruleMethods    = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
	allowedMethods = "a list of " + strings.Join(ruleMethods, ", ")
)

const (
	allowedRule     = `{ "path": "/folder/database.nsf/**" } and perhaps methods and commands`
	allowedCommands = `a list of commands, such as "OpenDocument"`
)

func (r Rule) show() any {
	shown := map[string]any{"path": r.Path.String()}
	if r.Methods != nil {
		shown["methods"] = r.Methods
	}
	if r.Commands != nil {
		shown["commands"] = r.Commands
	}
	return shown
}

// readRules reads the rules of a scope.
func readRules(value *node) ([]Rule, Problems) {
	elements, isList := value.value.([]*node)
	if !isList || len(elements) == 0 || len(elements) > maxListed {
		return nil, value.wrong("a list of " + allowedRule)
	}
	rules := make([]Rule, len(elements))
	var faults Problems
	for i, element := range elements {
		rule, fault := readRule(element)
		rules[i] = rule
		faults = append(faults, fault.below(fmt.Sprintf("[%d]", i))...)
	}
	return rules, faults
}

func readRule(value *node) (Rule, Problems) {
	members, isObject := value.value.(*object)
	if !isObject {
		return Rule{}, value.wrong(allowedRule)
	}
	var rule Rule
	var faults Problems
	if members.members["path"] == nil {
		faults = append(faults, value.problem("has no path: write which URLs it opens, such as %q", "/folder/database.nsf/**"))
	}
	for _, key := range members.names {
		member := members.members[key]
		var fault Problems
		switch key {
		case "path":
			text, isText := member.value.(string)
			pattern, err := dominourl.ParsePattern(text)
			rule.Path = pattern
			if !isText {
				fault = member.wrong(`a path such as "/folder/database.nsf/**"`)
			} else if err != nil {
				fault = Problems{member.problem("is %s: %v", member.describe(), err)}
			}
		case "methods":
			rule.Methods, fault = readNames(member, allowedMethods, func(name string) bool { return slices.Contains(ruleMethods, name) })
		case "commands":
			rule.Commands, fault = readNames(member, allowedCommands, dominourl.IsCommand)
			if !hasErrors(fault) {
				fault = doubtCommands(member, rule.Commands)
			}
			for i, command := range rule.Commands {
				rule.Commands[i] = strings.ToLower(command)
			}
		default:
			faults = append(faults, unknownMember(member, key, ruleKeys))
			continue
		}
		faults = append(faults, fault.below("."+key)...)
	}
	return rule, faults
}

// readNames reads a list of at least one name, each of which can stand there.
func readNames(value *node, allowed string, can func(string) bool) ([]string, Problems) {
	elements, isList := value.value.([]*node)
	if !isList || len(elements) == 0 || len(elements) > maxListed {
		return nil, value.wrong(allowed)
	}
	var names []string
	var faults Problems
	for i, element := range elements {
		name, _ := element.value.(string)
		if !can(name) {
			faults = append(faults, element.wrong(allowed).below(fmt.Sprintf("[%d]", i))...)
		}
		names = append(names, name)
	}
	return names, faults
}

// doubtCommands warns of commands that are not known: a word that is misspelt opens nothing.
func doubtCommands(value *node, names []string) Problems {
	var doubts Problems
	for _, name := range names {
		if slices.ContainsFunc(dominourl.Commands(), func(known string) bool { return strings.EqualFold(known, name) }) {
			continue
		}
		doubt := value.problem("has %q, which is no Domino URL command known here; it is taken as it stands", name)
		doubt.Level = slog.LevelWarn
		if meant, found := nearest(name, dominourl.Commands()); found {
			doubt.Text += fmt.Sprintf("; did you mean %s?", meant)
		}
		doubts = append(doubts, doubt)
	}
	return doubts
}
