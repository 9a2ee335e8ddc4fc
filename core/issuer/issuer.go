// SPDX-License-Identifier: Apache-2.0

// Package issuer takes access tokens of other issuers: identity providers that the configuration names under jwt. It owns
// the table of trusted issuers, the keys of each, which are fetched in the background and never while a request waits,
// and the rules that a token is held to. About tokens that only their issuer can read one provider is asked, by a bounded
// number of requests that wait. The issuer chooses the keys: nothing is tried out, so that a token costs the
// same with one provider and with a hundred, and no provider can sign for another.
package issuer

import (
	"context"
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
	running sync.WaitGroup  // fetches under way
	life    context.Context // of Refresh, in which requests have tokens asked about; guarded by mu
}

// view is the table for one configuration.
type view struct {
	of        *config.Config
	providers []*provider
	byIssuer  map[string]*provider
	hints     map[string]string // by issuers that are not trusted
	asked     *provider         // about tokens that are no JWTs; nil: nobody
}

// provider is one identity provider.
type provider struct {
	settings  config.Provider
	directory string // of the configuration

	keys   atomic.Pointer[keys] // nil until they were read
	wanted atomic.Bool          // a token named a key that is not there
	asker  *asker               // nil: its tokens are JWTs

	// Of the background; the table's mutex guards them.
	busy      bool
	triedAt   time.Time
	complaint string // what was last said about it
}

// keys are what was last read of a provider.
type keys struct {
	set     jwk.Set
	issuers []string // its iss
	readAt  time.Time

	introspection string // its introspection endpoint, if its discovery document has one
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
			if settings.Introspection != nil {
				p.asker = newAsker()
			}
		}
		made.providers = append(made.providers, p)
		if p.asker != nil {
			made.asked = p
		}
		for _, issuer := range settings.ExpectedIssuers() {
			made.byIssuer[issuer] = p
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
