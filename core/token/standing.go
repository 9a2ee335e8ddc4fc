// SPDX-License-Identifier: Apache-2.0

package token

import (
	"context"
	"errors"
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
// about is what is known of it, for whoever asks why it was refused.
func (v *Verifier) CheckStanding(ctx context.Context, of standing.Token, about explain.Token) error {
	current, err := v.Standing.Current(ctx)
	if err != nil {
		return unavailable(explain.Standing, err, about)
	}
	if err := standing.Revoked(current, of); err != nil {
		return revoked(err, about)
	}
	if age := v.Now().Sub(of.IssuedAt); age >= longestLife {
		return &explain.Failure{
			Kind: ErrExpired, Rule: explain.Standing, Found: "that it was issued at " + stamp(of.IssuedAt), Token: about,
			Expected: fmt.Sprintf("an iat within %d days, for which it is known what was revoked", longestLife/(24*time.Hour)),
		}
	}
	return nil
}

// revoked says what was ended, and how its user comes by a token that counts.
func revoked(err error, about explain.Token) error {
	failure := &explain.Failure{
		Kind: ErrRevoked, Rule: explain.Standing, Found: err.Error(), Cause: err, Token: about,
		Remedy: "doapctl audit says who ended it; the client gets new tokens when its user logs in again",
	}
	switch {
	case errors.Is(err, standing.ErrDisabled):
		failure.Remedy = "let the client in again with doapctl client enable, if it may"
	case errors.Is(err, standing.ErrClient):
		failure.Remedy = "register the client again with doapctl client add, if it may come back, and let its users log in again"
	}
	return failure
}
