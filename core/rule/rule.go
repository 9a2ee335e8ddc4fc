// SPDX-License-Identifier: Apache-2.0

// Package rule holds requests against the scopes of their tokens. A scope opens what its rules say; what no rule
// opens, and what cannot be told from the URL, stays shut. It limits what the access control lists of Domino allow, and
// never adds to it.
package rule

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"ndoap/core/config"
	"ndoap/core/dominourl"
	"ndoap/core/oauth"
)

// Asked is what a request asks for.
type Asked struct {
	Target string // the request target, as on the wire
	// Methods are all that the request may count as: its own, and those that a header puts in its place. Each must be
	// allowed.
	Methods []string
	// MailFile finds the path of the user's mail file, as Domino's directory has it. It is asked for the scope MAIL only.
	MailFile func() (string, error)
	// Mapped finds where Domino leads the request; nil until Domino can tell.
	Mapped func() (dominourl.Place, error)
}

// Verdict is what becomes of a request.
type Verdict struct {
	Allowed bool
	// Denial says for the log why the rules of the token's scopes deny the request. A request that is allowed has one
	// when a scope only reports.
	Denial string
	// Mapped tells that the denial is for what Domino makes of the URL, and not for the URL itself.
	Mapped bool
	// Sufficient are scopes each of which would have allowed a request that is denied (RFC 6750 section 3, scope).
	Sufficient oauth.Scope
}

// Judge holds a request against the scope of its token.
func Judge(policy *config.Config, held oauth.Scope, asked Asked) Verdict {
	if held.Has(config.ScopeDomino) {
		return Verdict{Allowed: true}
	}
	readings, err := read(policy, asked)
	mail, mailErr := "", error(nil)
	if held.Has(config.ScopeMail) {
		mail, mailErr = mailFile(asked)
	}
	denied := slices.IndexFunc(readings, func(r request) bool {
		return !slices.ContainsFunc(held, func(scope string) bool { return r.isOpenedBy(policy, scope, mail) })
	})
	denial := ""
	switch {
	case denied >= 0:
		denial = fmt.Sprintf("no rule of the scope %q opens %s", held, readings[denied])
	case err != nil:
		denial = err.Error()
	default:
		return Verdict{Allowed: true}
	}
	mapped := denied > 0 || denied < 0 && len(readings) > 0
	if mailErr != nil {
		denial += "; where the user's mail file is cannot be told: " + mailErr.Error()
	}
	if slices.ContainsFunc(held, func(scope string) bool { return policy.Scopes[scope].ReportOnly }) {
		return Verdict{Allowed: true, Denial: denial, Mapped: mapped}
	}
	return Verdict{Denial: denial, Mapped: mapped, Sufficient: sufficient(policy, func(scope string) bool {
		return err == nil && !slices.ContainsFunc(readings, func(r request) bool { return !r.isOpenedBy(policy, scope, mail) })
	})}
}

// read gives all that a request stands for; each must be opened. The first is what the URL says. Further ones are there
// when Domino leads it into another database than the URL names. With an error there is no more than the first.
func read(policy *config.Config, asked Asked) ([]request, error) {
	resource, err := dominourl.Parse(asked.Target)
	if err != nil {
		return nil, fmt.Errorf("what the URL asks for cannot be told: %w", err)
	}
	said := newRequest(policy, resource, asked)
	// A replica ID that no alias has is a database's own name, whatever its path is: only a rule that means it, or
	// everything, has opened the URL.
	if asked.Mapped == nil || dominourl.ReplicaID(said.Database) != "" {
		return []request{said}, nil
	}
	place, err := asked.Mapped()
	if err != nil {
		return []request{said}, fmt.Errorf("which database Domino serves %s from cannot be told: %w", said.Path, err)
	}
	if place.Database == "" || policy.Locate(place.Database) == said.Database {
		return []request{said}, nil
	}
	served, err := place.Readings(asked.Target)
	if err != nil {
		return []request{said}, fmt.Errorf("what Domino serves of %s for %s cannot be told: %w", place.Database, said.Path, err)
	}
	readings := []request{said}
	for _, resource := range served {
		mapped := newRequest(policy, resource, asked)
		mapped.from = said.Path
		readings = append(readings, mapped)
	}
	return readings, nil
}

// mailFile is the path of the user's mail file as a Resource has it.
func mailFile(asked Asked) (string, error) {
	file, err := asked.MailFile()
	if err != nil {
		return "", err
	}
	path, err := dominourl.DatabasePath(file)
	if err != nil {
		return "", fmt.Errorf("the directory has %.200q: %w", file, err)
	}
	return path, nil
}

// sufficient names the scopes that open a request, or the one that opens everything.
func sufficient(policy *config.Config, opens func(string) bool) oauth.Scope {
	var found oauth.Scope
	for _, scope := range slices.Sorted(maps.Keys(policy.Scopes)) {
		if scope != config.ScopeDomino && opens(scope) {
			found = append(found, scope)
		}
	}
	if found == nil {
		return oauth.Scope{config.ScopeDomino}
	}
	return found
}

// request is one reading of a request.
type request struct {
	dominourl.Resource // by the path of its database, where an alias has its replica ID

	written string // the path with the replica ID, then
	from    string // the path of the URL, for what Domino makes of it
	methods []string
}

func newRequest(policy *config.Config, resource dominourl.Resource, asked Asked) request {
	located := policy.Locate(resource.Database)
	r := request{Resource: resource.In(located), methods: asked.Methods}
	if located != resource.Database {
		r.written = resource.Path
	}
	return r
}

// String is the request for the log; Parse lets no control character through.
func (r request) String() string {
	text := fmt.Sprintf("%s %s, command %s", strings.Join(r.methods, "+"), r.Path, r.Command)
	if r.from != "" {
		text += ", which Domino may serve for " + r.from
	}
	return text
}

// isOpenedBy tells whether one scope opens the request; mail is the path of the user's mail file, if it is known.
func (r request) isOpenedBy(policy *config.Config, scope, mail string) bool {
	switch scope {
	case config.ScopeDomino:
		return true
	case config.ScopeMail:
		return mail != "" && r.isWithin(mail)
	case config.ScopeData:
		for _, database := range policy.Databases {
			if r.isWithin(database.Path) {
				return true
			}
		}
		return false
	}
	if database, isAlias := policy.Databases[scope]; isAlias {
		return r.isWithin(database.Path)
	}
	return slices.ContainsFunc(policy.Scopes[scope].Rules, r.fits)
}

// isWithin tells whether the request stays in a database: what a scope of KEEP opens altogether. Commands for the
// server may stand behind any database's path.
func (r request) isWithin(database string) bool {
	return r.Database == database && !dominourl.ConcernsServer(r.Command)
}

// fits tells whether a rule opens the request. Without methods or commands a rule is for reading.
func (r request) fits(rule config.Rule) bool {
	if !rule.Path.Match(r.Path) && (r.written == "" || !rule.Path.Match(r.written)) {
		return false
	}
	methods := rule.Methods
	if methods == nil {
		methods = []string{http.MethodGet, http.MethodHead}
	}
	for _, method := range r.methods {
		if !slices.Contains(methods, method) {
			return false
		}
	}
	if rule.Commands == nil {
		return dominourl.IsReading(r.Command)
	}
	return slices.Contains(rule.Commands, r.Command)
}
