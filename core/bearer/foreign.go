// SPDX-License-Identifier: Apache-2.0

package bearer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ndoap/core/directory"
	"ndoap/core/dominoname"
	"ndoap/core/issuer"
	"ndoap/core/token"
)

// verifyForeign judges a token of another issuer, and asks the directory whose it is.
func (g *Guard) verifyForeign(ctx context.Context, credentials string, people directory.Directory) (token.Verified, error) {
	foreign, err := g.Issuers.Verify(credentials)
	if err != nil {
		return token.Verified{}, err
	}
	name, err := g.person(foreign.User, people)
	if err != nil {
		kind := issuer.ErrUser
		if errors.Is(err, directory.ErrUnavailable) {
			kind = token.ErrUnavailable
		}
		return token.Verified{}, fmt.Errorf("%w: the claim %s is %.200q: %w (provider %s)", kind, foreign.User.Claim,
			foreign.User.Value, err, foreign.Provider)
	}
	if err := g.Issuers.Counts(ctx, foreign, name); err != nil {
		return token.Verified{}, err
	}
	return token.Verified{
		ID: foreign.ID, ClientID: clientOf(foreign), Subject: name, User: name, Scope: foreign.Scope,
		IssuedAt: foreign.IssuedAt, ExpiresAt: foreign.ExpiresAt,
	}, nil
}

// clientOf is how an application learns of the client: with the provider before it, because a provider's client may be
// called like one of this server. The login is nobody's client, and has a name that no provider's client can have.
func clientOf(foreign issuer.Verified) string {
	if foreign.Local {
		return foreign.Provider
	}
	return foreign.Provider + ":" + foreign.ClientID
}

// person is the canonical name of the one person in the directory who is called as a token has it. A host without
// directory has nobody: a name may be that of a server, a group or somebody who has left.
func (g *Guard) person(user issuer.User, people directory.Directory) (string, error) {
	name, err := notesName(user)
	switch {
	case errors.Is(err, dominoname.ErrFlat), errors.Is(err, dominoname.ErrAmbiguous):
		name = user.Value
	case err != nil:
		return "", err
	}
	found, err := g.known.One(people, name, g.Issuers.Now())
	return found.Name, err
}

// chosenByPeople are claims whose value many providers let people choose, so that no full Notes name is believed in
// them, unless the configuration names the claim.
var chosenByPeople = []string{"upn", "preferred_username", "email"}

// notesName is the canonical form of the name of a token's user, if it is in one of the forms of Notes and LDAP.
func notesName(user issuer.User) (string, error) {
	switch {
	case !user.Pinned && slices.Contains(chosenByPeople, user.Claim) && strings.ContainsAny(user.Value, "/="):
		return "", errors.New("people may have chosen it themselves: name a claim with the Notes name as userIdentifier")
	case user.LDAP:
		return dominoname.ParseLDAP(user.Value)
	}
	return dominoname.Parse(user.Value)
}
