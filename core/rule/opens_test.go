// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"ndoap/core/config"
)

func TestScopesThatOpenSomething(t *testing.T) {
	policy := config.Default()
	policy.Scopes["other.server"] = config.Scope{Description: "Something else"}
	policy.Scopes["$DATA"] = config.Scope{Description: "Databases"}
	policy.Scopes["read"] = config.Scope{Description: "Read", Rules: []config.Rule{{}}}
	assert.Equal(t, []string{"domino", "read"}, Opening(&policy), "no database has an alias yet")
	policy.Databases["crm"] = config.Database{Path: "/crm.nsf"}
	assert.Equal(t, []string{"$DATA", "domino", "read"}, Opening(&policy), "an alias without a scope of its name opens nothing")
	policy.Scopes["crm"] = config.Scope{Description: "CRM"}
	policy.Scopes["MAIL"] = config.Scope{Description: "Mail"}
	assert.Equal(t, []string{"$DATA", "MAIL", "crm", "domino", "read"}, Opening(&policy))
	assert.False(t, Opens(&policy, "made-up"))
	assert.False(t, Opens(&policy, "other.server"))
}
