// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client is one OAuth client, as a developer would write it.
type client struct {
	id, secret string // no secret for a public client, which uses PKCE instead
	redirect   string
	place      place
	http       *http.Client
}

// answerLimit bounds what is read of an answer.
const answerLimit = 1 << 20

func newClient(place place, id, secret, redirect string) *client {
	return &client{id, secret, redirect, place, &http.Client{
		Timeout: 15 * time.Second,
		// A token request that is redirected went somewhere unexpected: show that.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (c *client) public() bool { return c.secret == "" }

// authorizeURL is where the browser goes to log in. The tutorial's client sends no more than the tutorial says.
func (c *client) authorizeURL(state, verifier string) string {
	query := url.Values{"response_type": {"code"}, "client_id": {c.id}, "scope": {"domino"}, "state": {state}}
	if c.public() {
		sum := sha256.Sum256([]byte(verifier))
		query.Set("redirect_uri", c.redirect)
		query.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		query.Set("code_challenge_method", "S256")
	}
	return c.place.base + "/doap/auth?" + query.Encode()
}

// exchange turns a code into tokens.
func (c *client) exchange(ctx context.Context, code, verifier string) (tokens, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}}
	if c.public() {
		form.Set("redirect_uri", c.redirect)
		form.Set("code_verifier", verifier)
	}
	return c.token(ctx, form)
}

// refresh turns a refresh token into new tokens.
func (c *client) refresh(ctx context.Context, refreshToken string) (tokens, error) {
	return c.token(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
}

func (c *client) token(ctx context.Context, form url.Values) (tokens, error) {
	form.Set("client_id", c.id)
	if !c.public() {
		form.Set("client_secret", c.secret)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.place.base+"/doap/token", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	status, _, body, err := c.send(request)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, &refusal{"The token endpoint", status, body}
	}
	var answer tokens
	if err := json.Unmarshal(body, &answer); err != nil || answer.text("access_token") == "" {
		return nil, &refusal{"The token endpoint", status, body}
	}
	return answer, nil
}

// documents reads the database as the user, and tells which name Domino saw.
func (c *client) documents(ctx context.Context, accessToken string) (documents []map[string]any, user string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.place.resource(), nil)
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Authorization", "Bearer "+accessToken)
	request.Header.Set("Accept", "application/json")
	status, header, body, err := c.send(request)
	if err != nil {
		return nil, "", err
	}
	if status != http.StatusOK || json.Unmarshal(body, &documents) != nil {
		return nil, "", &refusal{"The database", status, body}
	}
	return documents, header.Get("X-Standin-User"), nil
}

func (c *client) send(request *http.Request) (int, http.Header, []byte, error) {
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerLimit))
	if err != nil {
		return 0, nil, nil, err
	}
	return answer.StatusCode, answer.Header, body, answer.Body.Close()
}

// refusal is an answer that is not what was asked for.
type refusal struct {
	who    string
	status int
	body   []byte
}

func (r *refusal) Error() string {
	var problem struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(r.body, &problem) == nil && problem.Code != "" {
		return strings.TrimSuffix(fmt.Sprintf("%s answered %d, %s: %s", r.who, r.status, problem.Code, problem.Description), ": ")
	}
	return fmt.Sprintf("%s answered %d with something else than JSON.", r.who, r.status)
}

// tokens are a token response, every member as it came.
type tokens map[string]any

func (t tokens) text(name string) string {
	text, _ := t[name].(string)
	return text
}

// claims decodes the header and the claims of a JWT for people to read. A client that trusts them would have to
// verify the signature; this one only shows them.
func claims(token string) (header, payload string) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", ""
	}
	return decode(parts[0]), decode(parts[1])
}

func decode(part string) string {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return ""
	}
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") != nil {
		return ""
	}
	return indented.String()
}
