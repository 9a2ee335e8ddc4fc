// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// The clients of the demo: the tutorial's, and one that asks people for consent and proves itself with PKCE.
const (
	tutorialID      = "tutorial"
	consentID       = "tutorial-consent"
	callback        = "/authorize"
	callbackConsent = "/authorize-consent"
)

// state is what the demo must know at its next start, in demo.json.
type state struct {
	Port         int    `json:"port"`
	SitePort     int    `json:"sitePort"`
	ClientSecret string `json:"clientSecret"` // of the tutorial's client; ndoap keeps only a hash of it
}

func stateFile(data string) string { return filepath.Join(data, "demo.json") }

func readState(data string) (state, error) {
	var before state
	text, err := os.ReadFile(stateFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return before, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &before)
	}
	if err != nil {
		return before, fmt.Errorf("%s: %w", stateFile(data), err)
	}
	return before, nil
}

// register sets ndoap up in the data directory and registers both clients, or brings what is there up to date. It
// returns the state for the next start, already written.
func register(ctx context.Context, chosen settings, place place, before state) (state, error) {
	after := state{ClientSecret: before.ClientSecret, Port: urlPort(place.base), SitePort: urlPort(place.site)}
	ctl := doapctl{program: filepath.Join(chosen.bin, "doapctl"), data: chosen.data}
	if _, err := os.Stat(filepath.Join(chosen.data, "doap.db")); errors.Is(err, fs.ErrNotExist) {
		if _, err := ctl.run(ctx, "init", "--issuer", place.issuer); err != nil {
			return after, err
		}
	}
	secret, err := ctl.client(ctx, tutorialID, place.site+callback, "--name", "The tutorial's web site", "--legacy", "--trusted")
	if err != nil {
		return after, err
	}
	if secret != "" {
		after.ClientSecret = secret
	}
	if after.ClientSecret == "" { // registered, but its secret was never kept
		if after.ClientSecret, err = ctl.newSecret(ctx, tutorialID); err != nil {
			return after, err
		}
	}
	if _, err := ctl.client(ctx, consentID, place.site+callbackConsent, "--name", "Web site with consent", "--public"); err != nil {
		return after, err
	}
	text, err := json.MarshalIndent(after, "", "  ")
	if err != nil {
		return after, err
	}
	return after, writeFile(stateFile(chosen.data), append(text, '\n'))
}

func urlPort(text string) int {
	at, err := url.Parse(text)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(at.Port())
	if err != nil {
		return 0
	}
	return port
}

// doapctl is the administrator's command line on the demo's data.
type doapctl struct{ program, data string }

// client makes sure that a client is registered with one redirect URI. It returns the secret of a new one.
func (d doapctl) client(ctx context.Context, id, redirect string, more ...string) (string, error) {
	var clients struct {
		RedirectURIs []string `json:"redirect_uris"`
	}
	known, err := d.list(ctx)
	if err != nil {
		return "", err
	}
	if !slices.Contains(known, id) {
		args := append([]string{"client", "add", "--id", id, "--redirect-uri", redirect, "--scope", "domino", "--json"}, more...)
		return d.secretOf(ctx, args...)
	}
	text, err := d.run(ctx, "client", "show", id, "--json")
	if err == nil {
		err = json.Unmarshal(text, &clients)
	}
	if err == nil && !slices.Equal(clients.RedirectURIs, []string{redirect}) {
		_, err = d.run(ctx, "client", "update", id, "--redirect-uri", redirect)
	}
	return "", err
}

// list returns the ids of all clients.
func (d doapctl) list(ctx context.Context) ([]string, error) {
	text, err := d.run(ctx, "client", "list", "--json")
	if err != nil {
		return nil, err
	}
	var clients []struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal(text, &clients); err != nil {
		return nil, fmt.Errorf("doapctl client list: %w", err)
	}
	ids := make([]string, len(clients))
	for i, client := range clients {
		ids[i] = client.ID
	}
	return ids, nil
}

func (d doapctl) newSecret(ctx context.Context, id string) (string, error) {
	return d.secretOf(ctx, "client", "secret", id, "--json")
}

func (d doapctl) secretOf(ctx context.Context, args ...string) (string, error) {
	text, err := d.run(ctx, args...)
	if err != nil {
		return "", err
	}
	var client struct {
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal(text, &client); err != nil {
		return "", fmt.Errorf("doapctl %s %s: %w", args[0], args[1], err)
	}
	return client.Secret, nil
}

func (d doapctl) run(ctx context.Context, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, d.program, append([]string{"--data", d.data}, args...)...)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("doapctl %s: %w: %s", args[0], err, strings.TrimSpace(complaint.String()))
	}
	return text, nil
}
