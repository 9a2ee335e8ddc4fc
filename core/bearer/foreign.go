// SPDX-License-Identifier: Apache-2.0

package bearer

import (
	"fmt"
	"slices"

	"ndoap/core/dominoname"
	"ndoap/core/issuer"
	"ndoap/core/token"
)

// verifyForeign judges a token of another issuer.
func (g *Guard) verifyForeign(credentials string) (token.Verified, error) {
	foreign, err := g.Issuers.Verify(credentials)
	if err != nil {
		return token.Verified{}, err
	}
	name, err := notesName(foreign.User)
	if err != nil {
		return token.Verified{}, fmt.Errorf("%w: the claim %s is %.200q: %w (provider %s)", issuer.ErrUser, foreign.User.Claim,
			foreign.User.Value, err, foreign.Provider)
	}
	return token.Verified{
		ID: foreign.ID, ClientID: clientOf(foreign), Subject: name, User: name, Scope: foreign.Scope,
		IssuedAt: foreign.IssuedAt, ExpiresAt: foreign.ExpiresAt,
	}, nil
}

// clientOf is how an application learns of the client: with the provider before it, because a provider's client may be
// called like one of this server.
func clientOf(foreign issuer.Verified) string {
	return foreign.Provider + ":" + foreign.ClientID
}

// chosenByPeople are claims whose value many providers let people choose, so that no name is believed in them that
// nobody has looked up.
var chosenByPeople = []string{"upn", "preferred_username", "email"}

// notesName is the canonical name of a token's user.
func notesName(user issuer.User) (string, error) {
	switch {
	case user.LDAP:
		return dominoname.ParseLDAP(user.Value)
	case !user.Pinned && slices.Contains(chosenByPeople, user.Claim):
		return "", fmt.Errorf("people may have chosen it themselves: name a claim with the Notes name as userIdentifier")
	}
	return dominoname.Parse(user.Value)
}
