// SPDX-License-Identifier: Apache-2.0

package standing

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"ndoap/store"
)

func TestRevoked_A45(t *testing.T) {
	current := &store.Standing{
		RevokedTokens: map[string]struct{}{"bad": {}},
		RevokedGrants: map[string]struct{}{"bad": {}},
		Clients:       map[string]bool{"good": true, "disabled": false},
	}
	for name, c := range map[string]struct {
		token Token
		want  error
	}{
		"counts":                     {Token{"good", "good", "good"}, nil},
		"the token":                  {Token{"bad", "good", "good"}, errToken},
		"the grant":                  {Token{"good", "bad", "good"}, errGrant},
		"a client that is not there": {Token{"good", "good", "gone"}, ErrClient},
		"a disabled client":          {Token{"good", "good", "disabled"}, ErrDisabled},
		"no client":                  {Token{"good", "good", ""}, ErrClient},
	} {
		assert.Equal(t, c.want, Revoked(current, c.token), name)
	}
	require.ErrorIs(t, Revoked(&store.Standing{}, Token{"a", "b", "c"}), ErrClient, "when nothing is known, nothing counts")
}

type broken struct{}

func (broken) Standing(context.Context) (store.Standing, error) {
	return store.Standing{Clients: map[string]bool{"c": true}}, store.ErrUnavailable
}

func TestRegisterFailsClosed(t *testing.T) {
	current, err := NewRegister(broken{}, func() uint64 { return 1 }).Current(t.Context())
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.Nil(t, current)
}
