// SPDX-License-Identifier: Apache-2.0

package core_test

import (
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/core/config"
)

// What was filled in is shown again with what is wrong; nothing is made.
func TestFormsThatMakeNoKey(t *testing.T) {
	for name, c := range map[string]struct {
		changes []string
		status  int
		says    string
	}{
		"no label":                      {[]string{"label", " "}, 400, "the key needs a label"},
		"a label that hides":            {[]string{"label", "a\u202eb"}, 400, "cannot be seen"},
		"a long label":                  {[]string{"label", strings.Repeat("x", 81)}, 400, "more than 80"},
		"no scope":                      {[]string{"scope", ""}, 400, "at least one thing"},
		"a scope that is not there":     {[]string{"scope", "made-up"}, 400, "from the list"},
		"a scope that opens nothing":    {[]string{"scope", "elsewhere"}, 400, "from the list"},
		"a scope that is none":          {[]string{"scope", "\""}, 400, "from the list"},
		"no life":                       {[]string{"life", ""}, 400, "how long"},
		"a life that is not offered":    {[]string{"life", "3660d"}, 400, "how long"},
		"for ever":                      {[]string{"life", "never"}, 400, "how long"},
		"a label that is there already": {[]string{"label", "There"}, 409, "with this label already"},
		"an action that is none":        {[]string{"action", "delete"}, 400, "The action must be create or revoke"},
		"no action":                     {[]string{"action", ""}, 400, "The action must be create or revoke"},
		"a repeated label":              {nil, 400, "occurs more than once"},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := keyed(t)
			f.config.Scopes["elsewhere"] = config.Scope{Description: "At another server"}
			v := &visitor{fixture: f, user: anna}
			v.create(t, "label", "There")
			body := v.form(t, c.changes...).Encode()
			if name == "a repeated label" {
				body += "&label=again"
			}
			got := v.visit(t, http.MethodPost, keysPage, body)
			assert.Equal(t, c.status, got.Status)
			assert.Contains(t, html.UnescapeString(string(got.Body)), c.says)
			assert.NotRegexp(t, shownKey, string(got.Body))
			assert.Len(t, f.keys(t), 1)
		})
	}
	f, _ := keyed(t)
	v := &visitor{fixture: f, user: anna}
	again := string(v.visit(t, http.MethodPost, keysPage, v.form(t, "label", "Mine", "life", "90d", "scope", "").Encode()+"&scope=db.read&scope=made-up").Body)
	assert.Contains(t, again, `name="label" value="Mine"`)
	assert.Contains(t, again, `value="db.read" checked`)
	assert.Contains(t, again, `<option value="90d" selected>`)
}

func TestSeveralScopesAndLives(t *testing.T) {
	f, _ := keyed(t)
	v := &visitor{fixture: f, user: anna}
	made := v.visit(t, http.MethodPost, keysPage, v.form(t, "life", "365d").Encode()+"&scope=domino")
	require.Equal(t, http.StatusOK, made.Status)
	assert.Equal(t, "db.read domino", f.keys(t)[0].Scope)
	assert.Equal(t, f.now().Add(365*24*time.Hour).UTC(), f.keys(t)[0].ExpiresAt)

	f.config.APIKeys.Longest = 36 * time.Hour
	assert.Contains(t, string(v.visit(t, http.MethodGet, keysPage, "").Body), `<option value="36h">36h</option>`)
	assert.Equal(t, 400, v.visit(t, http.MethodPost, keysPage, v.form(t, "label", "b").Encode()).Status, "30 days are too long now")
	v.create(t, "label", "c", "life", "36h")
	f.config.APIKeys.Longest = 24 * time.Hour
	assert.Contains(t, string(v.visit(t, http.MethodGet, keysPage, "").Body), `<option value="1d">1 day</option>`)
}
