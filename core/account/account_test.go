// SPDX-License-Identifier: Apache-2.0

package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"ndoap/core/browser"
	"ndoap/core/config"
	"ndoap/core/oauth"
	"ndoap/core/page"
	"ndoap/core/web"
	"ndoap/store"
)

const ada = "CN=Ada Lovelace/O=Example"

// broken is a store with one key in which some things fail.
type broken struct{ add, list, revoke error }

func (b broken) AddAPIKey(context.Context, store.APIKey, int, ...store.AuditEvent) error {
	return b.add
}
func (b broken) RevokeAPIKey(context.Context, string, ...store.AuditEvent) error { return b.revoke }
func (b broken) ListAPIKeys(context.Context, store.APIKeyFilter) ([]store.APIKey, error) {
	return []store.APIKey{{ID: "k1", User: ada}}, b.list
}

func TestTroubleOfTheStoreIsAPage(t *testing.T) {
	outage := fmt.Errorf("%w: the disk is full", store.ErrUnavailable)
	defect := errors.New("a defect")
	for name, c := range map[string]struct {
		store broken
		form  url.Values
		level string
	}{
		"listing":              {broken{list: outage}, nil, "DEBUG"},
		"making":               {broken{add: outage}, url.Values{"action": {"create"}, "label": {"a"}, "scope": {"domino"}, "life": {"30d"}}, "DEBUG"},
		"looking for its key":  {broken{list: outage}, url.Values{"action": {"revoke"}, "id": {"k1"}}, "DEBUG"},
		"revoking":             {broken{revoke: outage}, url.Values{"action": {"revoke"}, "id": {"k1"}}, "DEBUG"},
		"something unexpected": {broken{list: defect}, nil, "ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			configured := config.Default()
			var log bytes.Buffer
			h := &Handler{
				Config: func() *config.Config { return &configured }, Store: c.store, Now: time.Now,
				Pages: page.New(func() config.Pages { return configured.Pages }),
				Log:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
				Limit: func(string) (time.Duration, bool) { return 0, true },
			}
			secret := oauth.NewSecret()
			header := http.Header{"Cookie": {browser.Cookie + "=" + secret.Reveal()}, "Content-Type": {"application/x-www-form-urlencoded"}}
			request := &web.Request{Method: http.MethodGet, Header: header.Values, User: ada}
			if c.form != nil {
				c.form.Set("token", browser.FormToken(secret, ada).Reveal())
				request.Method, request.Body = http.MethodPost, []byte(c.form.Encode())
			}
			got := (*KeysHandler)(h).Serve(request)
			assert.Equal(t, http.StatusServiceUnavailable, got.Status)
			assert.Contains(t, string(got.Body), "cannot reach its records")
			assert.NotContains(t, string(got.Body), "disk")
			assert.Contains(t, log.String(), "level="+c.level)
		})
	}
}
