// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"maps"
	"slices"

	"ndoap/core/config"
)

// Opens tells whether a scope is configured and opens anything on this server.
func Opens(policy *config.Config, scope string) bool {
	configured, known := policy.Scopes[scope]
	if !known {
		return false
	}
	switch scope {
	case config.ScopeDomino, config.ScopeMail:
		return true
	case config.ScopeData:
		return len(policy.Databases) > 0
	}
	_, isAlias := policy.Databases[scope]
	return isAlias || len(configured.Rules) > 0
}

// Opening are the scopes that Opens is true of, sorted.
func Opening(policy *config.Config) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(policy.Scopes)), func(scope string) bool { return !Opens(policy, scope) })
}
