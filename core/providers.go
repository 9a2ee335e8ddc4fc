// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"time"
)

// RefreshProviders begins to read the keys of identity providers, and the key pair of the login, that are due at now, and
// returns at once. Call it about once a second. What it begins ends with ctx.
func (s *Service) RefreshProviders(ctx context.Context, now time.Time) {
	s.issuers.Refresh(ctx, now)
	s.logins.Refresh(ctx, now)
}

// Wait returns when nothing runs in the background any more that a method of the service began.
func (s *Service) Wait() {
	s.issuers.Wait()
	s.logins.Wait()
}
