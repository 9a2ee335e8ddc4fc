// SPDX-License-Identifier: Apache-2.0

// Package audit words the events of the audit trail, so that every part of the server writes them alike, and keeps
// what strangers can cause from filling the store.
package audit

import (
	"net/netip"
	"time"

	"ndoap/core/oauth"
	"ndoap/core/web"
	"ndoap/store"
)

// Of begins the event that tells of a request: when, what, how it went, and from where. The caller adds who, for
// which client and what about. At places where the sender may be anybody, record it with a Recorder.
func Of(request *web.Request, at time.Time, action store.AuditAction, outcome store.AuditOutcome) store.AuditEvent {
	return store.AuditEvent{At: at, Action: action, Outcome: outcome, Address: Address(request.Peer)}
}

// Address words the sender of a request; empty when it is not known.
func Address(sender netip.Addr) string {
	if !sender.IsValid() {
		return ""
	}
	return sender.Unmap().WithZone("").String()
}

// TokenHash is what an event tells of an access token: a hash of its jti, by which somebody who has the token finds
// the event, and nobody who has the event finds the token.
func TokenHash(jti string) string { return oauth.Secret(jti).Hash() }
