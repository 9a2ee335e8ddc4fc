// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"ndoap/core/web"
	"ndoap/store"
)

var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func testKeys() KeysView {
	key := func(id, label, scope string) store.APIKey {
		return store.APIKey{ID: id, Hash: "hash-" + id, Label: label, Scope: scope, CreatedAt: noon, ExpiresAt: noon.Add(30 * 24 * time.Hour)}
	}
	used, never := key("k3", "Nightly export", "domino"), key("k2", "Phone", "calendar.read gone")
	used.LastUsedAt, never.ExpiresAt = noon.Add(time.Hour), time.Time{}
	expired, revoked := key("k1", "Old laptop", "domino"), key("k0", "Lost laptop", "domino")
	expired.CreatedAt, expired.ExpiresAt = noon.Add(-48*time.Hour), noon.Add(-24*time.Hour)
	revoked.RevokedAt = noon.Add(-time.Hour)
	return KeysView{
		Status: http.StatusOK, User: testConsent().User, Problem: "Choose at least one thing that the key may do.",
		Fresh: &FreshKey{Label: "Nightly export", Secret: "doap_the-new-key"},
		Good:  []store.APIKey{used, never}, Ended: []store.APIKey{expired, revoked},
		Form: &KeyForm{
			Label: "My script", MaxLabel: 80,
			Scopes: []ScopeChoice{
				{Scope{"domino", "Use Domino as you"}, false}, {Scope{"calendar.read", "Read your calendar"}, true}, {Scope{"undescribed", ""}, false},
			},
			Lives: []LifeChoice{{"30d", "30 days", false}, {"90d", "90 days", true}},
		},
		Token: "form-token", Now: noon,
		Describe: func(scope string) string {
			return map[string]string{"domino": "Use Domino as you", "calendar.read": "Read your calendar"}[scope]
		},
	}
}

func keysWith(change func(*KeysView)) web.Response {
	shown := testKeys()
	change(&shown)
	return testPages().Keys(shown)
}

// The key is on the page once, and no hash ever is.
func TestAKeyIsShownOnce(t *testing.T) {
	body := string(testPages().Keys(testKeys()).Body)
	assert.Equal(t, 1, strings.Count(body, "doap_the-new-key"))
	assert.NotContains(t, body, "redacted")
	assert.NotContains(t, body, "hash-")
	assert.NotContains(t, string(keysWith(func(v *KeysView) { v.Fresh = nil }).Body), "doap_the-new-key")
}

func TestNoScopeIsChosenBeforehand(t *testing.T) {
	body := string(keysWith(func(v *KeysView) { v.Form.Scopes[1].Chosen = false }).Body)
	assert.NotContains(t, body, "checked")
}

func TestTextOfKeysIsEscaped_A69(t *testing.T) {
	const hostile = "\"><script>alert(1)</script>\u202e{{.Token}}'"
	body := string(keysWith(func(v *KeysView) {
		v.User, v.Problem, v.Fresh.Label, v.Form.Label, v.NoForm, v.Token = "CN="+hostile, hostile, hostile, hostile, hostile, hostile
		v.Good[0].Label, v.Good[0].ID, v.Good[0].Scope, v.Ended[0].Label = hostile, hostile, hostile, hostile
		v.Form.Scopes[0].Scope = Scope{hostile, hostile}
		v.Form.Lives[0] = LifeChoice{hostile, hostile, false}
		v.Describe = func(string) string { return hostile }
	}).Body)
	assert.NotContains(t, body, "<script")
	assert.NotContains(t, body, `""`)
	assert.Contains(t, body, `<p class="label"><bdi>&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;{{.Token}}&#39;</bdi></p>`, "and nothing that changes direction")
	assert.NotContains(t, string(testPages().Account("CN="+hostile).Body), "<script")
}
