// SPDX-License-Identifier: Apache-2.0

// Package issuer takes access tokens of other issuers: identity providers that the configuration names under jwt, and the
// login by name and password of this server, which is held to the same rules. It owns the table of trusted issuers, the
// keys of each, which are fetched in the background and never while a request waits, and the rules that a token is held
// to. About tokens that only their issuer can read one provider is asked, by a bounded number of requests that wait. The
// issuer chooses the keys: nothing is tried out, so that a token costs the same with one provider and with a hundred, and
// no provider can sign for another.
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

	"ndoap/core/background"
	"ndoap/core/config"
	"ndoap/core/explain"
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
	// Local is an issuer within this server whose tokens are held to the same rules; nil: none.
	Local Local

	transport http.RoundTripper // of tests that play a provider at its real address; nil: the network

	mu      sync.Mutex // guards what changes current, and what providers note for the background
	current atomic.Pointer[view]
	running background.Group // fetches under way
	life    context.Context  // of Refresh, in which requests have tokens asked about; guarded by mu
}

// Local is an issuer whose keys are at hand: that of the login. The configuration names it nowhere, and no provider there
// may have its iss.
type Local interface {
	// Provider returns the rules for its tokens under a configuration. Active false: there are none.
	Provider(current *config.Config) config.Provider
	// Keys returns what verifies its tokens now, and since when that is known; false while there is nothing.
	Keys() (set jwk.Set, readAt time.Time, ok bool)
}

// view is the table for one configuration.
type view struct {
	of        *config.Config
	providers []*provider
	byIssuer  map[string]*provider
	anyIssuer *provider         // has the issuers that are nobody's; nil: there is none
	hints     map[string]string // by issuers that are not trusted
	asked     *provider         // about tokens that are no JWTs; nil: nobody
	login     string            // client_id of the tokens of the local issuer; empty: there is none
	unused    string            // iss of the local issuer while none of its tokens are taken
}

// provider is one identity provider.
type provider struct {
	settings  config.Provider
	directory string // of the configuration
	local     Local  // has the keys; nil: the provider has them

	keys   atomic.Pointer[keys] // nil until they were read
	wanted atomic.Bool          // a token named a key that is not there
	asker  *asker               // nil: its tokens are JWTs

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

	introspection string // its introspection endpoint, if its discovery document has one
}

// view returns the table for the configuration in force. Providers keep their keys unless what these come from has changed:
// they may not be to be had at the moment.
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
			p.inherit(known)
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
		if settings.AnyIssuer() {
			made.anyIssuer = p
		}
		maps.Copy(made.hints, hints(settings))
	}
	if t.Local != nil {
		settings := t.Local.Provider(now)
		if settings.Active {
			for _, issuer := range settings.Issuers {
				made.byIssuer[issuer] = &provider{settings: settings, local: t.Local}
			}
		} else {
			made.unused = now.LoginIssuer()
		}
		made.login = settings.Name
	}
	t.current.Store(made)
	return made
}

// credential is what kind of thing the provider's tokens are, for whoever asks why one was refused.
func (p *provider) credential() explain.Credential {
	if p.local != nil {
		return explain.LoginToken
	}
	return explain.ProviderToken
}

// known are the keys of a provider as they are now; nil when there are none yet.
func (p *provider) known() *keys {
	if p.local == nil {
		return p.keys.Load()
	}
	set, readAt, ok := p.local.Keys()
	if !ok {
		return nil
	}
	return &keys{set: set, issuers: p.settings.Issuers, readAt: readAt}
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

// inherit takes over the keys that were read for a provider with the same source of keys. The table's mutex guards it.
func (p *provider) inherit(from *view) {
	if from == nil {
		return
	}
	for _, old := range from.providers {
		read := old.keys.Load()
		if read == nil || old.directory != p.directory || !reflect.DeepEqual(sourceOfKeys(old.settings), sourceOfKeys(p.settings)) {
			continue
		}
		p.keys.Store(read)
		p.wanted.Store(old.wanted.Load())
		p.triedAt, p.complaint, p.fault = old.triedAt, old.complaint, old.fault
		return
	}
}

// sourceOfKeys are the settings that say which keys a provider has, for which issuers and algorithms.
func sourceOfKeys(settings config.Provider) config.Provider {
	return config.Provider{
		Preset: settings.Preset, URL: settings.URL, Key: settings.Key, KeyFile: settings.KeyFile, KeyID: settings.KeyID,
		Issuers: settings.Issuers, Algorithms: settings.Algorithms,
	}
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
