// SPDX-License-Identifier: Apache-2.0

// Package issuer takes access tokens of other issuers: identity providers that the configuration names under jwt. It owns
// the table of trusted issuers, the keys of each, which are fetched in the background and never while a request waits,
// and the rules that a token is held to. The issuer chooses the keys: nothing is tried out, so that a token costs the
// same with one provider and with a hundred, and no provider can sign for another.
package issuer

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"ndoap/core/config"
	"ndoap/core/jwk"
)

// Why a token of another issuer is refused, beside the reasons of package token. Only these texts reach the sender.
var (
	ErrSignature = errors.New("the token was not signed with a key of its issuer")
	ErrUser      = errors.New("the token does not say in a usable way whose it is")
)

// Table is the trusted issuers. Its methods may be called by any number of goroutines.
type Table struct {
	Config func() *config.Config
	Now    func() time.Time
	Log    *slog.Logger

	transport http.RoundTripper // of tests that play a provider at its real address; nil: the network

	mu      sync.Mutex // guards what changes current, and what providers note for the background
	current atomic.Pointer[view]
	running sync.WaitGroup // fetches under way
}

// view is the table for one configuration.
type view struct {
	of        *config.Config
	providers []*provider
	byIssuer  map[string]*provider
	anyIssuer *provider         // has the issuers that are nobody's; nil: there is none
	hints     map[string]string // by issuers that are not trusted
}

// provider is one identity provider.
type provider struct {
	settings  config.Provider
	directory string // of the configuration

	keys   atomic.Pointer[keys] // nil until they were read
	wanted atomic.Bool          // a token named a key that is not there

	// Of the background; the table's mutex guards them.
	busy      bool
	triedAt   time.Time
	complaint string // what was last said about it
	fault     string // why its keys could not be read the last time; empty when they were
}

// keys are what was last read of a provider.
type keys struct {
	set     jwk.Set
	issuers []string // its iss
	readAt  time.Time
}

// view returns the table for the configuration in force. Providers that have not changed keep their keys.
func (t *Table) view() *view {
	now := t.Config()
	if known := t.current.Load(); known != nil && known.of == now {
		return known
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.current.Load()
	if known != nil && known.of == now {
		return known
	}
	made := &view{of: now, byIssuer: map[string]*provider{}, hints: map[string]string{}}
	for _, settings := range now.Providers {
		if !settings.Active {
			continue
		}
		p := known.find(settings, now.Directory)
		if p == nil {
			p = &provider{settings: settings, directory: now.Directory}
		}
		made.providers = append(made.providers, p)
		for _, issuer := range settings.ExpectedIssuers() {
			made.byIssuer[issuer] = p
		}
		if settings.AnyIssuer() {
			made.anyIssuer = p
		}
		maps.Copy(made.hints, hints(settings))
	}
	t.current.Store(made)
	return made
}

// find returns the provider with these settings, or nil.
func (v *view) find(settings config.Provider, directory string) *provider {
	if v == nil {
		return nil
	}
	for _, p := range v.providers {
		if p.directory == directory && reflect.DeepEqual(p.settings, settings) {
			return p
		}
	}
	return nil
}

// choose returns the provider whose keys and rules count for tokens of an issuer, nil for none. That a provider without iss
// is the last to be asked, and never for what is another's, this server's or nearly another's, is what keeps one provider
// from speaking for another.
func (v *view) choose(iss string) *provider {
	_, isNear := v.hints[iss]
	switch p := v.byIssuer[iss]; {
	case iss == "":
		return nil
	case p != nil:
		return p
	case isNear || v.of.IsWithheld(iss):
		return nil
	}
	return v.anyIssuer
}
