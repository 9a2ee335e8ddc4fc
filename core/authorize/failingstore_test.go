// SPDX-License-Identifier: Apache-2.0

package authorize

import (
	"context"
	"errors"

	"ndoap/store"
)

// failingStore is the real store until one of its methods is told to fail.
type failingStore struct {
	Store
	method string
	err    error
}

var errDisk = errors.New("disk on fire")

func (s *failingStore) Client(ctx context.Context, id string) (store.Client, error) {
	if s.method == "Client" {
		return store.Client{}, s.err
	}
	return s.Store.Client(ctx, id)
}

func (s *failingStore) AddCode(ctx context.Context, code store.Code, events ...store.AuditEvent) error {
	if s.method == "AddCode" {
		return s.err
	}
	return s.Store.AddCode(ctx, code, events...)
}

func (s *failingStore) CodeChallengeUsed(ctx context.Context, clientID, challenge string) (bool, error) {
	if s.method == "CodeChallengeUsed" {
		return false, s.err
	}
	return s.Store.CodeChallengeUsed(ctx, clientID, challenge)
}

func (s *failingStore) Consent(ctx context.Context, user, clientID string) (store.Consent, error) {
	if s.method == "Consent" {
		return store.Consent{}, s.err
	}
	return s.Store.Consent(ctx, user, clientID)
}

func (s *failingStore) AddAuthorizationRequest(ctx context.Context, request store.AuthorizationRequest, limit int) error {
	if s.method == "AddAuthorizationRequest" {
		return s.err
	}
	return s.Store.AddAuthorizationRequest(ctx, request, limit)
}

func (s *failingStore) AuthorizationRequest(ctx context.Context, id string) (store.AuthorizationRequest, error) {
	if s.method == "AuthorizationRequest" {
		return store.AuthorizationRequest{}, s.err
	}
	return s.Store.AuthorizationRequest(ctx, id)
}

func (s *failingStore) UpdateAuthorizationRequest(
	ctx context.Context, id string, change func(*store.AuthorizationRequest) error,
) error {
	if s.method == "UpdateAuthorizationRequest" {
		return s.err
	}
	return s.Store.UpdateAuthorizationRequest(ctx, id, change)
}

func (s *failingStore) CompleteAuthorizationRequest(
	ctx context.Context, id string,
	decide func(store.AuthorizationRequest) (store.Completion, error),
) error {
	if s.method == "CompleteAuthorizationRequest" {
		return s.err
	}
	return s.Store.CompleteAuthorizationRequest(ctx, id, decide)
}
