// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"
)

// Explanation is why a request with an access token was refused, for administrators. It holds neither the token nor any
// other secret, and all text of it is printable and bounded by whoever made it.
type Explanation struct {
	ID        int64  // given by the store, growing
	RequestID string // that the sender was told
	At        time.Time
	Method    string
	Path      string // without the query
	Address   string // of the sender; empty when it is not known

	Credential string // what kind of token it was
	Provider   string // the identity provider that was chosen, by its name in the configuration
	Issuer     string
	ClientID   string
	Claim      string // that says whose the token is
	User       string // what it says

	Status   int    // that the sender got; 0 when Domino worded the answer
	Error    string // the OAuth error code that the sender got
	Reason   string // what the sender was told
	Rule     string
	Expected string
	Found    string
	Remedy   string

	Skipped int // how many refusals before it were not recorded, because there were too many
}

// How many explanations are kept, and for how long; the oldest give way.
const (
	MaxExplanations  = 10_000
	ExplanationsKept = 7 * 24 * time.Hour
)

// Explanations are why requests were refused.
type Explanations interface {
	// AddExplanations stores explanations in one commit. One whose request id is there already is left out, so that
	// they can be stored again when it is not known whether they were. When there are more than MaxExplanations, the
	// oldest give way.
	AddExplanations(ctx context.Context, explanations ...Explanation) error
	// Explanation returns the one of a request id, or ErrNotFound.
	Explanation(ctx context.Context, requestID string) (Explanation, error)
	// ListExplanations returns the newest first; limit 0 stands for 1000.
	ListExplanations(ctx context.Context, limit int) ([]Explanation, error)
	// SkippedExplanations is how many refusals were not recorded between those that are there.
	SkippedExplanations(ctx context.Context) (int, error)
}
