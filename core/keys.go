// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"time"

	"ndoap/core/key"
)

// RotateKeys changes the signing keys as their schedule has it at now. Call it about once a minute, and not from a
// thread that somebody waits for: making a key takes time.
func (s *Service) RotateKeys(ctx context.Context, now time.Time) error {
	rotation := &key.Rotation{Keys: s.store, Config: s.config, Log: s.log}
	return rotation.Tick(ctx, now)
}
