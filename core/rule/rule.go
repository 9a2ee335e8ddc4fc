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
}

// Verdict is what becomes of a request.
type Verdict struct {
	Allowed bool
	// Denial says for the log why the rules of the token's scopes deny the request. A request that is allowed has one
	// when a scope only reports.
	Denial string
	// Sufficient are scopes each of which would have allowed a request that is denied (RFC 6750 section 3, scope).
	Sufficient oauth.Scope
}

// Judge holds a request against the scope of its token.
func Judge(policy *config.Config, held oauth.Scope, asked Asked) Verdict {
	if held.Has(config.ScopeDomino) {
		return Verdict{Allowed: true}
	}
	resource, err := dominourl.Parse(asked.Target)
	request := request{Resource: resource, methods: asked.Methods}
	var mailErr error
	if held.Has(config.ScopeMail) {
		request.mailFile, mailErr = mailFile(asked)
	}
	opens := func(scope string) bool { return err == nil && request.isOpenedBy(policy, scope) }
	if slices.ContainsFunc(held, opens) {
		return Verdict{Allowed: true}
	}
	denial := ""
	if err != nil {
		denial = "what the URL asks for cannot be told: " + err.Error()
	} else {
		denial = fmt.Sprintf("no rule of the scope %q opens %s", held, request)
	}
	if mailErr != nil {
		denial += "; where the user's mail file is cannot be told: " + mailErr.Error()
	}
	if slices.ContainsFunc(held, func(scope string) bool { return policy.Scopes[scope].ReportOnly }) {
		return Verdict{Allowed: true, Denial: denial}
	}
	return Verdict{Denial: denial, Sufficient: sufficient(policy, opens)}
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

// request is a request whose URL could be read.
type request struct {
	dominourl.Resource

	methods  []string
	mailFile string // as a path of a Resource
}

// String is the request for the log; Parse lets no control character through.
func (r request) String() string {
	return fmt.Sprintf("%s %s, command %s", strings.Join(r.methods, "+"), r.Path, r.Command)
}

// isOpenedBy tells whether one scope opens the request.
func (r request) isOpenedBy(policy *config.Config, scope string) bool {
	switch scope {
	case config.ScopeDomino:
		return true
	case config.ScopeMail:
		return r.mailFile != "" && r.isWithin(r.mailFile)
	case config.ScopeData:
		return slices.ContainsFunc(slices.Collect(maps.Values(policy.Databases)), r.isWithin)
	}
	if database, isAlias := policy.Databases[scope]; isAlias {
		return r.isWithin(database)
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
	if !rule.Path.Match(r.Path) {
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
