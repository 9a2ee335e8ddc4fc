// SPDX-License-Identifier: Apache-2.0

package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// File is the content of one configuration file.
type File struct {
	Name string
	Data []byte
}

// Parse merges files in the order given and reads them over the defaults. Without an error the configuration is
// complete and valid; the problems are then warnings and notes. The error is of type Problems.
func Parse(files []File) (Config, []Problem, error) {
	read := reader{config: Default()}
	root := &object{members: map[string]*node{}}
	for _, file := range files {
		tree, faults := parseTree(file)
		read.report("", faults)
		if tree != nil {
			root.lay(tree)
		}
	}
	read.object("", root)
	read.noteKeepNames()
	read.checkTogether(root)
	if len(read.errors) > 0 {
		sortByPlace(read.errors)
		return Config{}, read.warnings, read.errors
	}
	return read.config, read.warnings, nil
}

// reader walks the merged tree.
type reader struct {
	config   Config
	warnings Problems
	errors   Problems
	keep     []string // the names of KEEP that were met

	providersOff bool // all of them, because of a setting that concerns them all
	passNothing  bool // to Domino, whatever bearer.unknownIssuer says
}

// report files problems by level; their keys are relative to key.
func (r *reader) report(key string, problems Problems) {
	for _, problem := range problems {
		problem.Key = key + problem.Key
		if problem.isError() && !problem.Contained {
			r.errors = append(r.errors, problem)
		} else {
			r.warnings = append(r.warnings, problem)
		}
	}
}

// object reads the members of the object at prefix, which is empty or ends with a dot.
func (r *reader) object(prefix string, members *object) {
	for _, name := range members.names {
		key, value := prefix+name, members.members[name]
		meant, isSpelling := spellings[key]
		if isSpelling && members.members[meant] == nil {
			key, isSpelling = meant, false
		}
		switch {
		case isSetting(key):
			known := settings[settingIndex(key)]
			r.report(key, r.contain(known, known.read(&r.config, value)))
		case isGroup(key):
			group, isObject := value.value.(*object)
			if !isObject {
				r.report(key, value.wrong("an object, { ... }"))
				continue
			}
			r.object(key+".", group)
		case isSpelling:
			again := value.problem("says again what %s says, and is ignored: remove one of them", meant)
			again.Level = slog.LevelWarn
			r.report(key, Problems{again})
		case prefix == "" && keepNames[name]:
			r.keep = append(r.keep, name)
		default:
			r.report("", Problems{unknownKey(value, key, knownKeys()...)})
		}
	}
}

func settingIndex(key string) int {
	return slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
}

func isSetting(key string) bool { return settingIndex(key) >= 0 }

// isGroup tells whether settings stand below key.
func isGroup(key string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
}

// knownKeys are all settings and the groups they stand in.
func knownKeys() []string {
	var keys []string
	for _, known := range settings {
		if group, _, found := strings.Cut(known.key, "."); found && !slices.Contains(keys, group) {
			keys = append(keys, group)
		}
		keys = append(keys, known.key)
	}
	return keys
}

// noteKeepNames says once that names of KEEP are known and have no effect.
func (r *reader) noteKeepNames() {
	if len(r.keep) == 0 {
		return
	}
	slices.Sort(r.keep)
	r.warnings = append(r.warnings, Problem{
		Level: slog.LevelInfo,
		Text: "These settings of KEEP / Domino REST API are known, and this version does not use them: " +
			strings.Join(r.keep, ", ") + ".",
	})
}

// checkTogether makes the checks that concern more than one value.
func (r *reader) checkTogether(root *object) {
	if root.members["issuer"] == nil {
		r.report("issuer", Problems{{Level: slog.LevelError, Text: `is missing: write "issuer": ` +
			`"https://domino.example.com/doap", with the name that people use for this server, into one of the files`}})
	}
	r.closeProviders()
	r.checkProviders(root)
	r.checkLogin(root)
	r.checkIntrospections(root)
	r.noteJWTSettings(root)
	r.checkAliases(root)
	lifetimes := r.config.Lifetimes
	if lifetimes.RefreshTokenIdle > lifetimes.RefreshTokenAbsolute {
		const key = "lifetimes.refreshTokenIdle"
		at := Problem{}
		if group := root.members["lifetimes"]; group != nil {
			at = group.problem("")
		}
		at.Level = slog.LevelError
		at.Text = fmt.Sprintf("(%s) is longer than lifetimes.refreshTokenAbsolute (%s): shorten it",
			FormatDuration(lifetimes.RefreshTokenIdle), FormatDuration(lifetimes.RefreshTokenAbsolute))
		r.report(key, Problems{at})
	}
	for _, proxies := range r.config.TLS.TrustedProxies {
		if proxies.Bits() == 0 {
			r.report("tls.trustedProxies", Problems{{
				Level: slog.LevelWarn,
				Text: fmt.Sprintf("contains %s: anybody can then claim that a request came over TLS; name the proxies",
					proxies),
			}})
		}
	}
}

// unknownKey warns of a key that has no meaning, and names the one that was perhaps meant.
func unknownKey(at *node, key string, known ...string) Problem {
	warning := at.problem("is not a setting and is ignored")
	warning.Level, warning.Key = slog.LevelWarn, key
	if meant, found := nearest(key, known); found {
		warning.Text += fmt.Sprintf("; did you mean %s?", meant)
	}
	return warning
}

// nearest finds the key that differs least: in case only, in its group, or in up to two letters.
func nearest(key string, known []string) (string, bool) {
	const tolerated = 2
	leaf := func(path string) string { return strings.ToLower(path[strings.LastIndex(path, ".")+1:]) }
	best, distance := "", tolerated+1
	for _, candidate := range known {
		away := editDistance(strings.ToLower(key), strings.ToLower(candidate))
		if leaf(key) == leaf(candidate) {
			away = min(away, 1)
		}
		if away < distance && away < len(candidate) {
			best, distance = candidate, away
		}
	}
	return best, best != ""
}

// editDistance counts the letters to insert, delete or replace (Levenshtein).
func editDistance(from, to string) int {
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(from) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(to) {
			replaced := diagonal
			if from[i] != to[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, diagonal+1)
		}
	}
	return row[len(to)]
}

func sortByPlace(problems Problems) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
