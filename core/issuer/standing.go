// SPDX-License-Identifier: Apache-2.0

package issuer

import (
	"context"
	"fmt"

	"ndoap/core/explain"
	"ndoap/core/standing"
	"ndoap/core/token"
	"ndoap/store"
)

// Standing tells what has been revoked.
type Standing interface {
	// Current returns what counts at present; nobody may change it.
	Current(ctx context.Context) (*store.Standing, error)
}

// Counts returns nil for a token that was not revoked since it was issued. user is the canonical name of the person that
// it stands for. Whose tokens can be revoked here is decided here: those of the login; a provider's are its own to end.
func (t *Table) Counts(ctx context.Context, verified Verified, user string) error {
	if !verified.Local {
		return nil
	}
	current, err := t.Standing.Current(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", token.ErrUnavailable, err)
	}
	err = standing.RevokedForeign(current, standing.Foreign{ID: verified.ID, User: user, IssuedAt: verified.IssuedAt})
	if err != nil {
		return &explain.Failure{
			Kind: token.ErrRevoked, Rule: explain.Standing, Found: err.Error(), Cause: err,
			Expected: "a token that was not ended by a logout", Remedy: "its user must log in again",
		}
	}
	return nil
}
