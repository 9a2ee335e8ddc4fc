// SPDX-License-Identifier: Apache-2.0

package login

import (
	"slices"

	"ndoap/core/config"
	"ndoap/core/oauth"
)

// defaultScope is what a login without scope gets, as KEEP's interface description has it.
const defaultScope = config.ScopeMail + " " + config.ScopeData

// elsewhere are scopes that KEEP and the HCL Domino REST API know and that mean nothing here.
var elsewhere = []string{"$DECRYPT", "$SETUP"}

// scope returns what the token of a login is good for: whatever the configuration knows may be asked for, because the
// person's own password is given. Errors are for the sender, who has logged in by then.
func (h *Handler) scope(asked string) (oauth.Scope, error) {
	if asked == "" {
		asked = defaultScope
	}
	scope, problem := oauth.ParseScope(asked)
	if problem != nil {
		return nil, fault(problem.Description)
	}
	scope = slices.DeleteFunc(scope, func(name string) bool { return slices.Contains(elsewhere, name) })
	if len(scope) == 0 {
		return nil, fault("No scope that was asked for means anything here.")
	}
	current := h.Config()
	for _, name := range scope {
		if !current.Knows(name) {
			return nil, faultf("This server does not know the scope %s.", name)
		}
	}
	return scope, nil
}
