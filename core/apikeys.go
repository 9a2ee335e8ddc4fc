// SPDX-License-Identifier: Apache-2.0

package core

import "context"

// StoreKeyUses stores when API keys were used since the last time, in one commit. Call it about once a minute, and at the
// end.
func (s *Service) StoreKeyUses(ctx context.Context) error { return s.apiKeys.Flush(ctx) }
