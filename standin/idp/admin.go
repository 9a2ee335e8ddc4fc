// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
)

// object is a JSON object.
type object = map[string]any

// administer makes a request of Keycloak's admin REST API that concerns the realm.
func (r *Realm) administer(ctx context.Context, method, target string, body, answer any) (id string, err error) {
	return r.keycloak.administer(ctx, method, "/"+r.name+target, body, answer)
}

// administer makes a request of Keycloak's admin REST API with a fresh token of its administrator. It reads the answer
// into answer, unless that is nil, and returns the id of what was made.
func (k *Keycloak) administer(ctx context.Context, method, target string, body, answer any) (id string, err error) {
	// Those that build/keycloak.sh gives every new Keycloak.
	tokens, err := requestTokens(ctx, k.base+"/realms/master/protocol/openid-connect/token", url.Values{
		"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {"admin"}, "password": {"admin"},
	})
	if err != nil {
		return "", fmt.Errorf("administrator of Keycloak: %w", err)
	}
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return "", fmt.Errorf("%s: %w", target, err)
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, k.base+"/admin/realms"+target, sent)
	if err != nil {
		return "", fmt.Errorf("%s: %w", target, err)
	}
	request.Header.Set("Authorization", "Bearer "+tokens.AccessToken)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", method, target, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", fmt.Errorf("answer to %s %s: %w", method, target, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return "", fmt.Errorf("%s %s: %s: %s", method, target, response.Status, text)
	}
	if answer != nil {
		if err := json.Unmarshal(text, answer); err != nil {
			return "", fmt.Errorf("answer to %s %s: %w", method, target, err)
		}
	}
	return path.Base(response.Header.Get("Location")), nil
}
