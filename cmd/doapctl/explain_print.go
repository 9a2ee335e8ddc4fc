// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ndoap/core/config"
	"ndoap/core/explain"
)

// judgedResult is what became of a token, for scripts.
type judgedResult struct {
	Taken      bool         `json:"taken"`
	PassedOn   bool         `json:"passed_on,omitempty"`
	Unjudged   bool         `json:"unjudged,omitempty"`
	Credential string       `json:"credential"`
	Provider   string       `json:"provider,omitempty"`
	Issuer     string       `json:"issuer,omitempty"`
	ClientID   string       `json:"client_id,omitempty"`
	Claim      string       `json:"claim,omitempty"`
	User       string       `json:"user,omitempty"`
	LooksUp    string       `json:"looks_up,omitempty"`
	Held       []heldResult `json:"held"`
	Status     int          `json:"status,omitempty"`
	Error      string       `json:"error,omitempty"`
	Reason     string       `json:"error_description,omitempty"`
	Rule       string       `json:"rule,omitempty"`
	Found      string       `json:"found,omitempty"`
	Expected   string       `json:"expected,omitempty"`
	Remedy     string       `json:"remedy,omitempty"`
	Scopes     []openResult `json:"scopes,omitempty"`
	Note       string       `json:"note,omitempty"`
}

type heldResult struct {
	Rule  string `json:"rule"`
	Found string `json:"found"`
}

type openResult struct {
	Scope string `json:"scope"`
	Opens string `json:"opens"`
}

// printJudged prints what became of a token; the error is for the exit code.
func (s *session) printJudged(result judgedResult) error {
	if s.json {
		if err := s.printJSON(result); err != nil {
			return err
		}
	} else if err := s.printForPeople(result); err != nil {
		return err
	}
	switch {
	case result.PassedOn:
		return errors.New("ndoap would not judge the token but pass it on to Domino, as bearer.unknownIssuer has it")
	case result.Unjudged:
		return errors.New("doapctl cannot judge the token: its key is in the memory of the server that issued it")
	case !result.Taken:
		return fmt.Errorf("the token would be refused by the rule %s", result.Rule)
	}
	return nil
}

// result words what became of a token. A token that holds but for its scopes says what they open, too.
func (j *judged) result(policy *config.Config, url string) judgedResult {
	about := j.Token
	result := judgedResult{Taken: j.failure == nil && !j.Passed, PassedOn: j.Passed, Unjudged: j.unknown}
	result.Held, result.LooksUp = j.held()
	if failure := j.failure; failure != nil {
		about = failure.Token
		result.Rule, result.Found = string(failure.Rule), printable(failure.Found)
		result.Expected, result.Remedy = printable(failure.Expected), printable(failure.Remedy)
	}
	if j.failure != nil && !j.unknown {
		result.Status, result.Error, result.Reason = j.sent.Status, string(j.sent.Code), j.sent.Description
	}
	result.Credential = string(about.Credential)
	if result.Credential == "" {
		result.Credential = string(explain.Unknown)
	}
	result.Provider, result.Issuer, result.ClientID = about.Provider, printable(about.Issuer), printable(about.ClientID)
	result.Claim, result.User = printable(about.Claim), printable(about.User)
	if !about.Proven || j.failure != nil && j.failure.Rule != explain.Scope {
		return result
	}
	for _, scope := range j.Scope {
		result.Scopes = append(result.Scopes, openResult{printable(scope), opens(policy, scope)})
		if scope == config.ScopeMail && url != "" && !result.Taken {
			result.Note = "Where the user's mail file is, only the server can look up: if the URL is in it, the scope MAIL opens it."
		}
	}
	return result
}

// held words the rules that hold, and the name that the server will look for.
func (j *judged) held() (held []heldResult, looksUp string) {
	held = []heldResult{}
	for _, step := range j.Steps {
		found := step.Found
		if step.Rule == explain.Person {
			who := "exactly one person"
			if j.name {
				who = "nobody"
			}
			looksUp = printable(j.asked)
			found = fmt.Sprintf("assumed: the server will look for %q in the Domino directory, and %s must have this name", looksUp, who)
		}
		held = append(held, heldResult{string(step.Rule), printable(found)})
	}
	return held, looksUp
}

// opens says what a scope opens on this server.
func opens(policy *config.Config, scope string) string {
	switch scope {
	case config.ScopeDomino:
		return "all that access control lists allow its user"
	case config.ScopeMail:
		return "the mail file of its user"
	case config.ScopeData:
		if len(policy.Databases) == 0 {
			return "nothing: no database has an alias"
		}
		var paths []string
		for _, database := range policy.Databases {
			paths = append(paths, database.Path)
		}
		slices.Sort(paths)
		return "the databases " + strings.Join(slices.Compact(paths), ", ")
	}
	if database, isAlias := policy.Databases[scope]; isAlias {
		return "the database " + database.Path
	}
	known, isKnown := policy.Scopes[scope]
	switch {
	case !isKnown:
		return "nothing: this server does not know it"
	case len(known.Rules) == 0:
		return "nothing on this server: it has no rules"
	}
	var parts []string
	for _, one := range known.Rules {
		methods, commands := "GET, HEAD", "commands that read"
		if one.Methods != nil {
			methods = strings.Join(one.Methods, ", ")
		}
		if one.Commands != nil {
			commands = strings.Join(one.Commands, ", ")
		}
		parts = append(parts, fmt.Sprintf("%s (%s; %s)", one.Path, methods, commands))
	}
	text := strings.Join(parts, ", ")
	if known.ReportOnly {
		text += "; and everything else, which it only reports"
	}
	return text
}

func (s *session) printForPeople(result judgedResult) error {
	held := make([][2]string, 0, len(result.Held))
	for _, step := range result.Held {
		held = append(held, [2]string{step.Rule, step.Found})
	}
	if len(held) > 0 {
		s.print("What holds:")
		if err := s.fields(held); err != nil {
			return err
		}
	}
	about := aboutToken(result.Provider, result.Issuer, result.ClientID, result.Claim, result.User)
	switch {
	case result.PassedOn:
		s.print("ndoap would not judge it: its issuer is not known here, and bearer.unknownIssuer passes such tokens on to Domino.")
	case result.Taken:
		s.print("The token would be taken:")
		about = append(about, [2]string{"kind of token", result.Credential})
	case result.Unjudged:
		s.print("doapctl cannot judge this token:")
		about = append(about, [2]string{"kind of token", result.Credential})
		about = append(about, brokenRule(result.Rule, result.Found, result.Expected, result.Remedy)...)
	default:
		s.print("The token would be refused:")
		about = append(about, [2]string{"kind of token", result.Credential})
		about = append(about, brokenRule(result.Rule, result.Found, result.Expected, result.Remedy)...)
		about = append(about, [2]string{"sender is told", fmt.Sprintf("%d %s: %s", result.Status, result.Error, result.Reason)})
	}
	if err := s.fields(about); err != nil {
		return err
	}
	switch {
	case len(result.Scopes) > 0:
		s.print("What its scopes open:")
	case result.Taken:
		s.print("It has no scopes: it opens nothing.")
	}
	scopes := make([][2]string, 0, len(result.Scopes))
	for _, one := range result.Scopes {
		scopes = append(scopes, [2]string{one.Scope, one.Opens})
	}
	if err := s.fields(scopes); err != nil {
		return err
	}
	if result.Note != "" {
		s.print("%s", result.Note)
	}
	return nil
}
