// SPDX-License-Identifier: Apache-2.0

package token

import (
	"context"
	"fmt"
	"time"

	"ndoap/core/explain"
	"ndoap/core/standing"
	"ndoap/store"
)

// longestLife is after what time from its iat no token is taken. Only with disableJwtExpiryCheck one lives so long; then
// nothing tells any more whether its user was revoked meanwhile.
const longestLife = store.UserRevocationsKept - 2*store.ClockSkew

// CheckStanding returns nil for a token, of whatever issuer, that counts: neither it nor what it descends from was revoked.
func (v *Verifier) CheckStanding(ctx context.Context, of standing.Token) error {
	current, err := v.Standing.Current(ctx)
	if err != nil {
		return &explain.Failure{Kind: ErrUnavailable, Rule: explain.Standing, Found: err.Error(), Cause: err}
	}
	if err := standing.Revoked(current, of); err != nil {
		return &explain.Failure{Kind: ErrRevoked, Rule: explain.Standing, Found: err.Error(), Cause: err}
	}
	if age := v.Now().Sub(of.IssuedAt); age >= longestLife {
		return &explain.Failure{
			Kind: ErrExpired, Rule: explain.Standing, Found: "that it was issued at " + of.IssuedAt.UTC().Format(time.RFC3339),
			Expected: fmt.Sprintf("an iat within %d days, for which it is known what was revoked", longestLife/(24*time.Hour)),
		}
	}
	return nil
}
