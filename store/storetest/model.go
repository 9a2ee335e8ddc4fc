// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"ndoap/store"
)

// model is refresh rotation in two maps. Its policy is that of a server: a good token is rotated, one that was
// rotated is reissued once, and after that its presentation is theft and revokes the grant.
type model struct {
	store   store.Store
	run     int // tells the records of one run from those of others in the same store
	clients int
	grants  map[string]store.Grant
	tokens  map[string]store.RefreshToken
	hashes  []string // of all tokens that ever were, for drawing one
	clock   time.Time
}

var (
	errRevoked = errors.New("the grant is revoked")
	errReuse   = errors.New("the token was used before")
)

// followModel runs random sequences against the store and the model.
func followModel(t *testing.T, s store.Store) {
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		m := &model{store: s, run: run, grants: map[string]store.Grant{}, tokens: map[string]store.RefreshToken{}, clock: noon}
		m.addClient(r)
		r.Repeat(map[string]func(*rapid.T){
			"authorize":     m.authorize,
			"refresh":       m.refresh,
			"replay code":   m.replayCode,
			"remove client": m.removeClient,
			"":              m.compare,
		})
	})
}

func (m *model) clientID() string { return fmt.Sprintf("client-%d-%d", m.run, m.clients) }

func (m *model) addClient(r *rapid.T) {
	m.clients++
	require.NoError(r, m.store.AddClient(r.Context(), newClient(m.clientID())))
}

// tick lets time pass, so that every stamp differs.
func (m *model) tick() time.Time {
	m.clock = m.clock.Add(time.Second)
	return m.clock
}

func (m *model) newToken(grantID string) store.RefreshToken {
	now := m.tick()
	hash := fmt.Sprintf("token-%d-%d", m.run, len(m.hashes))
	m.hashes = append(m.hashes, hash)
	return store.RefreshToken{Hash: hash, GrantID: grantID, IssuedAt: now, ExpiresAt: now.Add(time.Hour)}
}

func (m *model) authorize(r *rapid.T) {
	id := fmt.Sprintf("grant-%d-%d", m.run, len(m.hashes))
	grant, token := newGrant(id, m.clientID()), m.newToken(id)
	require.NoError(r, m.store.AddCode(r.Context(), newCode("code-"+id, grant.ClientID)))
	require.NoError(r, m.store.RedeemCode(r.Context(), "code-"+id,
		func(store.Code) (store.Purchase, error) { return bought(grant, token), nil }))
	m.grants[id], m.tokens[token.Hash] = grant, token
}

func (m *model) draw(r *rapid.T) string {
	if len(m.hashes) == 0 {
		r.Skip("no token yet")
	}
	return rapid.SampledFrom(m.hashes).Draw(r, "token")
}

func (m *model) refresh(r *rapid.T) {
	hash := m.draw(r)
	token, exists := m.tokens[hash]
	grant := m.grants[token.GrantID]
	successor := m.newToken(token.GrantID)

	err := m.store.RotateRefreshToken(r.Context(), hash,
		func(found store.RefreshToken, of store.Grant) (store.Rotation, error) {
			switch {
			case !of.RevokedAt.IsZero():
				return store.Rotation{}, errRevoked
			case found.ConsumedAt.IsZero():
				return store.Rotation{Successor: successor}, nil
			case found.Reissues == 0:
				return store.Rotation{Successor: successor, Reissue: true}, nil
			default:
				return store.Rotation{Revoke: true}, errReuse
			}
		})

	switch {
	case !exists:
		require.ErrorIs(r, err, store.ErrNotFound)
	case !grant.RevokedAt.IsZero():
		require.Equal(r, errRevoked, err)
	case token.ConsumedAt.IsZero():
		require.NoError(r, err)
		token.ConsumedAt = successor.IssuedAt
		m.tokens[hash], m.tokens[successor.Hash] = token, successor
	case token.Reissues == 0:
		require.NoError(r, err)
		token.Reissues++
		m.tokens[hash], m.tokens[successor.Hash] = token, successor
	default:
		require.Equal(r, errReuse, err)
		m.revoke(token.GrantID)
	}
}

func (m *model) replayCode(r *rapid.T) {
	token, exists := m.tokens[m.draw(r)]
	if !exists {
		r.Skip("its client was removed")
	}
	require.ErrorIs(r, m.store.RedeemCode(r.Context(), "code-"+token.GrantID, nil), store.ErrConsumed)
	m.revoke(token.GrantID)
}

// revoke marks a grant; the time is the store's own, so compare looks only at whether there is one.
func (m *model) revoke(id string) {
	grant := m.grants[id]
	grant.RevokedAt = noon
	m.grants[id] = grant
}

func (m *model) removeClient(r *rapid.T) {
	require.NoError(r, m.store.RemoveClient(r.Context(), m.clientID()))
	clear(m.grants)
	clear(m.tokens)
	m.addClient(r)
}

// compare runs after every step.
func (m *model) compare(r *rapid.T) {
	for id, want := range m.grants {
		found, err := m.store.Grant(r.Context(), id)
		require.NoError(r, err)
		require.Equal(r, want.RevokedAt.IsZero(), found.RevokedAt.IsZero())
		found.RevokedAt = want.RevokedAt
		require.Equal(r, want, found)
	}
	if len(m.hashes) == 0 {
		return
	}
	// One token for each step is enough: a difference stays, and some later step meets it.
	hash := m.hashes[len(m.hashes)/2]
	var found store.RefreshToken
	err := m.store.RotateRefreshToken(r.Context(), hash,
		func(token store.RefreshToken, _ store.Grant) (store.Rotation, error) {
			found = token
			return store.Rotation{}, errRefused
		})
	if want, exists := m.tokens[hash]; exists {
		require.Equal(r, errRefused, err)
		require.Equal(r, want, found)
	} else {
		require.ErrorIs(r, err, store.ErrNotFound)
	}
}
