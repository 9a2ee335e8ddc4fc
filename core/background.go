// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"time"

	"ndoap/core/key"
)

// What a service does beside requests is the host's to call, so that nothing runs that the host does not know of.

// RotateKeys changes the signing keys as their schedule has it at now. Call it about once a minute, and not from a
// thread that somebody waits for: making a key takes time.
func (s *Service) RotateKeys(ctx context.Context, now time.Time) error {
	rotation := &key.Rotation{Keys: s.store, Config: s.config, Log: s.log}
	return rotation.Tick(ctx, now)
}

// RefreshProviders begins to read the keys of identity providers, and the key pair of the login, that are due at now, and
// returns at once. Call it about once a second. What it begins ends with ctx.
func (s *Service) RefreshProviders(ctx context.Context, now time.Time) {
	s.issuers.Refresh(ctx, now)
	s.logins.Refresh(ctx, now)
}

// StoreKeyUses stores when API keys were used since the last time, in one commit. Call it about once a minute, and at the
// end.
func (s *Service) StoreKeyUses(ctx context.Context) error { return s.apiKeys.Flush(ctx) }

// FlushRefusals stores why requests were refused since the last call. Call it about once a second, and not from a thread
// that somebody waits for.
func (s *Service) FlushRefusals(ctx context.Context) { s.refusals.Flush(ctx) }

// Wait returns when nothing runs in the background any more that a method of the service began.
func (s *Service) Wait() {
	s.issuers.Wait()
	s.logins.Wait()
}

// WaitFor does the same until ctx ends, and returns the names of what runs then. The context of RefreshProviders must have
// ended: then what still runs touches nothing any more.
func (s *Service) WaitFor(ctx context.Context) []string {
	return append(s.issuers.WaitFor(ctx), s.logins.WaitFor(ctx)...)
}
