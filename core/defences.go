// SPDX-License-Identifier: Apache-2.0

package core

import (
	"context"
	"time"

	"ndoap/core/audit"
	"ndoap/core/limit"
	"ndoap/core/lockout"
	"ndoap/store"
)

// defences are what keeps floods and guessers away. What they count lives as long as the Service.
type defences struct {
	recorder *audit.Recorder
	limiter  *limit.Limiter
	lockouts *lockout.Guard
}

func newDefences(deps Deps) defences {
	recorder := audit.NewRecorder(deps.Store, deps.Now, deps.Log)
	refused := func(refusal limit.Refusal) {
		event := store.AuditEvent{
			At: deps.Now(), Action: store.AuditTooMany, Outcome: store.AuditFailure, User: refusal.User,
			ClientID: refusal.ClientID, Address: audit.Address(refusal.Address), Detail: refusal.Class,
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if recorder.Record(ctx, event) {
			deps.Log.Warn("too many requests: answered with 429", "class", refusal.Class, "address", event.Address,
				"client_id", refusal.ClientID, "user", refusal.User)
		}
	}
	return defences{
		recorder: recorder,
		limiter:  limit.New(deps.Config, deps.Now, refused),
		lockouts: lockout.New(deps.Store, deps.Config, deps.Now, recorder, deps.Log),
	}
}
