// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"ndoap/core/config"
	"ndoap/core/explain"
	"ndoap/core/jws"
	"ndoap/core/oauth"
	"ndoap/core/token"
)

const (
	maxAnswer = 32 << 10
	maxSecret = 4 << 10
)

// introspect asks a provider about a token (RFC 7662 section 2.1). Its errors are ErrInactive, ErrUnusable for a token that
// the provider does not take for one, and ErrUnavailable.
func (t *Table) introspect(ctx context.Context, p *provider, text string) (map[string]any, error) {
	at, from, err := p.endpoint()
	if err != nil {
		return nil, unavailable(err)
	}
	settings := p.settings.Introspection
	secret := settings.ClientSecret
	if settings.ClientSecretFile != "" {
		if secret, err = readSecret(settings.ClientSecretFile, p.directory); err != nil {
			return nil, unavailable(err)
		}
	}
	status, document, err := t.post(ctx, at, from, settings.ClientID, secret, text)
	if err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", at, err))
	}
	if isAboutToken(status, document) {
		return nil, &explain.Failure{
			Kind: token.ErrUnusable, Rule: explain.Active, Found: fmt.Sprintf("that the provider takes it for no token (status %d)", status),
		}
	}
	if status != http.StatusOK {
		return nil, unavailable(fmt.Errorf("%s: %w", at, statusError(status)))
	}
	claims, isActive, err := readAnswer(document)
	switch {
	case err != nil:
		return nil, unavailable(fmt.Errorf("%s: %w", at, err))
	case !isActive:
		return nil, &explain.Failure{
			Kind: ErrInactive, Rule: explain.Active, Found: "that the provider says so: it has expired, was revoked, or is none of its tokens",
		}
	}
	return claims, nil
}

// endpoint is where the provider is asked, and the address that named that one.
func (p *provider) endpoint() (at, from string, err error) {
	if at := p.settings.Introspection.URL; at != "" {
		return at, at, nil
	}
	known := p.keys.Load()
	switch {
	case known == nil:
		return "", "", errors.New("its discovery document has not been read yet")
	case known.introspection == "":
		return "", "", errors.New("its discovery document has no introspection_endpoint: write introspection.url")
	}
	return known.introspection, p.settings.DiscoveryURL(), nil
}

// readSecret reads the file with the secret of this server as a client. A line end at its end is none of the secret.
func readSecret(name, directory string) (oauth.Secret, error) {
	content, err := config.ReadNamed(directory, name, maxSecret)
	if err != nil {
		return "", fmt.Errorf("clientSecretFile: %w", err)
	}
	secret := strings.TrimRight(string(content), "\r\n")
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("the clientSecretFile %s is not one line with a secret", name)
	}
	return oauth.Secret(secret), nil
}

// post sends a token to an introspection endpoint, with the client's credentials as RFC 6749 section 2.3.1 has them.
func (t *Table) post(ctx context.Context, at, from, client string, secret oauth.Secret, text string) (int, []byte, error) {
	target, err := url.Parse(at)
	if err != nil {
		return 0, nil, errors.New("this is not a URL")
	}
	named, err := url.Parse(from)
	if err != nil {
		return 0, nil, errors.New("this is not a URL")
	}
	if err := protected(target, named); err != nil {
		return 0, nil, err
	}
	form := url.Values{"token": {text}, "token_type_hint": {"access_token"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, nil, err
	}
	request.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(secret.Reveal()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "ndoap")
	sender, err := newClient(t.Config().Fetch.CAFile)
	if err != nil {
		return 0, nil, err
	}
	defer sender.CloseIdleConnections()
	if t.transport != nil {
		sender.Transport = t.transport
	}
	sender.Timeout = 0 // ctx has a shorter one
	// The token and the secret are for the endpoint alone.
	sender.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := sender.Do(request)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, nil, errLate
	case err != nil:
		return 0, nil, reason(err)
	}
	defer func() { _ = response.Body.Close() }() // all that counts has been read
	document, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, nil, errLate
	case err != nil:
		return 0, nil, reason(err)
	}
	if len(document) > maxAnswer {
		return 0, nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return response.StatusCode, document, nil
}

// isAboutToken tells statuses that are about what was sent, so that whoever makes tokens up cannot make the provider look
// as if it failed. Some say 400 of a client that they do not know, which is about this server.
func isAboutToken(status int, document []byte) bool {
	switch status {
	case http.StatusBadRequest:
		answer, err := jws.ParseObject(document)
		return err != nil || answer["error"] != string(oauth.InvalidClient)
	case http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// statusError is a status that is no answer about a token.
type statusError int

func (status statusError) Error() string {
	return fmt.Sprintf("the answer has the status %d, not 200", int(status))
}

// isPerhapsAboutToken tells failures that what was sent may have caused: a firewall before the provider that refuses one
// text, or a defect of the provider that one text brings out. They came quickly, and stand for one token alone; a provider
// that fails so for all tokens is asked about each, and holds nobody up.
func isPerhapsAboutToken(failure error) bool {
	status, found := errors.AsType[statusError](failure)
	switch int(status) {
	case http.StatusForbidden, http.StatusNotAcceptable, http.StatusInternalServerError, http.StatusNotImplemented:
		return found
	}
	return false
}

// readAnswer reads the answer of an introspection endpoint (RFC 7662 section 2.2): one reading, and active as a boolean.
func readAnswer(document []byte) (claims map[string]any, isActive bool, err error) {
	claims, err = jws.ParseObject(document)
	if err != nil {
		return nil, false, fmt.Errorf("the answer: %w", err)
	}
	isActive, isBool := claims["active"].(bool)
	if !isBool {
		return nil, false, errors.New("the answer does not say whether the token is active, true or false")
	}
	return claims, isActive, nil
}
