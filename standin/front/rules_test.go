// SPDX-License-Identifier: Apache-2.0

package front_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/standin/front"
	"ndoap/standin/front/fakehost"
	"ndoap/standin/front/wire"
)

// A substitution rule leads a URL elsewhere behind the filter's back: the host is told the URL as it was sent, and the
// path of what will be served.
func TestSubstitutionAndReplicaIDs(t *testing.T) {
	server := start(t, func(c *front.Config) {
		write(t, c.Data, "rules.json", `[{"from": "/shop", "to": "/help/open.nsf"}, {"from": "/shop/deep", "to": "/never"}, {"from": "/s", "to": "/hello.txt"}]`)
		write(t, c.Data, "databases.json", `[{"path": "help/open.nsf", "replicaId": "852562F3007ABFD6", "acl": [{"name": "-Default-", "access": "reader"}], "documents": [{"x": 1}]}]`)
	})
	for target, want := range map[string]struct {
		mapped, says string
		status       int
	}{
		"/shop":                         {"help/open.nsf", "open.nsf", 200},
		"/SHOP/api/data/documents":      {"help/open.nsf", `"x": 1`, 200},
		"/shop/deep/api/data/documents": {"help/open.nsf", "find design note", 404},
		"/x/../%73hop?OpenDatabase":     {"help/open.nsf", "open.nsf", 200},
		"/shopping":                     {"", "", 404},
		"/s":                            {"domino/html/hello.txt", "hello", 200},
		"/__852562F3007ABFD6.nsf":       {"help/open.nsf", "open.nsf", 200},
		"/__852562f3007abfd6.NSF/api/data/documents": {"help/open.nsf", `"x": 1`, 200},
		"/__852562F3007ABFD7.nsf":                    {"__852562F3007ABFD7.nsf", "does not exist", 404},
		"/__852562F3007ABFD6":                        {"", "", 404},
		"/apps/__852562F3007ABFD6.nsf":               {"apps/__852562F3007ABFD6.nsf", "does not exist", 404},
	} {
		t.Run(target, func(t *testing.T) {
			got := server.get(t, target)
			assert.Equal(t, want.status, got.StatusCode)
			assert.Contains(t, got.body, want.says)
			seen := fields(t, server.get(t, target, fakehost.Echo, "1").body)
			assert.Equal(t, target, seen[wire.URL])
			if want.mapped == "" {
				assert.NotContains(t, seen, wire.Path)
				return
			}
			assert.Equal(t, server.data+"/"+want.mapped, seen[wire.Path])
		})
	}
}

func TestRulesRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no slash": `[{"from": "shop", "to": "/a.nsf"}]`, "nothing": `[{"to": "/a.nsf"}]`, "the root": `[{"from": "/", "to": "/a.nsf"}]`,
		"a slash at the end": `[{"from": "/shop/", "to": "/a.nsf"}]`, "dots": `[{"from": "/shop", "to": "/../a.nsf"}]`, "no target": `[{"from": "/shop"}]`,
		"an unknown key": `[{"from": "/shop", "to": "/a.nsf", "kind": "redirect"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			write(t, data, "rules.json", text)
			_, err := front.LoadRules(data)
			require.Error(t, err)
			assert.ErrorContains(t, err, "rules.json")
		})
	}
	rules, err := front.LoadRules(t.TempDir())
	require.NoError(t, err)
	assert.Empty(t, rules)
}
