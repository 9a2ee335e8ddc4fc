// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"ndoap/core/config"
	"ndoap/core/jwk"
)

// How long keys count, and how often a provider is asked at most.
const (
	Fresh    = 10 * time.Minute // then they are read again
	Stale    = 24 * time.Hour   // then they are refused, if they could not be read again
	Interval = 30 * time.Second // between two reads, whatever tokens name and whatever fails
)

// Refresh reads the keys of the providers that are due, each in a goroutine of its own, and returns at once: a provider
// that hangs delays nobody. Call it about once a second. What it starts ends with ctx, and what requests start from then
// on; Wait waits for it.
func (t *Table) Refresh(ctx context.Context, now time.Time) {
	t.mu.Lock()
	t.life = ctx
	t.mu.Unlock()
	for _, p := range t.view().providers {
		if !p.settings.HasKeys() || !t.begin(p, now) {
			continue
		}
		t.running.Go("the keys of the identity provider "+p.settings.Name, func() {
			defer t.end(p)
			defer func() {
				if problem := recover(); problem != nil {
					t.Log.Error("a defect in ndoap was contained; please report this line", "provider", p.settings.Name,
						"panic", problem, "stack", string(debug.Stack()))
				}
			}()
			t.read(ctx, p, now)
		})
	}
}

// Wait returns when nothing runs any more in the background. No request may be under way.
func (t *Table) Wait() { t.running.Wait() }

// WaitFor does the same until ctx ends, and returns the names of what runs then: a disk that hangs may hold a key file. It
// has no effect any more if the context of Refresh has ended.
func (t *Table) WaitFor(ctx context.Context) []string { return t.running.WaitFor(ctx) }

// begin tells whether a provider is due, and then marks it as being read.
func (t *Table) begin(p *provider, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := p.keys.Load()
	fresh := Fresh
	if p.settings.URL == "" {
		fresh = Interval // a file costs nobody anything
	}
	due := known == nil || !within(now, known.readAt, fresh) || p.wanted.Load()
	if p.busy || !due || within(now, p.triedAt, Interval) {
		return false
	}
	p.busy, p.triedAt = true, now
	p.wanted.Store(false)
	return true
}

func (t *Table) end(p *provider) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p.busy = false
}

// within tells whether now is less than limit after a time that is not in the future. A clock that went back makes
// nothing younger.
func within(now, then time.Time, limit time.Duration) bool {
	age := now.Sub(then)
	return !then.IsZero() && age >= 0 && age < limit
}

// read reads the keys of a provider and says, once for each cause, when that fails and when it works again.
func (t *Table) read(ctx context.Context, p *provider, now time.Time) {
	found, leftOut, err := t.load(ctx, p)
	if ctx.Err() != nil {
		return // the server stops
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		if errors.Is(err, jwk.ErrNoneLeft) {
			p.keys.Store(nil) // the provider was reached, and stands for none of its keys any more
		}
		p.fault = err.Error()
		if p.complaint != p.fault {
			p.complaint = p.fault
			t.Log.Warn("the keys of an identity provider cannot be read; the next try is in half a minute",
				"provider", p.settings.Name, "last_good_keys", p.keys.Load() != nil, "err", err)
		}
		return
	}
	p.fault = ""
	said := fmt.Sprint("read", leftOut)
	if p.complaint != said {
		p.complaint = said
		t.Log.Info("the keys of an identity provider were read", "provider", p.settings.Name, "issuer", found.issuers,
			"keys", found.set.Len())
		for _, reason := range leftOut {
			t.Log.Warn("a key of an identity provider was left out", "provider", p.settings.Name, "err", reason)
		}
	}
	found.readAt = now
	p.keys.Store(found)
}

// load reads the keys from where the configuration says that they are.
func (t *Table) load(ctx context.Context, p *provider) (found *keys, leftOut []error, err error) {
	algorithms := p.settings.Algorithms
	if len(algorithms) == 0 {
		algorithms = jwk.PublishedAlgorithms()
	}
	if p.settings.URL != "" {
		return t.discover(ctx, p, algorithms)
	}
	return p.atHand(algorithms)
}

// atHand reads the keys that are in the configuration or in a file.
func (p *provider) atHand(algorithms []string) (found *keys, leftOut []error, err error) {
	document := []byte(p.settings.Key)
	if p.settings.KeyFile != "" {
		if document, err = config.ReadNamed(p.directory, p.settings.KeyFile, maxDocument); err != nil {
			return nil, nil, fmt.Errorf("keyFile: %w", err)
		}
	}
	found = &keys{issuers: p.settings.ExpectedIssuers()}
	if trimmed := bytes.TrimSpace(document); len(trimmed) > 0 && trimmed[0] == '{' {
		found.set, leftOut, err = jwk.ParsePublished(document, algorithms)
	} else {
		found.set, err = jwk.ParsePEM(document, p.settings.KeyID, algorithms)
	}
	if err != nil {
		return nil, nil, err
	}
	return found, leftOut, nil
}

// discover reads the provider's metadata (OpenID Connect Discovery 1.0 section 4) and the keys that it points to.
func (t *Table) discover(ctx context.Context, p *provider, algorithms []string) (found *keys, leftOut []error, err error) {
	client, err := newClient(t.Config().Fetch.CAFile)
	if err != nil {
		return nil, nil, err
	}
	defer client.CloseIdleConnections()
	if t.transport != nil {
		client.Transport = t.transport
	}
	at := p.settings.DiscoveryURL()
	document, err := get(ctx, client, at, at)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", at, err)
	}
	var metadata struct {
		Issuer            string `json:"issuer"`
		AccessTokenIssuer string `json:"access_token_issuer"` // AD FS
		KeysURL           string `json:"jwks_uri"`
		Introspection     string `json:"introspection_endpoint"`
	}
	if err := json.Unmarshal(document, &metadata); err != nil {
		return nil, nil, fmt.Errorf("%s: the answer is not a discovery document: %w", at, err)
	}
	found = &keys{introspection: metadata.Introspection}
	if found.issuers, err = confirmed(p, metadata.Issuer, metadata.AccessTokenIssuer); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", at, err)
	}
	if metadata.KeysURL == "" {
		return nil, nil, fmt.Errorf("%s: the discovery document has no jwks_uri", at)
	}
	if document, err = get(ctx, client, metadata.KeysURL, at); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", metadata.KeysURL, err)
	}
	if found.set, leftOut, err = jwk.ParsePublished(document, algorithms); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", metadata.KeysURL, err)
	}
	return found, leftOut, nil
}

// confirmed are the expected issuers that the metadata names, too. What the administrator wrote needs no confirmation.
func confirmed(p *provider, issuer, accessTokenIssuer string) ([]string, error) {
	if len(p.settings.Issuers) > 0 {
		return p.settings.Issuers, nil
	}
	var issuers []string
	for _, expected := range p.settings.ExpectedIssuers() {
		if expected == issuer || expected == accessTokenIssuer {
			issuers = append(issuers, expected)
		}
	}
	if accessTokenIssuer != "" && !slices.Contains(issuers, accessTokenIssuer) { // no access token could be taken
		return nil, fmt.Errorf("the discovery document says that access tokens have the issuer %.200q, where one of %q was expected; if "+
			"that is right, write it as iss", accessTokenIssuer, p.settings.ExpectedIssuers())
	}
	if len(issuers) == 0 {
		return nil, fmt.Errorf("the discovery document is that of the issuer %.200q, where one of %q was expected; if that is "+
			"right, write it as iss", issuer, p.settings.ExpectedIssuers())
	}
	return issuers, nil
}
