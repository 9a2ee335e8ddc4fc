// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"context"

	"ndoap/core/audit"
	"ndoap/core/web"
	"ndoap/store"
)

// event is a line of the audit trail about a request; it goes into the store together with the change it tells of.
func (h *Handler) event(
	request *web.Request, asked store.AuthorizationRequest, action store.AuditAction, outcome store.AuditOutcome,
	user, detail string,
) store.AuditEvent {
	event := audit.Of(request, h.Now(), action, outcome)
	event.User, event.ClientID, event.Detail = user, asked.ClientID, detail
	return event
}

// recordRefusal puts a refused request on the audit trail, as far as its sender does not flood it.
func (h *Handler) recordRefusal(request *web.Request, clientID, detail string) {
	if h.Recorder == nil {
		return
	}
	asked := store.AuthorizationRequest{ClientID: clientID}
	event := h.event(request, asked, store.AuditRequestRefused, store.AuditFailure, request.User, detail)
	h.Recorder.Record(context.Background(), event)
}

// codeEvents are what the audit trail has of a code. A challenge that the client has used before proves nothing when
// the code is exchanged (RFC 9700 section 2.1.1), which only the client's developer can change: it is said, not
// refused.
func (h *Handler) codeEvents(
	ctx context.Context, request *web.Request, asked pending, user string,
) ([]store.AuditEvent, error) {
	events := []store.AuditEvent{
		h.event(request, asked.AuthorizationRequest, store.AuditCodeIssued, store.AuditSuccess, user, asked.Scope),
	}
	if asked.CodeChallenge == "" {
		return events, nil
	}
	used, err := h.Store.CodeChallengeUsed(ctx, asked.ClientID, asked.CodeChallenge)
	if err != nil {
		return nil, err
	}
	if used {
		h.Log.Warn("a client used the same code challenge again: its PKCE protects nobody", "client", asked.ClientID)
		events = append(events, h.event(request, asked.AuthorizationRequest, store.AuditChallengeRepeats,
			store.AuditFailure, user, "the code_challenge was used before"))
	}
	return events, nil
}
