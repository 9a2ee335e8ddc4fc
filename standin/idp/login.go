// SPDX-License-Identifier: Apache-2.0

package idp

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
)

// Person is a user of a provider. Name and Password are for its login page; CN is the Domino name that tokens carry.
type Person struct{ Name, Password, Email, CN string }

// Tokens are what a provider hands out for a code.
type Tokens struct {
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
}

const (
	client   = "domino-client"
	callback = "http://127.0.0.1/callback" // where nothing listens: the code is in the address
)

// entrance is where people log in at a provider.
type entrance struct{ issuer, authorization, token string }

// login logs a person in as a browser does, on the provider's own pages, and exchanges the code for tokens.
func (e entrance) login(ctx context.Context, person Person, query url.Values) (Tokens, error) {
	verifier, state := rand.Text()+rand.Text(), rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	for name, value := range map[string]string{
		"response_type": "code", "client_id": client, "redirect_uri": callback, "state": state,
		"code_challenge": base64.RawURLEncoding.EncodeToString(challenge[:]), "code_challenge_method": "S256",
	} {
		query.Set(name, value)
	}
	code, err := e.authorize(ctx, person, query)
	if err != nil {
		return Tokens{}, fmt.Errorf("log %s in: %w", person.Name, err)
	}
	tokens, err := requestTokens(ctx, e.token, url.Values{
		"grant_type": {"authorization_code"}, "client_id": {client}, "redirect_uri": {callback},
		"code": {code}, "code_verifier": {verifier},
	})
	if err != nil {
		return Tokens{}, fmt.Errorf("log %s in: %w", person.Name, err)
	}
	return tokens, nil
}

// authorize goes through the provider's pages and returns the code.
func (e entrance) authorize(ctx context.Context, person Person, query url.Values) (string, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", err
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	method, target, form := http.MethodGet, e.authorization+"?"+query.Encode(), url.Values(nil)
	asked := false // for a password
	for range 12 {
		got, err := visit(ctx, browser, method, target, form)
		if err != nil {
			return "", err
		}
		if got.location != nil {
			if strings.HasPrefix(got.location.String(), callback+"?") {
				return e.code(got.location.Query(), query.Get("state"))
			}
			method, target, form = http.MethodGet, got.location.String(), nil
			continue
		}
		target, form = fillIn(got, person)
		if got.code != http.StatusOK || form == nil || asked && form.Has("password") {
			return "", fmt.Errorf("refused: %s: %s", got.status, got.text)
		}
		method, asked = http.MethodPost, asked || form.Has("password")
	}
	return "", errors.New("too many pages")
}

// code takes the code from the answer to a login.
func (e entrance) code(answer url.Values, state string) (string, error) {
	switch {
	case answer.Get("state") != state || answer.Get("iss") != e.issuer:
		return "", fmt.Errorf("an answer to another login: %v", answer)
	case answer.Get("code") == "":
		return "", fmt.Errorf("no code: %s %s", answer.Get("error"), answer.Get("error_description"))
	}
	return answer.Get("code"), nil
}

var (
	formTag   = regexp.MustCompile(`<form\b[^>]*>`)
	inputTag  = regexp.MustCompile(`<input\b[^>]*>`)
	attribute = regexp.MustCompile(`\b(action|name|value)="([^"]*)"`)
)

// attributes are those of a tag that matter here.
func attributes(tag string) map[string]string {
	found := map[string]string{}
	for _, one := range attribute.FindAllStringSubmatch(tag, -1) {
		found[one[1]] = html.UnescapeString(one[2])
	}
	return found
}

// fillIn fills the form of a page in and says where it goes. Without a form there is nothing to send.
func fillIn(got page, person Person) (target string, form url.Values) {
	found := formTag.FindString(got.text)
	to, err := got.address.Parse(attributes(found)["action"])
	if found == "" || err != nil {
		return "", nil
	}
	form = url.Values{}
	for _, tag := range inputTag.FindAllString(got.text, -1) {
		input := attributes(tag)
		switch input["name"] {
		case "username", "login":
			form.Set(input["name"], person.Name)
		case "password":
			form.Set(input["name"], person.Password)
		case "":
		default:
			form.Set(input["name"], input["value"])
		}
	}
	return to.String(), form
}

// page is an answer to a browser.
type page struct {
	address  *url.URL
	code     int
	status   string
	location *url.URL // where it leads to; nil: nowhere
	text     string
}

// visit makes one request of a browser.
func visit(ctx context.Context, browser *http.Client, method, target string, form url.Values) (page, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, err
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := browser.Do(request)
	if err != nil {
		return page{}, err
	}
	defer response.Body.Close()
	got := page{address: request.URL, code: response.StatusCode, status: response.Status}
	if got.location, err = response.Location(); err != nil && !errors.Is(err, http.ErrNoLocation) {
		return page{}, err
	}
	text, err := io.ReadAll(response.Body)
	got.text = string(text)
	return got, err
}

// requestTokens asks a token endpoint.
func requestTokens(ctx context.Context, endpoint string, form url.Values) (Tokens, error) {
	var tokens Tokens
	answer, err := visit(ctx, http.DefaultClient, http.MethodPost, endpoint, form)
	if err != nil {
		return tokens, fmt.Errorf("token request: %w", err)
	}
	if answer.code != http.StatusOK {
		return tokens, fmt.Errorf("token request: %s: %s", answer.status, answer.text)
	}
	if err := json.Unmarshal([]byte(answer.text), &tokens); err != nil {
		return tokens, fmt.Errorf("token answer: %w", err)
	}
	return tokens, nil
}
